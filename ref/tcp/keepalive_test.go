package tcp_test

import (
	"context"
	"fmt"
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

// A server that has vanished is noticed, and a slow application is not taken for one.
func TestConnKeepAlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn, server := pair(t, tcp.Config{KeepAlive: 10 * time.Second, PongTimeout: 5 * time.Second, QueueMessages: 1})
		start := time.Now()
		for range 3 {
			server.want(t, wire.TypePing, "keepalive")
			server.send(t, encode(t, wire.TypePong, 0, "keepalive"))
		}
		assert.Equal(t, 30*time.Second, time.Since(start))

		for i := range 3 {
			server.send(t, data(t, fmt.Sprint(i)))
		}
		time.Sleep(time.Hour) // nothing is read
		for i := range 3 {
			receive(t, conn, fmt.Sprint(i))
		}
		start = time.Now()
		wait := async(func() error { return conn.Ping(t.Context(), []byte("mine")) })
		_, err := conn.Receive(t.Context())
		local(t, err, wire.Timeout)
		assert.Equal(t, 15*time.Second, time.Since(start))
		_, err = wait()
		closed(t, err)
		assert.ErrorContains(t, receiveClosed(t, conn), "nothing in reply to a PING")
		server.want(t, wire.TypePing, "mine")
		server.want(t, wire.TypePing, "keepalive")
		server.want(t, wire.TypeBye, "")
		server.wantEnd(t, false)
		require.NoError(t, conn.Close())
	})
}

func TestReadTimeouts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		link, err := netem.New(netem.Profile{}, netem.Options{})
		require.NoError(t, err)
		listener := memnet.Listen(link)
		s := tcp.Serve(t.Context(), listener, tcp.Config{ReadTimeout: 10 * time.Second, Handler: func(ctx context.Context, r *tcp.Request) {
			time.Sleep(time.Minute)
			echo(ctx, r)
		}})
		defer s.Close()
		nc := dialVirtual(t, listener)
		defer nc.Close()
		c := &client{nc, wire.NewReader(nc, wire.Limits{})}
		start := time.Now()
		c.send(t, data(t, "x"))
		c.want(t, wire.TypeData, "x")
		c.want(t, wire.TypeBye, "")
		c.wantEnd(t, false)
		assert.Equal(t, 70*time.Second, time.Since(start), "the silence counts from the answer on")

		conn, _ := pair(t, tcp.Config{ReadTimeout: time.Second})
		start = time.Now()
		_, err = conn.Receive(t.Context())
		local(t, err, wire.Timeout)
		assert.Equal(t, time.Second, time.Since(start))
		require.NoError(t, conn.Close())
	})
}
