package probe_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance/forge"
	"github.com/vstp-project/vstp/conformance/probe"
	"github.com/vstp-project/vstp/netem"
)

const (
	labelHello, labelWelcome, labelData, labelPing = 1, 2, 3, 4
	labelPong, labelBye, labelAck, labelErr        = 5, 6, 7, 8
)

func labelFrame(kind byte, payload string, kv ...string) []byte {
	return forge.Frame{Type: kind, Headers: forge.KV(kv...), Payload: []byte(payload)}.Bytes()
}

// labelFragment builds fragment number index of a message.
func labelFragment(payload string, index int, kv ...string) []byte {
	headers := append([]string{"frag-index", fmt.Sprint(index), "frag-total", "9"}, kv...)
	return forge.Frame{Type: labelData, Flags: 0x10, Headers: forge.KV(headers...), Payload: []byte(payload)}.Bytes()
}

func labelDigest(payload string) string {
	return fmt.Sprintf("%.8x", sha256.Sum256([]byte(payload)))[:8]
}

func labelText(l *probe.Labels, d netem.Direction, datagram []byte) string {
	return l.Label(d, 0, datagram).Text
}

func TestLabelOfEachType(t *testing.T) {
	l := probe.NewLabels(nil)
	assert.Equal(t, "vstp/1", l.Name())
	for want, datagram := range map[string][]byte{
		"HELLO":                              labelFrame(labelHello, ""),
		"WELCOME":                            labelFrame(labelWelcome, "", "session-id", "4711"),
		"DATA 2cf24dba":                      labelFrame(labelData, "hello", "msg-id", "7", "x", "y"),
		"PING 2cf24dba":                      labelFrame(labelPing, "hello"),
		"PONG 2cf24dba":                      labelFrame(labelPong, "hello"),
		"BYE":                                labelFrame(labelBye, ""),
		"ACK of unknown":                     labelFrame(labelAck, "", "msg-id", "99"),
		"ERR " + labelDigest("too many"):     labelFrame(labelErr, "too many", "err-code", "12"),
		"TYPE(0x09) 2cf24dba":                labelFrame(9, "hello"),
		"DATA 2cf24dba frag 3":               labelFragment("hello", 3, "msg-id", "8", "frag-id", "1"),
		"DATA frag 0":                        labelFragment("", 0, "msg-id", "9", "frag-id", "2"),
		"invalid " + labelDigest("not VSTP"): []byte("not VSTP"),
		"invalid " + labelDigest(""):         nil,
	} {
		assert.Equal(t, want, labelText(l, netem.AB, datagram))
	}
}

// What an implementation chooses freely does not get into a label.
func TestLabelsLeaveOutWhatIsFree(t *testing.T) {
	l := probe.NewLabels(nil)
	for name, pair := range map[string][2][]byte{
		"msg-id":     {labelFrame(labelData, "x", "msg-id", "1"), labelFrame(labelData, "x", "msg-id", "18446744073709551615")},
		"session-id": {labelFrame(labelWelcome, "", "session-id", "1"), labelFrame(labelWelcome, "", "session-id", "2")},
		"frag-id": {
			labelFragment("x", 1, "frag-id", "1", "msg-id", "1"), labelFragment("x", 1, "msg-id", "2", "frag-id", "200"),
		},
		"flags": {labelFrame(labelData, "x"), forge.Frame{Type: labelData, Flags: 0x03, Payload: []byte("x")}.Bytes()},
	} {
		assert.Equal(t, labelText(l, netem.AB, pair[0]), labelText(l, netem.AB, pair[1]), name)
	}
	assert.Equal(t, l.Label(netem.AB, 1, labelFrame(labelData, "x")), l.Label(netem.BA, 2, labelFrame(labelData, "x")))
}

func TestAckIsLabeledByItsMessage(t *testing.T) {
	l := probe.NewLabels(nil)
	ack := func(path int, id string) string {
		return l.Label(netem.BA, path, labelFrame(labelAck, "", "msg-id", id)).Text
	}
	l.Label(netem.AB, 0, labelFrame(labelData, "hello", "msg-id", "5"))
	l.Label(netem.AB, 0, labelFrame(labelPing, "hello", "msg-id", "6"))
	l.Label(netem.AB, 1, labelFrame(labelData, "other", "msg-id", "5"))
	l.Label(netem.BA, 0, labelFrame(labelData, "back", "msg-id", "5"))
	assert.Equal(t, "ACK of DATA 2cf24dba", ack(0, "5"))
	assert.Equal(t, "ACK of PING 2cf24dba", ack(0, "6"))
	assert.Equal(t, "ACK of DATA "+labelDigest("other"), ack(1, "5"), "another client")
	assert.Equal(t, "ACK of DATA "+labelDigest("back"), labelText(l, netem.AB, labelFrame(labelAck, "", "msg-id", "5")), "the other direction")
	for _, id := range []string{"7", "05", "+5", "", "x", "18446744073709551616"} {
		assert.Equal(t, "ACK of unknown", ack(0, id), id)
	}
	assert.Equal(t, "ACK of unknown", labelText(l, netem.BA, labelFrame(labelAck, "")))

	l.Label(netem.AB, 0, labelFrame(labelData, "reused", "msg-id", "5"))
	assert.Equal(t, "ACK of DATA "+labelDigest("reused"), ack(0, "5"), "the latest message under a msg-id")
	l.Label(netem.AB, 0, labelFrame(labelErr, "no message", "msg-id", "6"))
	assert.Equal(t, "ACK of PING 2cf24dba", ack(0, "6"), "an ERR is no message of its own")
}

