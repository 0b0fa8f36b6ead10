package fuzz

import (
	"testing"

	gofuzz "github.com/google/gofuzz"

	"github.com/vstp-project/vstp/conformance/forge"
)

var encodeSeeds = octetSeeds

// A frame made from parts comes back as the same parts. The parts are drawn by
// gofuzz from the input, so that it is the parts that a fuzzer varies, and not
// octets that a checksum guards. [FRM-1]
func FuzzEncode(f *testing.F) {
	addSeeds(f, encodeSeeds())
	f.Fuzz(func(t *testing.T, data []byte) {
		var frame forge.Frame
		gofuzz.NewFromGoFuzz(data).Funcs(func(f *forge.Frame, c gofuzz.Continue) {
			*f = drawFrame(gofuzzDice(c))
		}).Fuzz(&frame)
		requireRoundTrip(t, frame)
	})
}
