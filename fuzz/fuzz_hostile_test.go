package fuzz

import (
	"encoding/binary"
	"sync"
	"testing"

	gofuzz "github.com/google/gofuzz"
)

var hostileSeeds = sync.OnceValue(func() []seed {
	seeds := octetSeeds()
	// gofuzz takes one draw from each eight octets after the first eight. These
	// begin with every set of faults.
	for faults := range allFaults + 1 {
		var data []byte
		for _, word := range []uint64{uint64(faults), uint64(faults) << 32, uint64(faults) << 40} {
			data = binary.BigEndian.AppendUint64(data, word)
		}
		seeds = append(seeds, seed{data})
	}
	return seeds
})

// Both decoders report the fault that was planted, and of several the one that
// comes first in the order of checks. [FRM-9]
func FuzzHostile(f *testing.F) {
	addSeeds(f, hostileSeeds())
	f.Fuzz(func(t *testing.T, data []byte) {
		requireClass(t, gofuzzHostile(data))
	})
}

// gofuzzHostile lets the octets of data decide about faults and frame.
func gofuzzHostile(data []byte) (h hostile) {
	gofuzz.NewFromGoFuzz(data).Funcs(func(h *hostile, c gofuzz.Continue) {
		d := gofuzzDice(c)
		*h = drawHostile(d, drawFaults(d))
	}).Fuzz(&h)
	return h
}

// drawFaults draws one fault, or any number of them.
func drawFaults(d dice) int {
	if faults := d(allFaults + 1); d.oneIn(2) {
		return faults
	}
	return 1 << d(7)
}
