package fuzz

import (
	"sync"
	"testing"

	"github.com/vstp-project/vstp/vectors"
)

var stringSeeds = sync.OnceValue(func() []seed {
	var seeds []seed
	for _, v := range family(vectors.FamilyString) {
		if v.Octets != nil {
			seeds = append(seeds, seed{v.Octets})
		}
		if v.Expect.Text != "" {
			seeds = append(seeds, seed{[]byte(v.Expect.Text)})
		}
	}
	return seeds
})

// A binary string is its length and UTF-8, and nothing else is one. [STR-1]
func FuzzString(f *testing.F) {
	addSeeds(f, stringSeeds())
	f.Fuzz(func(t *testing.T, b []byte) {
		requireString(t, b)
		requireStringInverse(t, b)
	})
}
