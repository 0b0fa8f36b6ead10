package session_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/vstp-project/vstp/ref/session"
	"github.com/vstp-project/vstp/ref/wire"
)

// inOrder writes what is sent, and of what overtakes nothing that it does not.
func inOrder(actions []session.Action) []string {
	var out []string
	for _, a := range actions {
		switch {
		case a.Kind != session.ActionSend:
		case a.InOrder:
			out = append(out, a.Frame.Type.String()+" in order")
		default:
			out = append(out, a.Frame.Type.String())
		}
	}
	return out
}

// "A sender MUST NOT let a BYE, an ERR that ends the connection or an ERR that
// answers an Easy request overtake a frame queued before it on the same
// connection." [PRI-3]
func TestServerOrder(t *testing.T) {
	const reqAck = wire.FlagReqAck
	s := session.NewServer(session.ServerConfig{}, id)
	assert.Equal(t, []string{"ACK", "WELCOME"}, inOrder(s.Frame(at(0), frame(wire.TypeHello, reqAck, "msg-id=1"))))
	assert.Equal(t, []string{"ACK", "PONG"}, inOrder(s.Frame(at(0), frame(wire.TypePing, reqAck, "msg-id=2"))))
	assert.Equal(t, []string{"ERR"}, inOrder(s.Frame(at(0), frame(wire.TypeWelcome, 0))), "the connection goes on")
	assert.Equal(t, []string{"ERR"}, inOrder(s.Fault(at(0), &wire.DecodeError{Reason: wire.InvalidFrameType})))
	s.Frame(at(0), data("'1"))
	s.Frame(at(0), data("'2"))
	assert.Empty(t, inOrder(reply(2, data("'held back"))(s)))
	assert.Equal(t, []string{"DATA in order"}, inOrder(reply(1, data("'one"))(s)))
	assert.Equal(t, []string{"DATA in order"}, inOrder(s.Done(at(0), 1)))
	assert.Equal(t, []string(nil), inOrder(s.Fault(at(0), &wire.DecodeError{Reason: wire.CrcMismatch})), "an answer is owed")
	assert.Equal(t, []string{"ERR in order"}, inOrder(s.Done(at(0), 2)))

	s = session.NewServer(session.ServerConfig{KeepAlive: session.KeepAlive{ReadTimeout: 1}}, id)
	s.Frame(at(0), frame(wire.TypeHello, 0))
	s.Partial(at(0), 0)
	assert.Equal(t, []string{"BYE in order"}, inOrder(s.Advance(at(1))))
}

// [PRI-3]
func TestClientOrder(t *testing.T) {
	c := opened(t, clientConfig)
	actions, err := c.Send(data("'x"))
	assert.NoError(t, err)
	assert.Equal(t, []string{"DATA"}, inOrder(actions)) // that it overtakes nothing is in its type
	_, actions, err = c.Ping(nil)
	assert.NoError(t, err)
	assert.Equal(t, []string{"PING"}, inOrder(actions))
	assert.Equal(t, []string{"ERR"}, inOrder(c.Frame(at(0), frame(wire.TypeHello, 0))))
	assert.Equal(t, []string{"ERR in order"}, inOrder(c.Fault(at(0), &wire.DecodeError{Reason: wire.CrcMismatch})))
	assert.Equal(t, []string{"BYE in order"}, inOrder(opened(t, clientConfig).Close(at(0))))
}
