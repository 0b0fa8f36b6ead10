package selftest_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance/selftest"
)

// aCheckout is one that holds a single source.
func aCheckout(t *testing.T) (root, judge string) {
	root = t.TempDir()
	for name, content := range map[string]string{
		"go.mod": "module m\n", "go.sum": "", "ref/a.go": "package ref // one\n", "ref/b.go": "package ref\n", "ref/b_test.go": "package ref\n", "judge": "judge",
	} {
		write(t, filepath.Join(root, name), content)
	}
	return root, filepath.Join(root, "judge")
}

func write(t *testing.T, name, content string) {
	require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
	require.NoError(t, os.WriteFile(name, []byte(content), 0o600))
}

func killedMutant() selftest.MutantResult {
	return selftest.MutantResult{
		Mutant:  selftest.Mutant{Name: "one-is-two", Requirement: "FRM-1", File: "ref/a.go", Old: "one", New: "two"},
		Killers: []string{"framing/x"},
		Blame:   selftest.Blame{Case: "framing/x", Names: []string{"FRM-1"}, Precise: true},
	}
}

func TestCacheGivesBackWhatWasCaught(t *testing.T) {
	root, judge := aCheckout(t)
	dir := filepath.Join(t.TempDir(), "kills")
	c, err := selftest.NewCache(dir, root, judge, 0.1)
	require.NoError(t, err)
	result := killedMutant()
	_, ok := c.Get(result.Mutant)
	assert.False(t, ok, "nothing was kept yet")
	require.NoError(t, c.Put(result))
	got, ok := c.Get(result.Mutant)
	require.True(t, ok)
	result.Cached = true
	assert.Equal(t, result, got)

	survivor := killedMutant()
	survivor.Mutant.Name, survivor.Killers = "another", nil
	require.NoError(t, c.Put(survivor))
	_, ok = c.Get(survivor.Mutant)
	assert.False(t, ok, "a survivor is judged again")
}

func TestCacheForgetsWhenAnythingChanges(t *testing.T) {
	for name, change := range map[string]func(t *testing.T, root string, m *selftest.Mutant, scale *float64){
		"the judge": func(t *testing.T, root string, _ *selftest.Mutant, _ *float64) {
			write(t, filepath.Join(root, "judge"), "other")
		},
		"the mutant's source": func(t *testing.T, root string, _ *selftest.Mutant, _ *float64) {
			write(t, filepath.Join(root, "ref/a.go"), "package ref // one.\n")
		},
		"another source": func(t *testing.T, root string, _ *selftest.Mutant, _ *float64) {
			write(t, filepath.Join(root, "ref/b.go"), "package ref // b\n")
		},
		"a new source": func(t *testing.T, root string, _ *selftest.Mutant, _ *float64) {
			write(t, filepath.Join(root, "ref/c.go"), "package ref\n")
		},
		"a dependency": func(t *testing.T, root string, _ *selftest.Mutant, _ *float64) {
			write(t, filepath.Join(root, "go.sum"), "x\n")
		},
		"the replacement": func(_ *testing.T, _ string, m *selftest.Mutant, _ *float64) { m.New = "three" },
		"the requirement": func(_ *testing.T, _ string, m *selftest.Mutant, _ *float64) { m.Requirement = "FRM-2" },
		"the role":        func(_ *testing.T, _ string, m *selftest.Mutant, _ *float64) { m.Role = "client" },
		"the arguments":   func(_ *testing.T, _ string, m *selftest.Mutant, _ *float64) { m.Args = []string{"--no-compression"} },
		"the time scale":  func(_ *testing.T, _ string, _ *selftest.Mutant, scale *float64) { *scale = 0.2 },
	} {
		t.Run(name, func(t *testing.T) {
			root, judge := aCheckout(t)
			dir, result, scale := t.TempDir(), killedMutant(), 0.1
			c, err := selftest.NewCache(dir, root, judge, scale)
			require.NoError(t, err)
			require.NoError(t, c.Put(result))
			change(t, root, &result.Mutant, &scale)
			c, err = selftest.NewCache(dir, root, judge, scale)
			require.NoError(t, err)
			_, ok := c.Get(result.Mutant)
			assert.False(t, ok)
		})
	}
	root, judge := aCheckout(t)
	dir, result := t.TempDir(), killedMutant()
	c, err := selftest.NewCache(dir, root, judge, 0.1)
	require.NoError(t, err)
	require.NoError(t, c.Put(result))
	write(t, filepath.Join(root, "ref/b_test.go"), "package ref // tests are not built\n")
	c, err = selftest.NewCache(dir, root, judge, 0.1)
	require.NoError(t, err)
	_, ok := c.Get(result.Mutant)
	assert.True(t, ok)
}

func TestCacheTakesRubbishForNothing(t *testing.T) {
	root, judge := aCheckout(t)
	dir, result := t.TempDir(), killedMutant()
	c, err := selftest.NewCache(dir, root, judge, 0.1)
	require.NoError(t, err)
	require.NoError(t, c.Put(result))
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	require.NoError(t, err)
	require.Len(t, files, 1)
	for _, rubbish := range []string{"", "{", `{"form":"vstp-kill/0"}`, `{"form":"vstp-kill/1","mutant":"one-is-two","killers":[]}`} {
		write(t, files[0], rubbish)
		_, ok := c.Get(result.Mutant)
		assert.False(t, ok, rubbish)
	}
}
