package session_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/session"
	"github.com/vstp-project/vstp/ref/wire"
)

// Texts of ERR frames, as they appear in scripts.
const (
	text2  = ` "the header section is malformed"`
	text3  = ` "only version 1 is spoken here"`
	text4  = ` "this frame type is not known here"`
	text6  = ` "CRC32 does not match the frame"`
	text8  = ` "the frame is larger than the limit here"`
	text9  = ` "the rest of a frame did not come in time"`
	text13 = ` "this frame type is not for this end of the connection"`
	text17 = ` "fragments do not travel over TCP"`
	text19 = ` "compressed messages are not taken here"`
)

// [TCP-1] [TCP-6] [TCP-7] [SES-2] [SES-3] [ERR-3] [ERR-4] [ERR-5] [FLG-6] [FLG-7] [CMP-11] [ACK-13] [ACK-18]
func TestFrameReactions(t *testing.T) {
	const reqAck, frag, comp, crc = wire.FlagReqAck, wire.FlagFrag, wire.FlagComp, wire.FlagCRC
	for name, c := range map[string]struct {
		in   wire.Frame
		want []string
	}{
		"hello":                         {frame(wire.TypeHello, 0), []string{"send WELCOME session-id=7"}},
		"hello with headers, payload":   {frame(wire.TypeHello, 0, "a=1", "'x"), []string{"send WELCOME session-id=7"}},
		"hello acknowledged":            {frame(wire.TypeHello, reqAck, "msg-id=5"), []string{"send ACK msg-id=5", "send WELCOME session-id=7"}},
		"data":                          {data("a=1", "a=2", "'x"), []string{`deliver 1 DATA a=1 a=2 "x"`}},
		"data without payload":          {data(), []string{"deliver 1 DATA"}},
		"data with msg-id, not asking":  {data("msg-id=5"), []string{"deliver 1 DATA msg-id=5"}},
		"data acknowledged":             {dataAck("msg-id=5", "'x"), []string{"send ACK msg-id=5", `deliver 1 DATA REQ_ACK msg-id=5 "x"`}},
		"data without msg-id":           {dataAck("'x"), []string{"send ACK", `deliver 1 DATA REQ_ACK "x"`}},
		"data with malformed msg-id":    {dataAck("msg-id=007"), []string{"send ACK", "deliver 1 DATA REQ_ACK msg-id=007"}},
		"data with two msg-ids":         {dataAck("msg-id=5", "msg-id=6"), []string{"send ACK msg-id=5", "deliver 1 DATA REQ_ACK msg-id=5 msg-id=6"}},
		"data with msg-ids, first bad":  {dataAck("msg-id=+5", "msg-id=6"), []string{"send ACK", "deliver 1 DATA REQ_ACK msg-id=+5 msg-id=6"}},
		"data, key in other case":       {dataAck("Msg-Id=6"), []string{"send ACK", "deliver 1 DATA REQ_ACK Msg-Id=6"}},
		"data with reserved flags":      {frame(wire.TypeData, 0x81, "msg-id=5"), []string{"send ACK msg-id=5", "deliver 1 DATA REQ_ACK|0x80 msg-id=5"}},
		"data with CRC flag":            {frame(wire.TypeData, crc), []string{"deliver 1 DATA CRC"}},
		"data with unflagged frag keys": {data("frag-id=1", "frag-index=0", "frag-total=2"), []string{"deliver 1 DATA frag-id=1 frag-index=0 frag-total=2"}},
		"data fragment":                 {frame(wire.TypeData, frag|reqAck, "msg-id=5", "frag-id=1", "frag-index=0", "frag-total=2"), []string{"report BadFragment", "send ERR err-code=17 msg-id=5" + text17}},
		"data fragment without msg-id":  {frame(wire.TypeData, frag), []string{"report BadFragment", "send ERR err-code=17" + text17}},
		"data compressed":               {frame(wire.TypeData, comp|reqAck, "msg-id=7", "'notgzip"), []string{"report Unsupported", "send ERR err-code=19 msg-id=7" + text19}},
		"data compressed fragment":      {frame(wire.TypeData, comp|frag), []string{"report BadFragment", "send ERR err-code=17" + text17}},
		"ping":                          {frame(wire.TypePing, 0, "'p"), []string{`send PONG "p"`}},
		"ping without payload":          {frame(wire.TypePing, 0), []string{"send PONG"}},
		"ping with headers":             {frame(wire.TypePing, 0, "a=1", "'p"), []string{`send PONG "p"`}},
		"ping compressed":               {frame(wire.TypePing, comp, "'notgzip"), []string{`send PONG "notgzip"`}},
		"ping acknowledged":             {frame(wire.TypePing, reqAck, "msg-id=8", "'p"), []string{"send ACK msg-id=8", `send PONG "p"`}},
		"ping fragment":                 {frame(wire.TypePing, frag, "msg-id=8", "'p"), []string{"report BadFragment", "send ERR err-code=17" + text17}},
		"hello fragment":                {frame(wire.TypeHello, frag), []string{"report BadFragment", "send ERR err-code=17" + text17}},
		"bye fragment":                  {frame(wire.TypeBye, frag), []string{"report BadFragment", "send ERR err-code=17" + text17}},
		"welcome":                       {frame(wire.TypeWelcome, 0, "session-id=9"), []string{"report UnexpectedFrameType", "send ERR err-code=13" + text13}},
		"welcome asking for an ack":     {frame(wire.TypeWelcome, reqAck, "msg-id=9"), []string{"report UnexpectedFrameType", "send ERR err-code=13" + text13}},
		"welcome fragment":              {frame(wire.TypeWelcome, frag), []string{"report BadFragment", "send ERR err-code=17" + text17}},
		"pong":                          {frame(wire.TypePong, reqAck, "msg-id=9", "'p"), nil},
		"pong fragment":                 {frame(wire.TypePong, frag), []string{"report BadFragment"}},
		"ack":                           {frame(wire.TypeAck, reqAck, "msg-id=9"), nil},
		"ack fragment":                  {frame(wire.TypeAck, frag), []string{"report BadFragment"}},
		"err":                           {frame(wire.TypeErr, reqAck, "err-code=4", "msg-id=9", "'unknown type"), []string{"report InvalidFrameType"}},
		"err without code":              {frame(wire.TypeErr, 0), []string{"report ServerError"}},
		"err fragment":                  {frame(wire.TypeErr, frag, "err-code=4"), []string{"report BadFragment"}},
		"extension type":                {frame(wire.Type(0x10), reqAck, "msg-id=9"), nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := play(t, on(recv(c.in), c.want...))
			assert.Equal(t, session.StateOpen, s.State())
			assert.Zero(t, s.NextTimeout())
			// Whatever it was, the connection is as good as before.
			require.Equal(t, []string{`send PONG "still there"`}, lines(t, s.Frame(at(0), frame(wire.TypePing, 0, "'still there"))))
		})
	}
}

