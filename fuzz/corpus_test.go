package fuzz

import (
	"sync"

	"github.com/vstp-project/vstp/spec"
	"github.com/vstp-project/vstp/vectors"
)

// allVectors are the embedded vectors.
var allVectors = sync.OnceValue(func() []vectors.Vector {
	set, err := vectors.Load()
	if err != nil {
		panic(err) // the vectors have tests of their own, which say more
	}
	return set.All()
})

// family returns the vectors of one family.
func family(name string) []vectors.Vector {
	var list []vectors.Vector
	for _, v := range allVectors() {
		if v.Family == name {
			list = append(list, v)
		}
	}
	return list
}

// examples are the worked examples of the specification.
var examples = sync.OnceValue(func() []spec.HexBlock {
	blocks, err := spec.HexBlocks(spec.Text())
	if err != nil {
		panic(err)
	}
	return blocks
})

// A sample is octets to begin with, and the limit that goes with them.
type sample struct {
	octets []byte
	limit  int
}

// samples are all frames that are written down somewhere: the vectors of the
// family frame and the worked examples.
var samples = sync.OnceValue(func() []sample {
	var list []sample
	for _, v := range family(vectors.FamilyFrame) {
		list = append(list, sample{v.Octets, v.Limit})
	}
	for _, e := range examples() {
		list = append(list, sample{octets: e.Octets})
	}
	return list
})

// octetSeeds are the samples for a target that takes octets alone.
var octetSeeds = sync.OnceValue(func() []seed {
	var seeds []seed
	for _, s := range samples() {
		seeds = append(seeds, seed{s.octets})
	}
	return seeds
})
