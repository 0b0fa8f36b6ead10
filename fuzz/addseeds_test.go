package fuzz

import "testing"

// A seed is the arguments of one call of f.Add.
type seed []any

// addSeeds gives a target its seeds. It does nothing else with f: builders for
// libFuzzer call a target anew for each input.
func addSeeds(f *testing.F, seeds []seed) {
	for _, s := range seeds {
		f.Add(s...)
	}
}
