package selftest_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance/selftest"
)

func TestContrariansApply(t *testing.T) {
	root, ok := selftest.Source()
	require.True(t, ok, "the tests run in a checkout")
	names := map[string]bool{}
	for _, c := range selftest.Contrarians() {
		assert.False(t, names[c.Name], "two contrarians are called %s", c.Name)
		names[c.Name] = true
		assert.NotEmpty(t, c.Choice, c.Name)
		assert.NotEmpty(t, c.Roles, c.Name)
		assert.NoError(t, c.Apply(root))
	}
}
