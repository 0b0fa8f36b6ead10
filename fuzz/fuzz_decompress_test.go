package fuzz

import (
	"sync"
	"testing"

	"github.com/vstp-project/vstp/vectors"
)

var decompressSeeds = sync.OnceValue(func() []seed {
	var seeds []seed
	for _, v := range family(vectors.FamilyGzip) {
		seeds = append(seeds, seed{v.Octets, v.Limit, false})
		if len(v.Octets) > memberHeader {
			seeds = append(seeds, seed{v.Octets[memberHeader:], v.Limit, true})
		}
	}
	return seeds
})

// A payload under COMP is one gzip member within the limit, or it is refused.
// [CMP-6] [CMP-7] [CMP-8]
func FuzzDecompress(f *testing.F) {
	addSeeds(f, decompressSeeds())
	f.Fuzz(func(t *testing.T, b []byte, limit int, repair bool) {
		if repair {
			b = repairMember(b)
		}
		requireDecompress(t, b, limit)
	})
}
