package tcp_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/netem"
	"github.com/vstp-project/vstp/netem/memnet"
	"github.com/vstp-project/vstp/ref/session"
	"github.com/vstp-project/vstp/ref/tcp"
	"github.com/vstp-project/vstp/ref/wire"
)

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

// streams makes both ends of a connection in memory.
func streams(t *testing.T, p netem.Profile) (ours, theirs *memnet.StreamConn) {
	t.Helper()
	link, err := netem.New(p, netem.Options{})
	require.NoError(t, err)
	return memnet.StreamPair(link)
}

// pair makes a Conn and the server at its other end, which is spoken to in octets and
// has taken the HELLO.
func pair(t *testing.T, cfg tcp.Config) (*tcp.Conn, *client) {
	t.Helper()
	ours, theirs := streams(t, netem.Profile{})
	conn, err := tcp.NewConn(t.Context(), ours, cfg)
	require.NoError(t, err)
	server := &client{theirs, wire.NewReader(theirs, wire.Limits{})}
	server.want(t, wire.TypeHello, "")
	return conn, server
}

func dataFrame(payload string) wire.Frame {
	return wire.Frame{Type: wire.TypeData, Payload: []byte(payload)}
}

// receive takes the next message, which must have this payload.
func receive(t *testing.T, c *tcp.Conn, payload string) {
	t.Helper()
	f, err := c.Receive(t.Context())
	require.NoError(t, err)
	require.Equal(t, wire.TypeData, f.Type)
	require.Equal(t, payload, string(f.Payload))
}

// receiveClosed asserts that there are no more messages.
func receiveClosed(t *testing.T, c *tcp.Conn) error {
	t.Helper()
	_, err := c.Receive(t.Context())
	closed(t, err)
	_, again := c.Receive(t.Context())
	closed(t, again)
	return err
}

// closed asserts that an error says that the connection has ended.
func closed(t *testing.T, err error) {
	t.Helper()
	local(t, err, wire.ConnectionClosed)
	require.ErrorIs(t, err, net.ErrClosed)
}

func local(t *testing.T, err error, reason wire.Reason) {
	t.Helper()
	var e *session.LocalError
	require.ErrorAs(t, err, &e)
	require.Equal(t, reason, e.Reason)
}

func remote(t *testing.T, err error, want session.PeerError) {
	t.Helper()
	var e *session.PeerError
	require.ErrorAs(t, err, &e)
	require.Equal(t, want, *e)
}

func msgIDOf(t *testing.T, f wire.Frame) string {
	t.Helper()
	value, ok := f.Headers.Get(wire.KeyMsgID)
	require.True(t, ok)
	return string(value)
}

func ackOf(t *testing.T, id string) []byte {
	t.Helper()
	return encode(t, wire.TypeAck, 0, "", "msg-id", id)
}

// [TCP-2] [TCP-10] [TCP-27] [ACK-13]: over a real connection, against our own server.
func TestConnOverLoopback(t *testing.T) {
	s := serve(t, tcp.Config{})
	ctx, cancel := context.WithTimeout(t.Context(), guard)
	defer cancel()
	c, err := tcp.Dial(ctx, s.Addr().String(), tcp.Config{})
	require.NoError(t, err)
	defer c.Close()
	assert.Equal(t, s.Addr().String(), c.RemoteAddr().String())
	assert.NotEqual(t, s.Addr().String(), c.LocalAddr().String())

	require.NoError(t, c.Send(ctx, dataFrame("one")))
	require.NoError(t, c.SendReliable(ctx, dataFrame("two")))
	require.NoError(t, c.Ping(ctx, []byte("three")))
	receive(t, c, "one")
	receive(t, c, "two")
	id, ok := c.SessionID()
	assert.True(t, ok)
	assert.NotEmpty(t, id)
	large := strings.Repeat("x", 5_000_000)
	require.NoError(t, c.Send(ctx, dataFrame(large)))
	receive(t, c, large)

	require.NoError(t, c.Close())
	require.NoError(t, c.Close())
	assert.NotErrorIs(t, receiveClosed(t, c), io.EOF, "nobody but us has ended it")
	closed(t, c.Send(ctx, dataFrame("late")))
	closed(t, c.SendReliable(ctx, dataFrame("late")))
	closed(t, c.Ping(ctx, nil))
}

