package fuzz

import (
	"slices"
	"sync"
	"testing"

	"github.com/vstp-project/vstp/conformance/forge"
	"github.com/vstp-project/vstp/vectors"
)

var streamSeeds = sync.OnceValue(func() []seed {
	// Cuts behind one octet, behind the lengths, behind anything, and none.
	cuts := []uint64{0, 0xaaaaaaaaaaaaaaaa, 0x0f1e2d3c4b5a6978, 0xffffffffffffffff}
	var seeds []seed
	for i, v := range family(vectors.FamilyStream) {
		seeds = append(seeds, seed{v.Octets, cuts[i%len(cuts)], false})
	}
	bye := forge.Frame{Type: 6}.Bytes()
	for i, s := range samples() {
		cut := cuts[i%len(cuts)]
		seeds = append(seeds,
			seed{s.octets, cut, false},
			seed{slices.Concat(bye, s.octets, bye, bye[:7]), cut, i%2 == 1})
	}
	return seeds
})

// A stream gives the same frames wherever TCP cuts it. [TCP-5] [FRM-6]
func FuzzStream(f *testing.F) {
	addSeeds(f, streamSeeds())
	f.Fuzz(func(t *testing.T, b []byte, cuts uint64, repaired bool) {
		if repaired {
			b = repairStream(b)
		}
		requireSegmentation(t, b, cuts, endpoint{})
	})
}
