package tcp_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/netem"
	"github.com/vstp-project/vstp/ref/tcp"
	"github.com/vstp-project/vstp/ref/wire"
)

// gate is a connection whose writes wait until it is opened, and that counts them.
type gate struct {
	net.Conn
	open   chan struct{}
	mu     sync.Mutex
	writes []int // octets of each
}

func (g *gate) Write(b []byte) (int, error) {
	g.mu.Lock()
	g.writes = append(g.writes, len(b))
	g.mu.Unlock()
	<-g.open
	return g.Conn.Write(b)
}

func (g *gate) CloseWrite() error {
	return g.Conn.(interface{ CloseWrite() error }).CloseWrite()
}

// What is queued while the system takes its time leaves together, and Send waits for
// nobody as long as there is room.
func TestFramesLeaveTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := streams(t, netem.Profile{})
		g := &gate{Conn: ours, open: make(chan struct{})}
		conn, err := tcp.NewConn(t.Context(), g, tcp.Config{})
		require.NoError(t, err)
		synctest.Wait() // HELLO is under way
		const frames = 1000
		for i := range frames {
			require.NoError(t, conn.Send(t.Context(), dataFrame(fmt.Sprintf("%04d", i))))
		}
		close(g.open)
		server := &client{theirs, wire.NewReader(theirs, wire.Limits{})}
		server.want(t, wire.TypeHello, "")
		for i := range frames {
			server.want(t, wire.TypeData, fmt.Sprintf("%04d", i))
		}
		assert.Equal(t, []int{wire.Overhead, frames * (wire.Overhead + 4)}, g.writes)
		server.Close()
		require.NoError(t, conn.Close())
	})
}

// A frame may be used again as soon as Send has returned, whenever it leaves.
func TestSendKeepsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := streams(t, netem.Profile{})
		g := &gate{Conn: ours, open: make(chan struct{})}
		conn, err := tcp.NewConn(t.Context(), g, tcp.Config{})
		require.NoError(t, err)
		f := dataFrame("before")
		require.NoError(t, conn.Send(t.Context(), f))
		copy(f.Payload, "AFTER!")
		close(g.open)
		server := &client{theirs, wire.NewReader(theirs, wire.Limits{})}
		server.want(t, wire.TypeHello, "")
		server.want(t, wire.TypeData, "before")
		server.Close()
		require.NoError(t, conn.Close())
	})
}

// order reads to the end of the stream and returns what came, "TYPE payload" cut to 8
// octets of the payload.
func order(t *testing.T, r io.Reader) []string {
	t.Helper()
	frames := wire.NewReader(r, wire.Limits{})
	var got []string
	for {
		f, err := frames.ReadFrame()
		if err != nil {
			require.ErrorIs(t, err, io.EOF)
			return got
		}
		got = append(got, f.Type.String()+" "+string(f.Payload[:min(len(f.Payload), 8)]))
	}
}

// bulk is a message that the buffers of the system have no room for many of.
func bulk(i int) wire.Frame {
	return dataFrame(fmt.Sprintf("%08d", i) + strings.Repeat("x", 100_000))
}

// requireOvertaken asserts that frames of bulk came in the order of their sending and
// that the other frames came in between, ahead of at least the last ten.
func requireOvertaken(t *testing.T, got []string, others ...string) {
	t.Helper()
	next, ahead := 0, map[string]int{}
	for _, f := range got {
		if payload, ok := strings.CutPrefix(f, "DATA "); ok {
			require.Equal(t, fmt.Sprintf("%08d", next), payload, "[PRI-4]")
			next++
			continue
		}
		ahead[f] = next
	}
	for _, f := range others {
		at, ok := ahead[f]
		require.True(t, ok, "%q is not among %q", f, got)
		assert.Less(t, at, next-10, "%q has overtaken too little [PRI-2]", f)
	}
}

