package dissect_test

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vstp-project/vstp/conformance/dissect"
	"github.com/vstp-project/vstp/conformance/forge"
)

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	require.NoError(t, err)
	return b
}

// hard and soft are the requirements of the violations of each kind, in order.
func hard(f dissect.Frame) []string { return requirements(f, false) }
func soft(f dissect.Frame) []string { return requirements(f, true) }

func requirements(f dissect.Frame, soft bool) []string {
	var ids []string
	for _, v := range f.Violations {
		if v.Soft == soft {
			ids = append(ids, v.Requirement)
		}
	}
	return ids
}

// anyFrame draws frames with lengths at the edges of their fields.
func anyFrame() *rapid.Generator[forge.Frame] {
	length := rapid.OneOf(rapid.SampledFrom([]int{0, 1, 2, 254, 255}), rapid.IntRange(0, 255))
	octets := func(t *rapid.T, label string, n int) []byte {
		return rapid.SliceOfN(rapid.Byte(), n, n).Draw(t, label)
	}
	keys := rapid.SampledFrom([]string{"", "msg-id", "frag-id", "frag-index", "frag-total", "session-id", "err-code", "a"})
	values := rapid.SampledFrom([]string{"", "0", "5", "007", "256", "18446744073709551616", "x"})
	return rapid.Custom(func(t *rapid.T) forge.Frame {
		f := forge.Frame{
			Type:  rapid.OneOf(rapid.ByteRange(1, 8), rapid.Byte()).Draw(t, "type"),
			Flags: rapid.OneOf(rapid.SampledFrom([]byte{0, 1, 0x10, 0x11, 0x20}), rapid.Byte()).Draw(t, "flags"),
		}
		for range rapid.IntRange(0, 5).Draw(t, "headers") {
			h := forge.Header{Key: []byte(keys.Draw(t, "key")), Value: []byte(values.Draw(t, "value"))}
			if rapid.Bool().Draw(t, "free") {
				h = forge.Header{Key: octets(t, "key", length.Draw(t, "key length")), Value: octets(t, "value", length.Draw(t, "value length"))}
			}
			f.Headers = append(f.Headers, h)
		}
		f.Payload = octets(t, "payload", rapid.OneOf(length, rapid.SampledFrom([]int{256, 1024, 1025, 1200, 1201})).Draw(t, "payload length"))
		return f
	})
}
