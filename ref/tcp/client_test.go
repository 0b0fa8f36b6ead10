package tcp_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/tcp"
	"github.com/vstp-project/vstp/ref/wire"
)

// guard is how long a test waits for what must come. It only keeps a broken server
// from hanging the test.
const guard = 20 * time.Second

// echo answers every message with its payload.
func echo(_ context.Context, r *tcp.Request) {
	r.Answer(wire.Frame{Type: wire.TypeData, Payload: r.Message.Payload})
}

// serve starts a server on a free port of the loopback interface.
func serve(t *testing.T, cfg tcp.Config) *tcp.Server {
	t.Helper()
	if cfg.Handler == nil {
		cfg.Handler = echo
	}
	s, err := tcp.Listen(t.Context(), "127.0.0.1:0", cfg)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	return s
}

// client is one connection to a server, spoken to in octets.
type client struct {
	net.Conn
	frames *wire.Reader
}

func newClient(t *testing.T, nc net.Conn) *client {
	t.Helper()
	t.Cleanup(func() { nc.Close() })
	require.NoError(t, nc.SetDeadline(time.Now().Add(guard)))
	return &client{nc, wire.NewReader(nc, wire.Limits{})}
}

func dial(t *testing.T, s *tcp.Server) *client {
	t.Helper()
	nc, err := net.DialTimeout("tcp", s.Addr().String(), guard)
	require.NoError(t, err)
	return newClient(t, nc)
}

func (c *client) send(t *testing.T, octets ...[]byte) {
	t.Helper()
	var all []byte
	for _, b := range octets {
		all = append(all, b...)
	}
	_, err := c.Write(all)
	require.NoError(t, err)
}

// want reads the next frame and compares its type and payload.
func (c *client) want(t *testing.T, typ wire.Type, payload string) wire.Frame {
	t.Helper()
	f, err := c.frames.ReadFrame()
	require.NoError(t, err, "waiting for %v %q", typ, payload)
	require.Equal(t, typ, f.Type)
	require.Equal(t, payload, string(f.Payload))
	return f
}

// wantErr reads the next frame, which must be an ERR with the given code.
func (c *client) wantErr(t *testing.T, code string) {
	t.Helper()
	f, err := c.frames.ReadFrame()
	require.NoError(t, err, "waiting for ERR %s", code)
	require.Equal(t, wire.TypeErr, f.Type)
	value, _ := f.Headers.Get(wire.KeyErrCode)
	require.Equal(t, code, string(value))
}

// wantEnd waits for the end of the stream, or for a reset where unread input may
// have caused one.
func (c *client) wantEnd(t *testing.T, unread bool) {
	t.Helper()
	f, err := c.frames.ReadFrame()
	if unread && err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		return
	}
	require.ErrorIs(t, err, io.EOF, "instead of the end there was %v", f.Type)
}

func (c *client) closeWrite(t *testing.T) {
	t.Helper()
	require.NoError(t, c.Conn.(*net.TCPConn).CloseWrite())
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

func data(t *testing.T, payload string) []byte {
	t.Helper()
	return encode(t, wire.TypeData, 0, payload)
}

// corrupt returns a copy with the last octet of CRC32 changed.
func corrupt(b []byte) []byte {
	out := append([]byte(nil), b...)
	out[len(out)-1] ^= 1
	return out
}
