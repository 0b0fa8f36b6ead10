package vectors_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/vectors"
)

// The digest is what sha256sum prints for the file without the line that holds it.
func TestDigestLeavesItsLineOut(t *testing.T) {
	// printf '{\n}\n' | sha256sum
	const want = "d914176fd50bd7f565700006a31aa97b79d3ad17cee20c8e5ff2061d5cb74817"
	assert.Equal(t, want, vectors.Digest([]byte("{\n}\n")))
	assert.Equal(t, want, vectors.Digest([]byte("{\n  \"sha256\": \"anything\",\n}\n")))
	assert.NotEqual(t, want, vectors.Digest([]byte("{\n}")))
}

func TestSealMakesFileThatLoads(t *testing.T) {
	base := bases["generated"]
	sealed, err := vectors.Seal([]byte(base))
	require.NoError(t, err)
	assert.Equal(t, base, string(sealed), "sealed already")

	changed := strings.Replace(base, `"Good"`, `"Better"`, 1)
	sealed, err = vectors.Seal([]byte(changed))
	require.NoError(t, err)
	assert.NotEqual(t, changed, string(sealed))
	assert.Contains(t, string(sealed), vectors.Digest(sealed))
	assert.Equal(t, vectors.Digest([]byte(changed)), vectors.Digest(sealed))

	_, err = vectors.Seal([]byte(bases["frame"]))
	assert.ErrorContains(t, err, "sha256")
	_, err = vectors.Seal([]byte("{"))
	assert.ErrorContains(t, err, "not JSON")
}
