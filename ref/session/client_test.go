package session_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/session"
	"github.com/vstp-project/vstp/ref/wire"
)

// clientLines writes the actions of a client as one line each.
func clientLines(t *testing.T, actions []session.Action) []string {
	t.Helper()
	out := []string{}
	for _, a := range actions {
		switch a.Kind {
		case session.ActionSend:
			assertSendable(t, a.Frame)
			out = append(out, "send "+describe(a.Frame))
		case session.ActionDeliver:
			out = append(out, "deliver "+describe(a.Frame))
		case session.ActionReport, session.ActionNotify, session.ActionEnd:
			out = append(out, a.Kind.String()+" "+blame(t, a.Err))
		case session.ActionSettle, session.ActionPong:
			line := fmt.Sprintf("%v %d", a.Kind, a.Message)
			if a.Err != nil {
				line += " " + blame(t, a.Err)
			}
			out = append(out, line)
		default:
			out = append(out, a.Kind.String())
		}
	}
	return out
}

// clientConfig makes the msg-ids of a test predictable.
var clientConfig = session.ClientConfig{FirstMsgID: 5}

// opened returns a client that has greeted.
func opened(t *testing.T, cfg session.ClientConfig) *session.Client {
	t.Helper()
	c := session.NewClient(cfg)
	expect(t, c.Open(at(0)), "send HELLO")
	return c
}

func expect(t *testing.T, actions []session.Action, want ...string) {
	t.Helper()
	if want == nil {
		want = []string{}
	}
	require.Equal(t, want, clientLines(t, actions))
}

func sendData(t *testing.T, c *session.Client, words ...string) {
	t.Helper()
	actions, err := c.Send(data(words...))
	require.NoError(t, err)
	expect(t, actions, "send "+describe(data(words...)))
}

// sendAck sends a message that is to have this msg-id and reports it as sent.
func sendAck(t *testing.T, c *session.Client, seconds float64, id uint64) {
	t.Helper()
	got, actions, err := c.SendReliable(data("'x"))
	require.NoError(t, err)
	require.Equal(t, id, got)
	expect(t, actions, fmt.Sprintf(`send DATA REQ_ACK msg-id=%d "x"`, id))
	expect(t, c.Sent(at(seconds), id))
}

func localError(t *testing.T, err error, reason wire.Reason) {
	t.Helper()
	var local *session.LocalError
	require.ErrorAs(t, err, &local)
	assert.Equal(t, reason, local.Reason)
}

