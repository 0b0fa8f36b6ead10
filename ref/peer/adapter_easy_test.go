package peer_test

import (
	"context"
	"fmt"
	"net"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/peer"
	"github.com/vstp-project/vstp/ref/tcp"
	"github.com/vstp-project/vstp/ref/udp"
	"github.com/vstp-project/vstp/ref/wire"
)

func easyPeer(t *testing.T) *running {
	t.Helper()
	return run(t, t.Context(), peer.Options{EasyTCP: "127.0.0.1:0", EasyUDP: "127.0.0.1:0"})
}

// The handler of T-5, through the Easy client of the adapter.
func TestAdapterEasy(t *testing.T) {
	p := easyPeer(t)
	for _, network := range []string{"tcp", "udp"} {
		t.Run(network, func(t *testing.T) {
			l := talk(t)
			conn := l.connect("easy-"+network, p.easy[network])
			for _, value := range []string{`{"n":1}`, `42`, `null`, `"<é>"`, `[]`, `false`, `{"x-fail":"true"}`, `{"x-fail":1,"x-delay-ms":-1}`, `{"x-delay-ms":1,"n":[null]}`, `123456789012345678901234567890`} {
				l.want(done, "send", conn+`,"value":`+value)
				l.want(fmt.Sprintf(`{"ok":true,"value":%s}`, value), "recv", conn+patient)
			}
			for _, value := range []string{`{"x-fail":true}`, `{"x-delay-ms":1,"x-fail":true}`} {
				l.want(done, "send", conn+`,"value":`+value)
				answer := object(t, l.ask("recv", conn+patient))
				assert.Equal(t, "ServerError", answer["error"])
				assert.Equal(t, true, answer["remote"])
			}
			l.refused("Timeout", "", "recv", conn+`,"timeout_ms":1`)
			l.refused("Unsupported", "", "send_ack", conn+`,"value":1`)
			l.refused("Protocol", `"value" is missing`, "send", conn+`,"frame":{"payload":"78"}`)
			l.refused("Protocol", `"frame" is missing`, "send", conn)
			l.refused("Protocol", `"destination" is for udp`, "send", conn+`,"value":1,"destination":"127.0.0.1:1"`)
			host, port, err := net.SplitHostPort(l.localAddr(conn))
			require.NoError(t, err)
			assert.Equal(t, "127.0.0.1", host)
			assert.NotEqual(t, "0", port)
			l.want(done, "close", conn)
			l.refused("Protocol", "has been closed", "recv", conn+`,"timeout_ms":1`)
		})
	}
}

// Values are for Easy connections alone.
func TestAdapterValueOnAnotherConnection(t *testing.T) {
	p := run(t, t.Context(), both())
	l := talk(t)
	for _, conn := range []string{l.connect("tcp", p.tcp), l.connect("udp", p.udp)} {
		l.refused("Protocol", `"frame" is missing: this is no Easy connection`, "send", conn+`,"value":1`)
	}
}

// What an Easy client is sent that is no response, and what is no JSON. [EASY-6]
func TestAdapterEasyResponses(t *testing.T) {
	for _, network := range []string{"tcp", "udp"} {
		t.Run(network, func(t *testing.T) {
			answers := func(payload []byte, answer func(wire.Frame) error, fail func(wire.Reason, string) error) {
				switch string(payload) {
				case `"unreadable"`:
					assert.NoError(t, fail(wire.DeserializationError, ""))
				case `"no JSON"`:
					assert.NoError(t, answer(wire.Frame{Type: wire.TypeData, Payload: []byte("nope")}))
				default:
					assert.NoError(t, answer(wire.Frame{Type: wire.TypeData, Payload: []byte(" [ 1,\n2 ] ")}))
				}
			}
			var addr string
			if network == "tcp" {
				s, err := tcp.Listen(t.Context(), "127.0.0.1:0", tcp.Config{Handler: func(_ context.Context, r *tcp.Request) {
					answers(r.Message.Payload, r.Answer, r.AnswerError)
				}})
				require.NoError(t, err)
				defer s.Close()
				addr = s.Addr().String()
			} else {
				s, err := udp.Listen(t.Context(), "127.0.0.1:0", udp.Config{Handler: func(_ context.Context, r *udp.Request) {
					answers(r.Message.Payload, r.Answer, r.AnswerError)
				}})
				require.NoError(t, err)
				defer s.Close()
				addr = s.Addr().String()
			}
			l := talk(t)
			conn := l.connect("easy-"+network, addr)
			l.want(done, "send", conn+`,"value":"unreadable"`)
			answer := object(t, l.ask("recv", conn+patient))
			assert.Equal(t, []any{"DeserializationError", true}, []any{answer["error"], answer["remote"]})
			l.want(done, "send", conn+`,"value":"no JSON"`)
			answer = object(t, l.ask("recv", conn+patient))
			assert.Equal(t, []any{"DeserializationError", nil}, []any{answer["error"], answer["remote"]})
			l.want(done, "send", conn+`,"value":7`)
			l.want(`{"ok":true,"value":[1,2]}`, "recv", conn+patient)
		})
	}
}
