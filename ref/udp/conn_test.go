package udp_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/session"
	"github.com/vstp-project/vstp/ref/udp"
	"github.com/vstp-project/vstp/ref/wire"
)

func dataFrame(payload string) wire.Frame {
	return wire.Frame{Type: wire.TypeData, Payload: []byte(payload)}
}

// async runs f and returns a function that waits for its result and says when it
// came.
func async(f func() error) (wait func() (time.Time, error)) {
	type result struct {
		at  time.Time
		err error
	}
	done := make(chan result, 1)
	go func() {
		err := f()
		done <- result{time.Now(), err}
	}()
	return func() (time.Time, error) {
		r := <-done
		return r.at, r.err
	}
}

// local requires an error of our own of the given reason.
func local(t *testing.T, err error, want wire.Reason) {
	t.Helper()
	var refused *session.LocalError
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, want, refused.Reason)
}

// [RTX-2] [RTX-4] [RTX-5] [RTX-10] [RTX-11]: every setting, to the nanosecond.
func TestRetransmissionTimeline(t *testing.T) {
	for name, c := range map[string]struct {
		cfg     udp.Config
		want    []int // milliseconds
		timeout int
	}{
		"default":     {udp.Config{}, []int{0, 100, 300, 700}, 2700},
		"retries":     {udp.Config{Retries: 5}, []int{0, 100, 300, 700, 1500, 3100}, 5100},
		"no retries":  {udp.Config{Retries: -1}, []int{0}, 2000},
		"retry delay": {udp.Config{RetryDelay: 30 * time.Millisecond}, []int{0, 30, 90, 210}, 2210},
		"delay cap":   {udp.Config{MaxRetryDelay: 150 * time.Millisecond}, []int{0, 100, 250, 400}, 2400},
		"ACK timeout": {udp.Config{AckTimeout: 5 * time.Millisecond}, []int{0, 100, 300, 700}, 705},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNetwork()
				conn, _ := n.conn(t, 1, c.cfg)
				defer conn.Close()
				silent := n.node(2, 4000)
				start := time.Now()
				err := conn.SendReliable(t.Context(), silent.addr, dataFrame("x"))
				local(t, err, wire.Timeout)
				assert.Equal(t, time.Duration(c.timeout)*time.Millisecond, time.Since(start))
				var first packet
				for i, ms := range c.want {
					f, p := silent.next(t)
					assert.Equal(t, time.Duration(ms)*time.Millisecond, p.at.Sub(start))
					if i == 0 {
						first = p
						assert.Equal(t, wire.FlagReqAck, f.Flags)
						msgID(t, f)
					}
					assert.Equal(t, first.octets, p.octets)
				}
				silent.idle(t)
			})
		})
	}
}

// [RTX-4] [FRG-13]: the interval runs from the last fragment.
func TestRetransmissionOfFragments(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		conn, _ := n.conn(t, 1, udp.Config{Retries: 1})
		defer conn.Close()
		silent := n.node(2, 4000)
		start := time.Now()
		local(t, conn.SendReliable(t.Context(), silent.addr, dataFrame(strings.Repeat("x", 100_000))), wire.Timeout)
		const transmission = 89 / 16 * 2750 * time.Microsecond // 90 fragments
		assert.Equal(t, 2*transmission+2100*time.Millisecond, time.Since(start))
		assert.Len(t, silent.inbox, 180)
		for i := range 180 {
			_, p := silent.next(t)
			if i == 90 {
				assert.Equal(t, transmission+100*time.Millisecond, p.at.Sub(start))
			}
		}
	})
}

