package vectors_test

import (
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/vectors"
)

const threeCRCs = `{"schema": "vstp-vectors/1", "spec": "1.0", "family": "crc", "description": "three", "tombstones": [], "vectors": [
{"name": "one", "requirements": ["CRC-1"], "comment": "c", "origin": "hand", "octets": "", "expect": {"result": "accept", "crc": "00000000"}},
{"name": "two", "requirements": ["CRC-1"], "comment": "c", "origin": "hand", "octets": "0", "expect": {"result": "accept", "crc": "00000000"}},
{"requirements": ["CRC-1"], "comment": "c", "origin": "hand", "octets": "", "expect": {"result": "accept", "crc": "00000000"}},
{"name": "four", "requirements": ["CRC-1"], "comment": "c", "origin": "hand", "octets": "00", "expect": {"result": "accept", "crc": "d202ef8d"}}
]}`

// The vectors beside a faulty one can still be looked at.
func TestLoadSound(t *testing.T) {
	fsys := fstest.MapFS{"crc.json": {Data: []byte(threeCRCs)}}
	set, err := vectors.LoadSound(fsys)
	require.ErrorContains(t, err, `crc.json:3: vector "two": octets: `)
	require.ErrorContains(t, err, "crc.json:4: lacks field name")
	var ids []string
	for _, v := range set.All() {
		ids = append(ids, v.ID())
	}
	assert.Equal(t, []string{"crc/one", "crc/four"}, ids)

	set, err = vectors.LoadFS(fsys)
	require.Error(t, err)
	assert.Empty(t, set.All())
}
