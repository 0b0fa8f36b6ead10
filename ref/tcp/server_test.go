package tcp_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/compress"
	"github.com/vstp-project/vstp/ref/tcp"
	"github.com/vstp-project/vstp/ref/wire"
)

// [TCP-1] [TCP-6] [TCP-7] [TCP-8] [TCP-9] [ACK-13] [ACK-14]
func TestConversation(t *testing.T) {
	c := dial(t, serve(t, tcp.Config{}))
	c.send(t,
		encode(t, wire.TypeHello, 0, ""),
		encode(t, wire.TypeData, wire.FlagReqAck, "x", "msg-id", "5"),
		encode(t, wire.TypeHello, 0, ""),
	)
	// The ACK and the second WELCOME do not wait for the application, the echo comes
	// anywhere behind the ACK, and the ACK may overtake a WELCOME [PRI-2].
	var got []string
	var ids []string
	for range 4 {
		f, err := c.frames.ReadFrame()
		require.NoError(t, err)
		got = append(got, f.Type.String())
		if f.Type == wire.TypeWelcome {
			id, ok := f.Headers.Get(wire.KeySessionID)
			require.True(t, ok)
			ids = append(ids, string(id))
		}
	}
	assert.ElementsMatch(t, []string{"ACK", "DATA", "WELCOME", "WELCOME"}, got)
	assert.Less(t, slices.Index(got, "ACK"), slices.Index(got, "DATA"))
	assert.Less(t, slices.Index(got, "WELCOME"), slices.Index(got, "DATA"))
	assert.NotEmpty(t, ids[0])
	assert.Equal(t, ids[0], ids[1])

	c.send(t, encode(t, wire.TypePing, 0, "a"), encode(t, wire.TypePing, 0, "b"), encode(t, wire.TypePing, 0, "c"))
	c.want(t, wire.TypePong, "a")
	c.want(t, wire.TypePong, "b")
	c.want(t, wire.TypePong, "c")

	c.send(t, data(t, "last"), encode(t, wire.TypeBye, 0, ""), data(t, "behind bye"))
	c.want(t, wire.TypeData, "last")
	c.wantEnd(t, false)
}

// [TCP-20]
func TestAnswersComeInOrder(t *testing.T) {
	c := dial(t, serve(t, tcp.Config{}))
	go func() {
		for i := range 1000 {
			c.Write(data(t, fmt.Sprint(i)))
		}
	}()
	for i := range 1000 {
		c.want(t, wire.TypeData, fmt.Sprint(i))
	}
}

// [TCP-5] [TCP-22]
func TestStreamInSingleOctets(t *testing.T) {
	c := dial(t, serve(t, tcp.Config{}))
	for _, octet := range append(encode(t, wire.TypeHello, 0, ""), data(t, "in pieces")...) {
		c.send(t, []byte{octet})
	}
	c.want(t, wire.TypeWelcome, "")
	c.want(t, wire.TypeData, "in pieces")
}

// [TCP-13] [TCP-14] [TCP-15] [TCP-16]
func TestFaultBehindAGoodFrame(t *testing.T) {
	s := serve(t, tcp.Config{})
	for name, c := range map[string]struct {
		bad  string
		code string // "" if the connection is only closed
	}{
		"magic":   {"XX\x01\x03\x00\x00\x00\x00\x00\x00\x00\x9a\xcd\x58\x91", ""},
		"version": {"VT\x02", "3"},
		"size":    {"VT\x01\x03\x00\x00\x00\x00\x7f\xff\xf2", "8"},
		"crc":     {string(corrupt(data(t, "x"))), "6"},
		"headers": {"VT\x01\x03\x00\x01\x00\x00\x00\x00\x02\x00\x00\x78\x26\xaa\xab\xa3", "2"},
	} {
		t.Run(name, func(t *testing.T) {
			conn := dial(t, s)
			conn.send(t, data(t, "good"), []byte(c.bad))
			conn.want(t, wire.TypeData, "good")
			if c.code != "" {
				conn.wantErr(t, c.code)
			}
			conn.wantEnd(t, false)
		})
	}
}

// [TCP-13] [TCP-17] [TCP-28]: judged on the octets at hand, without waiting for
// more.
func TestFaultIsJudgedAtOnce(t *testing.T) {
	s := serve(t, tcp.Config{})
	c := dial(t, s)
	c.send(t, []byte("GE"))
	c.wantEnd(t, false)
	c = dial(t, s)
	c.send(t, []byte("VT\x02"))
	c.wantErr(t, "3")
	c.wantEnd(t, false)
	c = dial(t, s)
	c.send(t, []byte("VT\x01\x03\x00\x00\x00\xff\xff\xff\xff"))
	c.wantErr(t, "8")
	c.wantEnd(t, false)
}

