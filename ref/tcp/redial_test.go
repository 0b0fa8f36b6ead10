package tcp_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/netem"
	"github.com/vstp-project/vstp/netem/memnet"
	"github.com/vstp-project/vstp/ref/session"
	"github.com/vstp-project/vstp/ref/tcp"
	"github.com/vstp-project/vstp/ref/tcp/pki"
	"github.com/vstp-project/vstp/ref/wire"
)

// dialed is a server in memory that a Redial connects to, connection by connection.
type dialed struct {
	listener *memnet.Listener
	attempts atomic.Int64
	refuse   atomic.Bool
	times    chan time.Time // of the attempts
}

func newDialed(t *testing.T) *dialed {
	t.Helper()
	link, err := netem.New(netem.Profile{}, netem.Options{})
	require.NoError(t, err)
	return &dialed{listener: memnet.Listen(link), times: make(chan time.Time, 1000)}
}

var errRefused = errors.New("connection refused")

func (d *dialed) connect(ctx context.Context) (net.Conn, error) {
	d.attempts.Add(1)
	d.times <- time.Now()
	if d.refuse.Load() {
		return nil, errRefused
	}
	return d.listener.Dial()
}

// next takes the next connection, and its HELLO.
func (d *dialed) next(t *testing.T) *client {
	t.Helper()
	nc, err := d.listener.Accept()
	require.NoError(t, err)
	c := &client{nc, wire.NewReader(nc, wire.Limits{})}
	c.want(t, wire.TypeHello, "")
	return c
}

func interrupted(t *testing.T, err error) {
	t.Helper()
	var e *tcp.InterruptedError
	require.ErrorAs(t, err, &e)
	require.ErrorIs(t, e.Cause, net.ErrClosed)
	require.NotErrorIs(t, err, net.ErrClosed, "there will be another connection")
}

func TestRedial(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDialed(t)
		r := tcp.NewRedial("server:1", tcp.RedialConfig{Connect: d.connect})
		_, ok := r.SessionID()
		assert.False(t, ok)
		first := d.next(t)
		first.send(t, encode(t, wire.TypeWelcome, 0, "", "session-id", "1"))
		require.NoError(t, r.Send(t.Context(), dataFrame("a")))
		first.want(t, wire.TypeData, "a")
		synctest.Wait()
		id, _ := r.SessionID()
		assert.Equal(t, "1", id)
		first.send(t, encode(t, wire.TypeErr, 0, "no", "err-code", "15"), data(t, "before the end"))

		// What is under way when the connection ends has failed, and is not sent again.
		reliable := async(func() error { return r.SendReliable(t.Context(), dataFrame("b")) })
		ping := async(func() error { return r.Ping(t.Context(), []byte("c")) })
		for range 2 {
			_, err := first.frames.ReadFrame()
			require.NoError(t, err)
		}
		require.NoError(t, first.Close())
		_, err := reliable()
		interrupted(t, err)
		_, err = ping()
		interrupted(t, err)

		second := d.next(t)
		ping = async(func() error { return r.Ping(t.Context(), []byte("d")) })
		second.want(t, wire.TypePing, "d")
		second.send(t, encode(t, wire.TypePong, 0, "d"), data(t, "after it"))
		_, err = ping()
		require.NoError(t, err)

		_, err = r.Receive(t.Context())
		remote(t, err, session.PeerError{Code: wire.ServerError, Text: "no"})
		f, err := r.Receive(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "before the end", string(f.Payload))
		_, err = r.Receive(t.Context())
		interrupted(t, err)
		assert.ErrorContains(t, err, "interrupted")
		f, err = r.Receive(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "after it", string(f.Payload))

		// Refusals are refusals, and contexts are contexts.
		local(t, r.Send(t.Context(), wire.Frame{Type: wire.TypePing}), wire.UnexpectedFrameType)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = r.Receive(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)

		closing := async(r.Close)
		second.want(t, wire.TypeBye, "")
		second.send(t, data(t, "last"))
		require.NoError(t, second.Conn.(*memnet.StreamConn).CloseWrite())
		_, err = closing()
		require.NoError(t, err)
		f, err = r.Receive(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "last", string(f.Payload))
		_, err = r.Receive(t.Context())
		closed(t, err)
		closed(t, r.Send(t.Context(), dataFrame("late")))
		closed(t, r.SendReliable(t.Context(), dataFrame("late")))
		closed(t, r.Ping(t.Context(), nil))
		require.NoError(t, r.Close())
		assert.EqualValues(t, 2, d.attempts.Load())
	})
}

