package vectors_test

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/vectors"
)

// The example of the README is a vector of the files, word for word.
func TestReadmeExampleIsAVector(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	_, example, ok := strings.Cut(string(readme), "```json\n")
	require.True(t, ok)
	example, _, ok = strings.Cut(example, "```")
	require.True(t, ok)

	file := `{"schema": "vstp-vectors/1", "spec": "1.0", "family": "frame", "description": "The README's", "tombstones": [], "vectors": [` + example + `]}`
	set, err := vectors.LoadFS(fstest.MapFS{"frame.json": {Data: []byte(file)}})
	require.NoError(t, err)
	require.Len(t, set.All(), 1)
	want := set.All()[0]

	embedded, err := vectors.Load()
	require.NoError(t, err)
	got, ok := embedded.Lookup(want.ID())
	require.True(t, ok)
	assert.Equal(t, want, got)
}