// [TYP-4] [ERR-5] [FLG-6] [CMP-11]
func TestRecoverableFaultsLeaveTheConnectionOpen(t *testing.T) {
	c := dial(t, serve(t, tcp.Config{Compression: compress.Config{Off: true}}))
	c.send(t, []byte("VT\x01\x09\x00\x00\x00\x00\x00\x00\x00\x43\x47\x8f\xd1"))
	c.wantErr(t, "4")
	c.send(t, encode(t, wire.TypeWelcome, 0, ""))
	c.wantErr(t, "13")
	c.send(t, encode(t, wire.TypeData, wire.FlagFrag, "AAAA", "frag-id", "1", "frag-index", "0", "frag-total", "2"))
	c.wantErr(t, "17")
	c.send(t, encode(t, wire.TypeData, wire.FlagComp, "notgzip"))
	c.wantErr(t, "19")
	c.send(t, data(t, "sentinel"))
	c.want(t, wire.TypeData, "sentinel")
}

// [TCP-29]: what the peer goes on sending must not destroy the ERR.
func TestErrSurvivesUnreadInput(t *testing.T) {
	c := dial(t, serve(t, tcp.Config{}))
	var writing sync.WaitGroup
	writing.Go(func() {
		c.Write([]byte("VT\x01\x03\x00\x00\x00\x00\x7f\xff\xf2"))
		c.Write(make([]byte, 3<<20))
	})
	c.wantErr(t, "8")
	c.wantEnd(t, false)
	c.Close()
	writing.Wait()
}

// [TCP-29]: the time for reading the ERR is over after a while, whatever the peer
// goes on sending.
func TestLingerIsBounded(t *testing.T) {
	c := dial(t, serve(t, tcp.Config{Linger: 20 * time.Millisecond}))
	c.send(t, corrupt(data(t, "x")))
	c.wantErr(t, "6")
	c.wantEnd(t, false)
	rest := make([]byte, 1024)
	for {
		if _, err := c.Write(rest); err != nil {
			assert.NotErrorIs(t, err, os.ErrDeadlineExceeded)
			break
		}
	}
}

// [TCP-11]
func TestHalfCloseGetsItsAnswers(t *testing.T) {
	release := make(chan struct{})
	c := dial(t, serve(t, tcp.Config{Handler: func(ctx context.Context, r *tcp.Request) {
		<-release
		echo(ctx, r)
	}}))
	c.send(t, data(t, "a"), data(t, "b"))
	c.closeWrite(t)
	close(release)
	c.want(t, wire.TypeData, "a")
	c.want(t, wire.TypeData, "b")
	c.wantEnd(t, false)
}

// [TCP-12]
func TestHalfCloseInsideAFrame(t *testing.T) {
	c := dial(t, serve(t, tcp.Config{}))
	c.send(t, data(t, "whole"), data(t, "cut short")[:14])
	c.closeWrite(t)
	c.want(t, wire.TypeData, "whole")
	c.wantEnd(t, false)
}

// [TCP-23] [ACK-12]
func TestBusyApplicationDoesNotHoldUpTheProtocol(t *testing.T) {
	release := make(chan struct{})
	c := dial(t, serve(t, tcp.Config{Handler: func(ctx context.Context, r *tcp.Request) {
		<-release
		echo(ctx, r)
	}}))
	c.send(t, data(t, "slow"), encode(t, wire.TypePing, 0, "p"), encode(t, wire.TypeData, wire.FlagReqAck, "next", "msg-id", "9"))
	var got []string
	for range 2 {
		f, err := c.frames.ReadFrame()
		require.NoError(t, err)
		got = append(got, f.Type.String())
	}
	assert.ElementsMatch(t, []string{"PONG", "ACK"}, got) // in either order [PRI-2]
	close(release)
	c.want(t, wire.TypeData, "slow")
	c.want(t, wire.TypeData, "next")
}

// [TCP-18]
func TestStalledFrameEndsTheConnection(t *testing.T) {
	c := dial(t, serve(t, tcp.Config{StalledFrame: 20 * time.Millisecond}))
	c.send(t, data(t, "whole"), data(t, "never finished")[:12])
	c.want(t, wire.TypeData, "whole")
	c.wantErr(t, "9")
	c.wantEnd(t, false)
}

// [LIM-3]
func TestConfiguredFrameLimit(t *testing.T) {
	c := dial(t, serve(t, tcp.Config{Limits: wire.Limits{MaxFrame: 16}}))
	c.send(t, data(t, "x"), data(t, "xy"))
	c.want(t, wire.TypeData, "x")
	c.wantErr(t, "8")
	c.wantEnd(t, false)
}

// [LIM-1]
func TestLargestFrameIsEchoed(t *testing.T) {
	c := dial(t, serve(t, tcp.Config{}))
	payload := strings.Repeat("0123456789abcdef", wire.DefaultMaxFrame/16)[:wire.DefaultMaxFrame-wire.Overhead]
	var writing sync.WaitGroup
	writing.Go(func() { c.Write(data(t, payload)) })
	f, err := c.frames.ReadFrame()
	require.NoError(t, err)
	assert.True(t, payload == string(f.Payload), "same octets")
	writing.Wait()
}

