package fuzz

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

var decodeRepairedSeeds = sync.OnceValue(func() []seed {
	var seeds []seed
	for _, s := range samples() {
		seeds = append(seeds, seed{s.octets, true}, seed{s.octets, false})
	}
	return seeds
})

// What is accepted has one encoding, the one that was accepted. Repaired octets
// are refused for nothing but an unknown TYPE or a malformed header section.
// [FRM-1] [FRM-9]
func FuzzDecodeRepaired(f *testing.F) {
	addSeeds(f, decodeRepairedSeeds())
	f.Fuzz(func(t *testing.T, b []byte, repaired bool) {
		e := endpoint{}
		if repaired {
			b = repair(b)
			e.limit = len(b)
		}
		o := parse(b, e)
		switch {
		case o.class == accepted:
			requireCanonical(t, b[:o.n], o.frame)
		case repaired && (o.n != len(b) || o.class != "InvalidFrameType" && o.class != "Protocol"):
			require.Fail(t, "a repaired frame is refused", "%x\nclass %s, n %d", b, o.class, o.n)
		}
	})
}
