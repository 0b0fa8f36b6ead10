package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance/report"
	"github.com/vstp-project/vstp/conformance/selftest"
)

// catalogue is n mutants.
func catalogue(n int) []selftest.Mutant {
	all := make([]selftest.Mutant, n)
	for i := range all {
		all[i].Name = fmt.Sprintf("mutant-%02d", i)
	}
	return all
}

func mutantNames(of []selftest.Mutant) []string {
	var names []string
	for _, m := range of {
		names = append(names, m.Name)
	}
	return names
}

func TestShardsOfMutantsAreTheWhole(t *testing.T) {
	all := catalogue(10)
	var together []string
	for i := range 3 {
		f := selftestFlags{shard: fmt.Sprintf("%d/3", i+1)}
		part, err := f.choose(all)
		require.NoError(t, err)
		assert.InDelta(t, 3.5, len(part), 1)
		together = append(together, mutantNames(part)...)
	}
	slices.Sort(together)
	assert.Equal(t, mutantNames(all), together)
}

func TestSampleOfMutantsIsInTheOrderOfTheCatalogue(t *testing.T) {
	all := catalogue(50)
	f := selftestFlags{sample: 12, seed: 7}
	first, err := f.choose(all)
	require.NoError(t, err)
	assert.Len(t, first, 12)
	assert.IsIncreasing(t, mutantNames(first))
	again, err := f.choose(all)
	require.NoError(t, err)
	assert.Equal(t, first, again)
	f.seed = 8
	other, err := f.choose(all)
	require.NoError(t, err)
	assert.NotEqual(t, mutantNames(first), mutantNames(other))
}

func TestSelectionOfMutantsThatIsEmptyIsRefused(t *testing.T) {
	for _, f := range []selftestFlags{
		{run: []string{"nothing"}},
		{run: []string{"mutant-01"}, shard: "2/2"},
		{shard: "0/2"},
		{shard: "half"},
	} {
		_, err := f.choose(catalogue(10))
		var usage *usageError
		assert.ErrorAs(t, err, &usage, "%+v", f)
	}
}

func TestProofOfAMatrix(t *testing.T) {
	killed := report.KillMutant{Outcome: report.Killed, Killers: []string{"a"}, Blame: &report.KillBlame{Case: "a", Names: []string{"FRM-1"}, Precise: true}}
	vague := killed
	vague.Blame = &report.KillBlame{Case: "b", Names: []string{"FRM-2"}}
	proved := report.KillRow{ID: "FRM-1", Role: "server", Standing: report.Proved}
	for name, c := range map[string]struct {
		matrix report.KillMatrix
		want   int
		says   string
	}{
		"proved":        {report.KillMatrix{Catalogue: 1, Mutants: []report.KillMutant{killed}}, 0, ""},
		"a survivor":    {report.KillMatrix{Catalogue: 1, Mutants: []report.KillMutant{{Outcome: report.Survived}}}, 1, ""},
		"a broken one":  {report.KillMatrix{Catalogue: 1, Mutants: []report.KillMutant{{Outcome: report.Broken}}}, 4, ""},
		"no case":       {report.KillMatrix{Catalogue: 9, Requirements: []report.KillRow{proved, {ID: "FRM-2", Role: "server", Standing: report.Uncovered}}, Mutants: []report.KillMutant{killed}}, 1, "uncovered: no case is about FRM-2\n"},
		"vague blame":   {report.KillMatrix{Catalogue: 2, Mutants: []report.KillMutant{killed, vague}}, 1, "vague: the broken rule is blamed first for 50.0 % of the mutants, and 90 % is wanted\n"},
		"only a sample": {report.KillMatrix{Catalogue: 9, Mutants: []report.KillMutant{killed, vague}}, 0, ""},
	} {
		var out strings.Builder
		code, err := (&selftestFlags{}).proof(&out, c.matrix)
		require.NoError(t, err)
		assert.Equal(t, c.want, code, name)
		assert.Equal(t, c.says, out.String(), name)
	}
}
