package udp_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/frag"
	"github.com/vstp-project/vstp/ref/udp"
	"github.com/vstp-project/vstp/ref/wire"
)

// These tests run over sockets of the system.

// connect opens a Conn whose peer is the server.
func connect(t *testing.T, s *udp.Server, cfg udp.Config) *udp.Conn {
	t.Helper()
	conn, err := udp.Dial(t.Context(), net.JoinHostPort(loopback, portOf(t, s)), cfg)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, conn.Close()) })
	return conn
}

// guarded is a context that ends if a broken program hangs.
func guarded(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), guard)
	t.Cleanup(cancel)
	return ctx
}

// [FRG-14] [RAS-21] [RAS-22]: as long as a message can be, there and back.
func TestLargestMessage(t *testing.T) {
	conn := connect(t, serve(t, loopback, udp.Config{}), udp.Config{})
	random := rand.New(rand.NewPCG(1, 2))
	body := make([]byte, 284_325)
	for i := range body {
		body[i] = byte(random.Uint32())
	}
	ctx := guarded(t)
	require.NoError(t, conn.SendReliable(ctx, netip.AddrPort{}, wire.Frame{Type: wire.TypeData, Payload: body}))
	m, err := conn.Receive(ctx)
	require.NoError(t, err, "the echo, which is not repeated: a system that loses it here has too small a buffer")
	assert.Equal(t, conn.Peer(), m.Peer)
	assert.True(t, bytes.Equal(body, m.Frame.Payload))
}

// [RAS-21]: 255 fragments of 1,200 octets, from last to first.
func TestLargestFragments(t *testing.T) {
	sizes := make(chan int, 1)
	c := dial(t, serve(t, loopback, udp.Config{Handler: func(_ context.Context, r *udp.Request) {
		sizes <- len(r.Message.Payload)
	}}), loopback)
	full := strings.Repeat("x", 1_200)
	for i := 254; i >= 0; i-- {
		if i%16 == 0 {
			c.barrier(t) // so that no buffer overflows
		}
		c.send(t, fragment(t, wire.FlagReqAck, 255, i, 255, full, "msg-id", "5"))
	}
	c.wantAck(t, "5")
	assert.Equal(t, 306_000, <-sizes)
}

func TestManySendsAtOnce(t *testing.T) {
	conn := connect(t, serve(t, loopback, udp.Config{}), udp.Config{})
	ctx := guarded(t)
	const messages = 50
	results := make(chan error, messages)
	for i := range messages {
		go func() {
			results <- conn.SendReliable(ctx, conn.Peer(), dataFrame(fmt.Sprint(i, strings.Repeat("x", 100*i))))
		}()
	}
	for range messages {
		require.NoError(t, <-results)
	}
	got := map[string]int{}
	for range messages {
		m, err := conn.Receive(ctx)
		require.NoError(t, err)
		got[string(m.Frame.Payload)]++
	}
	assert.Len(t, got, messages, "each one once")
}

// [UDP-17]
func TestOneConnAndTwoServers(t *testing.T) {
	sources := make(chan netip.AddrPort, 2)
	tell := func(_ context.Context, r *udp.Request) {
		sources <- r.Peer
		r.Answer(wire.Frame{Type: wire.TypeData})
	}
	a, b := serve(t, loopback, udp.Config{Handler: tell}), serve(t, loopback, udp.Config{Handler: tell})
	conn := connect(t, a, udp.Config{Local: "127.0.0.1:0"})
	ctx := guarded(t)
	for _, s := range []*udp.Server{a, b} {
		to := netip.MustParseAddrPort(s.Addr().String())
		require.NoError(t, conn.Send(ctx, to, dataFrame("x")))
		m, err := conn.Receive(ctx)
		require.NoError(t, err)
		assert.Equal(t, to, m.Peer)
		assert.Equal(t, conn.LocalAddr().String(), (<-sources).String())
	}
}

// [RTX-13]: nobody listens, which some systems report, and still every wait is waited.
func TestUnreachablePort(t *testing.T) {
	gone, err := udp.Listen(t.Context(), net.JoinHostPort(loopback, "0"), udp.Config{})
	require.NoError(t, err)
	conn := connect(t, gone, udp.Config{RetryDelay: time.Millisecond, AckTimeout: 10 * time.Millisecond})
	require.NoError(t, gone.Close())
	local(t, conn.SendReliable(guarded(t), conn.Peer(), dataFrame("x")), wire.Timeout)
	local(t, conn.SendReliable(guarded(t), conn.Peer(), dataFrame("x")), wire.Timeout)
}

