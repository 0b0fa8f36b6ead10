package dissect_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/vstp-project/vstp/conformance/dissect"
	"github.com/vstp-project/vstp/conformance/forge"
)

func TestSenderRules(t *testing.T) {
	long := func(n int) []byte { return make([]byte, n) }
	fragment := func(kv ...string) forge.Frame {
		return forge.Frame{Type: 3, Flags: 0x10, Headers: forge.KV(kv...), Payload: []byte("x")}
	}
	tests := []struct {
		name  string
		frame forge.Frame
		want  []string
	}{
		{"DATA with nothing special", forge.Frame{Type: 3, Flags: 0x03, Headers: forge.KV("msg-id", "18446744073709551615", "a", "007")}, nil},
		{"reserved flag", forge.Frame{Type: 3, Flags: 0x80}, []string{"FLG-2"}},
		{"all reserved flags", forge.Frame{Type: 4, Flags: 0xcc}, []string{"FLG-2"}},
		{"reserved flag on an unknown type", forge.Frame{Type: 9, Flags: 0x04}, []string{"FLG-2"}},
		{"FRAG on PING", forge.Frame{Type: 4, Flags: 0x10}, []string{"FRG-12"}},
		{"COMP on PING", forge.Frame{Type: 4, Flags: 0x20}, []string{"FLG-8"}},
		{"COMP on DATA", forge.Frame{Type: 3, Flags: 0x20}, nil},

		{"msg-id with a sign", forge.Frame{Type: 3, Headers: forge.KV("msg-id", "+7")}, []string{"HDR-9"}},
		{"msg-id with a zero in front", forge.Frame{Type: 3, Headers: forge.KV("msg-id", "007")}, []string{"HDR-9"}},
		{"msg-id empty", forge.Frame{Type: 3, Headers: forge.KV("msg-id", "")}, []string{"HDR-9"}},
		{"msg-id beyond 64 bits", forge.Frame{Type: 3, Headers: forge.KV("msg-id", "18446744073709551616")}, []string{"HDR-9"}},
		{"msg-id of very many digits", forge.Frame{Type: 3, Headers: forge.KV("msg-id", strings.Repeat("9", 255))}, []string{"HDR-9"}},
		{"msg-id zero", forge.Frame{Type: 3, Headers: forge.KV("msg-id", "0")}, nil},
		{"Msg-Id is another key", forge.Frame{Type: 3, Headers: forge.KV("Msg-Id", "+7")}, nil},
		{"one report for each key", forge.Frame{Type: 3, Headers: forge.KV("msg-id", "x", "msg-id", "y")}, []string{"HDR-9"}},

		{"ACK", forge.Frame{Type: 7, Headers: forge.KV("msg-id", "5")}, nil},
		{"ACK with flags", forge.Frame{Type: 7, Flags: 0x02, Headers: forge.KV("msg-id", "5")}, []string{"ACK-18"}},
		{"ACK with a payload", forge.Frame{Type: 7, Headers: forge.KV("msg-id", "5"), Payload: []byte("x")}, []string{"ACK-18"}},
		{"ACK with another header", forge.Frame{Type: 7, Headers: forge.KV("a", "1", "msg-id", "5", "b", "2")}, []string{"ACK-18"}},
		{"ACK with msg-id twice", forge.Frame{Type: 7, Headers: forge.KV("msg-id", "5", "msg-id", "5")}, []string{"ACK-18"}},
		{"ACK without msg-id", forge.Frame{Type: 7}, []string{"ACK-1"}},
		{"ACK of a malformed msg-id", forge.Frame{Type: 7, Headers: forge.KV("msg-id", "05")}, []string{"HDR-9"}},

		{"WELCOME", forge.Frame{Type: 2, Headers: forge.KV("session-id", "340282366920938463463374607431768211455")}, nil},
		{"WELCOME without session", forge.Frame{Type: 2, Headers: forge.KV("session_id", "5")}, []string{"SES-2"}},
		{"WELCOME beyond 128 bits", forge.Frame{Type: 2, Headers: forge.KV("session-id", "340282366920938463463374607431768211456")}, []string{"HDR-9", "SES-2"}},
		{"WELCOME with hex", forge.Frame{Type: 2, Headers: forge.KV("session-id", "0xff")}, []string{"HDR-9", "SES-2"}},

		{"ERR", forge.Frame{Type: 8, Headers: forge.KV("err-code", "18", "msg-id", "7"), Payload: []byte("é")}, nil},
		{"ERR without code", forge.Frame{Type: 8}, []string{"ERR-1"}},
		{"ERR with a name", forge.Frame{Type: 8, Headers: forge.KV("err-code", "Protocol")}, []string{"HDR-9", "ERR-1"}},
		{"ERR with an unassigned code", forge.Frame{Type: 8, Headers: forge.KV("err-code", "99")}, []string{"ERR-1"}},
		{"ERR with a local code", forge.Frame{Type: 8, Headers: forge.KV("err-code", "5")}, []string{"ERR-1"}},
		{"ERR with 1,024 octets of text", forge.Frame{Type: 8, Headers: forge.KV("err-code", "2"), Payload: long(1024)}, nil},
		{"ERR with too much text", forge.Frame{Type: 8, Headers: forge.KV("err-code", "2"), Payload: long(1025)}, []string{"ERR-2"}},
		{"ERR with no UTF-8", forge.Frame{Type: 8, Headers: forge.KV("err-code", "2"), Payload: []byte{0xff}}, []string{"ERR-2"}},

		{"fragment", fragment("msg-id", "5", "frag-id", "9", "frag-index", "0", "frag-total", "2"), nil},
		{"fragment without headers", fragment(), []string{"FRG-3", "FRG-3", "FRG-3", "FRG-11"}},
		{"fragment with an index twice", fragment("msg-id", "5", "frag-id", "9", "frag-index", "0", "frag-index", "1", "frag-total", "2"), []string{"FRG-3"}},
		{"fragment with an id beyond 8 bits", fragment("msg-id", "5", "frag-id", "256", "frag-index", "0", "frag-total", "2"), []string{"FRG-3", "HDR-9"}},
		{"fragment beyond its total", fragment("msg-id", "5", "frag-id", "9", "frag-index", "2", "frag-total", "2"), []string{"FRG-4"}},
		{"fragment of none", fragment("msg-id", "5", "frag-id", "9", "frag-index", "0", "frag-total", "0"), []string{"FRG-4"}},
		{"fragment too large", forge.Frame{Type: 3, Flags: 0x10, Headers: forge.KV("msg-id", "5", "frag-id", "9", "frag-index", "0", "frag-total", "2"), Payload: long(1201)}, []string{"FRG-6"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := dissect.Decode(test.frame.Bytes(), dissect.Options{})
			assert.ElementsMatch(t, test.want, soft(f), f.Dump())
			for _, v := range f.Violations {
				if v.Soft {
					assert.Empty(t, v.Class)
					assert.LessOrEqual(t, v.Offset+v.Length, len(f.Raw))
				}
			}
			if test.frame.Type != 9 {
				assert.Empty(t, f.Class(), "a sender's rule gives no error class")
			}
		})
	}
}

