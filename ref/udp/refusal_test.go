package udp_test

import (
	"context"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/session"
	"github.com/vstp-project/vstp/ref/udp"
	"github.com/vstp-project/vstp/ref/wire"
)

// refusing serves an application that answers everything with ServerError, with as long
// a text as there may be.
func refusing(t *testing.T) *udp.Server {
	t.Helper()
	s, err := udp.Listen(t.Context(), "127.0.0.1:0", udp.Config{Handler: func(_ context.Context, r *udp.Request) {
		assert.NoError(t, r.AnswerError(wire.ServerError, strings.Repeat("x", 1024)))
		assert.ErrorIs(t, r.AnswerError(wire.FrameTooLarge, ""), wire.Unsupported)
	}})
	require.NoError(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

// [ERR-1] [ERR-9] [UDP-11]
func TestErrorAnswer(t *testing.T) {
	c := dial(t, refusing(t), loopback)
	c.send(t, encode(t, wire.TypeData, 0, strings.Repeat("x", 400)))
	f := c.want(t, wire.TypeErr, strings.Repeat("x", 1024))
	code, _ := f.Headers.Get(wire.KeyErrCode)
	assert.Equal(t, "15", string(code))
	_, found := f.Headers.Get(wire.KeyMsgID)
	assert.False(t, found)

	c.send(t, encode(t, wire.TypeData, 0, "nope", "msg-id", "7"))
	f = c.want(t, wire.TypeErr, "")
	id, _ := f.Headers.Get(wire.KeyMsgID)
	assert.Equal(t, "7", string(id))
}

// A message that came in fragments may draw three times its last datagram.
func TestErrorAnswerToFragments(t *testing.T) {
	s := refusing(t)
	conn, err := udp.Dial(t.Context(), s.Addr().String(), udp.Config{})
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.Send(t.Context(), netip.AddrPort{}, wire.Frame{Type: wire.TypeData, Payload: make([]byte, 10_000)}))
	_, err = conn.Receive(t.Context())
	var peer *session.PeerError
	require.ErrorAs(t, err, &peer)
	assert.Equal(t, wire.ServerError, peer.Code)
}

// The ACK goes out before the application is asked, so that the ERR does not end the
// wait for it but on a network that turns the two around. [ACK-17]
func TestErrorAnswerToAnAcknowledgedMessage(t *testing.T) {
	s := refusing(t)
	conn, err := udp.Dial(t.Context(), s.Addr().String(), udp.Config{})
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.SendReliable(t.Context(), netip.AddrPort{}, wire.Frame{Type: wire.TypeData, Payload: []byte("x")}))
	_, err = conn.Receive(t.Context())
	assert.ErrorIs(t, err, wire.ServerError)
}