// [TCP-1] [SES-3]
func TestHelloRepeatedGivesTheSameSession(t *testing.T) {
	play(t,
		on(recv(frame(wire.TypeHello, 0)), "send WELCOME session-id=7"),
		on(recv(frame(wire.TypeHello, 0)), "send WELCOME session-id=7"),
	)
}

// [TCP-4]
func TestServerDoesNotSpeakFirst(t *testing.T) {
	s := play(t, on(advance(0)), on(partial(0, 0)), on(advance(1e6)))
	assert.Equal(t, session.StateOpen, s.State())
}

// [TYP-4] [ERR-9]
func TestUnknownTypeIsRefusedAndTheConnectionGoesOn(t *testing.T) {
	s := play(t,
		on(fault(wire.InvalidFrameType), "report InvalidFrameType", "send ERR err-code=4"+text4),
		on(recv(data("'x")), `deliver 1 DATA "x"`),
	)
	assert.Equal(t, session.StateOpen, s.State())
}

// [TCP-13] [TCP-14] [TCP-16] [TCP-29]
func TestFatalFaultIsTheLastWord(t *testing.T) {
	for reason, want := range map[wire.Reason][]string{
		wire.InvalidMagic:   {"report InvalidMagic", "shut down writing"},
		wire.InvalidVersion: {"report InvalidVersion", "send ERR err-code=3 version=1" + text3, "shut down writing"},
		wire.FrameTooLarge:  {"report FrameTooLarge", "send ERR err-code=8" + text8, "shut down writing"},
		wire.CrcMismatch:    {"report CrcMismatch", "send ERR err-code=6" + text6, "shut down writing"},
		wire.Protocol:       {"report Protocol", "send ERR err-code=2" + text2, "shut down writing"},
	} {
		t.Run(reason.String(), func(t *testing.T) {
			s := play(t,
				on(fault(reason), want...),
				on(recv(data("'too late"))),
				on(recv(frame(wire.TypePing, 0))),
				on(fault(wire.CrcMismatch)),
				on(partial(0, 12)),
			)
			assert.Equal(t, session.StateFlushing, s.State())
			assert.Zero(t, s.NextTimeout())
		})
	}
}

