package udp_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/udp"
	"github.com/vstp-project/vstp/ref/wire"
)

const loopback = "127.0.0.1"

// [UDP-6] [UDP-8] [UDP-13] [UDP-15] [ACK-1]
func TestConversation(t *testing.T) {
	c := dial(t, serve(t, loopback, udp.Config{}), loopback)
	c.send(t, message(t, "5", "x"))
	c.wantAck(t, "5")
	c.want(t, wire.TypeData, "x")
	c.send(t, encode(t, wire.TypeHello, 0, ""))
	welcome := c.want(t, wire.TypeWelcome, "")
	assert.LessOrEqual(t, welcome.EncodedLen(), 45)
	c.send(t, encode(t, wire.TypePing, 0, "p"))
	c.want(t, wire.TypePong, "p")
	c.send(t, encode(t, wire.TypeBye, 0, ""))
	c.send(t, encode(t, wire.TypeData, 0, "after bye"))
	c.want(t, wire.TypeData, "after bye")
}

// [UDP-2] [UDP-3] [UDP-4] [UDP-5] [UDP-18] [FLG-5] [CMP-11] [ACK-7]
func TestSilence(t *testing.T) {
	c := dial(t, serve(t, loopback, udp.Config{}), loopback)
	good := message(t, "5", "x")
	flipped := bytes.Clone(good)
	flipped[len(flipped)-1] ^= 1
	for name, b := range map[string][]byte{
		"empty":           {},
		"short":           good[:len(good)-1],
		"trailing octets": append(bytes.Clone(good), "JUNK"...),
		"two frames":      append(bytes.Clone(good), good...),
		"crc":             flipped,
		"magic":           []byte("GET / HTTP/1.1\r\n\r\n"),
		"version":         []byte("VT\x02\x03\x00\x00\x00\x00\x00\x00\x00\xeb\x0a\xaf\xdc"),
		"size":            []byte("VT\x01\x03\x00\x00\x00\x00\x7f\xff\xf2"),
		"type":            []byte("VT\x01\x09\x00\x00\x00\x00\x00\x00\x00\x43\x47\x8f\xd1"),
		"headers":         []byte("VT\x01\x03\x00\x01\x00\x00\x00\x00\x02\x00\x00\x78\x26\xaa\xab\xa3"),
		"fragment":        encode(t, wire.TypeData, wire.FlagReqAck|wire.FlagFrag, "AAAA", "msg-id", "5", "frag-id", "1", "frag-index", "0", "frag-total", "2"),
		"compressed":      encode(t, wire.TypeData, wire.FlagReqAck|wire.FlagComp, "notgzip", "msg-id", "5"),
		"welcome":         encode(t, wire.TypeWelcome, wire.FlagReqAck, "", "msg-id", "5"),
		"ack":             encode(t, wire.TypeAck, wire.FlagReqAck, "", "msg-id", "5"),
		"pong":            encode(t, wire.TypePong, wire.FlagReqAck, "", "msg-id", "5"),
		"err":             encode(t, wire.TypeErr, wire.FlagReqAck, "", "msg-id", "5"),
	} {
		t.Run(name, func(t *testing.T) {
			c.send(t, b)
			c.send(t, encode(t, wire.TypeData, 0, "sentinel "+name))
			c.want(t, wire.TypeData, "sentinel "+name)
			c.barrier(t)
		})
	}
}

// [UDP-10] [UDP-12]
func TestLargeDatagrams(t *testing.T) {
	sizes := make(chan int, 1)
	c := dial(t, serve(t, loopback, udp.Config{Handler: func(_ context.Context, r *udp.Request) {
		sizes <- r.Message.EncodedLen()
	}}), loopback)
	overhead := len(message(t, "5", ""))
	for _, size := range []int{1_200, 1_201, 1_472, 2_400, 2_401, 20_000, 65_507} {
		b := message(t, "5", strings.Repeat("x", size-overhead))
		require.Len(t, b, size)
		c.send(t, b)
		c.wantAck(t, "5")
		assert.Equal(t, size, <-sizes)
		c.barrier(t)
	}
}

// [UDP-7]: a client that has sent to one of several addresses is answered from
// that one; the client's socket takes nothing from any other.
func TestRepliesComeFromTheAddressAsked(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skipf("not tried: on %s the system chooses the address to reply from", runtime.GOOS)
	}
	for _, c := range []struct{ server, client string }{
		{"0.0.0.0", "127.0.0.2"},
		{"0.0.0.0", "127.0.0.1"},
		{"127.0.0.3", "127.0.0.3"},
		{"", "127.0.0.2"},
		{"", "::1"},
		{"::", "::1"},
		{"::1", "::1"},
	} {
		t.Run(c.server+" "+c.client, func(t *testing.T) {
			if probe, err := net.ListenPacket("udp", net.JoinHostPort(c.client, "0")); err != nil {
				t.Skipf("not tried: this host has no address %s: %v", c.client, err)
			} else {
				probe.Close()
			}
			s := serve(t, c.server, udp.Config{})
			conn := dial(t, s, c.client)
			conn.send(t, message(t, "5", "x"))
			conn.wantAck(t, "5")
			conn.want(t, wire.TypeData, "x")
		})
	}
}

