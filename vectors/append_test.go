package vectors_test

import (
	"io/fs"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/vectors"
)

const oneMore = `{"expect": {"crc": "d202ef8d", "result": "accept"}, "octets": "00", "origin": "hand", "comment": "<one> & more", "requirements": ["CRC-1"], "name": "one-more"}`

// What stands in the file stays as it is.
func TestAppend(t *testing.T) {
	before, err := fs.ReadFile(vectors.Files(), "crc.json")
	require.NoError(t, err)
	after, err := vectors.Append(before, []byte(oneMore))
	require.NoError(t, err)
	kept := len(before) - len("\n  ]\n}\n")
	assert.Equal(t, string(before[:kept]), string(after[:kept]))
	assert.Equal(t, `,
    {
      "name": "one-more",
      "requirements": ["CRC-1"],
      "comment": "<one> & more",
      "origin": "hand",
      "octets": "00",
      "expect": {
        "result": "accept",
        "crc": "d202ef8d"
      }
    }
  ]
}
`, string(after[kept:]))
	fsys := fstest.MapFS{"crc.json": {Data: after}}
	require.NoError(t, vectors.Lint(fsys))
	set, err := vectors.LoadFS(fsys)
	require.NoError(t, err)
	_, ok := set.Lookup("crc/one-more")
	assert.True(t, ok)
}

func TestAppendFirst(t *testing.T) {
	after, err := vectors.Append([]byte(`{"schema": "vstp-vectors/1", "spec": "1.0", "family": "crc", "description": "d", "tombstones": [], "vectors": []}`), []byte(oneMore))
	require.NoError(t, err)
	require.NoError(t, vectors.Lint(fstest.MapFS{"crc.json": {Data: after}}))
}

func TestAppendRefuses(t *testing.T) {
	for name, c := range map[string]struct{ file, vector, want string }{
		"file":    {"{", oneMore, "is not JSON"},
		"vector":  {`{"vectors": []}`, "{", "the vector is not JSON"},
		"no list": {`{"vectors": 1}`, oneMore, "no list of vectors"},
		"array":   {`[]`, oneMore, "no list of vectors"},
	} {
		_, err := vectors.Append([]byte(c.file), []byte(c.vector))
		assert.ErrorContains(t, err, c.want, name)
	}
}
