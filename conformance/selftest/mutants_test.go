package selftest_test

import (
	"go/parser"
	"go/token"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance/selftest"
	"github.com/vstp-project/vstp/spec"
)

func TestMutantsApply(t *testing.T) {
	root, err := selftest.Checkout()
	require.NoError(t, err)
	mutants := selftest.Mutants()
	require.NotEmpty(t, mutants)
	kebab := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	names := map[string]bool{}
	for _, m := range mutants {
		t.Run(m.Name, func(t *testing.T) {
			assert.Regexp(t, kebab, m.Name)
			assert.False(t, names[m.Name], "another mutant has this name")
			names[m.Name] = true
			_, known := spec.Lookup(m.Requirement)
			assert.True(t, known, "the specification has no requirement %s", m.Requirement)
			assert.NotEmpty(t, m.Sentence)
			assert.Regexp(t, `^ref/.*\.go$`, m.File, "a mutant breaks the reference implementation")
			assert.NotRegexp(t, `_test\.go$`, m.File)
			assert.NotEqual(t, m.Old, m.New)

			mutated, err := m.Apply(root)
			require.NoError(t, err)
			_, err = parser.ParseFile(token.NewFileSet(), m.File, mutated, parser.SkipObjectResolution)
			require.NoError(t, err)
		})
	}
}

func TestMutantsInTheOrderOfTheSpecification(t *testing.T) {
	place := map[string]int{}
	for i, r := range spec.Requirements() {
		place[r.ID] = i
	}
	last := 0
	for _, m := range selftest.Mutants() {
		assert.GreaterOrEqual(t, place[m.Requirement], last, m.Name)
		last = place[m.Requirement]
	}
}

func TestEveryRequirementWithACaseHasAMutant(t *testing.T) {
	unproved, err := selftest.Unproved()
	require.NoError(t, err)
	assert.Empty(t, unproved, "requirements that have a case but no mutant in the same role")
}

func TestApplyRefusesATextThatIsNotThereOnce(t *testing.T) {
	root, err := selftest.Checkout()
	require.NoError(t, err)
	m := selftest.Mutant{Name: "none", File: "ref/wire/parse.go", Old: "no such text", New: "x"}
	_, err = m.Apply(root)
	require.ErrorContains(t, err, "stands 0 times in ref/wire/parse.go")
	m.Old = "return"
	_, err = m.Apply(root)
	require.ErrorContains(t, err, "not once")
}