// [TCP-21] [TCP-20]
func TestConnManySenders(t *testing.T) {
	const senders, each = 8, 50
	s := serve(t, tcp.Config{})
	ctx, cancel := context.WithTimeout(t.Context(), guard)
	defer cancel()
	c, err := tcp.Dial(ctx, s.Addr().String(), tcp.Config{})
	require.NoError(t, err)
	defer c.Close()
	var all sync.WaitGroup
	for n := range senders {
		all.Go(func() {
			for i := range each {
				f := dataFrame(fmt.Sprintf("%d %d %s", n, i, strings.Repeat("x", 20_000)))
				send := c.Send
				if i%10 == 0 {
					send = c.SendReliable
				}
				if !assert.NoError(t, send(ctx, f)) {
					return
				}
			}
		})
	}
	next := make([]int, senders)
	for range senders * each {
		f, err := c.Receive(ctx)
		require.NoError(t, err)
		var n, i int
		_, err = fmt.Sscan(string(f.Payload), &n, &i)
		require.NoError(t, err)
		require.Equal(t, next[n], i, "of sender %d", n)
		next[n]++
	}
	all.Wait()
}

func TestDialErrors(t *testing.T) {
	for _, addr := range []string{"127.0.0.1", "127.0.0.1:99999", "127.0.0.1:x:y", "[::1"} {
		_, err := tcp.Dial(t.Context(), addr, tcp.Config{})
		local(t, err, wire.InvalidAddress)
	}
	s, err := tcp.Listen(t.Context(), "127.0.0.1:0", tcp.Config{})
	require.NoError(t, err)
	require.NoError(t, s.Close())
	_, err = tcp.Dial(t.Context(), s.Addr().String(), tcp.Config{})
	var op *net.OpError
	require.ErrorAs(t, err, &op)
	assert.NotErrorIs(t, err, wire.InvalidAddress)

	ours, theirs := net.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = tcp.NewConn(ctx, ours, tcp.Config{})
	require.ErrorIs(t, err, context.Canceled)
	_, err = theirs.Read(make([]byte, 1))
	assert.ErrorIs(t, err, io.EOF, "it is closed in any case")
}

// [TCP-31]: neither a Receive nor a SendReliable holds up anything.
func TestConnOperationsDoNotWaitForEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn, server := pair(t, tcp.Config{})
		defer conn.Close()
		received := async(func() error { _, err := conn.Receive(t.Context()); return err })
		first := async(func() error { return conn.SendReliable(t.Context(), dataFrame("first")) })
		id := msgIDOf(t, server.want(t, wire.TypeData, "first"))
		second := async(func() error { return conn.SendReliable(t.Context(), dataFrame("second")) })
		other := msgIDOf(t, server.want(t, wire.TypeData, "second"))
		require.NotEqual(t, id, other)
		ping := async(func() error { return conn.Ping(t.Context(), []byte("p")) })
		server.want(t, wire.TypePing, "p")
		require.NoError(t, conn.Send(t.Context(), dataFrame("third")))
		server.want(t, wire.TypeData, "third")

		server.send(t, ackOf(t, other))
		_, err := second()
		require.NoError(t, err)
		server.send(t, encode(t, wire.TypePong, 0, "other"), encode(t, wire.TypePong, 0, "p"))
		_, err = ping()
		require.NoError(t, err)
		server.send(t, ackOf(t, id))
		_, err = first()
		require.NoError(t, err)
		server.send(t, data(t, "x"))
		_, err = received()
		require.NoError(t, err)
		server.Close()
	})
}

// [RTX-12] [ACK-9] [ACK-10] [ACK-17] [ERR-7] [TCP-24]
func TestConnSendReliable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn, server := pair(t, tcp.Config{AckTimeout: 7 * time.Second})
		defer conn.Close()
		start := time.Now()
		wait := async(func() error { return conn.SendReliable(t.Context(), dataFrame("x")) })
		id := msgIDOf(t, server.want(t, wire.TypeData, "x"))
		server.send(t, ackOf(t, "007"), encode(t, wire.TypeAck, 0, ""), encode(t, wire.TypePing, 0, "p"),
			encode(t, wire.TypeErr, 0, "for nobody", "err-code", "16"), data(t, "push"))
		server.want(t, wire.TypePong, "p")
		at, err := wait()
		local(t, err, wire.Timeout)
		assert.Equal(t, 7*time.Second, at.Sub(start))
		server.send(t, ackOf(t, id)) // too late

		wait = async(func() error { return conn.SendReliable(t.Context(), dataFrame("y")) })
		id = msgIDOf(t, server.want(t, wire.TypeData, "y")) // and not "x" again
		server.send(t, encode(t, wire.TypeErr, 0, "it failed", "err-code", "15", "msg-id", id), data(t, "more"))
		_, err = wait()
		remote(t, err, session.PeerError{Code: wire.ServerError, Text: "it failed"})

		_, err = conn.Receive(t.Context())
		remote(t, err, session.PeerError{Code: wire.RateLimited, Text: "for nobody"})
		receive(t, conn, "push")
		receive(t, conn, "more")
		server.Close()
	})
}

