package session_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/session"
	"github.com/vstp-project/vstp/ref/wire"
)

// Types beyond the eight that are an application's: 0x20 is, 0x21 is merely known. That
// the eight are in every set makes none of them a message. [TYP-5]
var messages = wire.NewTypeSet(0x20)

func TestServerMessageTypes(t *testing.T) {
	s := session.NewServer(session.ServerConfig{Messages: messages}, id)
	note := frame(0x20, wire.FlagReqAck|wire.FlagComp, "msg-id=5", "'note")
	assert.Equal(t, []string{`deliver 1 TYPE(0x20) REQ_ACK|COMP msg-id=5 "note"`}, lines(t, s.Frame(at(0), note)), "no ACK, and taken as it is [ACK-7] [FLG-7]")
	assert.Empty(t, lines(t, s.Frame(at(0), frame(0x21, 0))))
	assert.Empty(t, lines(t, s.Frame(at(0), frame(wire.TypeAck, 0))))
	assert.Empty(t, lines(t, s.Frame(at(0), frame(wire.TypePong, 0))))
	actions, err := s.Answer(at(0), 1, frame(0x20, 0, "'back"))
	require.NoError(t, err)
	assert.Equal(t, []string{`send TYPE(0x20) "back"`}, lines(t, actions))
	for _, typ := range []wire.Type{0x21, wire.TypePing, wire.TypeErr} {
		_, err = s.Answer(at(0), 1, frame(typ, 0))
		require.ErrorIs(t, err, wire.UnexpectedFrameType)
	}
	_, err = s.Answer(at(0), 1, frame(0x20, wire.FlagComp))
	require.ErrorIs(t, err, wire.Unsupported) // [FLG-8]
}

func TestClientMessageTypes(t *testing.T) {
	c := opened(t, session.ClientConfig{Messages: messages, Limits: wire.Limits{Types: messages}})
	expect(t, c.Frame(at(0), frame(0x20, 0, "'note")), `deliver TYPE(0x20) "note"`)
	expect(t, c.Frame(at(0), frame(0x21, 0)))
	expect(t, c.Frame(at(0), frame(wire.TypePong, 0)))
	actions, err := c.Send(frame(0x20, 0, "'out"))
	require.NoError(t, err)
	expect(t, actions, `send TYPE(0x20) "out"`)
	_, err = c.Send(frame(0x21, 0))
	require.ErrorIs(t, err, wire.InvalidFrameType)
}

func TestEndpointMessageTypes(t *testing.T) {
	e := session.NewEndpoint(session.EndpointConfig{Messages: messages, Limits: wire.Limits{Types: wire.NewTypeSet(0x20, 0x21)}})
	r := e.Datagram(encode(t, frame(0x20, wire.FlagReqAck, "msg-id=5", "'note")))
	require.True(t, r.Deliver)
	assert.Equal(t, `TYPE(0x20) REQ_ACK msg-id=5 "note"`, describe(r.Message))
	assert.Equal(t, r.Message, r.Received)
	assert.Empty(t, r.Replies)
	assert.False(t, e.Datagram(encode(t, frame(0x21, 0))).Deliver)
	require.NoError(t, e.CheckAnswer(frame(0x20, 0)))
	require.ErrorIs(t, e.CheckAnswer(frame(0x21, 0)), wire.UnexpectedFrameType)
}
