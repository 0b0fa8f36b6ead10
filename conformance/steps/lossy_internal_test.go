package steps

import (
	"net/netip"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance/dissect"
	"github.com/vstp-project/vstp/conformance/forge"
	"github.com/vstp-project/vstp/conformance/probe"
	"github.com/vstp-project/vstp/netem"
	"github.com/vstp-project/vstp/spec"
)

// ways are how a peer deals with the nth copy of a message that asks for an ACK.
type ways struct {
	ack    func(copies int) bool
	answer func(copies int) bool
}

func always(int) bool       { return true }
func first(copies int) bool { return copies == 1 }

// over runs a scenario of UDP messages over a link against a small peer. run is the link
// of the run, nil for none.
func over(t *testing.T, w ways, run *netem.Profile, script, rest string) (*probe.T, error) {
	t.Helper()
	s := udpSocket(t)
	copies := map[string]int{}
	addrs := answer(t, s, func(f dissect.Frame, from netip.AddrPort) {
		key := from.String() + string(f.Payload)
		copies[key]++
		id, _ := f.Header("msg-id")
		if f.Flags == flagReqAck && w.ack(copies[key]) {
			_, _ = s.WriteToUDPAddrPort(forge.Frame{Type: typeAck, Headers: forge.KV("msg-id", string(id))}.Bytes(), from)
		}
		if w.answer(copies[key]) {
			_, _ = s.WriteToUDPAddrPort(forge.Frame{Type: typeData, Payload: f.Payload}.Bytes(), from)
		}
	})
	body := "@server @udp @link\nFeature: x\n@ACK-5 @case:a/b\nScenario: s\nGiven a link that does:\n\"\"\"\n{\"netem\": 1, " +
		script + "}\n\"\"\"\nAnd a UDP socket\n" + rest + "\n"
	scenarios, err := Load(fstest.MapFS{"x.feature": {Data: []byte(body)}}, spec.DefaultRegistry(), testNotation(t).vectors)
	require.NoError(t, err)
	p := probe.New(probe.Config{Case: "a/b", Addrs: addrs, Scale: 0.1, Link: run})
	t.Cleanup(p.Close)
	return p, scenarios[0].Run(t.Context(), p)
}

const (
	sendTwo  = "When I send these messages until they are acknowledged:\n\"\"\"\nDATA REQ_ACK msg-id=1 'one'\nDATA REQ_ACK msg-id=2 'two'\n\"\"\"\n"
	firstACK = `"rules": [{"dir": "ba", "match": "ACK of DATA 'two'", "occurrence": "1", "do": "drop"}]`
)

func TestLossySenderRetransmitsUntilTheACKIsThere(t *testing.T) {
	p, err := over(t, ways{always, first}, nil, firstACK,
		sendTwo+"Then every copy that arrived whole is acknowledged\nAnd every message that arrived whole is answered once\nAnd the link lost at least 1 ACK")
	require.NoError(t, err)
	of := map[string]int{}
	for _, e := range p.Crossing().Events() {
		assert.Equal(t, "a/b", e.Flow)
		if e.Dir == netem.AB {
			of[e.Label]++
		}
	}
	assert.Equal(t, map[string]int{"DATA 7692c3ad": 1, "DATA 3fc4ccfe": 2}, map[string]int{"DATA 7692c3ad": of["DATA 7692c3ad"], "DATA 3fc4ccfe": of["DATA 3fc4ccfe"]})
	assert.Equal(t, 1, p.Crossing().Crossed().Drops)
}

func TestLossyFindsFaults(t *testing.T) {
	for name, tc := range map[string]struct {
		ways         ways
		script, then string
		want         string
	}{
		"a copy not acknowledged": {ways{first, first}, firstACK, "every copy that arrived whole is acknowledged", "2 ACKs"},
		"a copy delivered":        {ways{always, always}, firstACK, "every message that arrived whole is answered once", "one answer to each message"},
		"nothing acknowledged": {
			ways{func(int) bool { return false }, first},
			firstACK,
			"every message that arrived whole is acknowledged", "an ACK of DATA REQ_ACK msg-id=1 'one', which arrived whole",
		},
		"nothing answered": {
			ways{always, func(int) bool { return false }},
			firstACK,
			"every message that arrived whole is answered once", "one answer to DATA REQ_ACK msg-id=1 'one'",
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := over(t, tc.ways, nil, tc.script, sendTwo+"Then "+tc.then)
			var v *probe.Violation
			require.ErrorAs(t, err, &v)
			assert.Contains(t, v.Want, tc.want)
		})
	}
}

func TestLossyWithFewerDropsThanItNeedsIsNotExercised(t *testing.T) {
	_, err := over(t, ways{always, first}, nil, firstACK, sendTwo+"Then the link lost at least 2 ACKs")
	var not *probe.NotExercised
	require.ErrorAs(t, err, &not)
	assert.Equal(t, probe.CauseSurroundings, not.Cause)
	assert.Equal(t, "the link has lost 1 ACKs, and the case needs 2", not.Reason)
}

func TestScriptIsNotApplicableOnTheLinkOfTheRun(t *testing.T) {
	_, err := over(t, ways{always, first}, &netem.Profile{Name: "clean"}, firstACK, sendTwo)
	var not *probe.NotApplicable
	require.ErrorAs(t, err, &not)
	assert.Contains(t, not.Reason, "link")
}

func TestLoadRefusesALinkThatCannotBe(t *testing.T) {
	for says, step := range map[string]string{
		`x.feature:5: the block of "a link that does:": line 1, column 14: there is no "los" here`: "Given a link that does:\n\"\"\"\n{\"netem\": 1, \"los\": 1}\n\"\"\"",
		`x.feature:5: "the link lossy20 with seed 7`:                                               "Given the link lossy20 with seed 7, or that of the run",
	} {
		body := "@server @udp @link\nFeature: x\n@ACK-5 @case:a/b\nScenario: s\n" + step + "\n"
		_, err := Load(fstest.MapFS{"x.feature": {Data: []byte(body)}}, spec.DefaultRegistry(), testNotation(t).vectors)
		assert.ErrorContains(t, err, says)
	}
}