// [TCP-24] [TCP-7] [ERR-3] [ERR-4] [ERR-7] [ERR-8] [FLG-6] [FLG-7] [ACK-7] [ACK-13] [CMP-11]
func TestClientFrameReactions(t *testing.T) {
	const reqAck, frag, comp = wire.FlagReqAck, wire.FlagFrag, wire.FlagComp
	for name, c := range map[string]struct {
		in   wire.Frame
		want []string
	}{
		"welcome":                 {frame(wire.TypeWelcome, 0, "session-id=7"), nil},
		"welcome with REQ_ACK":    {frame(wire.TypeWelcome, reqAck, "session-id=7", "msg-id=1"), nil},
		"welcome without an id":   {frame(wire.TypeWelcome, 0), []string{"report Protocol"}},
		"data":                    {data("a=1", "'x"), []string{`deliver DATA a=1 "x"`}},
		"data acknowledged":       {dataAck("msg-id=9", "'x"), []string{"send ACK msg-id=9", `deliver DATA REQ_ACK msg-id=9 "x"`}},
		"data without msg-id":     {dataAck("'x"), []string{"send ACK", `deliver DATA REQ_ACK "x"`}},
		"data, msg-id malformed":  {dataAck("msg-id=007"), []string{"send ACK", "deliver DATA REQ_ACK msg-id=007"}},
		"data, reserved flags":    {frame(wire.TypeData, 0x81, "msg-id=9"), []string{"send ACK msg-id=9", "deliver DATA REQ_ACK|0x80 msg-id=9"}},
		"data fragment":           {frame(wire.TypeData, frag, "msg-id=9"), []string{"report BadFragment", "send ERR err-code=17 msg-id=9" + text17}},
		"data compressed":         {frame(wire.TypeData, comp|reqAck, "msg-id=9"), []string{"report Unsupported", "send ERR err-code=19 msg-id=9" + text19}},
		"ping":                    {frame(wire.TypePing, 0, "a=1", "'p"), []string{`send PONG "p"`}},
		"ping compressed":         {frame(wire.TypePing, comp, "'notgzip"), []string{`send PONG "notgzip"`}},
		"ping acknowledged":       {frame(wire.TypePing, reqAck, "msg-id=8", "'p"), []string{"send ACK msg-id=8", `send PONG "p"`}},
		"pong for nothing":        {frame(wire.TypePong, reqAck, "msg-id=8", "'p"), nil},
		"pong fragment":           {frame(wire.TypePong, frag), []string{"report BadFragment"}},
		"ack for nothing":         {frame(wire.TypeAck, reqAck, "msg-id=8"), nil},
		"ack fragment":            {frame(wire.TypeAck, frag, "msg-id=5"), []string{"report BadFragment"}},
		"hello":                   {frame(wire.TypeHello, reqAck, "msg-id=8"), []string{"report UnexpectedFrameType", "send ERR err-code=13" + text13}},
		"err":                     {frame(wire.TypeErr, 0, "err-code=15", "'failed"), []string{"notify ServerError remote"}},
		"err with REQ_ACK":        {frame(wire.TypeErr, reqAck, "err-code=4", "msg-id=99"), []string{"notify InvalidFrameType remote"}},
		"err without code":        {frame(wire.TypeErr, 0), []string{"notify ServerError remote"}},
		"err fragment":            {frame(wire.TypeErr, frag, "err-code=4"), []string{"report BadFragment"}},
		"bye":                     {frame(wire.TypeBye, 0), []string{"end ConnectionClosed", "shut down writing"}},
		"bye acknowledged":        {frame(wire.TypeBye, reqAck, "msg-id=8"), []string{"send ACK msg-id=8", "end ConnectionClosed", "shut down writing"}},
		"a type beyond the eight": {frame(0x10, reqAck, "msg-id=8"), nil},
	} {
		t.Run(name, func(t *testing.T) {
			client := opened(t, clientConfig)
			expect(t, client.Frame(at(0), c.in), c.want...)
			if c.in.Type != wire.TypeBye {
				expect(t, client.Frame(at(0), data("'alive")), `deliver DATA "alive"`)
			}
		})
	}
}

// [TCP-2] [TCP-27]
func TestClientGreetsOnceAndWaitsForNobody(t *testing.T) {
	c := session.NewClient(clientConfig)
	actions, err := c.Send(data("'a"))
	require.NoError(t, err)
	expect(t, actions, "send HELLO", `send DATA "a"`)
	expect(t, c.Open(at(0)))
	sendData(t, c, "'b")
	_, ok := c.ID()
	assert.False(t, ok)
}

// [SES-2] [SES-3] [SEC-2]
func TestClientTakesTheFirstSessionID(t *testing.T) {
	c := opened(t, clientConfig)
	for _, bad := range []string{"session-id=007", "session-id=-1", "session-id=", "session_id=1", "session-id=340282366920938463463374607431768211456"} {
		expect(t, c.Frame(at(0), frame(wire.TypeWelcome, 0, bad)), "report Protocol")
	}
	_, ok := c.ID()
	require.False(t, ok)
	const largest = "340282366920938463463374607431768211455"
	expect(t, c.Frame(at(0), frame(wire.TypeWelcome, 0, "session-id="+largest)))
	expect(t, c.Frame(at(0), frame(wire.TypeWelcome, 0, "session-id="+largest)))
	expect(t, c.Frame(at(0), frame(wire.TypeWelcome, 0, "session-id=1")), "report Protocol")
	got, ok := c.ID()
	require.True(t, ok)
	assert.Equal(t, largest, got.String())
}

