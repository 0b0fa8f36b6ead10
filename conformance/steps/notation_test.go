package steps

import (
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance/dissect"
	"github.com/vstp-project/vstp/spec"
	"github.com/vstp-project/vstp/vectors"
)

func testNotation(t *testing.T) notation {
	t.Helper()
	vs, err := vectors.Load()
	require.NoError(t, err)
	return notation{registry: spec.DefaultRegistry(), vectors: vs}
}

func TestNotationAsOctets(t *testing.T) {
	n := testNotation(t)
	for line, want := range map[string]string{
		"HELLO":                           "565401010000000000000090a29464",
		"DATA REQ_ACK msg-id=5 'x'":       "565401030109000000000106016d73672d69643578606c171f",
		"DATA test=value 'Hello'":         "56540103000b000000000504057465737476616c756548656c6c6f6dffe407",
		"DATA ''=v":                       "56540103000300000000000001765cf657e8",
		"DATA x'00ff'=x'fe80' x'c328'":    "5654010300060000000002020200fffe80c328b372751a",
		"corrupt DATA test=value 'Hello'": "56540103000b000000000504057465737476616c756548656c6c6f6dffe406",
		"0x09":                            "565401090000000000000043478fd1",
		"DATA flags=0x81 msg-id=5 'x'":    "565401038109000000000106016d73672d69643578dae0dcf7",
		"octets 47 45 54":                 "474554",
		"vector frame/hello-minimal":      "565401010000000000000090a29464",
		"first 3 octets of HELLO":         "565401",
		"first 2 octets of octets 010203": "0102",
		"DATA a=1 a=2":                    "565401030008000000000001016131010161322354cf70",
	} {
		m, err := n.message(line)
		require.NoError(t, err, line)
		assert.Equal(t, want, hex.EncodeToString(m.octets), line)
	}
}

func TestNotationRepeats(t *testing.T) {
	m, err := testNotation(t).message("DATA k=3*'ab' 4*x'00'")
	require.NoError(t, err)
	f := dissect.Decode(m.octets, dissect.Options{})
	assert.Empty(t, f.Class())
	assert.Equal(t, "ababab", string(f.Headers[0].Value))
	assert.Equal(t, make([]byte, 4), f.Payload)
}

func TestNotationRefuses(t *testing.T) {
	n := testNotation(t)
	for _, line := range []string{
		"", "NOTHING", "0xzz", "DATA what", "DATA 'open", "DATA 'a' 'b'", "DATA 'a' k=v", "DATA flags=0xfff",
		"DATA 9999999999*'x'", "DATA x*'x'", "DATA x'0'", "octets 0", "vector frame/none", "first x octets of HELLO",
		"first 99 octets of HELLO", "first 3 of HELLO", "DATA only", "DATA k=*",
	} {
		_, err := n.message(line)
		assert.Error(t, err, "%q", line)
	}
}

func TestPatternMatches(t *testing.T) {
	n := testNotation(t)
	m, err := n.message("DATA REQ_ACK a=1 b=2 a=3 'x'")
	require.NoError(t, err)
	f := dissect.Decode(m.octets, dissect.Options{})
	for line, matches := range map[string]bool{
		"DATA":                              true,
		"DATA 'x'":                          true,
		"DATA ''":                           false,
		"DATA REQ_ACK":                      true,
		"DATA COMP":                         false,
		"DATA a=1 a=3":                      true,
		"DATA a=3 a=1":                      false,
		"DATA b=*":                          true,
		"DATA c=*":                          false,
		"DATA only":                         false,
		"DATA REQ_ACK a=1 b=2 'x' only":     false,
		"DATA REQ_ACK a=1 b=2 a=3 'x' only": true,
		"DATA a=1 b=2 a=3 'x' only":         false,
		"PING":                              false,
	} {
		p, err := n.pattern(line)
		require.NoError(t, err, line)
		assert.Equal(t, matches, p.mismatch(f) == "", "%s: %s", line, p.mismatch(f))
	}
}

func TestHeadersFillExactly(t *testing.T) {
	for _, n := range []int{3, 4, 257, 258, 259, 260, 261, 262, 1000, 65535} {
		size := 0
		for _, h := range headersFilling(n) {
			size += 2 + len(h.Key) + len(h.Value)
		}
		assert.Equal(t, n, size)
	}
}