// [TCP-15] [TCP-16]
func TestFatalFaultWaitsForAnswersOwed(t *testing.T) {
	s := play(t,
		on(recv(data("'a")), `deliver 1 DATA "a"`),
		on(recv(data("'b")), `deliver 2 DATA "b"`),
		on(fault(wire.CrcMismatch), "report CrcMismatch"),
		on(reply(1, data("'A")), `send DATA "A"`),
		on(done(1)),
		on(recv(frame(wire.TypePing, 0))),
		on(reply(2, data("'B")), `send DATA "B"`),
		on(done(2), "send ERR err-code=6"+text6, "shut down writing"),
	)
	assert.Equal(t, session.StateFlushing, s.State())
}

// [TCP-15] [TCP-17]
func TestWrongMagicWaitsForAnswersOwedAndSaysNothing(t *testing.T) {
	play(t,
		on(recv(data("'a")), `deliver 1 DATA "a"`),
		on(fault(wire.InvalidMagic), "report InvalidMagic"),
		on(reply(1, data("'A")), `send DATA "A"`),
		on(done(1), "shut down writing"),
	)
}

// [TCP-8] [TCP-9]
func TestByeEndsTheInput(t *testing.T) {
	s := play(t,
		on(recv(data("'a")), `deliver 1 DATA "a"`),
		on(recv(frame(wire.TypeBye, 0))),
		on(recv(data("'behind bye"))),
		on(recv(frame(wire.TypeHello, 0))),
		on(reply(1, data("'A")), `send DATA "A"`),
		on(done(1), "shut down writing"),
	)
	assert.Equal(t, session.StateFlushing, s.State())
}

// [TCP-8]
func TestByeWithNothingOwed(t *testing.T) {
	play(t, on(recv(frame(wire.TypeBye, 0)), "shut down writing"))
	play(t, on(recv(frame(wire.TypeBye, wire.FlagReqAck, "msg-id=3")), "send ACK msg-id=3", "shut down writing"))
}

// [TCP-11] [TCP-12]
func TestEndOfStreamWaitsForAnswersOwed(t *testing.T) {
	s := play(t,
		on(recv(data("'a")), `deliver 1 DATA "a"`),
		on(partial(1, 14)),
		on(endOfStream),
		on(advance(100)),
		on(reply(1, data("'A")), `send DATA "A"`),
		on(done(1), "shut down writing"),
		on(flushed(101), "close"), // nothing can come any more
	)
	assert.Equal(t, session.StateClosed, s.State())
}

// [TCP-8] [TCP-29]
func TestLingerEndsByTimer(t *testing.T) {
	s := play(t,
		on(recv(frame(wire.TypeBye, 0)), "shut down writing"),
		on(advance(50)), // the peer is slow to read, no timer runs
		on(flushed(60)),
		on(recv(data("'discarded"))),
	)
	require.Equal(t, session.StateLingering, s.State())
	require.Equal(t, at(61), s.NextTimeout())
	require.Empty(t, s.Advance(at(61).Add(-1)))
	require.Equal(t, []string{"close"}, lines(t, s.Advance(at(61))))
	assert.Equal(t, session.StateClosed, s.State())
	assert.Zero(t, s.NextTimeout())
}

// [TCP-29]
func TestLingerEndsWithTheStream(t *testing.T) {
	play(t,
		on(recv(frame(wire.TypeBye, 0)), "shut down writing"),
		on(flushed(0)),
		on(endOfStream, "close"),
		on(advance(2)),
	)
}