// What the handler may rely on. On a socket for both families an IPv4 source is an
// IPv4 address all the same.
func TestRequest(t *testing.T) {
	requests := make(chan *udp.Request, 2)
	s := serve(t, "", udp.Config{Handler: func(ctx context.Context, r *udp.Request) {
		requests <- r
		r.Answer(wire.Frame{Type: wire.TypeData})
	}})
	c := dial(t, s, loopback)
	c.send(t, encode(t, wire.TypeData, 0, "first"))
	c.want(t, wire.TypeData, "")
	c.send(t, encode(t, wire.TypeData, 0, "second"))
	c.want(t, wire.TypeData, "")
	r := <-requests
	assert.Equal(t, "first", string(r.Message.Payload), "it owns its memory")
	assert.Equal(t, netip.MustParseAddrPort(c.LocalAddr().String()), r.Peer)
	assert.True(t, r.Peer.Addr().Is4())

	require.NoError(t, s.Close())
	assert.ErrorIs(t, r.Answer(wire.Frame{Type: wire.TypeData}), net.ErrClosed)
}

// An answer that takes its time holds up nobody, not even the same client.
func TestSlowAnswersHoldUpNobody(t *testing.T) {
	release := make(chan struct{})
	s := serve(t, loopback, udp.Config{Handler: func(ctx context.Context, r *udp.Request) {
		if string(r.Message.Payload) == "slow" {
			<-release
		}
		echo(ctx, r)
	}})
	slow, other := dial(t, s, loopback), dial(t, s, loopback)
	slow.send(t, message(t, "1", "slow"))
	slow.wantAck(t, "1")
	slow.send(t, message(t, "2", "quick"))
	slow.wantAck(t, "2")
	slow.want(t, wire.TypeData, "quick")
	other.send(t, encode(t, wire.TypeData, 0, "other"))
	other.want(t, wire.TypeData, "other")
	close(release)
	slow.want(t, wire.TypeData, "slow")
}

// blocked starts a server whose handler works on every message until release is
// closed.
func blocked(t *testing.T, cfg udp.Config) (s *udp.Server, release chan struct{}) {
	release = make(chan struct{})
	cfg.Handler = func(ctx context.Context, r *udp.Request) {
		<-release
		echo(ctx, r)
	}
	return serve(t, loopback, cfg), release
}

// [ACK-12]: what cannot be taken is not acknowledged, and the next that can is.
func TestMessageWithoutRoomIsDropped(t *testing.T) {
	size := len(message(t, "1", "a"))
	for name, cfg := range map[string]udp.Config{
		"messages":   {QueueMessages: 1},
		"octets":     {QueueOctets: size},
		"per source": {QueuePerSource: 1},
	} {
		t.Run(name, func(t *testing.T) {
			s, release := blocked(t, cfg)
			c := dial(t, s, loopback)
			c.send(t, message(t, "1", "a"))
			c.wantAck(t, "1")
			c.send(t, message(t, "2", "b"))
			c.barrier(t)
			close(release)
			c.want(t, wire.TypeData, "a")
			// Room is free only when the handler has returned, a little after its answer.
			acked := false
			for !acked {
				c.send(t, message(t, "3", "c"))
				c.send(t, encode(t, wire.TypePing, 0, "barrier"))
				for pong := false; !pong; {
					switch f := c.recv(t); f.Type {
					case wire.TypeAck:
						acked = true
					case wire.TypePong:
						pong = true
					default:
						assert.Equal(t, "c", string(f.Payload))
					}
				}
			}
		})
	}
}

func TestOneSourceCannotTakeAllTheRoom(t *testing.T) {
	s, release := blocked(t, udp.Config{QueuePerSource: 2, QueueMessages: 3})
	greedy, other := dial(t, s, loopback), dial(t, s, loopback)
	greedy.send(t, message(t, "1", "a"))
	greedy.wantAck(t, "1")
	greedy.send(t, message(t, "2", "b"))
	greedy.wantAck(t, "2")
	greedy.send(t, message(t, "3", "c"))
	greedy.barrier(t)
	other.send(t, message(t, "4", "d"))
	other.wantAck(t, "4")
	other.send(t, message(t, "5", "e"))
	other.barrier(t)
	close(release)
	other.want(t, wire.TypeData, "d")
}

