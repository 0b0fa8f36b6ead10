package session_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/session"
	"github.com/vstp-project/vstp/ref/wire"
)

// replyError answers message n with an ERR.
func replyError(n uint64, reason wire.Reason, text string) event {
	return func(s *session.Server) []session.Action {
		actions, err := s.AnswerError(at(0), n, reason, text)
		if err != nil {
			panic(err)
		}
		return actions
	}
}

// [ERR-1] [ERR-9] [EASY-4] [EASY-5]
func TestErrorAnswerNamesCodeAndMessage(t *testing.T) {
	play(t,
		on(recv(dataAck("msg-id=5", "'x")), "send ACK msg-id=5", `deliver 1 DATA REQ_ACK msg-id=5 "x"`),
		on(replyError(1, wire.ServerError, ""), `send ERR err-code=15 msg-id=5 "the message could not be worked on"`),
		on(done(1)),
		on(recv(data("msg-id=007", "'x")), `deliver 2 DATA msg-id=007 "x"`),
		on(replyError(2, wire.DeserializationError, "no JSON"), `send ERR err-code=12 "no JSON"`),
		on(done(2)),
		on(recv(data("'x")), `deliver 3 DATA "x"`),
		on(replyError(3, wire.RateLimited, ""), `send ERR err-code=16 "more was sent than is taken here"`),
		on(done(3)),
	)
}

// [PRI-3] [EASY-3]
func TestErrorAnswerKeepsItsPlace(t *testing.T) {
	play(t,
		on(recv(data("'a")), `deliver 1 DATA "a"`),
		on(recv(data("msg-id=2", "'b")), `deliver 2 DATA msg-id=2 "b"`),
		on(recv(data("'c")), `deliver 3 DATA "c"`),
		on(replyError(2, wire.ServerError, "b failed")),
		on(done(2)),
		on(reply(3, data("'C"))),
		on(done(3)),
		on(reply(1, data("'A")), `send DATA "A"`),
		on(done(1), `send ERR err-code=15 msg-id=2 "b failed"`, `send DATA "C"`),
	)
}

// [ERR-2] [UDP-18]
func TestErrorAnswerRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		number uint64
		reason wire.Reason
		text   string
		want   wire.Reason
	}{
		"another kind":    {1, wire.Protocol, "", wire.Unsupported},
		"no kind":         {1, 0, "", wire.Unsupported},
		"long text":       {1, wire.ServerError, strings.Repeat("x", 1025), wire.FrameTooLarge},
		"text not UTF-8":  {1, wire.ServerError, "\xff", wire.Protocol},
		"unknown message": {2, wire.ServerError, "", wire.Protocol},
	} {
		t.Run(name, func(t *testing.T) {
			s := play(t, on(recv(data("'x")), `deliver 1 DATA "x"`))
			actions, err := s.AnswerError(at(0), c.number, c.reason, c.text)
			var local *session.LocalError
			require.ErrorAs(t, err, &local)
			assert.Equal(t, c.want, local.Reason)
			assert.Empty(t, actions)
		})
	}
	t.Run("longest text", func(t *testing.T) {
		s := play(t, on(recv(data("'x")), `deliver 1 DATA "x"`))
		actions, err := s.AnswerError(at(0), 1, wire.ServerError, strings.Repeat("x", 1024))
		require.NoError(t, err)
		require.Len(t, actions, 1)
		assertSendable(t, actions[0].Frame)
	})
	t.Run("closed", func(t *testing.T) {
		s := play(t, on(recv(data("'x")), `deliver 1 DATA "x"`), on(lost, "close"))
		_, err := s.AnswerError(at(0), 1, wire.ServerError, "")
		assert.ErrorIs(t, err, wire.ConnectionClosed)
	})
}

// refusable is what an endpoint gives its application for a message.
func refusable(t *testing.T, f wire.Frame) *session.Refusable {
	t.Helper()
	r := session.NewEndpoint(session.EndpointConfig{}).Datagram(encode(t, f))
	require.True(t, r.Deliver)
	return session.NewRefusable(r.Message, r.Budget)
}

// Beside the ACK, the bare ERR fits however short a message is and however long its
// msg-id. [UDP-11] [ERR-9]
func TestErrorAnswerOverUDPStaysWithinTheBudget(t *testing.T) {
	text := strings.Repeat("why ", 100)
	for name, f := range map[string]wire.Frame{
		"shortest":        data(),
		"short":           data("'nope"),
		"acknowledged":    dataAck("msg-id=5"),
		"longest msg-id":  dataAck("msg-id=18446744073709551615"),
		"long":            data("'" + strings.Repeat("x", 200)),
		"long, with ACK":  dataAck("msg-id=5", "'"+strings.Repeat("x", 200)),
		"half the budget": dataAck("msg-id=5", "'"+strings.Repeat("x", 100)),
	} {
		t.Run(name, func(t *testing.T) {
			b := encode(t, f)
			reaction := session.NewEndpoint(session.EndpointConfig{}).Datagram(b)
			total := 0
			for _, ack := range reaction.Replies {
				total += ack.EncodedLen()
			}
			r := session.NewRefusable(reaction.Message, reaction.Budget)
			got, err := r.AnswerError(wire.DeserializationError, text)
			require.NoError(t, err)
			total += got.EncodedLen()
			assert.LessOrEqual(t, total, 3*len(b))
			if fits := total - len(got.Payload) + len(text); fits <= 3*len(b) {
				assert.Equal(t, text, string(got.Payload), "the text fits")
			} else {
				assert.Empty(t, got.Payload, "half a text is none")
			}
			want, ok := f.Headers.Get(wire.KeyMsgID)
			value, found := got.Headers.Get(wire.KeyMsgID)
			assert.Equal(t, ok, found)
			assert.Equal(t, string(want), string(value))
			code, _ := got.Headers.Get(wire.KeyErrCode)
			assert.Equal(t, "12", string(code))
			assertSendable(t, got)
		})
	}
}

// The example of section 24.12.
func TestErrorAnswerOverUDPAsInTheSpecification(t *testing.T) {
	got, err := refusable(t, data("'nope")).AnswerError(wire.DeserializationError, "payload is not JSON")
	require.NoError(t, err)
	assert.Equal(t, unhex("5654 01 08 00 0c00 00000013 0802 6572722d636f6465 3132 7061796c6f6164206973206e6f74204a534f4e d69e23b6"), encode(t, got))
}

func TestErrorAnswersOverUDPShareTheBudget(t *testing.T) {
	r := refusable(t, data("'"+strings.Repeat("x", 285))) // 300 octets, for 900
	var sum atomic.Int64
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			f, err := r.AnswerError(wire.ServerError, strings.Repeat("y", 73)) // 100 octets
			if err == nil {
				sum.Add(int64(f.EncodedLen()))
				return
			}
			assert.ErrorIs(t, err, wire.RateLimited)
		})
	}
	all.Wait()
	assert.EqualValues(t, 900, sum.Load())
}

func TestErrorAnswerOverUDPRefusals(t *testing.T) {
	r := refusable(t, data("'x"))
	for _, reason := range []wire.Reason{0, wire.Io, wire.Protocol, wire.CrcMismatch, wire.Unsupported, 99} {
		_, err := r.AnswerError(reason, "")
		assert.ErrorIs(t, err, wire.Unsupported)
	}
	_, err := r.AnswerError(wire.ServerError, strings.Repeat("x", 1025))
	assert.ErrorIs(t, err, wire.FrameTooLarge)
	_, err = r.AnswerError(wire.ServerError, "\xc3")
	assert.ErrorIs(t, err, wire.Protocol)
}