// The pauses grow, with a random part, and begin anew after a connection that was worth
// it.
func TestRedialPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDialed(t)
		d.refuse.Store(true)
		r := tcp.NewRedial("server:1", tcp.RedialConfig{Connect: d.connect, MinDelay: time.Second, MaxDelay: 8 * time.Second})
		defer r.Close()
		last := <-d.times
		assertPause := func(longest time.Duration) {
			t.Helper()
			at := <-d.times
			assert.GreaterOrEqual(t, at.Sub(last), longest/2)
			assert.LessOrEqual(t, at.Sub(last), longest)
			last = at
		}
		for _, seconds := range []time.Duration{1, 2, 4, 8, 8} {
			assertPause(seconds * time.Second)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		err := r.Send(ctx, dataFrame("x"))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorIs(t, err, errRefused, "it says why there is no connection")

		// A connection that brings nothing changes nothing.
		d.refuse.Store(false)
		assertPause(8 * time.Second)
		c := d.next(t)
		require.NoError(t, c.Close())
		assertPause(8 * time.Second)
		c = d.next(t)
		c.send(t, data(t, "x"))
		synctest.Wait()
		require.NoError(t, c.Close())
		assertPause(time.Second)
		require.NoError(t, d.next(t).Close())
		assertPause(2 * time.Second)
		c = d.next(t)
		c.send(t, encode(t, wire.TypeWelcome, 0, "", "session-id", "1"))
		require.NoError(t, c.Close())
		assertPause(time.Second)
		require.NoError(t, d.next(t).Close())

		// The interruptions before the message are one, and so are those behind it.
		_, err = r.Receive(t.Context())
		interrupted(t, err)
		f, err := r.Receive(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "x", string(f.Payload))
		_, err = r.Receive(t.Context())
		interrupted(t, err)
	})
}

// Close does not wait for a pause or an attempt.
func TestRedialCloseWithoutConnection(t *testing.T) {
	for name, connect := range map[string]func(context.Context) (net.Conn, error){
		"pause":   func(context.Context) (net.Conn, error) { return nil, errRefused },
		"attempt": func(ctx context.Context) (net.Conn, error) { <-ctx.Done(); return nil, ctx.Err() },
		"at the same time": func(ctx context.Context) (net.Conn, error) {
			<-ctx.Done()
			ours, theirs := net.Pipe()
			theirs.Close()
			return ours, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := tcp.NewRedial("server:1", tcp.RedialConfig{Connect: connect, MinDelay: time.Hour})
				waiting := async(func() error { return r.SendReliable(t.Context(), dataFrame("x")) })
				synctest.Wait()
				start := time.Now()
				require.NoError(t, r.Close())
				assert.Zero(t, time.Since(start))
				_, err := waiting()
				closed(t, err)
			})
		})
	}
}

func TestRedialDialTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		times := make(chan time.Time, 10)
		r := tcp.NewRedial("server:1", tcp.RedialConfig{
			MinDelay: time.Millisecond, DialTimeout: time.Second,
			Connect: func(ctx context.Context) (net.Conn, error) {
				times <- time.Now()
				<-ctx.Done()
				return nil, ctx.Err()
			},
		})
		first := <-times
		assert.InDelta(t, time.Second, (<-times).Sub(first), float64(time.Millisecond))
		require.NoError(t, r.Close())
	})
}