// The context of Listen ends everything, handlers at work included.
func TestContextEndsTheServer(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	entered, left := make(chan struct{}), make(chan struct{})
	s, err := udp.Listen(ctx, "127.0.0.1:0", udp.Config{Handler: func(ctx context.Context, r *udp.Request) {
		close(entered)
		<-ctx.Done()
		close(left)
	}})
	require.NoError(t, err)
	c := dial(t, s, loopback)
	c.send(t, encode(t, wire.TypeData, 0, "x"))
	<-entered
	cancel()
	<-left
	require.NoError(t, s.Close())
	require.NoError(t, s.Close())
	again, err := udp.Listen(t.Context(), s.Addr().String(), udp.Config{})
	require.NoError(t, err, "the port is free again")
	require.NoError(t, again.Close())
}

func TestNoHandlerTakesMessages(t *testing.T) {
	s, err := udp.Listen(t.Context(), "127.0.0.1:0", udp.Config{})
	require.NoError(t, err)
	defer s.Close()
	c := dial(t, s, loopback)
	c.send(t, message(t, "5", "x"))
	c.wantAck(t, "5")
	c.barrier(t)
}

func TestListenFailure(t *testing.T) {
	s := serve(t, loopback, udp.Config{})
	_, err := udp.Listen(t.Context(), s.Addr().String(), udp.Config{})
	require.Error(t, err)
	assert.Contains(t, err.Error(), s.Addr().String())
}

func TestBuffersAreReported(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skipf("not tried: %s has rules of its own for buffer sizes", runtime.GOOS)
	}
	small, _ := serve(t, loopback, udp.Config{Buffer: 16_384}).Buffers()
	large, send := serve(t, loopback, udp.Config{}).Buffers()
	assert.GreaterOrEqual(t, small, 16_384)
	assert.Greater(t, large, small)
	assert.Positive(t, send)
}

// A receive buffer that is smaller than asked for does not go unnoticed.
func TestSmallBuffersAreMentioned(t *testing.T) {
	const asked = 1 << 30
	var log bytes.Buffer // read after Close
	s := serve(t, loopback, udp.Config{Buffer: asked, Log: slog.New(slog.NewTextHandler(&log, nil))})
	receive, _ := s.Buffers()
	require.NoError(t, s.Close())
	if runtime.GOOS != "linux" || receive >= 2*asked {
		t.Skipf("not tried: %s gives buffers of %d octets", runtime.GOOS, receive)
	}
	assert.Contains(t, log.String(), "net.core.rmem_max")
	assert.Contains(t, log.String(), fmt.Sprint(receive/2))
}

// [SEC-1]
func TestRandomDatagrams(t *testing.T) {
	c := dial(t, serve(t, loopback, udp.Config{}), loopback)
	random := rand.New(rand.NewPCG(1, 2))
	good := message(t, "5", "payload")
	for range 500 {
		b := make([]byte, random.IntN(100))
		for i := range b {
			b[i] = byte(random.Uint32())
		}
		c.send(t, b)
		bad := bytes.Clone(good)
		bad[random.IntN(len(bad))] ^= byte(1 + random.IntN(255))
		c.send(t, bad)
		c.barrier(t)
	}
}

// [SEC-1]: clients that are gone when their answer comes.
func TestVanishedClients(t *testing.T) {
	release := make(chan struct{})
	var working sync.WaitGroup
	working.Add(20)
	s := serve(t, loopback, udp.Config{Handler: func(ctx context.Context, r *udp.Request) {
		if string(r.Message.Payload) == "gone" {
			working.Done()
			<-release
		}
		echo(ctx, r)
	}})
	for range 20 {
		c := dial(t, s, loopback)
		c.send(t, encode(t, wire.TypeData, 0, "gone"))
		c.send(t, encode(t, wire.TypePing, 0, "gone"))
		c.want(t, wire.TypePong, "gone")
		c.Close()
	}
	working.Wait()
	close(release)
	c := dial(t, s, loopback)
	for range 20 {
		c.send(t, encode(t, wire.TypeData, 0, "here"))
		c.want(t, wire.TypeData, "here")
	}
}

// [OBS-1] [OBS-3]
func TestLog(t *testing.T) {
	var log bytes.Buffer // written by one goroutine at a time: the test reads after Close
	s := serve(t, loopback, udp.Config{Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	c := dial(t, s, loopback)
	c.send(t, []byte("nonsense"))
	c.send(t, encode(t, wire.TypeData, 0, "x"))
	c.want(t, wire.TypeData, "x")
	require.NoError(t, s.Close())
	assert.Contains(t, log.String(), s.Addr().String())
	assert.Contains(t, log.String(), "InvalidMagic")
	assert.Contains(t, log.String(), "delivered=true")
}
