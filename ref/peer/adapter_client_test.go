package peer_test

import (
	"context"
	"fmt"
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/peer"
	"github.com/vstp-project/vstp/ref/wire"
)

// maxPending is how many client operations may be under way.
const maxPending = 1024

// closed is the answer to an operation that the end of its connection ends.
func closed(t *testing.T, answer string) {
	t.Helper()
	assert.Equal(t, map[string]any{"ok": false, "error": "ConnectionClosed"}, silent(object(t, answer)))
}

func TestAdapterClientImproperRequests(t *testing.T) {
	l, r := talk(t), newRaw(t)
	conn := l.connect("udp", r.addr())
	for _, c := range []struct{ op, members, message string }{
		{"connect", `"addr":"127.0.0.1:1"`, `"transport" is missing`},
		{"connect", `"transport":7,"addr":"127.0.0.1:1"`, `"transport" is not a string`},
		{"connect", `"transport":"quic","addr":"127.0.0.1:1"`, `there is no transport "quic"`},
		{"connect", `"transport":"udp"`, `"addr" is missing`},
		{"connect", `"transport":"udp","addr":null`, `"addr" is not a string`},
		{"send", `"frame":{}`, `"conn" is missing`},
		{"send", `"conn":"1","frame":{}`, `"conn" is not a number`},
		{"send", `"conn":0,"frame":{}`, "there is no connection 0"},
		{"send", `"conn":1.5,"frame":{}`, `"conn" is not a whole number`},
		{"send", conn, `"frame" is missing`},
		{"send", conn + `,"value":1`, `"frame" is missing`},
		{"send", conn + `,"frame":[]`, `"frame" is not an object`},
		{"send", conn + `,"frame":{"payload":"0"}`, `frame: the member "payload" has an odd number`},
		{"send", conn + `,"frame":{"type":256}`, `"type" is not a whole number from 0 to 255`},
		{"send", conn + `,"frame":{},"compress":1`, `"compress" is neither true nor false`},
		{"send", conn + `,"frame":{},"compress":null`, `"compress" is neither true nor false`},
		{"send_ack", conn + `,"frame":{},"compress":"true"`, `"compress" is neither true nor false`},
		{"send_ack", `"conn":99,"frame":{}`, "there is no connection 99"},
		{"recv", conn, `"timeout_ms" is missing`},
		{"recv", conn + `,"timeout_ms":-1`, `"timeout_ms" is not a whole number`},
		{"recv", `"timeout_ms":0`, `"conn" is missing`},
		{"recv", `"conn":99,"timeout_ms":0`, "there is no connection 99"},
		{"close", "", `"conn" is missing`},
		{"close", `"conn":99`, "there is no connection 99"},
		{"local_addr", "", `"conn" is missing`},
		{"local_addr", `"conn":99`, "there is no connection 99"},
	} {
		l.refused("Protocol", c.message, c.op, c.members)
	}
	for _, op := range []string{"connect", "send", "send_ack", "recv", "close", "local_addr"} {
		l.write(fmt.Sprintf(`{"op":%q,"transport":"udp","addr":"127.0.0.1:1",%s,"frame":{},"timeout_ms":0}`, op, conn))
		answer := object(t, l.line())
		assert.Equal(t, "Protocol", answer["error"], op)
		assert.Contains(t, answer["message"], `the member "id" is missing, `+op, op)
	}
	l.want(done, "send", conn+`,"frame":{"payload":"31"}`)
	f, _ := r.next(t)
	assert.Equal(t, "1", string(f.Payload), "nothing was sent before")
	l.want(done, "close", conn)
}

// What waits on a connection ends with it.
func TestAdapterCloseEndsWhatIsPending(t *testing.T) {
	l, r := talk(t), newRaw(t)
	conn, other := l.connect("udp", r.addr()), l.connect("udp", r.addr())
	receiving := []int{l.begin("recv", conn+patient), l.begin("recv", conn+patient)}
	sending := l.begin("send_ack", payload(conn, "x"))
	untouched := l.begin("recv", other+patient)
	r.next(t)
	l.want(done, "close", conn)
	for _, id := range append(receiving, sending) {
		closed(t, l.answer(id))
	}
	r.send(t, l.localAddr(other), wire.TypeData, "still here")
	assert.Equal(t, received("still here", r.addr()), l.answer(untouched))
}

