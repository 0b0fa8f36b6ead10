package tcp_test

import (
	"context"
	"errors"
	"net"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/session"
	"github.com/vstp-project/vstp/ref/tcp"
	"github.com/vstp-project/vstp/ref/wire"
)

// [ERR-1] [ERR-9] [ERR-7] [PRI-3] [EASY-4] [EASY-5]
func TestErrorAnswersComeInOrder(t *testing.T) {
	s, err := tcp.Listen(t.Context(), "127.0.0.1:0", tcp.Config{Handler: func(_ context.Context, r *tcp.Request) {
		switch string(r.Message.Payload) {
		case "unreadable":
			assert.NoError(t, r.AnswerError(wire.DeserializationError, "what is this"))
		case "failing":
			assert.NoError(t, r.AnswerError(wire.ServerError, ""))
		case "refused":
			assert.ErrorIs(t, r.AnswerError(wire.CrcMismatch, ""), wire.Unsupported)
			fallthrough
		default:
			assert.NoError(t, r.Answer(wire.Frame{Type: wire.TypeData, Payload: r.Message.Payload}))
		}
	}})
	require.NoError(t, err)
	defer s.Close()
	conn, err := tcp.Dial(t.Context(), s.Addr().String(), tcp.Config{})
	require.NoError(t, err)
	defer conn.Close()
	requests := []string{"a", "unreadable", "b", "failing", "refused"}
	for _, r := range requests {
		require.NoError(t, conn.Send(t.Context(), wire.Frame{Type: wire.TypeData, Payload: []byte(r)}))
	}
	for i, want := range []string{"a", "DeserializationError", "b", "ServerError", "refused"} {
		f, err := conn.Receive(t.Context())
		var peer *session.PeerError
		if errors.As(err, &peer) {
			assert.Equal(t, want, peer.Code.String(), requests[i])
			continue
		}
		require.NoError(t, err)
		assert.Equal(t, want, string(f.Payload), requests[i])
	}
	// An ERR that names the message ends the wait for its ACK only if it is the first of
	// the two.
	require.NoError(t, conn.SendReliable(t.Context(), wire.Frame{Type: wire.TypeData, Payload: []byte("failing")}))
	_, err = conn.Receive(t.Context())
	assert.ErrorIs(t, err, wire.ServerError)
}

func TestErrorAnswerAfterTheEnd(t *testing.T) {
	requests := make(chan *tcp.Request, 1)
	s, err := tcp.Listen(t.Context(), "127.0.0.1:0", tcp.Config{Handler: func(_ context.Context, r *tcp.Request) {
		requests <- r
	}})
	require.NoError(t, err)
	conn, err := tcp.Dial(t.Context(), s.Addr().String(), tcp.Config{})
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.Send(t.Context(), wire.Frame{Type: wire.TypeData}))
	r := <-requests
	s.Close()
	err = r.AnswerError(wire.ServerError, "")
	assert.ErrorIs(t, err, wire.ConnectionClosed)
	assert.ErrorIs(t, err, net.ErrClosed)
}