func TestSenderRulesForDatagrams(t *testing.T) {
	tests := []struct {
		name  string
		frame forge.Frame
		want  []string
	}{
		{"datagram of 1,200 octets", forge.Frame{Type: 3, Payload: make([]byte, 1185)}, nil},
		{"datagram of 1,201 octets", forge.Frame{Type: 3, Payload: make([]byte, 1186)}, []string{"UDP-9"}},
		{"payload that is to be split", forge.Frame{Type: 3, Payload: make([]byte, 1201)}, []string{"UDP-9", "FRG-1"}},
		{"PONG with headers", forge.Frame{Type: 5, Headers: forge.KV("a", "1")}, []string{"UDP-13"}},
		{"ERR for UDP", forge.Frame{Type: 8, Headers: forge.KV("err-code", "12")}, nil},
		{"ERR not for UDP", forge.Frame{Type: 8, Headers: forge.KV("err-code", "6")}, []string{"UDP-18"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := dissect.DecodeDatagram(test.frame.Bytes(), dissect.Options{})
			assert.ElementsMatch(t, test.want, soft(f), f.Dump())
			assert.Empty(t, f.Class())
			assert.Empty(t, soft(dissect.Decode(test.frame.Bytes(), dissect.Options{})), "no rule of UDP holds for a stream")
		})
	}
}

// What did not arrive as it was sent says nothing about its sender's habits.
func TestSenderRulesNeedASoundFrame(t *testing.T) {
	frame := forge.Frame{Type: 7, Flags: 0x80, Payload: []byte("x")}.Bytes()
	assert.NotEmpty(t, soft(dissect.Decode(frame, dissect.Options{})))
	assert.Empty(t, soft(dissect.Decode(forge.FlipBit(frame, 8*11), dissect.Options{})))
	assert.Empty(t, soft(dissect.Decode(frame[:len(frame)-1], dissect.Options{})))

	cut := forge.Raw{Type: 2, HeaderSection: []byte{9, 9}}.Bytes()
	assert.Empty(t, soft(dissect.Decode(cut, dissect.Options{})), "the session-id may stand in what cannot be read")
}

func TestSenderRulesReportOncePerFrame(t *testing.T) {
	headers := make([]forge.Header, 20000)
	f := dissect.Decode(forge.Frame{Type: 7, Headers: headers}.Bytes(), dissect.Options{})
	assert.ElementsMatch(t, []string{"ACK-1", "ACK-18"}, soft(f))
}