func TestStreamThatEndsBeforeTheFlushNeedsNoLinger(t *testing.T) {
	play(t,
		on(recv(frame(wire.TypeBye, 0)), "shut down writing"),
		on(endOfStream),
		on(flushed(0), "close"),
	)
	play(t,
		on(recv(data()), "deliver 1 DATA"),
		on(recv(frame(wire.TypeBye, 0))),
		on(endOfStream),
		on(done(1), "shut down writing"),
		on(flushed(0), "close"),
	)
}

// [TCP-18]
func TestStalledFrameIsCut(t *testing.T) {
	s := play(t, on(partial(10, 12)))
	require.Equal(t, at(40), s.NextTimeout())
	require.Empty(t, s.Advance(at(40).Add(-1)))
	require.Equal(t, []string{"report Timeout", "send ERR err-code=9" + text9, "shut down writing"}, lines(t, s.Advance(at(40))))
	assert.Equal(t, session.StateFlushing, s.State())
}

// [TCP-15] [TCP-18]
func TestStalledFrameWaitsForAnswersOwed(t *testing.T) {
	play(t,
		on(recv(data("'a")), `deliver 1 DATA "a"`),
		on(partial(0, 1)),
		on(advance(30), "report Timeout"),
		on(reply(1, data("'A")), `send DATA "A"`),
		on(done(1), "send ERR err-code=9"+text9, "shut down writing"),
	)
}

// [TCP-18]: it is progress that counts, not speed.
func TestProgressStartsTheStallTimerAnew(t *testing.T) {
	s := session.NewServer(session.ServerConfig{StalledFrame: 3 * time.Second}, id)
	for i := range 100 {
		now := at(float64(2 * i))
		require.Empty(t, s.Advance(now))
		require.Empty(t, s.Partial(now, i+1))
		require.Equal(t, now.Add(3*time.Second), s.NextTimeout())
	}
	// Reported again without progress: the timer runs on.
	require.Empty(t, s.Partial(at(199), 100))
	require.Equal(t, at(201), s.NextTimeout())
}

// [TCP-30]
func TestBetweenFramesThereIsNoTimer(t *testing.T) {
	for name, complete := range map[string]event{
		"frame":        recvAt(1, data()),
		"unknown type": fault(wire.InvalidFrameType),
		"nothing left": partial(1, 0),
	} {
		t.Run(name, func(t *testing.T) {
			s := session.NewServer(session.ServerConfig{}, id)
			s.Partial(at(0), 3)
			require.Equal(t, at(30), s.NextTimeout())
			complete(s)
			assert.Zero(t, s.NextTimeout())
			require.Empty(t, s.Advance(at(1e6)))
			// A later partial frame of the same length has a timer of its own.
			s.Partial(at(50), 3)
			assert.Equal(t, at(80), s.NextTimeout())
		})
	}
}

// [ACK-14]
func TestAckPrecedesTheAnswer(t *testing.T) {
	play(t,
		on(recv(dataAck("msg-id=5", "'x")), "send ACK msg-id=5", `deliver 1 DATA REQ_ACK msg-id=5 "x"`),
		on(reply(1, data("'x")), `send DATA "x"`),
	)
}

// [TCP-23] [ACK-12]
func TestProtocolRepliesDoNotWaitForTheApplication(t *testing.T) {
	play(t,
		on(recv(data("'slow")), `deliver 1 DATA "slow"`),
		on(recv(frame(wire.TypePing, 0, "'p")), `send PONG "p"`),
		on(recv(frame(wire.TypeHello, 0)), "send WELCOME session-id=7"),
		on(recv(dataAck("msg-id=6")), "send ACK msg-id=6", "deliver 2 DATA REQ_ACK msg-id=6"),
		on(reply(1, data("'slow")), `send DATA "slow"`),
	)
}

