package fuzz

import (
	"fmt"

	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance/dissect"
	"github.com/vstp-project/vstp/spec"
)

// requireSoundReport fails unless what dissect found in b can be believed and
// shown: fields that cover the octets from the first to the last, violations
// that lie within and name a requirement and an error that exist, and nothing
// that the octets do not bear.
func requireSoundReport(t require.TestingT, b []byte, d dissect.Frame) {
	if text := unsound(b, d); text != "" {
		require.Fail(t, text, "%x\n%s", b, d.Dump())
	}
	require.NotEmpty(t, d.String())
	require.NotEmpty(t, d.Dump())
}

func unsound(b []byte, d dissect.Frame) string {
	at := 0
	for _, f := range d.Fields {
		if f.Offset != at || f.Length < 1 || f.Name == "" || f.Value == "" {
			return fmt.Sprintf("field %s at %d follows octet %d", f.Name, f.Offset, at)
		}
		at += f.Length
	}
	if at != len(d.Raw) {
		return fmt.Sprintf("the fields cover %d octets of %d", at, len(d.Raw))
	}
	if len(d.Raw) > len(b) || string(d.Raw) != string(b[:len(d.Raw)]) {
		return "Raw is not the beginning of the octets"
	}
	if int64(len(d.Payload)) > d.PayloadLen || len(d.Headers) > d.HeaderLen/2 {
		return "more was found than the lengths declare"
	}
	soft := false
	for _, v := range d.Violations {
		if v.Offset < 0 || v.Length < 0 || v.Offset+v.Length > len(b) {
			return fmt.Sprintf("violation of %s at %d lies outside the octets", v.Requirement, v.Offset)
		}
		if _, ok := spec.Lookup(v.Requirement); !ok || v.Text == "" {
			return fmt.Sprintf("violation of %q: %q", v.Requirement, v.Text)
		}
		if v.Soft != (v.Class == "") || soft && !v.Soft {
			return fmt.Sprintf("violation of %s: soft %v, class %q", v.Requirement, v.Soft, v.Class)
		}
		soft = v.Soft
	}
	return ""
}

// requireSameDatagram fails unless b as a datagram differs from b as the
// beginning of a stream in nothing but the octets that are left over. [UDP-3]
func requireSameDatagram(t require.TestingT, b []byte, d dissect.Frame, e endpoint) {
	g := dissect.DecodeDatagram(b, e.options())
	class := d.Class()
	if class == accepted && d.Total < int64(len(b)) {
		class = "Protocol"
	}
	if g.Class() != class {
		require.Fail(t, "a datagram has another class", "%x\nclass %q, want %q\n%s", b, g.Class(), class, g.Dump())
	}
	requireSoundReport(t, b, g)
}