// [HDR-11] [LIM-4] [TYP-2] [FRG-16] [FLG-8]
func TestClientRefusals(t *testing.T) {
	cfg := session.ClientConfig{FirstMsgID: 5, Limits: wire.Limits{MaxFrame: 100, Types: wire.NewTypeSet(0x10)}}
	large := func(payload int) wire.Frame { return data("'" + strings.Repeat("x", payload)) }
	full := wire.Frame{Type: wire.TypeData}
	for full.Headers.Size() <= wire.MaxHeaderSection-514 {
		var err error
		full.Headers, err = full.Headers.AppendText(strings.Repeat("k", 255), strings.Repeat("v", 255))
		require.NoError(t, err)
	}
	for name, c := range map[string]struct {
		f              wire.Frame
		send, reliable wire.Reason // zero: it is sent
	}{
		"data":               {data("a=1"), 0, 0},
		"CRC flag":           {frame(wire.TypeData, wire.FlagCRC), 0, 0},
		"hello":              {frame(wire.TypeHello, 0), wire.UnexpectedFrameType, wire.UnexpectedFrameType},
		"welcome":            {frame(wire.TypeWelcome, 0), wire.UnexpectedFrameType, wire.UnexpectedFrameType},
		"ping":               {frame(wire.TypePing, 0), wire.UnexpectedFrameType, wire.UnexpectedFrameType},
		"pong":               {frame(wire.TypePong, 0), wire.UnexpectedFrameType, wire.UnexpectedFrameType},
		"bye":                {frame(wire.TypeBye, 0), wire.UnexpectedFrameType, wire.UnexpectedFrameType},
		"ack":                {frame(wire.TypeAck, 0), wire.UnexpectedFrameType, wire.UnexpectedFrameType},
		"err":                {frame(wire.TypeErr, 0), wire.UnexpectedFrameType, wire.UnexpectedFrameType},
		"reserved type":      {frame(9, 0), wire.InvalidFrameType, wire.InvalidFrameType},
		"unknown type":       {frame(0x11, 0), wire.InvalidFrameType, wire.InvalidFrameType},
		"known type":         {frame(0x10, 0), 0, wire.Unsupported},
		"REQ_ACK":            {frame(wire.TypeData, wire.FlagReqAck), wire.Unsupported, wire.Unsupported},
		"FRAG":               {frame(wire.TypeData, wire.FlagFrag), wire.Unsupported, wire.Unsupported},
		"COMP":               {frame(wire.TypeData, wire.FlagComp, "'member"), 0, 0},
		"COMP, known type":   {frame(0x10, wire.FlagComp), wire.Unsupported, wire.Unsupported},
		"reserved flag":      {frame(wire.TypeData, 0x80), wire.Unsupported, wire.Unsupported},
		"msg-id":             {data("msg-id=1"), wire.Protocol, wire.Protocol},
		"session-id":         {data("session-id=1"), wire.Protocol, wire.Protocol},
		"at the limit":       {large(85), 0, wire.FrameTooLarge},
		"at it, with msg-id": {large(85 - 9), 0, 0},
		"beyond the limit":   {large(86), wire.FrameTooLarge, wire.FrameTooLarge},
		"many headers":       {full, wire.FrameTooLarge, wire.FrameTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			client := opened(t, cfg)
			actions, err := client.Send(c.f)
			if c.send == 0 {
				require.NoError(t, err)
				expect(t, actions, "send "+describe(c.f))
			} else {
				localError(t, err, c.send)
				assert.Empty(t, actions)
			}
			_, actions, err = client.SendReliable(c.f)
			if c.reliable == 0 {
				require.NoError(t, err)
				require.Len(t, actions, 1)
				assert.True(t, actions[0].Frame.Flags.Has(wire.FlagReqAck))
			} else {
				localError(t, err, c.reliable)
				assert.Empty(t, actions)
			}
		})
	}
	client := opened(t, cfg)
	_, _, err := client.Ping(make([]byte, 86))
	localError(t, err, wire.FrameTooLarge)
}

func TestClientWithoutRoomForTheMsgID(t *testing.T) {
	f := data()
	for f.Headers.Size() < wire.MaxHeaderSection {
		rest := wire.MaxHeaderSection - f.Headers.Size()
		value := min(255, rest-3)
		if rest-(3+value) < 3 && rest > 3+value {
			value -= 3
		}
		var err error
		f.Headers, err = f.Headers.AppendText("k", strings.Repeat("v", value))
		require.NoError(t, err)
	}
	c := opened(t, clientConfig)
	_, _, err := c.SendReliable(f)
	localError(t, err, wire.FrameTooLarge)
	_, err = c.Send(f)
	require.NoError(t, err)
	sendAck(t, c, 0, 5) // no msg-id was spent
}