// [ACK-8] [ACK-9] [ACK-10] [ACK-16] [UDP-14] [RTX-8]: what happens in a wait.
func TestWhileWaitingForAnAck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		conn, c := n.conn(t, 1, udp.Config{})
		defer conn.Close()
		peer, other := n.node(2, 4000), n.node(3, 4000)
		start := time.Now()
		wait := async(func() error { return conn.SendReliable(t.Context(), peer.addr, dataFrame("x")) })
		m := peer.want(t, wire.TypeData, "x")

		other.ack(t, c.addr, m)
		for _, value := range []string{"\xff", "007", "", "999"} {
			peer.send(t, c.addr, encode(t, wire.TypeAck, 0, "", "msg-id", value))
		}
		peer.send(t, c.addr, encode(t, wire.TypeAck, 0, ""))
		peer.send(t, c.addr, encode(t, wire.TypePing, 0, "p", "a", "1"))
		assert.Zero(t, peer.want(t, wire.TypePong, "p").Headers.Len())
		peer.send(t, c.addr, message(t, "7", "push"))
		assert.Equal(t, "7", msgID(t, peer.want(t, wire.TypeAck, "")))
		_, p := peer.next(t)
		assert.Equal(t, 100*time.Millisecond, p.at.Sub(start), "on schedule, whatever came in between")
		peer.ack(t, c.addr, m)
		at, err := wait()
		require.NoError(t, err)
		assert.Equal(t, 100*time.Millisecond, at.Sub(start))

		got, err := conn.Receive(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "push", string(got.Frame.Payload))
		assert.Equal(t, peer.addr, got.Peer)
		time.Sleep(time.Hour)
		peer.idle(t)
		other.idle(t)
	})
}

// [ACK-17] [ERR-7]
func TestErrOfThePeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		conn, c := n.conn(t, 1, udp.Config{})
		defer conn.Close()
		peer, other := n.node(2, 4000), n.node(3, 4000)
		wait := async(func() error { return conn.SendReliable(t.Context(), peer.addr, dataFrame("x")) })
		id := msgID(t, peer.want(t, wire.TypeData, "x"))
		other.send(t, c.addr, encode(t, wire.TypeErr, 0, "from elsewhere", "err-code", "15", "msg-id", id))
		peer.send(t, c.addr, encode(t, wire.TypeErr, 0, "for nobody", "err-code", "16"))
		peer.send(t, c.addr, encode(t, wire.TypeErr, 0, "it failed", "err-code", "15", "msg-id", id))
		_, err := wait()
		var remote *session.PeerError
		require.ErrorAs(t, err, &remote)
		assert.Equal(t, session.PeerError{Code: wire.ServerError, Text: "it failed"}, *remote)

		// Those that end nothing are reported, and nothing else is.
		for _, want := range []struct {
			peer netip.AddrPort
			err  session.PeerError
		}{
			{other.addr, session.PeerError{Code: wire.ServerError, Text: "from elsewhere"}},
			{peer.addr, session.PeerError{Code: wire.RateLimited, Text: "for nobody"}},
		} {
			m, err := conn.Receive(t.Context())
			require.ErrorAs(t, err, &remote)
			assert.Equal(t, want.err, *remote)
			assert.Equal(t, want.peer, m.Peer)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		_, err = conn.Receive(ctx)
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		peer.idle(t)
	})
}

// Several sends at once, each with timers of its own. [ACK-8]
func TestSeveralSendsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		conn, c := n.conn(t, 1, udp.Config{})
		defer conn.Close()
		peer := n.node(2, 4000)
		start := time.Now()
		first := async(func() error { return conn.SendReliable(t.Context(), peer.addr, dataFrame("first")) })
		peer.want(t, wire.TypeData, "first")
		second := async(func() error { return conn.SendReliable(t.Context(), peer.addr, dataFrame("second")) })
		peer.ack(t, c.addr, peer.want(t, wire.TypeData, "second"))
		at, err := second()
		require.NoError(t, err)
		assert.Equal(t, start, at)
		at, err = first()
		local(t, err, wire.Timeout)
		assert.Equal(t, 2700*time.Millisecond, at.Sub(start))
		for range 3 {
			peer.want(t, wire.TypeData, "first")
		}
		peer.idle(t)
	})
}

