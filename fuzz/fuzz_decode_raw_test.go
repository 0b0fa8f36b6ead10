package fuzz

import (
	"bytes"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

var decodeRawSeeds = sync.OnceValue(func() []seed {
	var seeds []seed
	for _, example := range examples() {
		seeds = append(seeds, seed{example.Octets, 0})
	}
	// What is no frame may stand here all the same.
	seen := map[string]bool{}
	for _, v := range allVectors() {
		for _, b := range octetsOf(v) {
			if !seen[string(b)] {
				seen[string(b)] = true
				seeds = append(seeds, seed{b, v.Limit})
			}
		}
	}
	return seeds
})

// Any octets have a verdict: nobody panics, reads beyond what is given, changes
// it, or changes its mind when more comes. [FRM-7] [LIM-5]
func FuzzDecodeRaw(f *testing.F) {
	addSeeds(f, decodeRawSeeds())
	f.Fuzz(func(t *testing.T, b []byte, limit int) {
		e := endpoint{limit: limit}
		before := bytes.Clone(b)
		r, d := requireAgreement(t, b, e)
		requireSoundReport(t, b, d)
		requireSameDatagram(t, b, d, e)
		requireMonotony(t, b, e, int(d.Total))
		requireBlind(t, b, r, e)
		if !bytes.Equal(before, b) {
			require.Fail(t, "decoding changes its input", "before %x\nafter  %x", before, b)
		}
	})
}

// requireBlind fails unless octets behind b, in the same array, play no part.
func requireBlind(t require.TestingT, b []byte, r outcome, e endpoint) {
	array := append(bytes.Clone(b), bytes.Repeat([]byte{0xa5}, 64)...)
	o := parse(array[:len(b)], e)
	if o.class != r.class || o.n != r.n || o.offset != r.offset {
		require.Fail(t, "octets beyond the end are read", "%x\n%+v\n%+v", b, r, o)
	}
}