// A client whose peer does not read for a while, over a real socket: what it says about
// the protocol leaves before the messages that wait, which stay in order, and BYE behind
// everything.
//
// "A sender with several frames queued SHOULD transmit those of higher priority
// first." [PRI-2]
//
// "A sender MUST NOT let a BYE, an ERR that ends the connection or an ERR that
// answers an Easy request overtake a frame queued before it on the same
// connection." [PRI-3]
//
// "A sender MUST NOT change the order of the DATA frames of one connection." [PRI-4]
func TestConnPriorities(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	ctx, cancel := context.WithTimeout(t.Context(), guard)
	defer cancel()
	conn, err := tcp.Dial(ctx, listener.Addr().String(), tcp.Config{
		PendingOctets: 64 << 20, SendBuffer: 64 << 10, CloseTimeout: guard,
	})
	require.NoError(t, err)
	defer conn.Close()
	peer, err := listener.Accept()
	require.NoError(t, err)
	defer peer.Close()
	require.NoError(t, peer.(*net.TCPConn).SetReadBuffer(64<<10))
	require.NoError(t, peer.SetDeadline(time.Now().Add(guard)))

	const frames = 200 // 20 MB
	for i := range frames {
		require.NoError(t, conn.Send(ctx, bulk(i)))
	}
	_, err = peer.Write(encode(t, wire.TypePing, 0, "theirs"))
	require.NoError(t, err)
	_, err = peer.Write(encode(t, wire.TypeData, wire.FlagReqAck, "read", "msg-id", "7"))
	require.NoError(t, err)
	receive(t, conn, "read") // and so was the PING
	closing := async(conn.Close)
	got := order(t, peer)
	require.Len(t, got, 1+frames+3)
	assert.Equal(t, "HELLO ", got[0])
	assert.Equal(t, "BYE ", got[len(got)-1])
	requireOvertaken(t, got[1:], "PONG theirs", "ACK ")
	peer.Close()
	_, err = closing()
	require.NoError(t, err)
}

// The same of a server, whose last frame is an ERR.
func TestServerPriorities(t *testing.T) {
	const frames = 200
	handled := make(chan struct{})
	s := serve(t, tcp.Config{
		PendingOctets: 64 << 20, SendBuffer: 64 << 10,
		Handler: func(_ context.Context, r *tcp.Request) {
			defer func() { handled <- struct{}{} }()
			if string(r.Message.Payload) != "go" {
				return
			}
			for i := range frames {
				if !assert.NoError(t, r.Answer(bulk(i))) {
					return
				}
			}
		},
	})
	c := dial(t, s)
	require.NoError(t, c.Conn.(*net.TCPConn).SetReadBuffer(64<<10))
	c.send(t, data(t, "go"))
	<-handled
	c.send(t, encode(t, wire.TypePing, 0, "p"), data(t, "read"))
	<-handled // and so was the PING
	damaged := data(t, "x")
	damaged[len(damaged)-1]++
	c.send(t, damaged)
	got := order(t, c)
	require.Len(t, got, frames+2)
	assert.True(t, strings.HasPrefix(got[len(got)-1], "ERR "), "%q", got[len(got)-1])
	requireOvertaken(t, got[:len(got)-1], "PONG p")
}

// A peer that does not take messages is read all the same, up to a point: that is how
// its PING comes to be answered ahead of them.
func TestConnIsReadWhileMessagesWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn, server := pair(t, tcp.Config{StalledWrite: time.Hour})
		sender := async(func() error {
			for i := range 20 {
				if err := conn.Send(t.Context(), bulk(i)); err != nil {
					return err
				}
			}
			return nil
		})
		synctest.Wait()
		server.send(t, encode(t, wire.TypePing, 0, "p"))
		synctest.Wait()
		closing := async(func() error {
			_, err := sender()
			conn.Close()
			return err
		})
		got := order(t, server.Conn)
		requireOvertaken(t, got[:len(got)-1], "PONG p")
		assert.Equal(t, "BYE ", got[len(got)-1])
		server.Close()
		_, err := closing()
		require.NoError(t, err)
	})
}

// A peer that asks and asks and takes no answer is not read for ever.
func TestRepliesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn, server := pair(t, tcp.Config{StalledWrite: time.Hour})
		ping := encode(t, wire.TypePing, 0, strings.Repeat("x", 10_000))
		taken := 0
		flood := async(func() error {
			for range 1000 { // 10 MB
				if _, err := server.Write(ping); err != nil {
					return err
				}
				taken++
			}
			return nil
		})
		synctest.Wait()
		assert.Less(t, taken*len(ping), 2<<20)
		server.Close()
		_, err := flood()
		require.Error(t, err)
		conn.Close()
	})
}

// The wait for an ACK begins when the message is with the system, however much waits
// ahead of it.
func TestAckTimerWaitsForTheMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn, server := pair(t, tcp.Config{StalledWrite: 10 * time.Hour, AckTimeout: 2 * time.Second})
		require.NoError(t, conn.Send(t.Context(), bulk(0)))
		require.NoError(t, conn.Send(t.Context(), bulk(1)))
		wait := async(func() error { return conn.SendReliable(t.Context(), dataFrame("x")) })
		synctest.Wait()
		server.send(t, encode(t, wire.TypePing, 0, "p")) // its PONG overtakes
		time.Sleep(time.Hour)
		start := time.Now()
		for range 4 {
			_, err := server.frames.ReadFrame()
			require.NoError(t, err)
		}
		at, err := wait()
		local(t, err, wire.Timeout)
		assert.Equal(t, 2*time.Second, at.Sub(start))
		server.Close()
		require.NoError(t, conn.Close())
	})
}
