package session_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/session"
	"github.com/vstp-project/vstp/ref/wire"
)

var keepAlive = session.KeepAlive{Interval: 10 * time.Second, PongTimeout: 5 * time.Second}

func TestClientKeepAlive(t *testing.T) {
	c := opened(t, session.ClientConfig{KeepAlive: keepAlive, FirstMsgID: 5})
	require.True(t, c.NextTimeout().IsZero(), "nobody is waiting for octets yet")
	expect(t, c.Partial(at(0), 0))
	require.Equal(t, at(10), c.NextTimeout())
	expect(t, c.Advance(at(9.9)))
	expect(t, c.Advance(at(10)), `send PING "keepalive"`)
	require.Equal(t, at(15), c.NextTimeout())
	expect(t, c.Frame(at(14), frame(wire.TypePong, 0, "'keepalive")))
	require.True(t, c.NextTimeout().IsZero(), "a peer that is not read from is not silent")
	expect(t, c.Advance(at(1000)))

	// Every octet is a sign of life.
	expect(t, c.Partial(at(1000), 0))
	expect(t, c.Advance(at(1010)), `send PING "keepalive"`)
	expect(t, c.Partial(at(1014), 3))
	require.Equal(t, at(1024), c.NextTimeout())
	expect(t, c.Advance(at(1024)), `send PING "keepalive"`)

	// The application's PINGs are its own, whatever their payload.
	number, _, err := c.Ping([]byte("keepalive"))
	require.NoError(t, err)
	expect(t, c.Frame(at(1026), frame(wire.TypePong, 0, "'keepalive")))
	expect(t, c.Frame(at(1026), frame(wire.TypePong, 0, "'keepalive")), "pong 4")
	assert.EqualValues(t, 4, number)

	sendAck(t, c, 1026, 5)
	c.Forget(5)
	sendAck(t, c, 1040, 6)
	expect(t, c.Partial(at(1030), 0))
	expect(t, c.Advance(at(1040)), `send PING "keepalive"`)
	expect(t, c.Advance(at(1041)))
	expect(t, c.Frame(at(1041), frame(wire.TypeAck, 0, "msg-id=6")), "settle 6")
	expect(t, c.Partial(at(1041), 0))
	expect(t, c.Advance(at(1051)), `send PING "keepalive"`)
	expect(t, c.Advance(at(1056)), "end Timeout", "send BYE", "shut down writing")
	assert.False(t, c.Receiving())
	require.Equal(t, at(1057), c.NextTimeout())
	expect(t, c.Advance(at(1057)), "close")
}

func TestClientReadTimeout(t *testing.T) {
	c := opened(t, session.ClientConfig{KeepAlive: session.KeepAlive{ReadTimeout: 10 * time.Second}})
	expect(t, c.Partial(at(0), 0))
	expect(t, c.Partial(at(5), 1))
	require.Equal(t, at(15), c.NextTimeout())
	actions := c.Advance(at(15))
	expect(t, actions, "end Timeout", "send BYE", "shut down writing")
	assert.EqualError(t, actions[0].Err, "Timeout: nothing has come from the peer for 10s")
	expect(t, c.Partial(at(16), 2))
	require.Equal(t, at(16), c.NextTimeout())
}

// After Close there is no keepalive any more.
func TestClientKeepAliveEndsWithClose(t *testing.T) {
	c := opened(t, session.ClientConfig{KeepAlive: keepAlive, CloseTimeout: time.Hour})
	expect(t, c.Partial(at(0), 0))
	expect(t, c.Close(at(1)), "send BYE", "shut down writing")
	expect(t, c.Partial(at(1), 1))
	expect(t, c.Advance(at(100)))
	require.Equal(t, at(3601), c.NextTimeout())
}

func TestKeepAliveDefaults(t *testing.T) {
	c := opened(t, session.ClientConfig{KeepAlive: session.KeepAlive{Interval: time.Second}})
	expect(t, c.Partial(at(0), 0))
	expect(t, c.Advance(at(1)), `send PING "keepalive"`)
	require.Equal(t, at(31), c.NextTimeout())
}

// playAlive is play with a keepalive.
func playAlive(t *testing.T, alive session.KeepAlive, script ...step) *session.Server {
	t.Helper()
	s := session.NewServer(session.ServerConfig{KeepAlive: alive}, id)
	for i, step := range script {
		want := step.want
		if want == nil {
			want = []string{}
		}
		require.Equal(t, want, lines(t, step.do(s)), "step %d", i)
	}
	return s
}

func TestServerKeepAlive(t *testing.T) {
	s := playAlive(t, keepAlive,
		on(partial(0, 0)),
		on(recvAt(1, frame(wire.TypeHello, 0)), "send WELCOME session-id=7"),
		on(partial(1, 0)),
		on(advance(11), `send PING "keepalive"`),
		on(recvAt(12, frame(wire.TypePong, 0, "'keepalive"))),
		on(advance(100)),
		on(partial(100, 0)),
		on(recvAt(101, data("'x")), `deliver 1 DATA "x"`),
		on(partial(101, 0)),
		on(advance(111), `send PING "keepalive"`),
		on(advance(116), "report Timeout"),
	)
	require.Equal(t, session.StateDraining, s.State())
	require.Equal(t, []string{`send DATA "y"`}, lines(t, reply(1, data("'y"))(s)), "an answer that is owed is still given")
	require.Equal(t, []string{"send BYE", "shut down writing"}, lines(t, done(1)(s)))
}

// [TCP-4] [TCP-18]
func TestServerKeepAliveWithoutAWord(t *testing.T) {
	playAlive(t, keepAlive,
		on(partial(0, 0)),
		on(advance(10)),
		on(advance(15), "report Timeout", "shut down writing"),
	)
	// A frame that has begun is a matter for the stall timer if that is the shorter one.
	playAlive(t, session.KeepAlive{ReadTimeout: time.Minute},
		on(partial(0, 5)),
		on(advance(30), "report Timeout", "send ERR err-code=9"+text9, "shut down writing"),
	)
	// A frame of unknown TYPE is a word too.
	playAlive(t, keepAlive,
		on(fault(wire.InvalidFrameType), "report InvalidFrameType", "send ERR err-code=4"+text4),
		on(partial(0, 0)),
		on(advance(10), `send PING "keepalive"`),
		on(advance(15), "report Timeout", "send BYE", "shut down writing"),
	)
}

// A client that waits for an answer is not idle.
func TestServerReadTimeout(t *testing.T) {
	s := playAlive(t, session.KeepAlive{ReadTimeout: 10 * time.Second},
		on(recvAt(0, data("'x")), `deliver 1 DATA "x"`),
		on(partial(0, 0)),
		on(advance(100)),
	)
	require.True(t, s.NextTimeout().IsZero())
	require.Equal(t, []string{}, lines(t, s.Done(at(100), 1)))
	require.Equal(t, at(110), s.NextTimeout())
	require.Equal(t, []string{}, lines(t, s.Advance(at(109))))
	require.Equal(t, []string{"report Timeout", "send BYE", "shut down writing"}, lines(t, s.Advance(at(110))))
	require.Equal(t, []string{}, lines(t, s.Flushed(at(110))))
	require.Equal(t, []string{"close"}, lines(t, s.Advance(at(111))))
}
