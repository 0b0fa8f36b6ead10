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
// of a family are seeds of. Families that a program has made are large: they go
// where both decoders are compared and nowhere else, since a fuzzer runs every
// seed before it begins.
var familyTargets = map[string][]string{
	vectors.FamilyFrame:     {"DecodeRepaired", "Diff", "Encode", "Hostile", "Stream"},
	vectors.FamilyGenerated: {"Diff"},
	vectors.FamilyGofuzz:    {"Diff"},
	vectors.FamilyGzip:      {"Decompress"},
	vectors.FamilyHeader:    {"Headers"},
	vectors.FamilyStream:    {"Stream"},
	vectors.FamilyString:    {"String"},
	vectors.FamilyVarint:    {"Varint"},
}

// longSeed is how many octets are too many for a seed: a fuzzer would spend its
// time on copying them. The largest frame of a vector has some 65,600.
const longSeed = 100_000

// octetsOf returns all octets that arrive or are sent in a vector: its own, and
// those of its datagrams and events.
func octetsOf(v vectors.Vector) [][]byte {
	list := slices.Clone(v.Expect.Datagrams)
	if v.Octets != nil {
		list = append(list, v.Octets)
	}
	for _, e := range v.Events {
		if e.In != nil && e.In.Octets != nil {
			list = append(list, e.In.Octets)
		}
	}
	return slices.DeleteFunc(list, func(b []byte) bool { return len(b) > longSeed })
}

// family returns the vectors of some families.
func family(names ...string) []vectors.Vector {
	var list []vectors.Vector
	for _, v := range allVectors() {
		if slices.Contains(names, v.Family) {
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

// samples are the frames that someone has written down: in vectors and in worked
// examples.
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
