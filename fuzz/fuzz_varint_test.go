package fuzz

import (
	"sync"
	"testing"

	"github.com/vstp-project/vstp/vectors"
)

var varintSeeds = sync.OnceValue(func() []seed {
	var seeds []seed
	for _, v := range family(vectors.FamilyVarint) {
		seeds = append(seeds, seed{v.Octets, v.Expect.Value})
	}
	return seeds
})

// Varints are numbers in groups of seven bits, and numbers are varints. [VAR-1]
// [VAR-2]
func FuzzVarint(f *testing.F) {
	addSeeds(f, varintSeeds())
	f.Fuzz(func(t *testing.T, b []byte, v uint64) {
		requireVarint(t, b)
		requireVarintInverse(t, v)
	})
}
