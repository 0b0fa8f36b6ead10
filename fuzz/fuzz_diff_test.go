package fuzz

import (
	"sync"
	"testing"

	"github.com/vstp-project/vstp/vectors"
)

var diffSeeds = sync.OnceValue(func() []seed {
	var seeds []seed
	for _, s := range samples() {
		seeds = append(seeds, seed{s.octets, s.limit, false, false}, seed{s.octets, 0, true, true})
	}
	for _, v := range family(vectors.FamilyGenerated, vectors.FamilyGofuzz) {
		seeds = append(seeds, seed{v.Octets, v.Limit, false, false})
	}
	return seeds
})

// The reference codec and the judge's decoder agree: on the class, the place of
// the fault, the fields, the octets consumed and the octets needed. [FRM-9]
func FuzzDiff(f *testing.F) {
	addSeeds(f, diffSeeds())
	f.Fuzz(func(t *testing.T, b []byte, limit int, repaired, extended bool) {
		if repaired {
			b = repair(b)
		}
		requireAgreement(t, b, endpoint{limit: limit, extended: extended})
	})
}
