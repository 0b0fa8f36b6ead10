package conformance_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/spec"
)

// TestEveryTestableRequirementIsCoveredOrListed holds spec/uncovered.txt to the
// truth from both sides: what no case is about, be it a scenario or a vector that
// the judge runs, stands in it, and nothing else does.
func TestEveryTestableRequirementIsCoveredOrListed(t *testing.T) {
	covered := map[string]bool{}
	for _, role := range conformance.Roles() {
		cases, err := conformance.Cases(conformance.Options{Role: role, Profile: "strict"})
		require.NoError(t, err)
		for _, c := range cases {
			for _, id := range c.Requirements {
				covered[id] = true
			}
		}
	}
	entries, err := spec.Uncovered()
	require.NoError(t, err)
	var listed []string
	for _, e := range entries {
		listed = append(listed, e.ID)
		assert.False(t, covered[e.ID], "%s is covered: take it out of spec/uncovered.txt", e.ID)
		r, ok := spec.Lookup(e.ID)
		assert.True(t, ok && r.Testable, "%s in spec/uncovered.txt is no testable requirement", e.ID)
	}
	for _, r := range spec.Requirements() {
		if r.Testable && !covered[r.ID] {
			assert.Contains(t, listed, r.ID, "no case is about %s: add one, or list it in spec/uncovered.txt", r.ID)
		}
	}
}