// [UDP-17]
func TestAnyDestination(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		conn, c := n.conn(t, 1, udp.Config{})
		defer conn.Close()
		a, b := n.node(2, 4000), n.node(3, 4001)
		for _, peer := range []*node{a, b} {
			require.NoError(t, conn.Send(t.Context(), peer.addr, dataFrame("hello")))
			_, p := peer.next(t)
			assert.Equal(t, c.addr, p.from)
			mapped := netip.AddrPortFrom(netip.AddrFrom16(peer.addr.Addr().As16()), peer.addr.Port())
			wait := async(func() error { return conn.SendReliable(t.Context(), mapped, dataFrame("again")) })
			peer.ack(t, c.addr, peer.want(t, wire.TypeData, "again"))
			_, err := wait()
			require.NoError(t, err, "the ACK comes from the IPv4 address that the mapped one is")
		}
		b.send(t, c.addr, encode(t, wire.TypeData, 0, "from b"))
		m, err := conn.Receive(t.Context())
		require.NoError(t, err)
		assert.Equal(t, b.addr, m.Peer)
		assert.Equal(t, c.LocalAddr(), conn.LocalAddr())
		assert.False(t, conn.Peer().IsValid())
		local(t, conn.Send(t.Context(), netip.AddrPort{}, dataFrame("to nobody")), wire.InvalidAddress)
	})
}

// [RAS-22] [ACK-2] [ACK-5] [ACK-6] [ACK-16]
func TestClientReassemblesAndDeliversOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		conn, c := n.conn(t, 1, udp.Config{})
		defer conn.Close()
		peer := n.node(2, 4000)
		parts := [][]byte{
			fragment(t, wire.FlagReqAck, 7, 2, 3, "C", "a", "1", "msg-id", "9"),
			fragment(t, wire.FlagReqAck, 7, 0, 3, "A", "a", "1", "msg-id", "9"),
			fragment(t, wire.FlagReqAck, 7, 1, 3, "B", "a", "1", "msg-id", "9"),
		}
		for range 3 {
			peer.send(t, c.addr, parts[0])
			peer.send(t, c.addr, parts[1])
			synctest.Wait()
			assert.Equal(t, 1, conn.Sessions())
			peer.idle(t)
			peer.send(t, c.addr, parts[2])
			assert.Equal(t, "9", msgID(t, peer.want(t, wire.TypeAck, "")))
			synctest.Wait()
			assert.Zero(t, conn.Sessions())
		}
		// The same message in one frame is the same message.
		peer.send(t, c.addr, encode(t, wire.TypeData, wire.FlagReqAck, "ABC", "a", "1", "msg-id", "9"))
		peer.want(t, wire.TypeAck, "")
		// With other content it is another.
		peer.send(t, c.addr, encode(t, wire.TypeData, wire.FlagReqAck, "ABD", "a", "1", "msg-id", "9"))
		peer.want(t, wire.TypeAck, "")
		for _, want := range []string{"ABC", "ABD"} {
			m, err := conn.Receive(t.Context())
			require.NoError(t, err)
			assert.Equal(t, want, string(m.Frame.Payload))
			assert.Equal(t, wire.FlagReqAck, m.Frame.Flags)
		}
		// After the window it is delivered again.
		time.Sleep(30 * time.Second)
		peer.send(t, c.addr, encode(t, wire.TypeData, wire.FlagReqAck, "ABC", "a", "1", "msg-id", "9"))
		peer.want(t, wire.TypeAck, "")
		m, err := conn.Receive(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "ABC", string(m.Frame.Payload))
		synctest.Wait()
		peer.idle(t)
	})
}

// [RAS-8] [RAS-9] [RAS-16] [OBS-1]: memory is let go of without any datagram.
func TestReassemblyExpiresByItself(t *testing.T) {
	for _, c := range []struct {
		cfg  udp.Config
		life time.Duration
	}{
		{udp.Config{Retries: -1, AckTimeout: time.Hour}, 30 * time.Second},
		{udp.Config{Retries: -1, AckTimeout: time.Hour, Reassembly: 3 * time.Second}, 3 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			n := newNetwork()
			conn, a := n.conn(t, 1, c.cfg)
			defer conn.Close()
			peer := n.node(2, 4000)
			// A wait that ends later is none of its business.
			wait := async(func() error { return conn.SendReliable(t.Context(), peer.addr, dataFrame("x")) })
			defer wait()
			synctest.Wait()
			peer.send(t, a.addr, fragment(t, 0, 1, 0, 3, "A"))
			time.Sleep(c.life / 2)
			peer.send(t, a.addr, fragment(t, 0, 1, 1, 3, "B"))
			time.Sleep(c.life/2 - 1)
			synctest.Wait()
			assert.Equal(t, 1, conn.Sessions())
			time.Sleep(time.Nanosecond)
			synctest.Wait()
			assert.Zero(t, conn.Sessions())
			peer.send(t, a.addr, fragment(t, 0, 1, 2, 3, "C"))
			synctest.Wait()
			assert.Equal(t, 1, conn.Sessions(), "too late: a new session")
		})
	}
}

