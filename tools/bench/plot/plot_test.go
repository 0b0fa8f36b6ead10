package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func write(t *testing.T, text string) string {
	name := filepath.Join(t.TempDir(), "curves.json")
	require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	return name
}

func TestPlotDrawsAFile(t *testing.T) {
	from := write(t, `{"title": "connections", "n": "connections", "series": [
		{"name": "idle", "points": [{"n": 0, "ns": 1}, {"n": 1, "ns": 12.5, "bytes": 4096}, {"n": 10000, "ns": 99, "bytes": 41e6}]},
		{"name": "nothing known", "points": []}]}`)
	for _, y := range []string{"ns", "bytes"} {
		out := filepath.Join(t.TempDir(), "curves.svg")
		require.NoError(t, run(false, from, "", out, y))
		picture, err := os.ReadFile(out)
		require.NoError(t, err)
		assert.Contains(t, string(picture), "connections")
		assert.Contains(t, string(picture), "idle")
		assert.NotContains(t, string(picture), "nothing known")
	}
}

func TestPlotSaysWhatIsWrong(t *testing.T) {
	out := filepath.Join(t.TempDir(), "curves.svg")
	require.ErrorContains(t, run(false, write(t, `{"series": []}`), "", out, "ns"), "there is no series")
	require.ErrorContains(t, run(false, write(t, `{`), "", out, "ns"), "curves.json")
	require.ErrorContains(t, run(false, write(t, `{"series": [{"name": "x", "points": [{"n": 1, "ns": 1}]}]}`), "", out, "bytes"), "positive bytes")
	require.ErrorContains(t, run(false, write(t, `{"series": [{"name": "x"}]}`), "", out, "seconds"), `"seconds"`)
	assert.NoFileExists(t, out)
}

// Both ways of writing a frame are measured on the same octets.
func TestCodecOpsWork(t *testing.T) {
	for _, payload := range []int{0, 64, 1 << 20} {
		ops, err := codecOps(payload)
		require.NoError(t, err)
		require.Len(t, ops, 4)
		for _, op := range ops {
			assert.Zero(t, testing.AllocsPerRun(3, op))
		}
	}
}
