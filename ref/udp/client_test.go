package udp_test

import (
	"context"
	"net"
	"net/netip"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/udp"
	"github.com/vstp-project/vstp/ref/wire"
)

// guard is how long a test waits for what must come. It only keeps a broken server
// from hanging the test.
const guard = 20 * time.Second

// echo answers every message with its payload.
func echo(_ context.Context, r *udp.Request) {
	r.Answer(wire.Frame{Type: wire.TypeData, Payload: r.Message.Payload})
}

// serve starts a server on a free port of the given host.
func serve(t *testing.T, host string, cfg udp.Config) *udp.Server {
	t.Helper()
	if cfg.Handler == nil {
		cfg.Handler = echo
	}
	s, err := udp.Listen(t.Context(), net.JoinHostPort(host, "0"), cfg)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	return s
}

func portOf(t *testing.T, s *udp.Server) string {
	t.Helper()
	a, err := netip.ParseAddrPort(s.Addr().String())
	require.NoError(t, err)
	return strconv.Itoa(int(a.Port()))
}

// client is a socket that receives from one server address only.
type client struct {
	*net.UDPConn
}

// dial opens a socket to the server's port at the given host.
func dial(t *testing.T, s *udp.Server, host string) client {
	t.Helper()
	nc, err := net.Dial("udp", net.JoinHostPort(host, portOf(t, s)))
	require.NoError(t, err)
	t.Cleanup(func() { nc.Close() })
	require.NoError(t, nc.SetDeadline(time.Now().Add(guard)))
	return client{nc.(*net.UDPConn)}
}

func (c client) send(t *testing.T, b []byte) {
	t.Helper()
	_, err := c.Write(b)
	require.NoError(t, err)
}

// recv returns the next datagram as a frame.
func (c client) recv(t *testing.T) wire.Frame {
	t.Helper()
	b := make([]byte, 65_536)
	n, err := c.Read(b)
	require.NoError(t, err)
	f, size, err := wire.Parse(b[:n], wire.Limits{})
	require.NoError(t, err)
	require.Equal(t, n, size)
	return f
}

func (c client) want(t *testing.T, typ wire.Type, payload string) wire.Frame {
	t.Helper()
	f := c.recv(t)
	require.Equal(t, typ, f.Type)
	require.Equal(t, payload, string(f.Payload))
	return f
}

// wantAck waits for the ACK of a message.
func (c client) wantAck(t *testing.T, id string) {
	t.Helper()
	f := c.want(t, wire.TypeAck, "")
	value, _ := f.Headers.Get(wire.KeyMsgID)
	require.Equal(t, id, string(value))
	require.Equal(t, 1, f.Headers.Len())
}

// barrier proves that everything sent before has been reacted to and that nothing
// came of it but what has been received: the next datagram is the barrier's own.
// Answers of the application may still be on their way.
func (c client) barrier(t *testing.T) {
	t.Helper()
	c.send(t, encode(t, wire.TypePing, 0, "barrier"))
	c.want(t, wire.TypePong, "barrier")
}

// encode returns the octets of a frame. Headers alternate key and value.
func encode(t *testing.T, typ wire.Type, flags wire.Flags, payload string, headers ...string) []byte {
	t.Helper()
	b := wire.NewBuilder(typ).Flags(flags).Payload([]byte(payload))
	for i := 0; i+1 < len(headers); i += 2 {
		b.Text(headers[i], headers[i+1])
	}
	f, err := b.Build()
	require.NoError(t, err)
	out, err := f.AppendBinary(nil)
	require.NoError(t, err)
	return out
}

// message returns a DATA message that asks for an ACK.
func message(t *testing.T, id, payload string) []byte {
	t.Helper()
	return encode(t, wire.TypeData, wire.FlagReqAck, payload, "msg-id", id)
}
