package fuzz

import (
	"encoding/binary"
	"slices"
	"sync"
	"testing"

	gofuzz "github.com/google/gofuzz"
)

var hostileSeeds = sync.OnceValue(func() []seed {
	seeds := slices.Clone(octetSeeds())
	// Behind its first eight octets gofuzz makes one draw of each eight, out of bits
	// 33 and up. So these draw each set of faults: the set, and that it is to stay.
	for faults := range uint64(allFaults + 1) {
		data := make([]byte, 8)
		data = binary.BigEndian.AppendUint64(data, faults<<33)
		data = binary.BigEndian.AppendUint64(data, 1<<33)
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