// The label of an ACK of a message in fragments is the same in whatever order, and
// however often, its fragments were sent; and whatever its identifiers are.
func TestAckOfFragments(t *testing.T) {
	send := func(l *probe.Labels, id string, order ...int) string {
		for _, i := range order {
			l.Label(netem.AB, 0, labelFragment(fmt.Sprint("part ", i), i, "msg-id", id, "frag-id", id))
		}
		return labelText(l, netem.BA, labelFrame(labelAck, "", "msg-id", id))
	}
	want := send(probe.NewLabels(nil), "1", 0, 1, 2)
	assert.Regexp(t, `^ACK of DATA [0-9a-f]{8}$`, want)
	l := probe.NewLabels(nil)
	assert.Equal(t, want, send(l, "2", 2, 0, 1))
	assert.Equal(t, want, send(l, "3", 0, 1, 2, 0, 1, 2))
	assert.NotEqual(t, want, send(l, "4", 0, 1))
	// Another message under an identifier that was used before.
	l.Label(netem.AB, 0, labelFragment("something else", 0, "msg-id", "2", "frag-id", "2"))
	assert.NotEqual(t, want, labelText(l, netem.BA, labelFrame(labelAck, "", "msg-id", "2")))
	assert.Equal(t, "DATA "+labelDigest("part 1")+" frag 1", labelText(l, netem.AB, labelFragment("part 1", 1)), "a fragment without msg-id")
}

// Fragments of one message are one group, apart from those of others.
func TestFragmentsAreAGroup(t *testing.T) {
	l := probe.NewLabels(nil)
	label := func(message string, id string, index int) netem.Label {
		return l.Label(netem.AB, 0, labelFragment(fmt.Sprint(message, index), index, "msg-id", id, "frag-id", "1"))
	}
	first := label("a", "1", 0)
	assert.Equal(t, first.Text, first.Group)
	second, other := label("a", "1", 1), label("b", "2", 0)
	assert.Equal(t, first.Group, second.Group)
	assert.NotEqual(t, first.Group, other.Group)
	assert.Equal(t, []int{0, 1, 0}, []int{first.Part, second.Part, other.Part})
	assert.Equal(t, first, label("a", "1", 0), "sent again")
}

// Many messages do not fill the memory, and the latest are remembered.
func TestLabelsForgetOldMessages(t *testing.T) {
	l := probe.NewLabels(nil)
	const n = 1<<15 + 1000
	for i := range n {
		l.Label(netem.AB, 0, labelFrame(labelData, "x", "msg-id", fmt.Sprint(i)))
	}
	ack := func(i int) string { return labelText(l, netem.BA, labelFrame(labelAck, "", "msg-id", fmt.Sprint(i))) }
	assert.Equal(t, "ACK of unknown", ack(0))
	assert.Equal(t, "ACK of DATA "+labelDigest("x"), ack(n-1-1<<14))
}

// A scripted drop by label, as scenario files have it, over a link.
func TestScriptDropsTheFirstAck(t *testing.T) {
	p, err := netem.Parse([]byte(`{"netem": 1, "rules": [
		{"dir": "ba", "match": "ACK of DATA ` + labelDigest("hello") + `", "occurrence": "1", "do": "drop"},
		{"dir": "ab", "match": "DATA * frag 2", "occurrence": "1-2", "do": "drop"}]}`))
	require.NoError(t, err)
	link, err := netem.New(p, netem.Options{Labeler: probe.NewLabels(nil)})
	require.NoError(t, err)
	now := time.Now()
	var got bytes.Buffer
	send := func(d netem.Direction, datagram []byte) {
		got.WriteByte("x-"[link.Send(now, netem.Packet{Dir: d, Data: datagram}).Verdict])
	}
	send(netem.AB, labelFrame(labelData, "hello", "msg-id", "1"))
	send(netem.BA, labelFrame(labelAck, "", "msg-id", "1")) // dropped
	send(netem.AB, labelFrame(labelData, "hello", "msg-id", "1"))
	send(netem.BA, labelFrame(labelAck, "", "msg-id", "1"))
	for range 3 {
		for i := range 4 {
			send(netem.AB, labelFragment(fmt.Sprint(i), i, "msg-id", "2", "frag-id", "0"))
		}
	}
	assert.Equal(t, "x-xx"+"xx-x"+"xx-x"+"xxxx", got.String())
}
