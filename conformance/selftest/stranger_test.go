package selftest_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/conformance/selftest"
)

func stranger(t *testing.T) selftest.Contrarian {
	all := selftest.Contrarians()
	i := slices.IndexFunc(all, func(c selftest.Contrarian) bool { return c.Name == "stranger" })
	require.GreaterOrEqual(t, i, 0)
	return all[i]
}

func TestStrangerPassesCore(t *testing.T) {
	results, err := selftest.Oppose(t.Context(), stranger(t), "", conformance.Options{TimeScale: 0.1})
	require.NoError(t, err)
	require.Len(t, results, 1)
	for _, res := range results[0].Blamed {
		t.Errorf("%s (%v): %s %s", res.ID, res.Requirements, res.Verdict, res.Message)
	}
	for _, res := range results[0].Report.Results {
		switch res.Verdict {
		case conformance.NotExercised, conformance.Inconclusive, conformance.HarnessError:
			t.Logf("%s (%v): %s %s %s", res.ID, res.Requirements, res.Verdict, res.Cause, res.Message)
		}
	}
	assert.Equal(t, conformance.ExitConformant, results[0].Report.ExitCode(conformance.ExitOptions{}))
}

// It is another peer indeed: what strict adds, it does not keep.
func TestStrangerIsNotStrict(t *testing.T) {
	c := stranger(t)
	c.Profile = "strict"
	results, err := selftest.Oppose(t.Context(), c, "", conformance.Options{TimeScale: 0.1})
	require.NoError(t, err)
	assert.Greater(t, len(results[0].Blamed), 20)
}