// Every limit of a Config reaches its place.
func TestLimitsAreConfigurable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		conn, c := n.conn(t, 1, udp.Config{MaxSessions: 3, MaxSessionsPerSource: 2, MaxSessionOctets: 5, DuplicateWindow: time.Second, MaxDuplicates: 1})
		defer conn.Close()
		a, b := n.node(2, 4000), n.node(3, 4000)
		short, d := n.conn(t, 4, udp.Config{Limits: wire.Limits{MaxFrame: 2_000}})
		defer short.Close()
		for i := range 3 {
			a.send(t, d.addr, fragment(t, wire.FlagReqAck, 1, i, 3, strings.Repeat("x", 1_000), "msg-id", "1"))
		}
		synctest.Wait()
		a.idle(t)

		sessions := func(want int) {
			t.Helper()
			synctest.Wait()
			assert.Equal(t, want, conn.Sessions())
		}
		a.send(t, c.addr, fragment(t, 0, 1, 0, 2, "AAA"))
		sessions(1)
		a.send(t, c.addr, fragment(t, 0, 2, 0, 2, "AAA"))
		sessions(1) // octets
		a.send(t, c.addr, fragment(t, 0, 2, 0, 2, "A"))
		a.send(t, c.addr, fragment(t, 0, 3, 0, 2, "A"))
		sessions(2) // per source
		b.send(t, c.addr, fragment(t, 0, 1, 0, 2, ""))
		b.send(t, c.addr, fragment(t, 0, 2, 0, 2, ""))
		sessions(3) // in all

		receive := func(want string) {
			t.Helper()
			m, err := conn.Receive(t.Context())
			require.NoError(t, err)
			assert.Equal(t, want, string(m.Frame.Payload))
		}
		a.send(t, c.addr, message(t, "1", "one"))
		a.send(t, c.addr, message(t, "1", "one"))
		a.send(t, c.addr, message(t, "2", "two"))
		a.send(t, c.addr, message(t, "1", "one"))
		for _, want := range []string{"one", "two", "one"} {
			receive(want)
		}
		time.Sleep(time.Second)
		a.send(t, c.addr, message(t, "1", "one"))
		receive("one")
	})
}

// [FRG-1] [FRG-12] [FRG-15] [HDR-11] [FRG-7]
func TestWhatIsNotSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		conn, _ := n.conn(t, 1, udp.Config{})
		defer conn.Close()
		whole, _ := n.conn(t, 2, udp.Config{NoFragmentation: true})
		defer whole.Close()
		peer := n.node(3, 4000)
		withHeader := func(key string) wire.Frame {
			f, err := wire.NewBuilder(wire.TypeData).Text(key, "1").Build()
			require.NoError(t, err)
			return f
		}
		for name, c := range map[string]struct {
			conn *udp.Conn
			f    wire.Frame
			want wire.Reason
		}{
			"no fragmentation": {whole, dataFrame(strings.Repeat("x", 1_201)), wire.FrameTooLarge},
			"too long":         {conn, dataFrame(strings.Repeat("x", 306_001)), wire.FrameTooLarge},
			"PING too long":    {conn, wire.Frame{Type: wire.TypePing, Payload: make([]byte, 1_186)}, wire.FrameTooLarge},
			"msg-id":           {conn, withHeader("msg-id"), wire.Protocol},
			"frag-total":       {conn, withHeader("frag-total"), wire.Protocol},
			"session-id":       {conn, withHeader("session-id"), wire.Protocol},
			"ACK":              {conn, wire.Frame{Type: wire.TypeAck}, wire.UnexpectedFrameType},
			"ERR":              {conn, wire.Frame{Type: wire.TypeErr}, wire.UnexpectedFrameType},
			"WELCOME":          {conn, wire.Frame{Type: wire.TypeWelcome}, wire.UnexpectedFrameType},
			"PONG":             {conn, wire.Frame{Type: wire.TypePong}, wire.UnexpectedFrameType},
			"unknown type":     {conn, wire.Frame{Type: 0x10}, wire.InvalidFrameType},
			"REQ_ACK":          {conn, wire.Frame{Type: wire.TypeData, Flags: wire.FlagReqAck}, wire.Unsupported},
			"COMP on PING":     {conn, wire.Frame{Type: wire.TypePing, Flags: wire.FlagComp}, wire.Unsupported},
		} {
			t.Log(name)
			local(t, c.conn.Send(t.Context(), peer.addr, c.f), c.want)
			local(t, c.conn.SendReliable(t.Context(), peer.addr, c.f), c.want)
		}
		time.Sleep(time.Hour)
		peer.idle(t)

		// The largest that need not be cut.
		require.NoError(t, whole.Send(t.Context(), peer.addr, dataFrame(strings.Repeat("x", 1_185))))
		_, p := peer.next(t)
		assert.Len(t, p.octets, 1200)
		for _, typ := range []wire.Type{wire.TypePing, wire.TypeHello, wire.TypeBye} {
			require.NoError(t, conn.Send(t.Context(), peer.addr, wire.Frame{Type: typ}))
			peer.want(t, typ, "")
		}
	})
}