// An ERR of a code that is never sent is the peer's all the same.
func TestConnPeerReportsConnectionClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn, server := pair(t, tcp.Config{})
		defer conn.Close()
		wait := async(func() error { return conn.SendReliable(t.Context(), dataFrame("x")) })
		id := msgIDOf(t, server.want(t, wire.TypeData, "x"))
		server.send(t, encode(t, wire.TypeErr, 0, "", "err-code", "14", "msg-id", id))
		_, err := wait()
		remote(t, err, session.PeerError{Code: wire.ConnectionClosed})
		assert.NotErrorIs(t, err, net.ErrClosed)
		server.Close()
	})
}

// What the caller gives up is given up, and nothing else.
func TestConnContexts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn, server := pair(t, tcp.Config{})
		defer conn.Close()
		for name, op := range map[string]func(context.Context) error{
			"receive":       func(ctx context.Context) error { _, err := conn.Receive(ctx); return err },
			"send reliable": func(ctx context.Context) error { return conn.SendReliable(ctx, dataFrame("x")) },
			"ping":          func(ctx context.Context) error { return conn.Ping(ctx, []byte("x")) },
		} {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			start := time.Now()
			require.ErrorIs(t, op(ctx), context.DeadlineExceeded, name)
			assert.Equal(t, time.Second, time.Since(start), name)
			cancel()
			if name != "receive" {
				f, err := server.frames.ReadFrame()
				require.NoError(t, err)
				if f.Type == wire.TypeData {
					server.send(t, ackOf(t, msgIDOf(t, f)))
				} else {
					server.send(t, encode(t, wire.TypePong, 0, "x"))
				}
			}
			require.ErrorIs(t, op(ctx), context.DeadlineExceeded, "%s: a context that is done from the start", name)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, conn.Send(ctx, dataFrame("not sent")), context.Canceled)
		require.NoError(t, conn.Send(t.Context(), dataFrame("sent")))
		server.want(t, wire.TypeData, "sent")
		server.send(t, data(t, "waits"))
		synctest.Wait()
		f, err := conn.Receive(ctx)
		require.NoError(t, err, "what is there is handed over")
		assert.Equal(t, "waits", string(f.Payload))
		server.Close()
	})
}

// A peer that takes nothing: Send waits for room, and ends with its context or with the
// connection.
func TestConnSendWaitsForThePeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn, server := pair(t, tcp.Config{})
		large := dataFrame(strings.Repeat("x", 300_000))
		require.NoError(t, conn.Send(t.Context(), large)) // under way
		synctest.Wait()
		require.NoError(t, conn.Send(t.Context(), large)) // waits, and fills the room
		third := async(func() error { return conn.Send(t.Context(), large) })
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, conn.Send(ctx, dataFrame("never sent")), context.DeadlineExceeded)
		server.want(t, wire.TypeData, string(large.Payload))
		_, err := third()
		require.NoError(t, err)
		fourth := async(func() error { return conn.Send(t.Context(), large) })
		start := time.Now()
		synctest.Wait()
		require.NoError(t, conn.Close())
		assert.Equal(t, session.DefaultCloseTimeout, time.Since(start))
		_, err = fourth()
		closed(t, err)
	})
}

// The same without a Close: the connection is given up, and everybody is told why, those
// who wait and those who come later.
func TestConnPeerThatDoesNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn, _ := pair(t, tcp.Config{StalledWrite: time.Hour})
		start := time.Now()
		large := dataFrame(strings.Repeat("x", 300_000))
		require.NoError(t, conn.Send(t.Context(), large))
		synctest.Wait()
		require.NoError(t, conn.Send(t.Context(), large))
		var waiting []func() (time.Time, error)
		for range 3 {
			waiting = append(waiting, async(func() error { return conn.Send(t.Context(), large) }))
		}
		for _, wait := range waiting {
			at, err := wait()
			closed(t, err)
			require.ErrorIs(t, err, os.ErrDeadlineExceeded)
			assert.Equal(t, time.Hour, at.Sub(start))
		}
		require.ErrorIs(t, receiveClosed(t, conn), os.ErrDeadlineExceeded)
		for _, late := range []error{
			conn.Send(t.Context(), dataFrame("late")), conn.SendReliable(t.Context(), dataFrame("late")), conn.Ping(t.Context(), nil),
		} {
			closed(t, late)
			require.ErrorIs(t, late, os.ErrDeadlineExceeded)
		}
		require.NoError(t, conn.Close())
	})
}