// However the conversation ends, what is pending is answered, and nothing is left.
func TestAdapterEndsWhatIsPending(t *testing.T) {
	for name, end := range map[string]func(l *live, cancel func()){
		"stop":  func(l *live, _ func()) { l.begin("stop", "") },
		"stdin": func(l *live, _ func()) { l.requests.Close() },
		"ctx":   func(_ *live, cancel func()) { cancel() },
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			l, r := beginTalk(t, ctx, peer.Options{}, 1, 0), newRaw(t)
			conn := l.connect("udp", r.addr())
			pending := []int{l.begin("recv", conn+patient), l.begin("send_ack", payload(conn, "x")), l.begin("recv", l.connect("udp", r.addr())+patient)}
			l.want(`{"ok":true,"hex":"01"}`, "varint_encode", `"value":"1"`) // and so everything has begun
			r.next(t)
			end(l, cancel)
			for _, id := range pending {
				closed(t, l.answer(id))
			}
			if name == "stop" {
				assert.Equal(t, done, l.answer(l.last), "the last answer")
			}
			_, more := <-l.lines
			assert.False(t, more)
			assert.NoError(t, <-l.ended)
		})
	}
}

func TestAdapterBoundsWhatIsPending(t *testing.T) {
	l, r := talk(t), newRaw(t)
	conn := l.connect("udp", r.addr())
	local := l.localAddr(conn)
	pending := map[int]bool{}
	for range maxPending {
		pending[l.begin("recv", conn+patient)] = true
	}
	for _, op := range []string{"recv", "close"} {
		l.refused("Protocol", "1024 operations are pending", op, conn+patient)
	}
	r.send(t, local, wire.TypeData, "x")
	line := l.line() // of any one of them
	assert.Contains(t, line, `"payload":"78"`)
	delete(pending, int(object(t, line)["id"].(float64)))
	assert.Len(t, pending, maxPending-1)
	l.want(done, "close", conn)
	for id := range pending {
		closed(t, l.answer(id))
	}
	l.refused("Protocol", "there is no connection", "close", conn)
}

// Many connections, one after the other and at the same time.
func TestAdapterOpensAndClosesMany(t *testing.T) {
	p := run(t, t.Context(), both())
	l := talk(t)
	const conns = 200
	addr := map[string]string{"tcp": p.tcp, "udp": p.udp}
	transport := func(i int) string { return []string{"tcp", "udp"}[i%2] }
	begin := func(op string, members func(i int) string) (ids []int) {
		for i := range conns {
			ids = append(ids, l.begin(op, members(i)))
		}
		return ids
	}
	var names []string
	seen := map[string]bool{}
	for _, id := range begin("connect", func(i int) string {
		return fmt.Sprintf(`"transport":%q,"addr":%q`, transport(i), addr[transport(i)])
	}) {
		conn := fmt.Sprintf(`"conn":%.0f`, object(t, l.answer(id))["conn"])
		assert.False(t, seen[conn], conn)
		seen[conn] = true
		names = append(names, conn)
	}
	receiving := begin("recv", func(i int) string { return names[i] + patient })
	for _, id := range begin("send_ack", func(i int) string { return payload(names[i], fmt.Sprint(i)) }) {
		assert.Equal(t, done, l.answer(id))
	}
	for i, id := range receiving {
		if transport(i) == "udp" {
			assert.Equal(t, received(fmt.Sprint(i), p.udp), l.answer(id))
		} else {
			assert.Equal(t, received(fmt.Sprint(i), ""), l.answer(id))
		}
	}
	for _, id := range begin("close", func(i int) string { return names[i] }) {
		assert.Equal(t, done, l.answer(id))
	}
}

// An answer that nobody takes ends the adapter, even while no request comes.
func TestAdapterReportsBrokenOutputOfAnOperation(t *testing.T) {
	l := beginTalk(t, t.Context(), peer.Options{}, 1, 0)
	conn := l.connect("udp", newRaw(t).addr())
	require.NoError(t, l.stdout.Close())
	l.begin("recv", conn+`,"timeout_ms":0`)
	err := <-l.ended
	require.ErrorIs(t, err, io.ErrClosedPipe)
	assert.ErrorContains(t, err, "writing an answer")
}