// [CRC-4]
func TestCRCFlag(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		conn, c := n.conn(t, 1, udp.Config{CRCFlag: true})
		defer conn.Close()
		peer := n.node(2, 4000)
		require.NoError(t, conn.Send(t.Context(), peer.addr, dataFrame("x")))
		assert.Equal(t, wire.FlagCRC, peer.want(t, wire.TypeData, "x").Flags)
		require.NoError(t, conn.Send(t.Context(), peer.addr, dataFrame(strings.Repeat("x", 1_200))))
		for range 2 {
			f, _ := peer.next(t)
			assert.Equal(t, wire.FlagCRC|wire.FlagFrag, f.Flags)
		}
		peer.send(t, c.addr, message(t, "1", "x"))
		assert.Zero(t, peer.want(t, wire.TypeAck, "").Flags, "an ACK has none [ACK-18]")
	})
}

// [RTX-13]: what the system reports ends no acknowledged send.
func TestSendFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		conn, c := n.conn(t, 1, udp.Config{})
		defer conn.Close()
		peer := n.node(2, 4000)
		c.fails(syscall.ECONNREFUSED, syscall.ENETUNREACH)
		c.readFails <- syscall.ECONNREFUSED
		start := time.Now()
		wait := async(func() error { return conn.SendReliable(t.Context(), peer.addr, dataFrame("x")) })
		f, p := peer.next(t)
		assert.Equal(t, 300*time.Millisecond, p.at.Sub(start), "the third transmission")
		peer.ack(t, c.addr, f)
		_, err := wait()
		require.NoError(t, err)

		// One that asks for no ACK fails.
		c.fails(syscall.ENETUNREACH)
		assert.ErrorIs(t, conn.Send(t.Context(), peer.addr, dataFrame("x")), syscall.ENETUNREACH)
		c.fails(nil, nil, syscall.ENOBUFS) // within the fragments; the first two are lost
		assert.ErrorIs(t, conn.Send(t.Context(), peer.addr, dataFrame(strings.Repeat("x", 5_000))), syscall.ENOBUFS)
		time.Sleep(time.Second)
		peer.idle(t)
		require.NoError(t, conn.Send(t.Context(), peer.addr, dataFrame("still there")))
		peer.want(t, wire.TypeData, "still there")
	})
}