// A full queue stops the reading, and Receive starts it again.
func TestConnFullQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn, server := pair(t, tcp.Config{QueueMessages: 2, CloseTimeout: time.Minute})
		for i := range 4 {
			server.send(t, data(t, fmt.Sprint(i)))
		}
		server.send(t, encode(t, wire.TypePing, 0, "behind them"))
		pong := async(func() error { _, err := server.frames.ReadFrame(); return err })
		start := time.Now()
		time.Sleep(time.Hour)
		for i := range 4 {
			receive(t, conn, fmt.Sprint(i))
		}
		at, err := pong()
		require.NoError(t, err)
		assert.Equal(t, time.Hour, at.Sub(start))

		// A Close with a full queue does not wait for ever.
		for i := range 4 {
			server.send(t, data(t, fmt.Sprint(i)))
		}
		synctest.Wait()
		start = time.Now()
		require.NoError(t, conn.Close())
		assert.Equal(t, time.Minute, time.Since(start))
		receive(t, conn, "0")
		receive(t, conn, "1")
		receiveClosed(t, conn)
	})
}

// [TCP-9] [TCP-25] [TCP-26]
func TestConnServerSaysBye(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn, server := pair(t, tcp.Config{})
		wait := async(func() error { return conn.SendReliable(t.Context(), dataFrame("x")) })
		ping := async(func() error { return conn.Ping(t.Context(), []byte("x")) })
		synctest.Wait()
		server.send(t, encode(t, wire.TypePing, 0, "p"), data(t, "1"), data(t, "2"), encode(t, wire.TypeBye, 0, ""), data(t, "behind"))
		_, err := wait()
		closed(t, err)
		_, err = ping()
		closed(t, err)
		receive(t, conn, "1")
		receive(t, conn, "2")
		assert.ErrorIs(t, receiveClosed(t, conn), io.EOF)
		closed(t, conn.Send(t.Context(), dataFrame("late")))
		// What was sent before: DATA and PING in either order, then the PONG.
		for range 2 {
			_, err := server.frames.ReadFrame()
			require.NoError(t, err)
		}
		server.want(t, wire.TypePong, "p")
		start := time.Now()
		server.wantEnd(t, false)
		assert.Zero(t, time.Since(start))
		require.NoError(t, conn.Close())
		assert.Equal(t, session.DefaultLinger, time.Since(start), "the server has not ended its side")
	})
}

// [TCP-12] [TCP-26]
func TestConnEndOfStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn, server := pair(t, tcp.Config{})
		server.send(t, data(t, "whole"), data(t, "in part")[:16])
		require.NoError(t, server.Conn.(*memnet.StreamConn).CloseWrite())
		start := time.Now()
		server.wantEnd(t, false)
		require.NoError(t, conn.Close())
		assert.Zero(t, time.Since(start))
		receive(t, conn, "whole")
		err := receiveClosed(t, conn)
		assert.ErrorIs(t, err, io.EOF)
		assert.ErrorContains(t, err, "within a frame")
	})
}

// [TCP-13] [TCP-14] [TCP-15] [TCP-16] [TCP-17] [TCP-28]
func TestConnFaultsOfTheServer(t *testing.T) {
	for name, c := range map[string]struct {
		octets []byte
		reason wire.Reason
		code   string
	}{
		"magic":   {[]byte("VX"), wire.InvalidMagic, ""},
		"version": {[]byte("VT\x02"), wire.InvalidVersion, "3"},
		"size":    {[]byte("VT\x01\x03\x00\x00\x00\x00\x7f\xff\xf2"), wire.FrameTooLarge, "8"},
		"crc":     {corrupt(data(t, "x")), wire.CrcMismatch, "6"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				conn, server := pair(t, tcp.Config{})
				defer conn.Close()
				server.send(t, data(t, "before"), c.octets, data(t, "behind"))
				if c.code != "" {
					server.wantErr(t, c.code)
				}
				server.wantEnd(t, false)
				receive(t, conn, "before")
				_, err := conn.Receive(t.Context())
				local(t, err, c.reason)
				assert.NotErrorIs(t, receiveClosed(t, conn), io.EOF)
				closed(t, conn.Send(t.Context(), dataFrame("late")))
			})
		})
	}
}

