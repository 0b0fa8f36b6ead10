package conformance

import (
	"bytes"
	"slices"

	"github.com/vstp-project/vstp/conformance/dissect"
	"github.com/vstp-project/vstp/vectors"
)

// Whatever a vector is about, a codec may get something else of it wrong. These name the
// rule where what it got wrong tells; an empty one is that of the vector.

// refusedAgainst is the rule that a codec breaks by refusing a sound frame with an error.
func refusedAgainst(want *vectors.Frame, name string) string {
	switch {
	case len(want.Headers) == 0 && len(want.Payload) == 0:
		return "FRM-5"
	case name == "InvalidFrameType" && want.Type >= dissect.TypeHello && want.Type <= dissect.TypeErr:
		return "TYP-1"
	case name == "Protocol" && slices.ContainsFunc(want.Headers, isEmpty):
		return "HDR-3"
	}
	return ""
}

// flagsAgainst is the rule that a codec breaks by showing other defined bits.
func flagsAgainst(want byte) string {
	if want&^vectors.DefinedFlags != 0 {
		return "FLG-3"
	}
	return "FLG-1"
}

// headersAgainst is the rule that a codec breaks by showing other headers.
func headersAgainst(want, got [][2][]byte) string {
	holds := func(all [][2][]byte) func([2][]byte) bool {
		return func(h [2][]byte) bool {
			return slices.ContainsFunc(all, func(o [2][]byte) bool { return bytes.Equal(o[0], h[0]) && bytes.Equal(o[1], h[1]) })
		}
	}
	missing := slices.DeleteFunc(slices.Clone(want), holds(got))
	strange := slices.DeleteFunc(slices.Clone(got), holds(want))
	switch {
	case len(strange) > 0:
		return "" // they were read wrongly
	case len(missing) == 0:
		return "HDR-5" // in another order, or a repetition is gone
	case isEmpty(missing[0]):
		return "HDR-3" // with what may have followed it
	case repeats(want, missing[0][0]):
		return "HDR-5"
	}
	return ""
}

// isEmpty says whether a header lacks a key or a value.
func isEmpty(h [2][]byte) bool { return len(h[0]) == 0 || len(h[1]) == 0 }

// repeats says whether a key occurs more than once.
func repeats(headers [][2][]byte, key []byte) bool {
	n := 0
	for _, h := range headers {
		if bytes.Equal(h[0], key) {
			n++
		}
	}
	return n > 1
}