func TestContextEndsASend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		conn, c := n.conn(t, 1, udp.Config{})
		defer conn.Close()
		peer := n.node(2, 4000)
		for _, after := range []time.Duration{50 * time.Millisecond, 250 * time.Millisecond, 2 * time.Second} {
			ctx, cancel := context.WithTimeout(t.Context(), after)
			start := time.Now()
			assert.ErrorIs(t, conn.SendReliable(ctx, peer.addr, dataFrame("x")), context.DeadlineExceeded)
			assert.Equal(t, after, time.Since(start))
			cancel()
			assert.ErrorIs(t, conn.SendReliable(ctx, peer.addr, dataFrame("x")), context.DeadlineExceeded)
		}
		assert.Len(t, peer.inbox, 1+2+4)
		var last wire.Frame
		for range 7 {
			last, _ = peer.next(t)
		}
		peer.ack(t, c.addr, last) // of what nobody waits for any more
		time.Sleep(time.Minute)
		peer.idle(t)

		// In the middle of fragments that are paced.
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Millisecond)
		defer cancel()
		assert.ErrorIs(t, conn.Send(ctx, peer.addr, dataFrame(strings.Repeat("x", 200_000))), context.DeadlineExceeded)
		time.Sleep(time.Minute)
		assert.Len(t, peer.inbox, 32)
	})
}

// [FRG-9]: with all 256 frag-ids taken a send waits, or ends with its context.
func TestSendWaitsForAFragID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, c := range []struct {
			cfg    udp.Config
			window time.Duration
		}{{udp.Config{}, 30 * time.Second}, {udp.Config{FragIDWindow: 3 * time.Second}, 3 * time.Second}} {
			n := newNetwork()
			conn, _ := n.conn(t, 1, c.cfg)
			peer := n.node(2, 4000)
			start := time.Now()
			long := dataFrame(strings.Repeat("x", 1_200))
			for range 256 {
				require.NoError(t, conn.Send(t.Context(), peer.addr, long))
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			assert.ErrorIs(t, conn.Send(ctx, peer.addr, long), context.DeadlineExceeded)
			cancel()
			require.NoError(t, conn.Send(t.Context(), peer.addr, long))
			assert.Equal(t, c.window, time.Since(start))
			require.NoError(t, conn.Close())
		}
	})
}

// [FRG-9]: an ACK frees a frag-id at once.
func TestAckEndsTheWaitForAFragID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		conn, c := n.conn(t, 1, udp.Config{Retries: -1, AckTimeout: time.Hour})
		defer conn.Close()
		peer := n.node(2, 4000)
		long := dataFrame(strings.Repeat("x", 1_200))
		for range 256 {
			go conn.SendReliable(t.Context(), peer.addr, long)
		}
		time.Sleep(time.Second)
		first, _ := peer.next(t)
		for range 511 {
			peer.next(t)
		}
		wait := async(func() error { return conn.Send(t.Context(), peer.addr, long) })
		time.Sleep(time.Second)
		peer.idle(t)
		start := time.Now()
		peer.ack(t, c.addr, first)
		at, err := wait()
		require.NoError(t, err)
		assert.Equal(t, start, at)
		assert.Len(t, peer.inbox, 2)
	})
}

func TestCloseEndsEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		conn, c := n.conn(t, 1, udp.Config{})
		peer := n.node(2, 4000)
		sends := async(func() error { return conn.SendReliable(t.Context(), peer.addr, dataFrame("x")) })
		paced := async(func() error {
			return conn.Send(t.Context(), peer.addr, dataFrame(strings.Repeat("x", 200_000)))
		})
		peer.send(t, c.addr, encode(t, wire.TypeData, 0, "not yet received"))
		synctest.Wait()
		require.NoError(t, conn.Close())
		require.NoError(t, conn.Close())
		for _, wait := range []func() (time.Time, error){sends, paced} {
			_, err := wait()
			assert.ErrorIs(t, err, net.ErrClosed)
		}
		m, err := conn.Receive(t.Context())
		require.NoError(t, err, "what had arrived is still there")
		assert.Equal(t, "not yet received", string(m.Frame.Payload))
		_, err = conn.Receive(t.Context())
		assert.ErrorIs(t, err, net.ErrClosed)
		assert.ErrorIs(t, conn.Send(t.Context(), peer.addr, dataFrame("x")), net.ErrClosed)
		assert.ErrorIs(t, conn.SendReliable(t.Context(), peer.addr, dataFrame("x")), net.ErrClosed)
	})
}

