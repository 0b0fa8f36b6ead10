package peer_test

import (
	"encoding/hex"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/peer"
	"github.com/vstp-project/vstp/ref/wire"
)

// done is the answer to an operation without a result.
const done = `{"ok":true}`

// inHex writes a text in hexadecimal.
func inHex(text string) string { return hex.EncodeToString([]byte(text)) }

// payload is the members of a send request with that payload.
func payload(conn, text string) string {
	return fmt.Sprintf(`%s,"frame":{"payload":"%s"}`, conn, inHex(text))
}

// received is the answer to recv, with a source over UDP.
func received(text, source string) string {
	line := fmt.Sprintf(`{"ok":true,"frame":{"version":1,"type":3,"flags":0,"headers":[],"payload":"%s"}`, inHex(text))
	if source != "" {
		line += fmt.Sprintf(`,"source":%q`, source)
	}
	return line + "}"
}

const patient = `,"timeout_ms":20000`

func TestAdapterUDP(t *testing.T) {
	p := run(t, t.Context(), peer.Options{UDP: "127.0.0.1:0"})
	l := talk(t)
	l.want(`{"ok":true,"conn":1}`, "connect", `"transport":"udp","addr":"`+p.udp+`"`)
	l.want(done, "send", `"conn":1,"frame":{"headers":[["62","32"],["61",""],["62","31"]],"payload":"48656C6c6f"}`)
	l.want(`{"ok":true,"frame":{"version":1,"type":3,"flags":0,"headers":[["62","32"],["61",""],["62","31"]],"payload":"48656c6c6f"},"source":"`+p.udp+`"}`,
		"recv", `"conn":1`+patient)
	l.want(done, "send_ack", `"conn":1,"frame":{"type":3,"flags":0,"version":1},"compress": false `)
	l.want(received("", p.udp), "recv", `"conn":1`+patient)
	l.want(`{"ok":true,"conn":2}`, "connect", `"transport":"udp","addr":"`+p.udp+`"`)
	l.want(done, "close", `"conn":1`)
	l.want(done, "send", payload(`"conn":2`, "y"))
	l.want(received("y", p.udp), "recv", `"conn":2`+patient)
	l.want(`{"ok":true,"conn":3}`, "connect", `"transport":"udp","addr":"`+p.udp+`"`)
	for _, op := range []string{"send", "send_ack"} {
		l.refused("Protocol", "there is no connection 1, or it has been closed", op, `"conn":1,"frame":{}`)
	}
	l.refused("Protocol", "there is no connection 1, or it has been closed", "recv", `"conn":1,"timeout_ms":0`)
	l.refused("Protocol", "there is no connection 1, or it has been closed", "close", `"conn":1`)
	l.refused("Protocol", "there is no connection 4, or it has been closed", "local_addr", `"conn":4`)
}

// A message that takes fragments, and one that takes too many.
func TestAdapterUDPFragments(t *testing.T) {
	p := run(t, t.Context(), peer.Options{UDP: "127.0.0.1:0"})
	l := talk(t)
	conn := l.connect("udp", p.udp)
	long := strings.Repeat("0123456789", 1_000)
	for _, op := range []string{"send", "send_ack"} {
		l.want(done, op, payload(conn, long))
		answer := object(t, l.ask("recv", conn+patient))
		require.Equal(t, p.udp, answer["source"])
		f := answer["frame"].(map[string]any)
		assert.True(t, inHex(long) == f["payload"])
		for _, h := range f["headers"].([]any) { // the msg-id by which it was put together
			assert.Equal(t, inHex("msg-id"), h.([]any)[0])
		}
		l.refused("FrameTooLarge", "", op, payload(conn, strings.Repeat("x", 306_001)))
	}
}

