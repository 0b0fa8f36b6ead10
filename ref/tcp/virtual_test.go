package tcp_test

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/netem"
	"github.com/vstp-project/vstp/netem/memnet"
	"github.com/vstp-project/vstp/ref/tcp"
	"github.com/vstp-project/vstp/ref/wire"
)

// pipes is a listener whose connections are in-memory pipes without any buffer, so
// that it can be told exactly how much a server has taken. Tests with it run in
// virtual time.
type pipes struct {
	incoming chan net.Conn
	failures int // Accept fails that often first
	closed   chan struct{}
	once     sync.Once
}

func newPipes() *pipes { return &pipes{incoming: make(chan net.Conn), closed: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	if p.failures > 0 {
		p.failures--
		return nil, errors.New("no file descriptor is free")
	}
	select {
	case nc := <-p.incoming:
		return nc, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

func (p *pipes) dial() net.Conn {
	ours, theirs := net.Pipe()
	p.incoming <- theirs
	return ours
}

// An application that does not keep up: reading stops, and goes on again.
func TestFullQueueStopsReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		listener := newPipes()
		s := tcp.Serve(t.Context(), listener, tcp.Config{
			QueueMessages: 2,
			Handler:       func(context.Context, *tcp.Request) { <-release },
		})
		defer s.Close()
		c := listener.dial()
		defer c.Close()
		frame := data(t, "x")
		var taken atomic.Int64
		go func() {
			for {
				if _, err := c.Write(frame); err != nil {
					return
				}
				taken.Add(1)
			}
		}()
		synctest.Wait()
		assert.EqualValues(t, 3, taken.Load(), "one is being worked on, two wait")
		release <- struct{}{}
		synctest.Wait()
		assert.EqualValues(t, 4, taken.Load())
		close(release)
	})
}

func TestFullQueueByOctets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		listener := newPipes()
		s := tcp.Serve(t.Context(), listener, tcp.Config{
			QueueOctets: 40,
			Handler:     func(ctx context.Context, _ *tcp.Request) { <-ctx.Done() },
		})
		defer s.Close()
		c := listener.dial()
		defer c.Close()
		frame := data(t, "12345") // 20 octets
		var taken atomic.Int64
		go func() {
			for {
				if _, err := c.Write(frame); err != nil {
					return
				}
				taken.Add(1)
			}
		}()
		synctest.Wait()
		assert.EqualValues(t, 3, taken.Load(), "one is being worked on, two wait")
	})
}

// A peer that never reads: the server takes a bounded number of requests, and gives
// the connection up in the end.
func TestPeerThatDoesNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		listener := newPipes()
		large := wire.Frame{Type: wire.TypeData, Payload: make([]byte, 100_000)}
		s := tcp.Serve(t.Context(), listener, tcp.Config{
			QueueMessages: 2,
			Handler:       func(_ context.Context, r *tcp.Request) { r.Answer(large) },
		})
		defer s.Close()
		c := listener.dial()
		start := time.Now()
		taken := 0
		for {
			if _, err := c.Write(data(t, "x")); err != nil {
				break
			}
			taken++
		}
		// In virtual time exactly when the timer is due.
		assert.Equal(t, tcp.DefaultStalledWrite, time.Since(start))
		assert.Less(t, taken, 12)
	})
}

// The same with frames that the protocol answers by itself.
func TestPeerThatDoesNotReadItsPongs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		listener := newPipes()
		s := tcp.Serve(t.Context(), listener, tcp.Config{})
		defer s.Close()
		c := listener.dial()
		ping := encode(t, wire.TypePing, 0, string(make([]byte, 60_000)))
		taken := 0
		for {
			if _, err := c.Write(ping); err != nil {
				break
			}
			taken++
		}
		assert.Less(t, taken, 12)
	})
}

// An application that gives more answers than the peer takes has to wait.
func TestAnswerWaitsForThePeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		listener := newPipes()
		large := wire.Frame{Type: wire.TypeData, Payload: make([]byte, 100_000)}
		var given atomic.Int64
		s := tcp.Serve(t.Context(), listener, tcp.Config{Handler: func(_ context.Context, r *tcp.Request) {
			for r.Answer(large) == nil {
				given.Add(1)
			}
		}})
		defer s.Close()
		c := listener.dial()
		defer c.Close()
		_, err := c.Write(data(t, "x"))
		require.NoError(t, err)
		synctest.Wait()
		before := given.Load()
		assert.Less(t, before, int64(12))
		answers := wire.NewReader(c, wire.Limits{})
		for range 10 {
			_, err = answers.ReadFrame()
			require.NoError(t, err)
		}
		synctest.Wait()
		assert.Greater(t, given.Load(), before)
	})
}