// [ACK-8] [ACK-9] [ACK-10] [ACK-11] [ACK-17] [RTX-12]
func TestClientSeveralSendsAtOnce(t *testing.T) {
	c := opened(t, clientConfig)
	sendAck(t, c, 0, 5)
	sendAck(t, c, 1, 6)
	sendAck(t, c, 1.5, 7)
	sendAck(t, c, 1.6, 8)
	assert.Equal(t, at(2), c.NextTimeout())
	for _, words := range [][]string{{}, {"msg-id=05"}, {"msg-id=9"}, {"msg-id=4"}, {"Msg-Id=5"}, {"msg-id=x", "msg-id=5"}} {
		expect(t, c.Frame(at(1.7), frame(wire.TypeAck, 0, words...)))
	}
	expect(t, c.Frame(at(1.7), data("'push")), `deliver DATA "push"`)
	expect(t, c.Frame(at(1.7), frame(wire.TypeAck, 0, "msg-id=6")), "settle 6")
	expect(t, c.Frame(at(1.7), frame(wire.TypeAck, 0, "msg-id=6")))
	expect(t, c.Frame(at(1.7), frame(wire.TypeErr, 0, "err-code=18", "msg-id=8")), "settle 8 BadCompression remote")
	expect(t, c.Frame(at(1.7), frame(wire.TypeErr, 0, "err-code=18", "msg-id=8")), "notify BadCompression remote")
	expect(t, c.Advance(at(1.999)))
	expect(t, c.Advance(at(2)), "settle 5 Timeout")
	expect(t, c.Frame(at(2), frame(wire.TypeAck, 0, "msg-id=5"))) // too late
	assert.Equal(t, at(3.5), c.NextTimeout())
	expect(t, c.Advance(at(3.5)), "settle 7 Timeout")
	assert.True(t, c.NextTimeout().IsZero())
	sendAck(t, c, 4, 9)
	c.Forget(9)
	assert.True(t, c.NextTimeout().IsZero())
	expect(t, c.Frame(at(4), frame(wire.TypeAck, 0, "msg-id=9")))
}

// The time counts from the moment at which the octets are with the operating system.
func TestClientAckTimeoutStartsWhenSent(t *testing.T) {
	c := opened(t, session.ClientConfig{FirstMsgID: 5, AckTimeout: 10 * time.Second})
	id, _, err := c.SendReliable(data("'x"))
	require.NoError(t, err)
	expect(t, c.Advance(at(100)))
	expect(t, c.Sent(at(100), id))
	expect(t, c.Advance(at(109)))
	expect(t, c.Advance(at(110)), "settle 5 Timeout")

	// An ACK can be faster than the report.
	id, _, err = c.SendReliable(data("'x"))
	require.NoError(t, err)
	expect(t, c.Frame(at(120), frame(wire.TypeAck, 0, "msg-id=6")), "settle 6")
	expect(t, c.Sent(at(120), id))
	assert.True(t, c.NextTimeout().IsZero())
}

// [ACK-11]
func TestClientMsgIDs(t *testing.T) {
	c := opened(t, session.ClientConfig{FirstMsgID: 1<<64 - 1})
	for _, want := range []uint64{1<<64 - 1, 0, 1} {
		sendAck(t, c, 0, want)
	}
	first, _, err := opened(t, session.ClientConfig{}).SendReliable(data())
	require.NoError(t, err)
	second, _, err := opened(t, session.ClientConfig{}).SendReliable(data())
	require.NoError(t, err)
	assert.NotEqual(t, first, second, "drawn at random")
}