// [UDP-17]: any destination, and the source of every message.
func TestAdapterUDPDestination(t *testing.T) {
	a, b := run(t, t.Context(), peer.Options{UDP: "127.0.0.1:0"}), run(t, t.Context(), peer.Options{UDP: "127.0.0.1:0"})
	l := talk(t)
	conn := l.connect("udp", a.udp)
	for _, op := range []string{"send", "send_ack"} {
		for text, to := range map[string]string{"a": a.udp, "b": b.udp} {
			l.want(done, op, payload(conn, text)+`,"destination":"`+to+`"`)
			l.want(received(text, to), "recv", conn+patient)
		}
	}
	_, port, err := net.SplitHostPort(b.udp)
	require.NoError(t, err)
	l.want(done, "send", payload(conn, "c")+`,"destination":"localhost:`+port+`"`)
	l.want(received("c", b.udp), "recv", conn+patient)
	for _, bad := range []string{"", "nonsense", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:http", ":4000", "a b:4000", "[::1:4000"} {
		l.refused("InvalidAddress", "", "send", payload(conn, "x")+`,"destination":"`+bad+`"`)
		l.refused("InvalidAddress", "", "connect", `"transport":"udp","addr":"`+bad+`"`)
	}
	l.refused("Protocol", `"destination" is not a string`, "send", payload(conn, "x")+`,"destination":7`)
}

// What goes to the local address arrives, and what is sent comes from there.
func TestAdapterUDPLocalAddr(t *testing.T) {
	l, r := talk(t), newRaw(t)
	conn := l.connect("udp", r.addr())
	local := l.localAddr(conn)
	assert.NotEqual(t, local, l.localAddr(l.connect("udp", r.addr())), "each has a socket of its own")
	l.want(done, "send", payload(conn, "x"))
	f, from := r.next(t)
	assert.Equal(t, "x", string(f.Payload))
	assert.Equal(t, local, from.String())

	other := newRaw(t)
	other.send(t, local, wire.TypeData, "unasked")
	l.want(received("unasked", other.addr()), "recv", conn+patient)
}

func TestAdapterUDPOverIPv6(t *testing.T) {
	c, err := net.ListenUDP("udp6", &net.UDPAddr{IP: net.IPv6loopback})
	if err != nil {
		t.Skipf("this host has no IPv6: local_addr and source were not tried with it: %v", err)
	}
	t.Cleanup(func() { c.Close() })
	require.NoError(t, c.SetDeadline(time.Now().Add(guard)))
	l, r := talk(t), raw{c}
	conn := l.connect("udp", r.addr())
	l.want(done, "send", payload(conn, "x"))
	_, from := r.next(t)
	assert.Equal(t, l.localAddr(conn), from.String())
	_, err = c.WriteToUDP([]byte("VT\x01\x03\x00\x00\x00\x00\x00\x00\x00\xd2\x87\x93\x19"), from)
	require.NoError(t, err)
	l.want(received("", r.addr()), "recv", conn+patient)
}

func TestAdapterUDPReceiveLosesNothing(t *testing.T) {
	l, r := talk(t), newRaw(t)
	conn := l.connect("udp", r.addr())
	local := l.localAddr(conn)
	for i := range 20 {
		for _, timeout := range []int{0, 1} {
			l.want(fmt.Sprintf(`{"ok":false,"error":"Timeout","message":"Timeout: nothing has come within %d ms"}`, timeout),
				"recv", fmt.Sprintf(`%s,"timeout_ms":%d`, conn, timeout))
		}
		text := fmt.Sprint(i)
		r.send(t, local, wire.TypeData, text)
		l.want(received(text, r.addr()), "recv", conn+`,"timeout_ms":9007199254740991`)
	}
	// Several in a row wait until they are asked for, and a PONG that comes behind them
	// says that they are there.
	for _, text := range []string{"a", "b", "c"} {
		r.send(t, local, wire.TypeData, text)
	}
	r.send(t, local, wire.TypePing, "")
	f, _ := r.next(t)
	require.Equal(t, wire.TypePong, f.Type)
	for _, text := range []string{"a", "b", "c"} {
		l.want(received(text, r.addr()), "recv", conn+`,"timeout_ms":0`)
	}
}

// [TCP-31]: what waits holds up nothing.
func TestAdapterUDPOverlap(t *testing.T) {
	l, r := talk(t), newRaw(t)
	conn := l.connect("udp", r.addr())
	local := l.localAddr(conn)
	first, second := l.begin("recv", conn+patient), l.begin("recv", conn+patient)
	acknowledged := l.begin("send_ack", payload(conn, "a"))
	f, _ := r.next(t)
	require.True(t, f.Flags.Has(wire.FlagReqAck))
	id, _ := f.Headers.Get(wire.KeyMsgID)

	l.want(done, "send", payload(conn, "s"))
	for { // between repetitions of the other
		if f, _ := r.next(t); string(f.Payload) == "s" {
			break
		}
	}
	l.write(`{"op":"varint_encode","value":"1"}`)
	assert.Equal(t, `{"ok":true,"hex":"01"}`, l.line())

	r.send(t, local, wire.TypeAck, "", "msg-id="+string(id))
	assert.Equal(t, done, l.answer(acknowledged))
	r.send(t, local, wire.TypeData, "1")
	r.send(t, local, wire.TypeData, "2")
	got := []string{l.answer(first), l.answer(second)}
	assert.ElementsMatch(t, []string{received("1", r.addr()), received("2", r.addr())}, got)
}

// [RTX-5]: nobody acknowledges.
func TestAdapterUDPTimeout(t *testing.T) {
	l, r := hasty(t), newRaw(t)
	conn := l.connect("udp", r.addr())
	l.refused("Timeout", "", "send_ack", payload(conn, "x"))
	ids := map[string]int{}
	for range 4 {
		f, _ := r.next(t)
		id, _ := f.Headers.Get(wire.KeyMsgID)
		ids[string(id)]++
	}
	assert.Len(t, ids, 1, "one message four times")
	l.want(done, "send", payload(conn, "proof of life"))
}

// [ERR-7] [ACK-17]
func TestAdapterUDPErrors(t *testing.T) {
	l, r := talk(t), newRaw(t)
	conn := l.connect("udp", r.addr())
	local := l.localAddr(conn)
	for code, want := range map[string]string{"15": "ServerError", "16": "RateLimited", "12": "DeserializationError", "99": "ServerError", "016": "ServerError"} {
		r.send(t, local, wire.TypeErr, "why", "err-code="+code)
		r.send(t, local, wire.TypeData, "behind it")
		got := silent(object(t, l.ask("recv", conn+patient)))
		assert.Equal(t, map[string]any{"ok": false, "error": want, "remote": true}, got, code)
		l.want(received("behind it", r.addr()), "recv", conn+patient)
	}
	sending := l.begin("send_ack", payload(conn, "x"))
	f, _ := r.next(t)
	id, _ := f.Headers.Get(wire.KeyMsgID)
	r.send(t, local, wire.TypeErr, "busy\xff", "err-code=16", "msg-id="+string(id))
	line := l.answer(sending)
	assert.Contains(t, line, `the peer reports RateLimited: \"busy\\xff\"`)
	assert.Equal(t, map[string]any{"ok": false, "error": "RateLimited", "remote": true}, silent(object(t, line)))
}

// What a sender has to refuse is refused, and nothing is sent of it [HDR-2] [HDR-11]
// [FRM-8] [FRG-7] [FRG-12] [TYP-2] [FLG-2] [FLG-8].
func TestAdapterUDPRefusals(t *testing.T) {
	header := func(key, value int) string {
		return `["` + strings.Repeat("6b", key) + `","` + strings.Repeat("76", value) + `"]`
	}
	l, r := talk(t), newRaw(t)
	conn := l.connect("udp", r.addr())
	for _, c := range []struct{ members, reason, message string }{
		{`"frame":{"headers":[["` + inHex("msg-id") + `","31"]]}`, "Protocol", "msg-id belongs to the protocol"},
		{`"frame":{"headers":[["` + inHex("frag-id") + `","31"]]}`, "Protocol", "frag-id belongs to the protocol"},
		{`"frame":{"headers":[["` + inHex("err-code") + `","31"]]}`, "Protocol", "err-code belongs to the protocol"},
		{`"frame":{"headers":[` + header(256, 0) + `]}`, "Protocol", "HDR-2"},
		{`"frame":{"headers":[` + header(0, 256) + `]}`, "Protocol", "HDR-2"},
		{`"frame":{"headers":[` + strings.Repeat(header(255, 255)+",", 128) + header(255, 255) + `]}`, "FrameTooLarge", "FRM-8"},
		{`"frame":{"headers":[` + strings.Repeat(header(200, 200)+",", 3) + header(0, 0) + `]}`, "FrameTooLarge", ""},
		{`"frame":{"payload":"` + text(306_001) + `"}`, "FrameTooLarge", ""},
		{`"frame":{"type":4,"payload":"` + text(1_186) + `"}`, "FrameTooLarge", ""},
		{`"frame":{"version":2}`, "Protocol", "FRM-2"},
		{`"frame":{"type":0}`, "Protocol", "TYP-2"},
		{`"frame":{"type":15}`, "Protocol", "TYP-2"},
		{`"frame":{"type":16}`, "InvalidFrameType", "TYP-2"},
		{`"frame":{"type":2}`, "UnexpectedFrameType", "WELCOME"},
		{`"frame":{"type":7}`, "UnexpectedFrameType", "ACK"},
		{`"frame":{"type":8}`, "UnexpectedFrameType", "ERR"},
		{`"frame":{"flags":1}`, "Unsupported", "REQ_ACK"},
		{`"frame":{"flags":16}`, "Unsupported", "FRAG"},
		{`"frame":{"flags":32}`, "Unsupported", "COMP"},
		{`"frame":{"type":4,"flags":32}`, "Unsupported", "COMP"},
		{`"frame":{"flags":128}`, "Protocol", "FLG-2"},
	} {
		for _, op := range []string{"send", "send_ack"} {
			l.refused(c.reason, c.message, op, conn+","+c.members)
		}
	}
	l.want(done, "send", conn+`,"frame":{"type":4,"payload":"70"}`)
	l.want(done, "send", conn+`,"frame":{"flags":2,"payload":"64"}`)
	f, _ := r.next(t)
	assert.Equal(t, wire.TypePing, f.Type, "the first frame of all")
	f, _ = r.next(t)
	assert.Equal(t, wire.TypeData, f.Type)
	assert.Equal(t, wire.FlagCRC, f.Flags)
}

// A type beyond the eight can be sent by whom it is known to [TYP-5].
func TestAdapterUDPSendsKnownTypes(t *testing.T) {
	l, r := beginTalk(t, t.Context(), peer.Options{Types: extended}, 1, 0), newRaw(t)
	conn := l.connect("udp", r.addr())
	l.want(done, "send", conn+`,"frame":{"type":16}`)
	f, _ := r.next(t)
	assert.Equal(t, typeNote, f.Type)
	l.want(done, "stop", "")
	assert.NoError(t, <-l.ended)
}

// The seed is all that the msg-ids depend on.
func TestAdapterUDPSeed(t *testing.T) {
	ids := func(seed int) (ids [2]string) {
		for i := range ids {
			l, r := talkSet(t, 1, seed), newRaw(t)
			connect := fmt.Sprintf(`{"op":"connect","id":1,"transport":"udp","addr":"%s"}`, r.addr())
			l.write(connect)
			require.Equal(t, `{"ok":true,"id":1,"conn":1}`, l.line())
			if i == 1 { // the second connection of a conversation has numbers of its own
				l.write(strings.Replace(connect, `"id":1`, `"id":2`, 1))
				require.Equal(t, `{"ok":true,"id":2,"conn":2}`, l.line())
			}
			l.write(fmt.Sprintf(`{"op":"send_ack","id":3,"conn":%d,"frame":{}}`, i+1))
			f, from := r.next(t)
			id, _ := f.Headers.Get(wire.KeyMsgID)
			r.send(t, from.String(), wire.TypeAck, "", "msg-id="+string(id))
			require.Equal(t, `{"ok":true,"id":3}`, l.line())
			ids[i] = string(id)
		}
		return ids
	}
	seven := ids(7)
	assert.Equal(t, seven, ids(7))
	assert.NotEqual(t, seven[0], seven[1])
	eight := ids(8)
	assert.NotEqual(t, seven[0], eight[0])
	assert.NotEqual(t, seven[1], eight[1])
}
