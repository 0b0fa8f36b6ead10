package fuzz

import (
	"slices"
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

// familyTargets are the targets, beside the one for any octets, that the octets
// of a family are seeds of.
var familyTargets = map[string][]string{
	vectors.FamilyFrame:  frameTargets,
	vectors.FamilyString: {"String"},
	vectors.FamilyVarint: {"Varint"},
}

var frameTargets = []string{"DecodeRepaired", "Diff", "Encode", "Hostile", "Stream"}

// seededWith returns the vectors whose octets are seeds of a target.
func seededWith(target string) []vectors.Vector {
	var list []vectors.Vector
	for _, v := range allVectors() {
		if slices.Contains(familyTargets[v.Family], target) {
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

// samples are all frames that are written down somewhere: in vectors and in worked
// examples.
var samples = sync.OnceValue(func() []sample {
	var list []sample
	for _, v := range seededWith("Diff") {
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