func TestClientPings(t *testing.T) {
	c := opened(t, clientConfig)
	payload := []byte("a")
	for number, p := range []string{"a", "b", "a", "c", ""} {
		payload = append(payload[:0], p...)
		got, actions, err := c.Ping(payload)
		require.NoError(t, err)
		assert.EqualValues(t, number+1, got)
		expect(t, actions, "send "+describe(wire.Frame{Type: wire.TypePing, Payload: payload}))
	}
	pong := func(p string) []session.Action {
		return c.Frame(at(0), wire.Frame{Type: wire.TypePong, Payload: []byte(p)})
	}
	expect(t, pong("b"), "pong 2")
	expect(t, pong("b"))
	expect(t, pong("other"))
	expect(t, pong("a"), "pong 1")
	expect(t, pong("a"), "pong 3")
	c.ForgetPing(4)
	expect(t, pong("c"))
	expect(t, c.Frame(at(0), frame(wire.TypeBye, 0)), "pong 5 ConnectionClosed", "end ConnectionClosed", "shut down writing")
	_, _, err := c.Ping(nil)
	localError(t, err, wire.ConnectionClosed)
}

// [TCP-9] [TCP-25]
func TestClientAfterTheByeOfTheServer(t *testing.T) {
	c := opened(t, clientConfig)
	sendAck(t, c, 0, 5)
	expect(t, c.Frame(at(1), frame(wire.TypePing, 0, "'p")), `send PONG "p"`)
	expect(t, c.Frame(at(1), frame(wire.TypeBye, 0)), "settle 5 ConnectionClosed", "end ConnectionClosed", "shut down writing")
	assert.False(t, c.Receiving())
	expect(t, c.Frame(at(1), data("'behind'")))
	expect(t, c.Fault(at(1), &wire.DecodeError{Reason: wire.InvalidMagic}))
	expect(t, c.Close(at(1)))
	_, err := c.Send(data())
	localError(t, err, wire.ConnectionClosed)
	_, _, err = c.SendReliable(data())
	localError(t, err, wire.ConnectionClosed)
	assert.Equal(t, at(2), c.NextTimeout())
	expect(t, c.Flushed(at(1.5)))
	assert.Equal(t, session.StateLingering, c.State())
	assert.Equal(t, at(2), c.NextTimeout(), "it is not put off")
	expect(t, c.Advance(at(2)), "close")
	assert.Equal(t, session.StateClosed, c.State())
	assert.True(t, c.NextTimeout().IsZero())
}

// A peer that takes nothing any more does not put off the end either.
func TestClientEndsUnflushed(t *testing.T) {
	c := opened(t, clientConfig)
	expect(t, c.Frame(at(1), frame(wire.TypeBye, 0)), "end ConnectionClosed", "shut down writing")
	expect(t, c.Advance(at(2)), "close")
	expect(t, c.Flushed(at(3)))
}

// [TCP-12] [TCP-26]
func TestClientEndOfStream(t *testing.T) {
	c := opened(t, clientConfig)
	expect(t, c.Partial(at(1), 7))
	expect(t, c.EndOfStream(at(1)), "end ConnectionClosed", "shut down writing")
	expect(t, c.EndOfStream(at(1)))
	expect(t, c.Flushed(at(1)), "close")
}

// [TCP-13] [TCP-14] [TCP-16] [TCP-17] [TCP-28]
func TestClientFaults(t *testing.T) {
	for reason, want := range map[wire.Reason]string{
		wire.InvalidMagic:   "",
		wire.InvalidVersion: "send ERR err-code=3 version=1" + text3,
		wire.FrameTooLarge:  "send ERR err-code=8" + text8,
		wire.CrcMismatch:    "send ERR err-code=6" + text6,
		wire.Protocol:       "send ERR err-code=2" + text2,
	} {
		t.Run(reason.String(), func(t *testing.T) {
			c := opened(t, clientConfig)
			lines := []string{"end " + reason.String(), want, "shut down writing"}
			if want == "" {
				lines = []string{"end " + reason.String(), "shut down writing"}
			}
			expect(t, c.Fault(at(0), &wire.DecodeError{Reason: reason}), lines...)
			expect(t, c.Frame(at(0), data("'behind")))
			expect(t, c.Flushed(at(0)))
			expect(t, c.EndOfStream(at(0)), "close")
		})
	}
	c := opened(t, clientConfig)
	expect(t, c.Fault(at(0), &wire.DecodeError{Reason: wire.InvalidFrameType}), "report InvalidFrameType", "send ERR err-code=4"+text4)
	expect(t, c.Frame(at(0), data("'alive")), `deliver DATA "alive"`)
}

// [TCP-10] [PRI-3]: after its BYE the client takes in what comes and says nothing.
func TestClientCloses(t *testing.T) {
	c := opened(t, clientConfig)
	sendAck(t, c, 0, 5)
	sendAck(t, c, 0, 6)
	expect(t, c.Close(at(1)), "send BYE", "shut down writing")
	expect(t, c.Close(at(1)))
	for _, f := range []wire.Frame{
		frame(wire.TypePing, wire.FlagReqAck, "'p"),
		frame(wire.TypeWelcome, 0, "session-id=7"),
	} {
		expect(t, c.Frame(at(1), f))
	}
	expect(t, c.Frame(at(1), frame(wire.TypeHello, 0)), "report UnexpectedFrameType")
	expect(t, c.Fault(at(1), &wire.DecodeError{Reason: wire.InvalidFrameType}), "report InvalidFrameType")
	expect(t, c.Flushed(at(1)))
	expect(t, c.Frame(at(1), frame(wire.TypeAck, 0, "msg-id=5")), "settle 5")
	expect(t, c.Frame(at(1), dataAck("msg-id=1")), "deliver DATA REQ_ACK msg-id=1")
	expect(t, c.Frame(at(1), frame(wire.TypeErr, 0, "err-code=4")), "notify InvalidFrameType remote")
	assert.True(t, c.Receiving())
	expect(t, c.EndOfStream(at(1)), "settle 6 ConnectionClosed", "end ConnectionClosed", "close")
	_, ok := c.ID()
	assert.True(t, ok)
}

func TestClientClosesWithoutAnAnswer(t *testing.T) {
	c := opened(t, session.ClientConfig{CloseTimeout: 5 * time.Second})
	expect(t, c.Close(at(1)), "send BYE", "shut down writing")
	expect(t, c.Flushed(at(2)))
	expect(t, c.Advance(at(5)))
	expect(t, c.Advance(at(6)), "end ConnectionClosed", "close")
	expect(t, c.Open(at(7)))
}

// A fault or a BYE behind our own BYE ends the wait sooner, and nothing is said.
func TestClientClosesAndThePeerFails(t *testing.T) {
	for name, event := range map[string]func(*session.Client) []session.Action{
		"end CrcMismatch": func(c *session.Client) []session.Action {
			return c.Fault(at(2), &wire.DecodeError{Reason: wire.CrcMismatch})
		},
		"end ConnectionClosed": func(c *session.Client) []session.Action { return c.Frame(at(2), frame(wire.TypeBye, 0)) },
	} {
		t.Run(name, func(t *testing.T) {
			c := opened(t, session.ClientConfig{CloseTimeout: time.Minute})
			expect(t, c.Close(at(1)), "send BYE", "shut down writing")
			expect(t, event(c), name)
			expect(t, c.Flushed(at(2)))
			expect(t, c.Advance(at(3)), "close")
		})
	}
}

func TestClientLost(t *testing.T) {
	c := opened(t, clientConfig)
	sendAck(t, c, 0, 5)
	_, _, err := c.Ping(nil)
	require.NoError(t, err)
	expect(t, c.Lost(at(0)), "settle 5 ConnectionClosed", "pong 1 ConnectionClosed", "end ConnectionClosed", "close")
	expect(t, c.Lost(at(0)))
	expect(t, c.Close(at(0)))
	expect(t, c.EndOfStream(at(0)))
	expect(t, c.Frame(at(0), data()))
}

// The errors that are not told by their kind alone say what to do.
func TestClientErrorTexts(t *testing.T) {
	c := opened(t, clientConfig)
	_, err := c.Send(frame(wire.TypePing, 0))
	assert.EqualError(t, err, "UnexpectedFrameType: PING has an operation of its own, use Ping")
	c.Partial(at(0), 3)
	actions := c.EndOfStream(at(0))
	require.NotEmpty(t, actions)
	assert.EqualError(t, actions[0].Err, "ConnectionClosed: the stream has ended within a frame")
}
