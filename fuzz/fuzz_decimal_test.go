package fuzz

import (
	"math"
	"sync"
	"testing"

	"github.com/vstp-project/vstp/vectors"
)

var decimalSeeds = sync.OnceValue(func() []seed {
	seeds := []seed{{[]byte("340282366920938463463374607431768211455"), uint64(0)}, {[]byte("340282366920938463463374607431768211456"), uint64(math.MaxUint64)}}
	for _, value := range protocolValues {
		seeds = append(seeds, seed{[]byte(value), uint64(0)})
	}
	for _, v := range family(vectors.FamilyFrame) {
		if v.Expect.Frame == nil || len(v.Expect.Frame.Headers) > 8 {
			continue // what is in there in thousands is no numbers
		}
		for _, header := range v.Expect.Frame.Headers {
			seeds = append(seeds, seed{header[1], uint64(len(header[1]))})
		}
	}
	return seeds
})

// A number in a header has one form. [HDR-9]
func FuzzDecimal(f *testing.F) {
	addSeeds(f, decimalSeeds())
	f.Fuzz(func(t *testing.T, b []byte, v uint64) {
		requireDecimal(t, b)
		requireDecimalInverse(t, v)
	})
}