// What the handler may rely on.
func TestRequest(t *testing.T) {
	var got []*tcp.Request
	s := serve(t, tcp.Config{Handler: func(ctx context.Context, r *tcp.Request) {
		got = append(got, r)
		if len(got) == 2 {
			assert.Equal(t, "first", string(got[0].Message.Payload), "it owns its memory")
			assert.NoError(t, ctx.Err())
			assert.ErrorIs(t, got[0].Answer(wire.Frame{Type: wire.TypeData}), wire.Protocol, "its time is over")
			assert.ErrorIs(t, r.Answer(wire.Frame{Type: wire.TypePong}), wire.UnexpectedFrameType)
			assert.NoError(t, r.Answer(wire.Frame{Type: wire.TypeData, Payload: []byte("one")}))
			assert.NoError(t, r.Answer(wire.Frame{Type: wire.TypeData, Payload: []byte("two")}))
		}
	}})
	c := dial(t, s)
	c.send(t, data(t, "first"), data(t, "second"))
	c.want(t, wire.TypeData, "one")
	c.want(t, wire.TypeData, "two")
	assert.Equal(t, c.LocalAddr().(*net.TCPAddr).AddrPort(), got[0].Peer)

	require.NoError(t, s.Close())
	assert.ErrorIs(t, got[1].Answer(wire.Frame{Type: wire.TypeData}), net.ErrClosed)
	assert.ErrorIs(t, got[1].Answer(wire.Frame{Type: wire.TypeData}), wire.ConnectionClosed)
}

func TestNoHandlerTakesMessages(t *testing.T) {
	s, err := tcp.Listen(t.Context(), "127.0.0.1:0", tcp.Config{})
	require.NoError(t, err)
	defer s.Close()
	c := dial(t, s)
	c.send(t, data(t, "unanswered"), encode(t, wire.TypeBye, 0, ""))
	c.wantEnd(t, false)
}

func TestListenFailure(t *testing.T) {
	s := serve(t, tcp.Config{})
	_, err := tcp.Listen(t.Context(), s.Addr().String(), tcp.Config{})
	require.Error(t, err)
	assert.Contains(t, err.Error(), s.Addr().String())
}

// [OBS-1]
func TestAddrIsTheBoundOne(t *testing.T) {
	s := serve(t, tcp.Config{})
	a, err := netip.ParseAddrPort(s.Addr().String())
	require.NoError(t, err)
	assert.NotZero(t, a.Port())
}

// The context of Listen ends everything, a handler at work included.
func TestContextEndsTheServer(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	entered := make(chan struct{})
	s, err := tcp.Listen(ctx, "127.0.0.1:0", tcp.Config{Handler: func(ctx context.Context, r *tcp.Request) {
		close(entered)
		<-ctx.Done()
	}})
	require.NoError(t, err)
	c := dial(t, s)
	c.send(t, data(t, "x"))
	<-entered
	cancel()
	c.wantEnd(t, true)
	require.NoError(t, s.Close())
	require.NoError(t, s.Close())
	_, err = net.Dial("tcp", s.Addr().String())
	assert.Error(t, err)
}

// A handler learns from its context that its connection is gone.
func TestLostConnectionEndsTheHandlersContext(t *testing.T) {
	entered, left := make(chan struct{}), make(chan struct{})
	c := dial(t, serve(t, tcp.Config{Handler: func(ctx context.Context, r *tcp.Request) {
		close(entered)
		<-ctx.Done()
		close(left)
	}}))
	c.send(t, data(t, "x"))
	<-entered
	require.NoError(t, c.Conn.(*net.TCPConn).SetLinger(0))
	c.Close()
	<-left
}

// [SEC-3]
func TestConnectionLimit(t *testing.T) {
	s := serve(t, tcp.Config{MaxConns: 1})
	first := dial(t, s)
	first.send(t, encode(t, wire.TypeHello, 0, ""))
	first.want(t, wire.TypeWelcome, "")
	dial(t, s).wantEnd(t, true)
	first.send(t, data(t, "unharmed"))
	first.want(t, wire.TypeData, "unharmed")
	first.Close()
	// The place becomes free once the server has noticed.
	for {
		c := dial(t, s)
		c.Write(data(t, "next"))
		if f, err := c.frames.ReadFrame(); err == nil {
			assert.Equal(t, "next", string(f.Payload))
			break
		}
	}
}

// [OBS-3]
func TestLog(t *testing.T) {
	var mu sync.Mutex
	var log bytes.Buffer
	handler := slog.NewTextHandler(writerFunc(func(b []byte) (int, error) {
		mu.Lock()
		defer mu.Unlock()
		return log.Write(b)
	}), &slog.HandlerOptions{Level: slog.LevelDebug})
	s := serve(t, tcp.Config{Log: slog.New(handler)})
	c := dial(t, s)
	c.send(t, data(t, "x"), corrupt(data(t, "y")))
	c.want(t, wire.TypeData, "x")
	c.wantErr(t, "6")
	c.wantEnd(t, false)
	c.Close()
	require.NoError(t, s.Close())
	for _, want := range []string{"connection opened", "frame delivered", "frame sent", "CrcMismatch", "connection closed"} {
		assert.Contains(t, log.String(), want)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }
