package session_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vstp-project/vstp/ref/session"
	"github.com/vstp-project/vstp/ref/wire"
)

func encode(t require.TestingT, f wire.Frame) []byte {
	b, err := f.AppendBinary(nil)
	require.NoError(t, err)
	return b
}

func replies(r session.Reaction) []string {
	out := []string{}
	for _, f := range r.Replies {
		out = append(out, describe(f))
	}
	return out
}

// [ACK-1] [ACK-3] [ACK-4] [ACK-7] [ACK-15] [ACK-18] [UDP-8] [UDP-13] [UDP-18] [FLG-4] [FLG-5] [CMP-11]
func TestDatagramReactions(t *testing.T) {
	const reqAck, frag, comp = wire.FlagReqAck, wire.FlagFrag, wire.FlagComp
	for name, c := range map[string]struct {
		in       wire.Frame
		deliver  bool
		fragment bool
		want     []string
		reason   wire.Reason // of Err, 0 if there is none
	}{
		"data":                            {in: data("a=1", "'x"), deliver: true},
		"data with msg-id, not asking":    {in: data("msg-id=5"), deliver: true},
		"data acknowledged":               {in: dataAck("msg-id=5", "'x"), deliver: true, want: []string{"ACK msg-id=5"}},
		"data, smallest msg-id":           {in: dataAck("msg-id=0"), deliver: true, want: []string{"ACK msg-id=0"}},
		"data, largest msg-id":            {in: dataAck("msg-id=18446744073709551615"), deliver: true, want: []string{"ACK msg-id=18446744073709551615"}},
		"data, msg-id beyond that":        {in: dataAck("msg-id=18446744073709551616"), deliver: true},
		"data without msg-id":             {in: dataAck("'x"), deliver: true},
		"data with sign":                  {in: dataAck("msg-id=+7"), deliver: true},
		"data with zeros":                 {in: dataAck("msg-id=007"), deliver: true},
		"data with letters":               {in: dataAck("msg-id=abc"), deliver: true},
		"data with empty msg-id":          {in: dataAck("msg-id="), deliver: true},
		"data, key in other case":         {in: dataAck("Msg-Id=6"), deliver: true},
		"data with two msg-ids":           {in: dataAck("msg-id=5", "msg-id=6"), deliver: true, want: []string{"ACK msg-id=5"}},
		"data with msg-ids, first bad":    {in: dataAck("msg-id=x", "msg-id=6"), deliver: true},
		"data with unflagged frag keys":   {in: dataAck("msg-id=7", "frag-id=9", "frag-index=0", "frag-total=2", "'app"), deliver: true, want: []string{"ACK msg-id=7"}},
		"data fragment":                   {in: frame(wire.TypeData, frag|reqAck, "msg-id=5", "frag-id=1", "frag-index=0", "frag-total=2"), fragment: true},
		"data fragment without headers":   {in: frame(wire.TypeData, frag|reqAck, "msg-id=23"), fragment: true},
		"data compressed":                 {in: frame(wire.TypeData, comp|reqAck, "msg-id=31", "'notgzip"), reason: wire.Unsupported},
		"ping":                            {in: frame(wire.TypePing, 0, "'p"), want: []string{`PONG "p"`}},
		"ping with headers":               {in: frame(wire.TypePing, 0, "a=1", "'p"), want: []string{`PONG "p"`}},
		"ping compressed":                 {in: frame(wire.TypePing, comp, "'notgzip"), want: []string{`PONG "notgzip"`}},
		"ping acknowledged":               {in: frame(wire.TypePing, reqAck, "msg-id=8", "'p"), want: []string{"ACK msg-id=8", `PONG "p"`}},
		"ping asking without msg-id":      {in: frame(wire.TypePing, reqAck, "'p"), want: []string{`PONG "p"`}},
		"ping fragment":                   {in: frame(wire.TypePing, frag, "'p"), fragment: true},
		"bye":                             {in: frame(wire.TypeBye, 0)},
		"bye acknowledged":                {in: frame(wire.TypeBye, reqAck, "msg-id=4"), want: []string{"ACK msg-id=4"}},
		"welcome":                         {in: frame(wire.TypeWelcome, reqAck, "msg-id=9", "session-id=1")},
		"pong":                            {in: frame(wire.TypePong, reqAck, "msg-id=9")},
		"ack":                             {in: frame(wire.TypeAck, reqAck, "msg-id=9")},
		"err":                             {in: frame(wire.TypeErr, reqAck, "msg-id=9", "err-code=16"), reason: wire.RateLimited},
		"largest ping that is answered":   {in: frame(wire.TypePing, 0, "'"+strings.Repeat("p", 1185)), want: []string{`PONG "` + strings.Repeat("p", 1185) + `"`}},
		"larger ping":                     {in: frame(wire.TypePing, 0, "'"+strings.Repeat("p", 1186))},
		"larger ping, still acknowledged": {in: frame(wire.TypePing, reqAck, "msg-id=8", "'"+strings.Repeat("p", 1186)), want: []string{"ACK msg-id=8"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := session.NewEndpoint(session.EndpointConfig{}).Datagram(encode(t, c.in))
			if c.want == nil {
				c.want = []string{}
			}
			assert.Equal(t, c.want, replies(r))
			assert.Equal(t, c.deliver, r.Deliver)
			assert.Equal(t, c.fragment, r.Fragment)
			if c.deliver || c.fragment {
				assert.Equal(t, describe(c.in), describe(r.Message))
			}
			if c.reason == 0 {
				assert.NoError(t, r.Err)
			} else {
				assert.ErrorIs(t, r.Err, c.reason)
			}
		})
	}
}

// [FLG-3]
func TestReservedFlagsAreIgnored(t *testing.T) {
	r := session.NewEndpoint(session.EndpointConfig{}).Datagram(unhex("5654 01 03 81 0900 00000001 0601 6d73672d6964 35 78 dae0dcf7"))
	assert.Equal(t, []string{"ACK msg-id=5"}, replies(r))
	assert.True(t, r.Deliver)
}

// [UDP-2] [UDP-3] [UDP-4] [UDP-5] [FRM-9]
func TestInvalidDatagramIsMetBySilence(t *testing.T) {
	good := encode(t, dataAck("msg-id=5", "'x"))
	for name, c := range map[string]struct {
		in   []byte
		want wire.Reason
	}{
		"empty":               {nil, wire.Incomplete},
		"one octet":           {good[:1], wire.Incomplete},
		"fixed part only":     {good[:11], wire.Incomplete},
		"short by one":        {good[:len(good)-1], wire.Incomplete},
		"one octet more":      {append(good[:len(good):len(good)], 0), wire.Protocol},
		"two frames":          {append(good[:len(good):len(good)], good...), wire.Protocol},
		"magic":               {unhex("5858 01 03 00 0000 00000000 9acd5891"), wire.InvalidMagic},
		"version":             {unhex("5654 02 03 00 0000 00000000 eb0aafdc"), wire.InvalidVersion},
		"size":                {unhex("5654 01 03 00 0000 007ffff2"), wire.FrameTooLarge},
		"crc":                 {unhex("5654 01 09 00 0000 00000000 00000000"), wire.CrcMismatch},
		"type":                {unhex("5654 01 09 00 0000 00000000 43478fd1"), wire.InvalidFrameType},
		"header past the end": {unhex("5654 01 03 00 0200 00000005 0500 48656c6c6f 30349509"), wire.Protocol},
	} {
		t.Run(name, func(t *testing.T) {
			r := session.NewEndpoint(session.EndpointConfig{}).Datagram(c.in)
			assert.Empty(t, r.Replies)
			assert.False(t, r.Deliver)
			var local *session.LocalError
			require.ErrorAs(t, r.Err, &local)
			assert.Equal(t, c.want, local.Reason)
		})
	}
}

func TestEndpointLimits(t *testing.T) {
	e := session.NewEndpoint(session.EndpointConfig{Limits: wire.Limits{MaxFrame: 16, Types: wire.NewTypeSet(0x10)}})
	assert.True(t, e.Datagram(encode(t, data("'x"))).Deliver)
	assert.ErrorIs(t, e.Datagram(encode(t, data("'xy"))).Err, wire.FrameTooLarge)
	assert.NoError(t, e.Datagram(encode(t, frame(0x10, 0))).Err)
}

// [UDP-11] [SES-2]
func TestHelloOverUDPFitsThreeTimesItsSize(t *testing.T) {
	e := session.NewEndpoint(session.EndpointConfig{})
	longest := 0
	for range 1000 {
		r := e.Datagram(encode(t, frame(wire.TypeHello, 0)))
		require.Len(t, r.Replies, 1)
		welcome := r.Replies[0]
		require.Equal(t, wire.TypeWelcome, welcome.Type)
		require.Zero(t, welcome.Flags)
		require.Empty(t, welcome.Payload)
		require.Equal(t, 1, welcome.Headers.Len())
		value, ok := welcome.Headers.Get(wire.KeySessionID)
		require.True(t, ok)
		v, err := strconv.ParseUint(string(value), 10, 64)
		require.NoError(t, err)
		require.Equal(t, strconv.FormatUint(v, 10), string(value))
		require.LessOrEqual(t, welcome.EncodedLen(), 45)
		longest = max(longest, len(value))
	}
	assert.Equal(t, 18, longest)
}

// [UDP-11]: ACK and WELCOME count together.
func TestHelloOverUDPWithAck(t *testing.T) {
	in := encode(t, frame(wire.TypeHello, wire.FlagReqAck, "msg-id=5"))
	require.Len(t, in, 24)
	r := session.NewEndpoint(session.EndpointConfig{}).Datagram(in)
	require.Len(t, r.Replies, 2)
	assert.Equal(t, "ACK msg-id=5", describe(r.Replies[0]))
	assert.Equal(t, wire.TypeWelcome, r.Replies[1].Type)
}

// [UDP-11]: a message whose last datagram was small, as the last fragment of a
// large one may be, gets what fits and no more: the ACK first.
func TestRepliesStayWithinTheBudget(t *testing.T) {
	e := session.NewEndpoint(session.EndpointConfig{})
	ping := frame(wire.TypePing, wire.FlagReqAck, "msg-id=5", "'"+strings.Repeat("p", 9)) // ACK 24, PONG 24
	for octets, want := range map[int][]string{
		7:  {},
		8:  {"ACK msg-id=5"},
		15: {"ACK msg-id=5"},
		16: {"ACK msg-id=5", `PONG "ppppppppp"`},
	} {
		assert.Equal(t, want, replies(e.Message(ping, octets)), "%d octets", octets)
	}
	hello := frame(wire.TypeHello, 0)
	assert.Empty(t, e.Message(hello, 9).Replies)
	assert.Len(t, e.Message(hello, 15).Replies, 1)
}

// [UDP-5] [UDP-9] [UDP-11], for any octets.
func TestRepliesToAnyDatagram(t *testing.T) {
	e := session.NewEndpoint(session.EndpointConfig{})
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOfN(rapid.Byte(), 0, 64).Draw(t, "octets")
		if rapid.Bool().Draw(t, "a frame") {
			b = encode(t, wire.Frame{
				Type:    wire.Type(rapid.IntRange(1, 8).Draw(t, "type")),
				Flags:   wire.Flags(rapid.Byte().Draw(t, "flags")) & (wire.FlagReqAck | wire.FlagCRC | wire.FlagComp | wire.FlagFrag),
				Headers: data(rapid.SampledFrom([]string{"a=1", "msg-id=1", "msg-id=18446744073709551615"}).Draw(t, "header")).Headers,
				Payload: b,
			})
		}
		total := 0
		for _, f := range e.Datagram(b).Replies {
			require.LessOrEqual(t, f.EncodedLen(), session.MaxDatagram)
			total += f.EncodedLen()
		}
		require.LessOrEqual(t, total, 3*len(b))
	})
}

// [UDP-9] [HDR-11]
func TestCheckAnswerOverUDP(t *testing.T) {
	e := session.NewEndpoint(session.EndpointConfig{})
	assert.NoError(t, e.CheckAnswer(wire.Frame{Type: wire.TypeData, Payload: make([]byte, 1185)}))
	assert.NoError(t, e.CheckAnswer(frame(wire.TypeData, wire.FlagCRC, "a=1")))
	assert.NoError(t, e.CheckAnswer(wire.Frame{Type: wire.TypeData, Payload: make([]byte, 306_000-15)}), "it can be cut, or that is for others to say")
	for _, c := range []struct {
		f    wire.Frame
		want wire.Reason
	}{
		{wire.Frame{Type: wire.TypeData, Payload: make([]byte, 306_000-14)}, wire.FrameTooLarge},
		{data("msg-id=1"), wire.Protocol},
		{frame(wire.TypeHello, 0), wire.UnexpectedFrameType},
		{dataAck(), wire.Unsupported},
	} {
		err := e.CheckAnswer(c.f)
		var local *session.LocalError
		require.ErrorAs(t, err, &local, "%v", c.f.Type)
		assert.Equal(t, c.want, local.Reason)
	}
}

// [UDP-9] [HDR-11] [TYP-2]
func TestCheckMessage(t *testing.T) {
	e := session.NewEndpoint(session.EndpointConfig{Limits: wire.Limits{Types: wire.NewTypeSet(0x10)}})
	for _, typ := range []wire.Type{wire.TypeData, wire.TypeHello, wire.TypePing, wire.TypeBye, 0x10} {
		assert.NoError(t, e.CheckMessage(frame(typ, wire.FlagCRC, "a=1", "'x")), "%v", typ)
	}
	for _, c := range []struct {
		f    wire.Frame
		want wire.Reason
	}{
		{frame(wire.TypeWelcome, 0), wire.UnexpectedFrameType},
		{frame(wire.TypePong, 0), wire.UnexpectedFrameType},
		{frame(wire.TypeAck, 0), wire.UnexpectedFrameType},
		{frame(wire.TypeErr, 0), wire.UnexpectedFrameType},
		{frame(0x11, 0), wire.InvalidFrameType},
		{frame(9, 0), wire.InvalidFrameType},
		{data("err-code=1"), wire.Protocol},
		{dataAck(), wire.Unsupported},
		{wire.Frame{Type: wire.TypePing, Payload: make([]byte, 306_000)}, wire.FrameTooLarge},
	} {
		assert.ErrorIs(t, e.CheckMessage(c.f), c.want, "%v", c.f.Type)
	}
}

// [ACK-8] [ACK-9] [ACK-17]
func TestWhatSettlesAMessage(t *testing.T) {
	e := session.NewEndpoint(session.EndpointConfig{})
	for name, c := range map[string]struct {
		in      wire.Frame
		settles bool
		id      uint64
	}{
		"ACK":                   {frame(wire.TypeAck, 0, "msg-id=5"), true, 5},
		"ACK with more":         {frame(wire.TypeAck, wire.FlagReqAck, "a=1", "msg-id=0", "'x"), true, 0},
		"ACK, largest":          {frame(wire.TypeAck, 0, "msg-id=18446744073709551615"), true, 1<<64 - 1},
		"ACK without msg-id":    {frame(wire.TypeAck, 0), false, 0},
		"ACK, not canonical":    {frame(wire.TypeAck, 0, "msg-id=05"), false, 0},
		"ACK, first one counts": {frame(wire.TypeAck, 0, "msg-id=x", "msg-id=5"), false, 0},
		"ERR":                   {frame(wire.TypeErr, 0, "err-code=15", "msg-id=5"), true, 5},
		"ERR without msg-id":    {frame(wire.TypeErr, 0, "err-code=15"), false, 0},
		"DATA":                  {data("msg-id=5"), false, 0},
		"PONG":                  {frame(wire.TypePong, 0, "msg-id=5"), false, 0},
		"WELCOME":               {frame(wire.TypeWelcome, 0, "msg-id=5", "session-id=5"), false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			r := e.Datagram(encode(t, c.in))
			assert.Equal(t, c.settles, r.Settles)
			assert.Equal(t, c.id, r.MsgID)
			var remote *session.PeerError
			assert.Equal(t, c.in.Type == wire.TypeErr, errors.As(r.Err, &remote))
		})
	}
}

// Over UDP a client has the duties of a server, but that HELLO is nothing to it.
// [UDP-14] [ACK-16] [UDP-18]
func TestClientReactions(t *testing.T) {
	e := session.NewEndpoint(session.EndpointConfig{Client: true})
	r := e.Datagram(encode(t, frame(wire.TypeHello, wire.FlagReqAck, "msg-id=5")))
	assert.Empty(t, r.Replies)
	assert.ErrorIs(t, r.Err, wire.UnexpectedFrameType)
	r = e.Datagram(encode(t, frame(wire.TypePing, wire.FlagReqAck, "msg-id=5", "'p")))
	assert.Equal(t, []string{"ACK msg-id=5", `PONG "p"`}, replies(r))
	r = e.Datagram(encode(t, dataAck("msg-id=5", "'x")))
	assert.Equal(t, []string{"ACK msg-id=5"}, replies(r))
	assert.True(t, r.Deliver)
	assert.Equal(t, []string{"ACK msg-id=5"}, replies(e.Datagram(encode(t, frame(wire.TypeBye, wire.FlagReqAck, "msg-id=5")))))
}
