package peer_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/peer"
	"github.com/vstp-project/vstp/ref/wire"
)

// A lone is a server for one connection, played by the test.
type lone struct {
	*net.TCPConn
	frames *wire.Reader
}

// meet connects an adapter to a lone server.
func meet(t *testing.T, l *live) (conn string, s lone) {
	t.Helper()
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	conn = l.connect("tcp", ln.Addr().String())
	nc, err := ln.Accept()
	require.NoError(t, err)
	t.Cleanup(func() { nc.Close() })
	require.NoError(t, nc.SetDeadline(time.Now().Add(guard)))
	assert.Equal(t, nc.RemoteAddr().String(), l.localAddr(conn))
	s = lone{nc.(*net.TCPConn), wire.NewReader(bufio.NewReader(nc), wire.Limits{})}
	want(t, s.frames, wire.TypeHello, "")
	return conn, s
}

// quit is the end of a conversation in which nothing is open but such connections.
func (s lone) quit(t *testing.T) {
	t.Helper()
	want(t, s.frames, wire.TypeBye, "")
	_, err := s.frames.ReadFrame()
	require.ErrorIs(t, err, io.EOF)
	require.NoError(t, s.Close())
}

func TestAdapterTCP(t *testing.T) {
	p := run(t, t.Context(), peer.Options{TCP: "127.0.0.1:0"})
	l := talk(t)
	l.want(`{"ok":true,"conn":1}`, "connect", `"transport":"tcp","addr":"`+p.tcp+`"`)
	l.want(done, "send", `"conn":1,"frame":{"headers":[["62","32"],["61",""],["62","31"]],"payload":"48656C6c6f"}`)
	l.want(`{"ok":true,"frame":{"version":1,"type":3,"flags":0,"headers":[["62","32"],["61",""],["62","31"]],"payload":"48656c6c6f"}}`,
		"recv", `"conn":1`+patient)
	l.want(done, "send_ack", `"conn":1,"frame":{"type":3,"flags":0,"version":1},"compress":false`)
	l.want(received("", ""), "recv", `"conn":1`+patient)
	l.want(`{"ok":false,"error":"Timeout","message":"Timeout: nothing has come within 1 ms"}`, "recv", `"conn":1,"timeout_ms":1`)

	large := `"payload":"` + strings.Repeat("78", 1_000_000) + `"`
	l.want(done, "send", `"conn":1,"frame":{`+large+`}`)
	assert.True(t, strings.Contains(l.ask("recv", `"conn":1`+patient), large))

	l.want(done, "close", `"conn":1`)
	l.refused("Protocol", "there is no connection 1, or it has been closed", "recv", `"conn":1,"timeout_ms":0`)
	l.refused("Protocol", "there is no connection 1, or it has been closed", "close", `"conn":1`)
	l.want(`{"ok":true,"conn":2}`, "connect", `"transport":"tcp","addr":"`+p.tcp+`"`)
}

// The connection stands without a WELCOME, and ends with BYE [TCP-2] [TCP-27]
// [TCP-10].
func TestAdapterTCPFrames(t *testing.T) {
	l := talk(t)
	conn, s := meet(t, l)
	l.want(done, "send", payload(conn, "a"))
	want(t, s.frames, wire.TypeData, "a")
	sending := l.begin("send_ack", payload(conn, "b"))
	f, err := s.frames.ReadFrame()
	require.NoError(t, err)
	assert.Equal(t, wire.FlagReqAck, f.Flags)
	id, _ := f.Headers.Get(wire.KeyMsgID)
	send(t, s, wire.TypeAck, "", "msg-id="+string(id))
	assert.Equal(t, done, l.answer(sending))

	closing := l.begin("close", conn)
	s.quit(t)
	assert.Equal(t, done, l.answer(closing))
}

// [TCP-31] [RTX-12]: what waits holds up nothing.
func TestAdapterTCPOverlap(t *testing.T) {
	l := hasty(t)
	conn, s := meet(t, l)
	first, second := l.begin("recv", conn+patient), l.begin("recv", conn+patient)
	l.refused("Timeout", "", "send_ack", payload(conn, "never acknowledged"))
	want(t, s.frames, wire.TypeData, "never acknowledged")
	for i := range 20 {
		l.want(done, "send", payload(conn, fmt.Sprint(i)))
		want(t, s.frames, wire.TypeData, fmt.Sprint(i))
	}
	send(t, s, wire.TypeData, "1")
	send(t, s, wire.TypeData, "2")
	got := []string{l.answer(first), l.answer(second)}
	assert.ElementsMatch(t, []string{received("1", ""), received("2", "")}, got)
	closing := l.begin("close", conn)
	s.quit(t)
	assert.Equal(t, done, l.answer(closing))
}

// An ERR comes in its place, then the stream's end, again and again [ERR-7] [TCP-26].
func TestAdapterTCPEndOfStream(t *testing.T) {
	l := talk(t)
	conn, s := meet(t, l)
	send(t, s, wire.TypeData, "1")
	send(t, s, wire.TypeErr, "why", "err-code=4")
	send(t, s, wire.TypeData, "2")
	send(t, s, wire.TypeErr, "", "err-code=x")
	require.NoError(t, s.CloseWrite())
	l.want(received("1", ""), "recv", conn+patient)
	line := l.ask("recv", conn+patient)
	assert.Contains(t, line, `the peer reports InvalidFrameType: \"why\"`)
	assert.Equal(t, map[string]any{"ok": false, "error": "InvalidFrameType", "remote": true}, silent(object(t, line)))
	l.want(received("2", ""), "recv", conn+patient)
	assert.Equal(t, map[string]any{"ok": false, "error": "ServerError", "remote": true}, silent(object(t, l.ask("recv", conn+patient))))
	for range 3 {
		closed(t, l.ask("recv", conn+patient))
	}
	for _, op := range []string{"send", "send_ack"} {
		closed(t, l.ask(op, payload(conn, "too late")))
	}
	l.want(done, "close", conn)
}

