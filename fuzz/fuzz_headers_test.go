package fuzz

import (
	"encoding/binary"
	"sync"
	"testing"

	"github.com/vstp-project/vstp/vectors"
)

var headersSeeds = sync.OnceValue(func() []seed {
	seeds := []seed{{[]byte{}}}
	for _, stray := range strays {
		seeds = append(seeds, seed{stray})
	}
	for _, v := range family(vectors.FamilyHeader) {
		seeds = append(seeds, seed{v.Octets})
	}
	for _, s := range samples() {
		if len(s.octets) < fixedLen {
			continue
		}
		n := int(binary.LittleEndian.Uint16(s.octets[5:]))
		seeds = append(seeds, seed{s.octets[fixedLen:min(fixedLen+n, len(s.octets))]})
	}
	return seeds
})

// A header section is the same headers to both decoders, and the headers are the
// same section again. [HDR-1]
func FuzzHeaders(f *testing.F) {
	addSeeds(f, headersSeeds())
	f.Fuzz(func(t *testing.T, section []byte) {
		requireHeaders(t, section)
	})
}