// Who speaks another VERSION is not tried again.
func TestRedialInvalidVersion(t *testing.T) {
	for name, octets := range map[string][]byte{
		"in a frame": []byte("VT\x02"),
		"in an ERR":  encode(t, wire.TypeErr, 0, "", "err-code", "3"),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDialed(t)
				r := tcp.NewRedial("server:1", tcp.RedialConfig{Connect: d.connect})
				defer r.Close()
				c := d.next(t)
				c.send(t, data(t, "x"), octets)
				require.NoError(t, c.Conn.(*memnet.StreamConn).CloseWrite())
				f, err := r.Receive(t.Context())
				require.NoError(t, err)
				assert.Equal(t, "x", string(f.Payload))
				for range 3 {
					_, err = r.Receive(t.Context())
					require.ErrorIs(t, err, wire.InvalidVersion)
				}
				require.ErrorIs(t, r.Send(t.Context(), dataFrame("y")), wire.InvalidVersion)
				time.Sleep(time.Hour)
				assert.EqualValues(t, 1, d.attempts.Load())
				c.Close()
			})
		})
	}
}

// A queue that nobody empties stops the reading.
func TestRedialFullQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDialed(t)
		r := tcp.NewRedial("server:1", tcp.RedialConfig{Connect: d.connect, Config: tcp.Config{QueueMessages: 1}})
		c := d.next(t)
		const messages = 8
		for i := range messages {
			c.send(t, data(t, fmt.Sprint(i)))
		}
		c.send(t, encode(t, wire.TypePing, 0, "behind them"))
		pong := async(func() error { _, err := c.frames.ReadFrame(); return err })
		start := time.Now()
		time.Sleep(time.Minute)
		for i := range messages {
			f, err := r.Receive(t.Context())
			require.NoError(t, err)
			assert.Equal(t, fmt.Sprint(i), string(f.Payload))
		}
		at, err := pong()
		require.NoError(t, err)
		assert.Equal(t, time.Minute, at.Sub(start))
		require.NoError(t, c.Close())
		require.NoError(t, r.Close())
	})
}

// Over a real connection, to a server that starts again.
func TestRedialOverLoopback(t *testing.T) {
	ctx := timely(t)
	s, err := tcp.Listen(ctx, "127.0.0.1:0", tcp.Config{Handler: echo})
	require.NoError(t, err)
	addr := s.Addr().String()
	r := tcp.NewRedial(addr, tcp.RedialConfig{MinDelay: time.Millisecond, MaxDelay: 20 * time.Millisecond})
	defer r.Close()
	require.NoError(t, r.SendReliable(ctx, dataFrame("one")))
	f, err := r.Receive(ctx)
	require.NoError(t, err)
	assert.Equal(t, "one", string(f.Payload))
	require.NoError(t, s.Close())
	_, err = r.Receive(ctx)
	interrupted(t, err)
	s, err = tcp.Listen(ctx, addr, tcp.Config{Handler: echo})
	require.NoError(t, err)
	defer s.Close()
	require.NoError(t, r.SendReliable(ctx, dataFrame("two")))
	f, err = r.Receive(ctx)
	require.NoError(t, err)
	assert.Equal(t, "two", string(f.Payload))
}

// The name that the server has to have is the host of the address, however the
// connection is made.
func TestRedialTLS(t *testing.T) {
	a := authority(t)
	s := serve(t, tcp.Config{TLS: &tls.Config{Certificates: []tls.Certificate{certificate(t, a, pki.Leaf{Hosts: []string{"example.org"}})}}})
	connect := func(context.Context) (net.Conn, error) { return net.Dial("tcp", s.Addr().String()) }
	for _, addr := range []string{"example.org:443", "example.org"} {
		r := tcp.NewRedial(addr, tcp.RedialConfig{Connect: connect, Config: tcp.Config{TLS: clientTLS(a)}})
		require.NoError(t, r.SendReliable(timely(t), dataFrame("x")), addr)
		require.NoError(t, r.Close())
	}
	attempts := make(chan struct{}, 1000)
	r := tcp.NewRedial("example.com:443", tcp.RedialConfig{
		Config:   tcp.Config{TLS: clientTLS(a)},
		MinDelay: time.Millisecond,
		Connect: func(ctx context.Context) (net.Conn, error) {
			attempts <- struct{}{}
			return connect(ctx)
		},
	})
	defer r.Close()
	<-attempts
	<-attempts // the first has failed
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := r.Send(ctx, dataFrame("x"))
	require.ErrorIs(t, err, context.Canceled)
	var name x509.HostnameError
	require.ErrorAs(t, err, &name)
	assert.Equal(t, "example.com", name.Host)
}