func TestCloseEndsReceive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		conn, _ := n.conn(t, 1, udp.Config{})
		wait := async(func() error { _, err := conn.Receive(t.Context()); return err })
		synctest.Wait()
		require.NoError(t, conn.Close())
		_, err := wait()
		assert.ErrorIs(t, err, net.ErrClosed)
	})
}

// Messages that nobody receives are bounded; those beyond are not acknowledged, and
// so come again. [ACK-12]
func TestUnreceivedMessagesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		conn, c := n.conn(t, 1, udp.Config{QueueMessages: 2})
		defer conn.Close()
		peer, _ := n.conn(t, 2, udp.Config{Retries: 1})
		defer peer.Close()
		for range 2 {
			require.NoError(t, peer.SendReliable(t.Context(), c.addr, dataFrame("taken")))
		}
		local(t, peer.SendReliable(t.Context(), c.addr, dataFrame("dropped")), wire.Timeout)
		wait := async(func() error { return peer.SendReliable(t.Context(), c.addr, dataFrame("comes again")) })
		time.Sleep(50 * time.Millisecond)
		for _, want := range []string{"taken", "taken", "comes again"} {
			m, err := conn.Receive(t.Context())
			require.NoError(t, err)
			assert.Equal(t, want, string(m.Frame.Payload))
		}
		_, err := wait()
		require.NoError(t, err)
	})
}

// ERR takes room like a message, and is dropped like one.
func TestUnreceivedErrsAreBounded(t *testing.T) {
	var log bytes.Buffer // read after Close
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		conn, c := n.conn(t, 1, udp.Config{QueueMessages: 2, Log: slog.New(slog.NewTextHandler(&log, nil))})
		peer := n.node(2, 4000)
		for _, text := range []string{"one", "two", "three"} {
			peer.send(t, c.addr, encode(t, wire.TypeErr, 0, text, "err-code", "16"))
		}
		synctest.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		cancel() // what is there is handed over all the same
		for _, text := range []string{"one", "two"} {
			_, err := conn.Receive(ctx)
			assert.ErrorContains(t, err, text)
			assert.ErrorIs(t, err, wire.RateLimited)
		}
		_, err := conn.Receive(ctx)
		assert.ErrorIs(t, err, context.Canceled)
		require.NoError(t, conn.Close())
	})
	assert.Contains(t, log.String(), "three")
}

// A client is no server: HELLO is nothing to it. [UDP-18] [ACK-7]
func TestFramesThatAreNothingToAClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		conn, c := n.conn(t, 1, udp.Config{})
		defer conn.Close()
		peer := n.node(2, 4000)
		for _, typ := range []wire.Type{wire.TypeHello, wire.TypeWelcome, wire.TypePong, wire.TypeAck} {
			peer.send(t, c.addr, encode(t, typ, wire.FlagReqAck, "", "msg-id", "9"))
		}
		peer.send(t, c.addr, encode(t, wire.TypeData, wire.FlagReqAck|wire.FlagComp, "notgzip", "msg-id", "9"))
		peer.send(t, c.addr, fragment(t, wire.FlagReqAck, 1, 2, 2, "x", "msg-id", "9"))
		peer.send(t, c.addr, []byte("nonsense"))
		peer.send(t, c.addr, encode(t, wire.TypeBye, wire.FlagReqAck, "", "msg-id", "10"))
		assert.Equal(t, "10", msgID(t, peer.want(t, wire.TypeAck, "")))
		synctest.Wait()
		peer.idle(t)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := conn.Receive(ctx)
		assert.ErrorIs(t, err, context.DeadlineExceeded)
	})
}

func TestSettingsThatAreRefused(t *testing.T) {
	n := newNetwork()
	cfg := udp.Config{Retries: 6}
	c := n.node(1, 4000)
	_, err := udp.NewConn(c, cfg)
	assert.ErrorContains(t, err, "6 retransmissions")
	<-c.closed
	c = n.node(1, 4000)
	_, err = udp.Serve(t.Context(), c, cfg)
	assert.ErrorContains(t, err, "6 retransmissions")
	<-c.closed
	_, err = udp.Dial(t.Context(), "127.0.0.1:1", cfg)
	assert.ErrorContains(t, err, "6 retransmissions")
	_, err = udp.Listen(t.Context(), "127.0.0.1:0", cfg)
	assert.ErrorContains(t, err, "6 retransmissions")
}