// [TCP-20]
func TestAnswersLeaveInTheOrderOfDelivery(t *testing.T) {
	s := play(t,
		on(recv(data()), "deliver 1 DATA"),
		on(recv(data()), "deliver 2 DATA"),
		on(recv(data()), "deliver 3 DATA"),
		on(recv(data()), "deliver 4 DATA"),
		on(reply(3, data("'3a"))),
		on(done(3)),
		on(reply(2, data("'2a"))),
		on(reply(1, data("'1a")), `send DATA "1a"`),
		on(reply(2, data("'2b"))),
		on(reply(1, data("'1b")), `send DATA "1b"`),
		on(done(1), `send DATA "2a"`, `send DATA "2b"`),
		on(done(1)), // again: nothing
		on(reply(2, data("'2c")), `send DATA "2c"`),
		on(done(2), `send DATA "3a"`),
		on(recv(frame(wire.TypeBye, 0))),
		on(done(4), "shut down writing"),
	)
	assert.Equal(t, session.StateFlushing, s.State())
}

// [TCP-9]: messages that are answered by nothing are waited for as well.
func TestAllMessagesMustBeDoneBeforeTheEnd(t *testing.T) {
	play(t,
		on(recv(data()), "deliver 1 DATA"),
		on(recv(data()), "deliver 2 DATA"),
		on(recv(frame(wire.TypeBye, 0))),
		on(done(2)),
		on(done(99)),
		on(done(0)),
		on(done(1), "shut down writing"),
	)
}

// [HDR-11] [LIM-4] and what is not offered.
func TestAnswerRefusals(t *testing.T) {
	s := session.NewServer(session.ServerConfig{MaxFrame: 24}, id)
	s.Frame(at(0), data())
	for name, c := range map[string]struct {
		message uint64
		answer  wire.Frame
		want    wire.Reason
	}{
		"not DATA":         {1, frame(wire.TypePing, 0), wire.UnexpectedFrameType},
		"REQ_ACK":          {1, frame(wire.TypeData, wire.FlagReqAck), wire.Unsupported},
		"FRAG":             {1, frame(wire.TypeData, wire.FlagFrag), wire.Unsupported},
		"reserved flag":    {1, frame(wire.TypeData, 0x80), wire.Unsupported},
		"msg-id":           {1, data("msg-id=1"), wire.Protocol},
		"frag-id":          {1, data("frag-id=1"), wire.Protocol},
		"frag-index":       {1, data("frag-index=1"), wire.Protocol},
		"frag-total":       {1, data("frag-total=1"), wire.Protocol},
		"session-id":       {1, data("session-id=1"), wire.Protocol},
		"err-code":         {1, data("err-code=1"), wire.Protocol},
		"second header":    {1, data("a=1", "err-code=1"), wire.Protocol},
		"too large":        {1, data("'1234567890"), wire.FrameTooLarge},
		"no such message":  {2, data(), wire.Protocol},
		"message number 0": {0, data(), wire.Protocol},
	} {
		t.Run(name, func(t *testing.T) {
			actions, err := s.Answer(at(0), c.message, c.answer)
			var local *session.LocalError
			require.ErrorAs(t, err, &local)
			assert.Equal(t, c.want, local.Reason)
			assert.NotEmpty(t, local.Detail)
			assert.Empty(t, actions)
		})
	}
	for _, allowed := range []wire.Frame{data(), data("'123456789"), frame(wire.TypeData, wire.FlagCRC), frame(wire.TypeData, wire.FlagComp), data("A=b"), data("Msg-Id=1")} {
		actions, err := s.Answer(at(0), 1, allowed)
		require.NoError(t, err)
		assert.Equal(t, []string{"send " + describe(allowed)}, lines(t, actions))
	}
	s.Done(at(0), 1)
	_, err := s.Answer(at(0), 1, data())
	assert.ErrorIs(t, err, wire.Protocol, "done with")
}

// [LIM-1] [LIM-4]
func TestAnswerLimitByDefault(t *testing.T) {
	s := session.NewServer(session.ServerConfig{}, id)
	s.Frame(at(0), data())
	_, err := s.Answer(at(0), 1, wire.Frame{Type: wire.TypeData, Payload: make([]byte, wire.DefaultMaxFrame-wire.Overhead)})
	assert.NoError(t, err)
	_, err = s.Answer(at(0), 1, wire.Frame{Type: wire.TypeData, Payload: make([]byte, wire.DefaultMaxFrame-wire.Overhead+1)})
	assert.ErrorIs(t, err, wire.FrameTooLarge)
}

