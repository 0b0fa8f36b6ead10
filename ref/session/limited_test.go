package session_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/session"
	"github.com/vstp-project/vstp/ref/wire"
)

const tooMuch = `"more was sent than is taken here"`

// [SEC-3] [ERR-3] [ERR-9]
func TestServerLimited(t *testing.T) {
	for name, c := range map[string]struct {
		in   wire.Frame
		want []string
	}{
		"data":              {dataAck("msg-id=5", "'x"), []string{"report RateLimited", "send ERR err-code=16 msg-id=5 " + tooMuch}},
		"data without id":   {data("'x"), []string{"report RateLimited", "send ERR err-code=16 " + tooMuch}},
		"hello":             {frame(wire.TypeHello, 0), []string{"report RateLimited", "send ERR err-code=16 " + tooMuch}},
		"ping":              {frame(wire.TypePing, 0, "'x"), []string{"report RateLimited", "send ERR err-code=16 " + tooMuch}},
		"pong":              {frame(wire.TypePong, 0, "'x"), []string{"report RateLimited"}},
		"ack":               {frame(wire.TypeAck, 0, "msg-id=5"), []string{"report RateLimited"}},
		"err":               {frame(wire.TypeErr, 0, "err-code=16"), []string{"report RateLimited"}},
		"bye is no request": {frame(wire.TypeBye, 0), []string{"shut down writing"}},
	} {
		s := session.NewServer(session.ServerConfig{}, session.SessionID{})
		assert.Equal(t, c.want, lines(t, s.Limited(at(0), c.in)), name)
		assert.Equal(t, c.in.Type != wire.TypeBye, s.Receiving(), name)
	}
}

// What is limited leaves the stall timer, the order of answers and the end of the
// connection as they are.
func TestServerGoesOnAfterALimit(t *testing.T) {
	s := session.NewServer(session.ServerConfig{}, session.SessionID{})
	require.Equal(t, []string{`deliver 1 DATA "a"`}, lines(t, s.Frame(at(0), data("'a"))))
	s.Partial(at(0), 5)
	s.Limited(at(1), data("'b"))
	assert.True(t, s.NextTimeout().IsZero(), "the frame under way is complete")
	require.Equal(t, []string{`deliver 2 DATA "c"`}, lines(t, s.Frame(at(1), data("'c"))))
	s.Lost(at(2))
	assert.Empty(t, s.Limited(at(2), data("'d")), "nothing is said on a closed connection")
}

// [SEC-3] [UDP-11] [UDP-18]
func TestEndpointLimited(t *testing.T) {
	e := session.NewEndpoint(session.EndpointConfig{})
	for name, c := range map[string]struct {
		in   wire.Frame
		want []string
	}{
		"data":              {dataAck("msg-id=5", "'"+strings.Repeat("x", 50)), []string{"ERR err-code=16 msg-id=5 " + tooMuch}},
		"short data":        {data(), []string{"ERR err-code=16"}},
		"largest msg-id":    {dataAck("msg-id=18446744073709551615"), []string{"ERR err-code=16 msg-id=18446744073709551615 " + tooMuch}},
		"hello":             {frame(wire.TypeHello, 0), []string{"ERR err-code=16"}},
		"ping":              {frame(wire.TypePing, 0, "'"+strings.Repeat("x", 50)), []string{"ERR err-code=16 " + tooMuch}},
		"fragment":          {frame(wire.TypeData, wire.FlagFrag, "msg-id=5", "frag-id=1", "frag-index=0", "frag-total=2"), []string{}},
		"bye":               {frame(wire.TypeBye, 0), []string{}},
		"answers":           {frame(wire.TypeAck, 0, "msg-id=5"), []string{}},
		"an err like it":    {frame(wire.TypeErr, 0, "err-code=16"), []string{}},
		"welcome from afar": {frame(wire.TypeWelcome, 0, "session-id=1"), []string{}},
	} {
		b := encode(t, c.in)
		r := e.Limited(b)
		assert.Equal(t, c.want, replies(r), name)
		assert.Equal(t, c.in.Type, r.Type, name)
		assert.ErrorIs(t, r.Err, wire.RateLimited, name)
		assert.False(t, r.Deliver || r.Fragment || r.Settles, name)
		for _, f := range r.Replies {
			assert.LessOrEqual(t, f.EncodedLen(), 3*len(b), name)
		}
	}
	r := e.Limited([]byte("nonsense"))
	assert.Empty(t, r.Replies)
	assert.Error(t, r.Err)
	assert.Zero(t, r.Type)
}

func TestReactionNamesTheType(t *testing.T) {
	e := session.NewEndpoint(session.EndpointConfig{})
	for _, f := range []wire.Frame{
		data("'x"), frame(wire.TypePing, 0), frame(wire.TypeErr, 0, "err-code=16"),
		frame(wire.TypeData, wire.FlagFrag), frame(wire.TypeData, wire.FlagComp, "'x"),
	} {
		assert.Equal(t, f.Type, e.Datagram(encode(t, f)).Type)
	}
	assert.Zero(t, e.Datagram([]byte("nonsense")).Type)
}