// unreadable is an address that is no address and port.
type unreadable struct{}

func (unreadable) Network() string { return "udp" }
func (unreadable) String() string  { return "nowhere" }

// strange gives one datagram from an unreadable address.
type strange struct {
	*node
	given bool
}

func (s *strange) ReadFrom(b []byte) (int, net.Addr, error) {
	if !s.given {
		s.given = true
		return copy(b, "VT"), unreadable{}, nil
	}
	return s.node.ReadFrom(b)
}

func TestUnreadableAddressIsPassedOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		c := n.node(1, 4000)
		s, err := udp.Serve(t.Context(), &strange{node: c}, udp.Config{Handler: echo})
		require.NoError(t, err)
		defer s.Close()
		peer := n.node(2, 4000)
		peer.send(t, c.addr, encode(t, wire.TypePing, 0, "p"))
		peer.want(t, wire.TypePong, "p")
	})
}

// direct is a node that has the methods of a net.UDPConn without allocations, and
// buffers that can be set.
type direct struct {
	*node
	reads, writes int // octets
}

func (d *direct) ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error) {
	n, addr, err := d.node.ReadFrom(b)
	if err != nil {
		return 0, netip.AddrPort{}, err
	}
	from := addr.(*net.UDPAddr).AddrPort()
	return n, netip.AddrPortFrom(netip.AddrFrom16(from.Addr().As16()), from.Port()), nil
}

func (d *direct) WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error) {
	return d.node.WriteTo(b, net.UDPAddrFromAddrPort(to))
}

func (d *direct) SetReadBuffer(octets int) error  { d.reads = octets; return nil }
func (d *direct) SetWriteBuffer(octets int) error { d.writes = octets; return nil }

func (d *direct) ReadFrom([]byte) (int, net.Addr, error)    { panic("not used") }
func (d *direct) WriteTo([]byte, net.Addr) (n int, _ error) { panic("not used") }

func TestPacketConnWithoutAllocations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		c := &direct{node: n.node(1, 4000)}
		conn, err := udp.NewConn(c, udp.Config{Buffer: 100_000})
		require.NoError(t, err)
		defer conn.Close()
		assert.Equal(t, 100_000, c.reads)
		assert.Equal(t, 100_000, c.writes)
		peer := n.node(2, 4000)
		wait := async(func() error { return conn.SendReliable(t.Context(), peer.addr, dataFrame("x")) })
		peer.ack(t, c.addr, peer.want(t, wire.TypeData, "x"))
		_, err = wait()
		require.NoError(t, err)
		peer.send(t, c.addr, encode(t, wire.TypeData, 0, "y"))
		m, err := conn.Receive(t.Context())
		require.NoError(t, err)
		assert.Equal(t, peer.addr, m.Peer, "the IPv4 address that the mapped one is")
	})
}

var errBroken = errors.New("broken")

// A socket that has failed a hundred times is not tried again and again without a
// pause, and goes on all the same. [SEC-1]
func TestReceiveFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		s, c := n.server(t, 1, udp.Config{})
		defer s.Close()
		peer := n.node(2, 4000)
		start := time.Now()
		for range 102 {
			c.readFails <- errBroken
			synctest.Wait()
		}
		peer.send(t, c.addr, encode(t, wire.TypePing, 0, "p"))
		peer.want(t, wire.TypePong, "p")
		assert.Less(t, time.Since(start), time.Second)
		assert.Positive(t, time.Since(start))
	})
}

// A host may be given by its name.
func TestDialByName(t *testing.T) {
	s := serve(t, "127.0.0.1", udp.Config{})
	_, port, err := net.SplitHostPort(s.Addr().String())
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), guard)
	defer cancel()
	c, err := udp.Dial(ctx, net.JoinHostPort("localhost", port), udp.Config{})
	require.NoError(t, err)
	defer c.Close()
	if !c.Peer().Addr().Is4() {
		t.Skipf("localhost is %v here, where nobody listens: that the name is looked up is all that was tried", c.Peer().Addr())
	}
	require.NoError(t, c.SendReliable(ctx, netip.AddrPort{}, dataFrame("x")))
}