func TestLostClosesInEveryState(t *testing.T) {
	message := on(recv(data()), "deliver 1 DATA")
	bye := recv(frame(wire.TypeBye, 0))
	for state, script := range map[session.State][]step{
		session.StateOpen:      {message, on(partial(0, 1))},
		session.StateDraining:  {message, on(bye)},
		session.StateFlushing:  {on(bye, "shut down writing")},
		session.StateLingering: {on(bye, "shut down writing"), on(flushed(0))},
	} {
		t.Run(state.String(), func(t *testing.T) {
			s := play(t, script...)
			require.Equal(t, state, s.State())
			require.Equal(t, []string{"close"}, lines(t, s.Lost(at(0))))
			require.Equal(t, session.StateClosed, s.State())
			assert.Zero(t, s.NextTimeout())
		})
	}
}

// Every event in state closed has no consequence.
func TestClosedIsFinal(t *testing.T) {
	s := play(t,
		on(recv(data()), "deliver 1 DATA"),
		on(lost, "close"),
		on(lost),
		on(recv(data())),
		on(fault(wire.CrcMismatch)),
		on(partial(0, 5)),
		on(endOfStream),
		on(done(1)),
		on(flushed(0)),
		on(advance(1e6)),
	)
	actions, err := s.Answer(at(0), 1, data())
	assert.ErrorIs(t, err, wire.ConnectionClosed)
	assert.Empty(t, actions)
	assert.Equal(t, session.StateClosed, s.State())
}

// Flushed means something only after the request to shut down writing.
func TestFlushedOutOfTurnIsIgnored(t *testing.T) {
	s := play(t, on(flushed(0)))
	assert.Equal(t, session.StateOpen, s.State())
	s = play(t, on(recv(frame(wire.TypeBye, 0)), "shut down writing"), on(flushed(0)), on(flushed(9)))
	assert.Equal(t, at(1), s.NextTimeout())
}

// [ERR-1] [ERR-2]
func TestErrFrames(t *testing.T) {
	for _, reason := range []wire.Reason{wire.Protocol, wire.InvalidVersion, wire.FrameTooLarge, wire.CrcMismatch, wire.InvalidFrameType} {
		s := session.NewServer(session.ServerConfig{}, id)
		sent := false
		for _, a := range s.Fault(at(0), &wire.DecodeError{Reason: reason}) {
			if a.Kind != session.ActionSend {
				continue
			}
			sent = true
			assertSendable(t, a.Frame)
			assert.NotEmpty(t, a.Frame.Payload, reason)
			assert.LessOrEqual(t, len(a.Frame.Payload), 1024)
			code, ok := a.Frame.Headers.Get(wire.KeyErrCode)
			assert.True(t, ok)
			assert.Equal(t, fmt.Sprint(reason.Code()), string(code))
		}
		assert.True(t, sent, reason)
	}
}

func TestReportsCarryTheirDirection(t *testing.T) {
	s := session.NewServer(session.ServerConfig{}, id)
	actions := s.Frame(at(0), frame(wire.TypeErr, 0, "err-code=15", "'failed"))
	require.Len(t, actions, 1)
	var peer *session.PeerError
	require.ErrorAs(t, actions[0].Err, &peer)
	assert.Equal(t, session.PeerError{Code: wire.ServerError, Text: "failed"}, *peer)

	actions = s.Fault(at(0), &wire.DecodeError{Offset: 27, Reason: wire.CrcMismatch})
	require.NotEmpty(t, actions)
	var local *session.LocalError
	require.ErrorAs(t, actions[0].Err, &local)
	assert.Equal(t, wire.CrcMismatch, local.Reason)
	assert.False(t, errors.As(actions[0].Err, &peer))
}

func TestStateString(t *testing.T) {
	assert.Equal(t, "open", session.StateOpen.String())
	assert.Equal(t, "closed", session.StateClosed.String())
	assert.Equal(t, "State(5)", session.State(5).String())
}

func TestActionKindString(t *testing.T) {
	assert.Equal(t, "send", session.ActionSend.String())
	assert.Equal(t, "close", session.ActionClose.String())
	assert.Equal(t, "ActionKind(0)", session.ActionKind(0).String())
	assert.Equal(t, "ActionKind(10)", session.ActionKind(10).String())
}