// [TYP-4] [ERR-8] [FLG-6]
func TestConnGoesOnAfterOddFrames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn, server := pair(t, tcp.Config{})
		defer conn.Close()
		unknown := encode(t, 0x10, 0, "x")
		server.send(t, unknown, encode(t, wire.TypeHello, 0, ""), encode(t, wire.TypeData, wire.FlagFrag, "x"),
			encode(t, wire.TypeWelcome, 0, "", "session-id", "7"), data(t, "y"))
		server.wantErr(t, "4")
		server.wantErr(t, "13")
		server.wantErr(t, "17")
		receive(t, conn, "y")
		id, ok := conn.SessionID()
		assert.True(t, ok)
		assert.Equal(t, "7", id)
		server.Close()
	})
}

// A connection that breaks says why.
func TestConnReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn, server := pair(t, tcp.Config{})
		_, ok := conn.SessionID()
		assert.False(t, ok)
		server.send(t, data(t, "before"))
		synctest.Wait()
		require.NoError(t, server.Conn.(*memnet.StreamConn).SetLinger(0))
		require.NoError(t, server.Close())
		receive(t, conn, "before")
		err := receiveClosed(t, conn)
		var op *net.OpError
		assert.True(t, errors.As(err, &op), "%v", err)
		assert.NotErrorIs(t, err, io.EOF)
		require.NoError(t, conn.Close())
	})
}

// [TCP-10] [PRI-3]: answers that are under way when Close is called arrive.
func TestConnCloseTakesInWhatComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn, server := pair(t, tcp.Config{})
		wait := async(func() error { return conn.SendReliable(t.Context(), dataFrame("x")) })
		id := msgIDOf(t, server.want(t, wire.TypeData, "x"))
		pending := async(func() error {
			f, err := conn.Receive(t.Context())
			assert.Equal(t, "late answer", string(f.Payload))
			return err
		})
		closing := async(conn.Close)
		server.want(t, wire.TypeBye, "")
		server.wantEnd(t, false)
		time.Sleep(time.Second)
		server.send(t, ackOf(t, id), encode(t, wire.TypePing, 0, "p"), data(t, "late answer"), data(t, "and one more"))
		_, err := wait()
		require.NoError(t, err)
		_, err = pending()
		require.NoError(t, err)
		start := time.Now()
		require.NoError(t, server.Close())
		at, err := closing()
		require.NoError(t, err)
		assert.Equal(t, start, at)
		receive(t, conn, "and one more")
		receiveClosed(t, conn)
	})
}

// Pending operations end with the connection.
func TestConnCloseEndsWhatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn, _ := pair(t, tcp.Config{CloseTimeout: time.Second})
		waits := []func() (time.Time, error){
			async(func() error { return conn.SendReliable(t.Context(), dataFrame("x")) }),
			async(func() error { return conn.Ping(t.Context(), nil) }),
			async(func() error { _, err := conn.Receive(t.Context()); return err }),
			async(func() error { _, err := conn.Receive(t.Context()); return err }),
		}
		synctest.Wait()
		require.NoError(t, conn.Close())
		for _, wait := range waits {
			_, err := wait()
			closed(t, err)
		}
	})
}

// A connection that cannot be shut down by halves is closed behind the BYE.
func TestConnOverAPipe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		conn, err := tcp.NewConn(t.Context(), ours, tcp.Config{})
		require.NoError(t, err)
		server := &client{theirs, wire.NewReader(theirs, wire.Limits{})}
		server.want(t, wire.TypeHello, "")
		closing := async(conn.Close)
		server.want(t, wire.TypeBye, "")
		server.wantEnd(t, false)
		_, err = closing()
		require.NoError(t, err)
		receiveClosed(t, conn)
	})
}

// [TCP-5] [TCP-22]: in virtual time, over a link that cuts the stream into pieces,
// against our own server.
func TestConnOverSlowLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const delay = 50 * time.Millisecond
		link, err := netem.New(netem.Profile{
			AB: netem.Impairments{Delay: delay},
			BA: netem.Impairments{Delay: delay},
		}, netem.Options{})
		require.NoError(t, err)
		listener := memnet.Listen(link)
		s := tcp.Serve(t.Context(), listener, tcp.Config{Handler: echo})
		defer s.Close()
		nc, err := listener.Dial()
		require.NoError(t, err)
		conn, err := tcp.NewConn(t.Context(), nc, tcp.Config{})
		require.NoError(t, err)
		start := time.Now()
		require.NoError(t, conn.SendReliable(t.Context(), dataFrame("x")))
		assert.Equal(t, 2*delay, time.Since(start), "HELLO and WELCOME take no time of their own")
		receive(t, conn, "x")
		require.NoError(t, conn.Close())
		assert.Equal(t, 4*delay, time.Since(start))
	})
}