// A peer that reads slowly is no peer that does not read.
func TestPeerThatReadsSlowly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		listener := newPipes()
		payload := make([]byte, 1_000_000)
		s := tcp.Serve(t.Context(), listener, tcp.Config{
			Handler: func(_ context.Context, r *tcp.Request) {
				r.Answer(wire.Frame{Type: wire.TypeData, Payload: payload})
			},
		})
		defer s.Close()
		c := listener.dial()
		defer c.Close()
		_, err := c.Write(data(t, "x"))
		require.NoError(t, err)
		r := wire.NewReader(slowReader{c}, wire.Limits{})
		f, err := r.ReadFrame()
		require.NoError(t, err)
		assert.Len(t, f.Payload, len(payload))
	})
}

// slowReader pauses for a minute before every read.
type slowReader struct{ r io.Reader }

func (s slowReader) Read(p []byte) (int, error) {
	time.Sleep(time.Minute)
	return s.r.Read(p)
}

// [TCP-18] [TCP-30]
func TestIdleAndStalledConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		listener := newPipes()
		s := tcp.Serve(t.Context(), listener, tcp.Config{Handler: echo})
		defer s.Close()
		c := listener.dial()
		defer c.Close()
		r := wire.NewReader(c, wire.Limits{})

		time.Sleep(24 * time.Hour)
		_, err := c.Write(data(t, "after a day"))
		require.NoError(t, err)
		f, err := r.ReadFrame()
		require.NoError(t, err)
		assert.Equal(t, "after a day", string(f.Payload))

		// One octet of progress every 29 s is progress.
		stalled := data(t, "y")[:5]
		for _, octet := range stalled {
			_, err = c.Write([]byte{octet})
			require.NoError(t, err)
			time.Sleep(29 * time.Second)
		}
		last := time.Now().Add(-29 * time.Second)
		f, err = r.ReadFrame()
		require.NoError(t, err)
		code, _ := f.Headers.Get(wire.KeyErrCode)
		assert.Equal(t, "9", string(code))
		assert.Equal(t, 30*time.Second, time.Since(last))
		_, err = r.ReadFrame()
		assert.ErrorIs(t, err, io.EOF)
	})
}

// What comes behind the ERR 9 is thrown away, and puts nothing off.
func TestStalledFrameGoesOnTooLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		link, err := netem.New(netem.Profile{}, netem.Options{})
		require.NoError(t, err)
		listener := memnet.Listen(link)
		delivered := make(chan struct{}, 1)
		s := tcp.Serve(t.Context(), listener, tcp.Config{Handler: func(context.Context, *tcp.Request) { delivered <- struct{}{} }})
		defer s.Close()
		nc := dialVirtual(t, listener)
		defer nc.Close()
		c := &client{nc, wire.NewReader(nc, wire.Limits{})}
		start := time.Now()
		frame := data(t, "too late")
		c.send(t, frame[:7])
		c.wantErr(t, "9")
		c.wantEnd(t, false)
		assert.Equal(t, 30*time.Second, time.Since(start))
		c.send(t, frame[7:])
		time.Sleep(500 * time.Millisecond)
		c.send(t, frame)
		time.Sleep(time.Second)
		c.send(t, frame) // draws a reset, for it has been closed
		synctest.Wait()
		_, err = nc.Write(frame)
		assert.Error(t, err)
		assert.Empty(t, delivered)
	})
}

// A frame that is read again after a full queue has not been stalled by its
// sender.
func TestWaitingForTheApplicationIsNoStall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		listener := newPipes()
		s := tcp.Serve(t.Context(), listener, tcp.Config{
			QueueMessages: 1,
			Handler: func(ctx context.Context, r *tcp.Request) {
				time.Sleep(time.Hour)
				echo(ctx, r)
			},
		})
		defer s.Close()
		c := listener.dial()
		defer c.Close()
		r := wire.NewReader(c, wire.Limits{})
		frame := data(t, "x")
		// One write: two whole frames, and the start of a third behind them.
		_, err := c.Write(append(append(append([]byte(nil), frame...), frame...), frame[:7]...))
		require.NoError(t, err)
		_, err = r.ReadFrame()
		require.NoError(t, err)
		_, err = c.Write(frame[7:])
		require.NoError(t, err)
		for range 2 {
			_, err = r.ReadFrame()
			require.NoError(t, err)
		}
	})
}

// [TCP-19]
func TestAcceptGoesOnAfterFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		listener := newPipes()
		listener.failures = 20
		s := tcp.Serve(t.Context(), listener, tcp.Config{Handler: echo})
		defer s.Close()
		c := listener.dial()
		defer c.Close()
		_, err := c.Write(data(t, "x"))
		require.NoError(t, err)
		f, err := wire.NewReader(c, wire.Limits{}).ReadFrame()
		require.NoError(t, err)
		assert.Equal(t, "x", string(f.Payload))
	})
}

func TestListenerClosedByOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		listener := newPipes()
		s := tcp.Serve(t.Context(), listener, tcp.Config{Handler: echo})
		c := listener.dial()
		require.NoError(t, listener.Close())
		synctest.Wait()
		// Connections go on.
		_, err := c.Write(data(t, "x"))
		require.NoError(t, err)
		_, err = wire.NewReader(c, wire.Limits{}).ReadFrame()
		require.NoError(t, err)
		require.NoError(t, s.Close())
	})
}
