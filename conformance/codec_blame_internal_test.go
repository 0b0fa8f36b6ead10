package conformance

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/vstp-project/vstp/vectors"
)

func TestWhatACodecGotWrongNamesTheRule(t *testing.T) {
	h := func(kv ...string) (headers [][2][]byte) {
		for i := 0; i < len(kv); i += 2 {
			headers = append(headers, [2][]byte{[]byte(kv[i]), []byte(kv[i+1])})
		}
		return headers
	}
	for _, c := range []struct {
		want, got [][2][]byte
		rule      string
	}{
		{h("a", "1", "b", "2"), h("b", "2", "a", "1"), "HDR-5"},
		{h("a", "1", "a", "1"), h("a", "1"), "HDR-5"},
		{h("a", "1", "a", "2"), h("a", "2"), "HDR-5"},
		{h("a", "1", "", "x", "b", "2"), h("a", "1"), "HDR-3"},
		{h("a", "1", "b", ""), h("a", "1"), "HDR-3"},
		{h("a", "1", "b", "2"), h("a", "1"), ""},
		{h("a", "1"), h("A", "1"), ""},
	} {
		assert.Equal(t, c.rule, headersAgainst(c.want, c.got), "%q read as %q", c.want, c.got)
	}
	assert.Equal(t, "FLG-1", flagsAgainst(0x11))
	assert.Equal(t, "FLG-3", flagsAgainst(0x81))
	assert.Equal(t, "FRM-5", refusedAgainst(&vectors.Frame{Type: 8}, "Protocol"))
	assert.Equal(t, "TYP-1", refusedAgainst(&vectors.Frame{Type: 8, Payload: []byte{1}}, "InvalidFrameType"))
	assert.Empty(t, refusedAgainst(&vectors.Frame{Type: 0x20, Payload: []byte{1}}, "InvalidFrameType"))
	assert.Equal(t, "HDR-3", refusedAgainst(&vectors.Frame{Type: 3, Headers: h("", "")}, "Protocol"))
	assert.Empty(t, refusedAgainst(&vectors.Frame{Type: 3, Payload: []byte{1}}, "CrcMismatch"))
}