func TestDialFailures(t *testing.T) {
	s := serve(t, loopback, udp.Config{})
	for name, c := range map[string]struct{ addr, local, want string }{
		"no port":     {"127.0.0.1", "", "127.0.0.1"},
		"no number":   {"127.0.0.1:port", "", "port"},
		"no host":     {"host.invalid:1", "", "host.invalid"},
		"local taken": {s.Addr().String(), s.Addr().String(), s.Addr().String()},
		"local wrong": {s.Addr().String(), "127.0.0.1", "127.0.0.1"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := udp.Dial(guarded(t), c.addr, udp.Config{Local: c.local})
			assert.ErrorContains(t, err, c.want)
		})
	}
}

// A socket of the system that the caller has opened is one like any other.
func TestServeOnASocketOfTheSystem(t *testing.T) {
	pc, err := net.ListenPacket("udp", net.JoinHostPort(loopback, "0"))
	require.NoError(t, err)
	s, err := udp.Serve(t.Context(), pc, udp.Config{Handler: echo})
	require.NoError(t, err)
	defer s.Close()
	receive, _ := s.Buffers()
	assert.Equal(t, runtime.GOOS == "linux" || receive > 0, receive > 0)
	pc, err = net.ListenPacket("udp", net.JoinHostPort(loopback, "0"))
	require.NoError(t, err)
	conn, err := udp.NewConn(pc, udp.Config{})
	require.NoError(t, err)
	defer conn.Close()
	to := netip.MustParseAddrPort(s.Addr().String())
	require.NoError(t, conn.SendReliable(guarded(t), to, dataFrame("x")))
	m, err := conn.Receive(guarded(t))
	require.NoError(t, err)
	assert.Equal(t, "x", string(m.Frame.Payload))
	assert.Equal(t, pc.LocalAddr(), conn.LocalAddr())
	clientReceive, _ := conn.Buffers()
	assert.Equal(t, receive, clientReceive)
}

// [RAS-11] [RAS-12] [RAS-14] [SEC-1]: a thousand messages begun by sixteen addresses,
// and one client that only wants its answer.
func TestFullTableOverSockets(t *testing.T) {
	s := serve(t, "0.0.0.0", udp.Config{})
	var hosts []client
	for i := range 16 {
		local := &net.UDPAddr{IP: net.IPv4(127, 0, 0, byte(10+i))}
		conn, err := net.DialUDP("udp", local, net.UDPAddrFromAddrPort(netip.MustParseAddrPort(net.JoinHostPort(loopback, portOf(t, s)))))
		if err != nil {
			t.Skipf("not tried: this host cannot send from %v: %v", local.IP, err)
		}
		defer conn.Close()
		require.NoError(t, conn.SetDeadline(time.Now().Add(guard)))
		hosts = append(hosts, client{conn})
	}
	payload := strings.Repeat("x", 600)
	message := func(i, index int) []byte {
		return fragment(t, wire.FlagReqAck, i/16, index, 2, payload, "msg-id", fmt.Sprint(i))
	}
	honest := connect(t, s, udp.Config{})
	served := func() {
		t.Helper()
		require.NoError(t, honest.SendReliable(guarded(t), honest.Peer(), dataFrame("honest")))
		m, err := honest.Receive(guarded(t))
		require.NoError(t, err)
		assert.Equal(t, "honest", string(m.Frame.Payload))
	}
	for i := range frag.DefaultMaxSessions {
		hosts[i%16].send(t, message(i, 0))
		hosts[i%16].barrier(t)
	}
	assert.Equal(t, frag.DefaultMaxSessions, s.Sessions())
	served()
	for i := range 50 {
		hosts[i%16].send(t, fragment(t, 0, 200, 0, 2, "one too many", "msg-id", fmt.Sprint(5_000+i)))
		hosts[i%16].send(t, fragment(t, 0, 201, 2, i%3, "wrong", "msg-id", "1"))
		hosts[i%16].barrier(t)
	}
	assert.Equal(t, frag.DefaultMaxSessions, s.Sessions())
	served()
	for i := range frag.DefaultMaxSessions {
		hosts[i%16].send(t, message(i, 1))
		hosts[i%16].wantAck(t, fmt.Sprint(i))
		for range 2 { // the echo does not fit a datagram
			assert.True(t, hosts[i%16].recv(t).Flags.Has(wire.FlagFrag))
		}
	}
	assert.Zero(t, s.Sessions())
	served()
}
