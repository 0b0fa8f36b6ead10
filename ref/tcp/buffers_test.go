package tcp_test

import (
	"context"
	"errors"
	"net"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/netem"
	"github.com/vstp-project/vstp/ref/tcp"
)

// buffered is a connection that takes note of the buffers asked for.
type buffered struct {
	net.Conn
	receive, send int
	err           error
}

func (b *buffered) SetReadBuffer(octets int) error  { b.receive = octets; return b.err }
func (b *buffered) SetWriteBuffer(octets int) error { b.send = octets; return b.err }

// "An implementation MUST let its caller set the sizes of the send and receive buffers
// of its sockets." [LIB-4]
func TestSocketBuffers(t *testing.T) {
	for _, c := range []struct {
		cfg           tcp.Config
		err           error
		receive, send int
	}{
		{cfg: tcp.Config{}},
		{cfg: tcp.Config{ReceiveBuffer: 100_000}, receive: 100_000},
		{cfg: tcp.Config{SendBuffer: 200_000}, send: 200_000},
		{cfg: tcp.Config{ReceiveBuffer: 1, SendBuffer: 2}, err: errors.New("not here"), receive: 1, send: 2},
	} {
		ours, theirs := streams(t, netem.Profile{})
		b := &buffered{Conn: ours, err: c.err}
		conn, err := tcp.NewConn(t.Context(), b, c.cfg)
		require.NoError(t, err)
		theirs.Close()
		require.NoError(t, conn.Close())
		assert.Equal(t, c.receive, b.receive)
		assert.Equal(t, c.send, b.send)
	}
}

// A host may be given by its name.
func TestDialByName(t *testing.T) {
	s := serve(t, tcp.Config{ReceiveBuffer: 64 << 10, SendBuffer: 64 << 10})
	_, port, err := net.SplitHostPort(s.Addr().String())
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), guard)
	defer cancel()
	c, err := tcp.Dial(ctx, net.JoinHostPort("localhost", port), tcp.Config{ReceiveBuffer: 64 << 10, SendBuffer: 64 << 10})
	require.NoError(t, err)
	defer c.Close()
	require.NoError(t, c.Send(ctx, dataFrame("x")))
	receive(t, c, "x")
}