// A fault is told once, after what has come before it.
func TestAdapterTCPFault(t *testing.T) {
	for reason, octets := range map[string]string{
		"InvalidMagic":   "HTTP/1.1 400 Bad Request\r\n\r\n",
		"InvalidVersion": "VT\x02\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
		"CrcMismatch":    "VT\x01\x03\x00\x00\x00\x00\x00\x00\x00\xd2\x87\x93\x18",
		"FrameTooLarge":  "VT\x01\x03\x00\x00\x00\xff\xff\xff\xff",
	} {
		t.Run(reason, func(t *testing.T) {
			l := talk(t)
			conn, s := meet(t, l)
			waiting := l.begin("send_ack", payload(conn, "x"))
			want(t, s.frames, wire.TypeData, "x")
			send(t, s, wire.TypeData, "good")
			_, err := io.WriteString(s, octets)
			require.NoError(t, err)
			closed(t, l.answer(waiting))
			l.want(received("good", ""), "recv", conn+patient)
			l.refused(reason, "", "recv", conn+patient)
			closed(t, l.ask("recv", conn+patient))
			require.NoError(t, s.Close())
			l.want(done, "close", conn)
		})
	}
}

func TestAdapterTCPRefusedConnection(t *testing.T) {
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, ln.Close())
	l := talk(t)
	l.refused("Io", "refused", "connect", `"transport":"tcp","addr":"`+ln.Addr().String()+`"`)
	for _, bad := range []string{"", "nonsense", "127.0.0.1:0", "127.0.0.1:65536", ":4000", "a b:4000"} {
		l.refused("InvalidAddress", "", "connect", `"transport":"tcp","addr":"`+bad+`"`)
	}
}

// What a sender has to refuse is refused, and nothing is sent of it [HDR-2] [HDR-11]
// [FRM-8] [LIM-4] [TYP-2] [FLG-2] [FLG-8] [FRG-16].
func TestAdapterTCPRefusals(t *testing.T) {
	l := talk(t)
	conn, s := meet(t, l)
	header := `["` + strings.Repeat("6b", 255) + `","` + strings.Repeat("76", 255) + `"]`
	for _, c := range []struct{ members, reason, message string }{
		{`"frame":{"headers":[["` + inHex("msg-id") + `","31"]]}`, "Protocol", "msg-id belongs to the protocol"},
		{`"frame":{"headers":[["` + inHex("session-id") + `","31"]]}`, "Protocol", "session-id belongs to the protocol"},
		{`"frame":{"headers":[["` + strings.Repeat("6b", 256) + `",""]]}`, "Protocol", "HDR-2"},
		{`"frame":{"headers":[` + strings.Repeat(header+",", 128) + header + `]}`, "FrameTooLarge", "FRM-8"},
		{`"frame":{"type":9}`, "Protocol", "TYP-2"},
		{`"frame":{"type":16}`, "InvalidFrameType", "TYP-2"},
		{`"frame":{"type":7}`, "UnexpectedFrameType", "ACK"},
		{`"frame":{"flags":16}`, "Unsupported", "FRAG"},
		{`"frame":{"flags":32}`, "Unsupported", "COMP"},
		{`"frame":{"type":16,"flags":32}`, "InvalidFrameType", "TYP-2"},
		{`"frame":{"flags":4}`, "Protocol", "FLG-2"},
		{`"frame":{},"destination":"127.0.0.1:4000"`, "Protocol", `"destination" is for udp`},
	} {
		for _, op := range []string{"send", "send_ack"} {
			l.refused(c.reason, c.message, op, conn+","+c.members)
		}
	}
	l.refused("FrameTooLarge", "", "send", conn+`,"frame":{"payload":"`+text(wire.DefaultMaxFrame-wire.Overhead+1)+`"}`)
	l.want(done, "send", conn+`,"frame":{"flags":2,"payload":"64"}`)
	want(t, s.frames, wire.TypeData, "d")
	closing := l.begin("close", conn)
	s.quit(t)
	assert.Equal(t, done, l.answer(closing))
}

// However the conversation ends, what is pending is answered, and BYE is said.
func TestAdapterEndsTCP(t *testing.T) {
	for _, end := range []string{"stop", "stdin", "close"} {
		t.Run(end, func(t *testing.T) {
			l := beginTalk(t, t.Context(), peer.Options{}, 1, 0)
			conn, s := meet(t, l)
			pending := []int{l.begin("recv", conn+patient), l.begin("send_ack", payload(conn, "x"))}
			want(t, s.frames, wire.TypeData, "x")
			var ending int
			switch end {
			case "stop":
				ending = l.begin("stop", "")
			case "close":
				ending = l.begin("close", conn)
			default:
				require.NoError(t, l.requests.Close())
			}
			s.quit(t)
			for _, id := range pending {
				closed(t, l.answer(id))
			}
			if end != "stdin" {
				assert.Equal(t, done, l.answer(ending))
			}
			if end == "close" {
				require.NoError(t, l.requests.Close())
			}
			assert.NoError(t, <-l.ended)
		})
	}
}
