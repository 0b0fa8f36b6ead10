package fuzz

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vstp-project/vstp/conformance/forge"
)

// One fault is what both decoders report.
func TestOnePlantedFaultIsReported(t *testing.T) {
	for name, fault := range map[string]int{
		"none":              0,
		"magic":             wrongMagic,
		"version":           wrongVersion,
		"size":              tooLarge,
		"truncated":         truncated,
		"checksum":          wrongCRC,
		"type":              unknownType,
		"malformed headers": malformedSection,
	} {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				requireClass(t, drawHostile(rapidDice(t), fault))
			})
		})
	}
}

// Of several faults the first in the order of checks is reported. [FRM-9]
func TestFirstOfSeveralPlantedFaultsIsReported(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := rapidDice(t)
		requireClass(t, drawHostile(d, d(allFaults+1)))
	})
}

// Every pair of faults, and every stray at the end of a section, at least once.
func TestEveryPairOfPlantedFaults(t *testing.T) {
	zero := dice(func(int) int { return 0 })
	for a := 1; a <= allFaults; a <<= 1 {
		for b := a; b <= allFaults; b <<= 1 {
			requireClass(t, drawHostile(zero, a|b))
		}
	}
	for _, stray := range strays {
		h := hostile{frame: forge.Frame{Type: 3, Payload: []byte("payload")}, faults: malformedSection, stray: stray}
		for range 3 {
			requireClass(t, h)
			h.frame.Headers = append(h.frame.Headers, forge.KV("key", "value")...)
		}
	}
}

// The seeds of the target hold every set of faults, so that a fuzzer does not have
// to find one.
func TestHostileSeedsHoldEverySetOfFaults(t *testing.T) {
	seen := map[int]bool{}
	classes := map[string]bool{}
	for _, s := range hostileSeeds() {
		h := gofuzzHostile(s[0].([]byte))
		b, _ := h.build()
		seen[h.faults] = true
		classes[h.class(len(b))] = true
	}
	require.Len(t, seen, allFaults+1)
	require.Len(t, classes, 8, "%v", classes)
}
