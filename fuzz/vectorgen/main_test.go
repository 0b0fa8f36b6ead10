package main

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/vectors"
)

// What stands in the repository is what the program writes.
func TestGeneratedFilesAreUpToDate(t *testing.T) {
	for _, f := range []file{bulk(), fuzzed()} {
		want, err := f.bytes()
		require.NoError(t, err)
		got, err := fs.ReadFile(vectors.Files(), f.Family+".json")
		require.NoError(t, err)
		assert.True(t, string(want) == string(got), "%s.json is not what vectorgen writes: run go generate", f.Family)
	}
}

func TestRunWritesFilesThatLoad(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, run(dir))
	require.NoError(t, vectors.Lint(os.DirFS(dir)))
	set, err := vectors.LoadFS(os.DirFS(dir))
	require.NoError(t, err)
	count := map[string]int{}
	for _, v := range set.All() {
		count[v.Family]++
		assert.Equal(t, "forge", v.Origin)
	}
	assert.Equal(t, map[string]int{vectors.FamilyGenerated: len(bulk().Vectors), vectors.FamilyGofuzz: fuzzedFrames}, count)

	assert.Error(t, run(filepath.Join(dir, "nowhere")))
}

// The random octets are frozen: the first frame that they become is this one.
func TestGofuzzIsFrozen(t *testing.T) {
	data, err := json.Marshal(fuzzed().Vectors[0])
	require.NoError(t, err)
	assert.JSONEq(t, `{
	  "name": "frame-000",
	  "requirements": ["FRM-1", "HDR-4", "SEC-1"],
	  "comment": "TYPE 6, 3 headers and 38 octets of payload",
	  "origin": "forge",
	  "octets": "56540106001a00000000260303d2e3558471dd0505834adb4a887ef6b925800103037cfc2e71c3af463394757a2ff73900607701c1df8d15ae4c59ba5fc6e17fdfb445408722c9f55ada0e261bec7d",
	  "expect": {
	    "result": "accept",
	    "consumed": 79,
	    "frame": {
	      "version": 1,
	      "type": 6,
	      "flags": 0,
	      "headers": [["d2e355", "8471dd"], ["834adb4a88", "7ef6b92580"], ["03", "7cfc2e"]],
	      "payload": "71c3af463394757a2ff73900607701c1df8d15ae4c59ba5fc6e17fdfb445408722c9f55ada0e"
	    }
	  }
	}`, string(data))
}

// Each kind of outcome and each of the eight types is among what was drawn.
func TestGofuzzVariety(t *testing.T) {
	results, types, decodeOnly := map[string]int{}, map[byte]int{}, 0
	for _, v := range fuzzed().Vectors {
		results[v.Expect.Result]++
		if v.Expect.Frame != nil {
			types[v.Expect.Frame.Type]++
		}
		decodeOnly += len(v.Tags)
	}
	assert.Positive(t, results[vectors.ResultAccept])
	assert.Positive(t, results[vectors.ResultReject])
	assert.Len(t, types, 8)
	assert.Positive(t, decodeOnly)
	assert.Less(t, decodeOnly, results[vectors.ResultAccept])
}

func TestSectionHasItsSize(t *testing.T) {
	for size := 2; size <= 65535; size++ {
		if size == 3*512 {
			size = 65535 - 2*512 // what lies between is more of the same
		}
		total := 0
		for _, h := range section(size) {
			require.LessOrEqual(t, len(h.Key), 255)
			require.LessOrEqual(t, len(h.Value), 255)
			total += 2 + len(h.Key) + len(h.Value)
		}
		require.Equal(t, size, total)
	}
}

func TestNotation(t *testing.T) {
	for want, octets := range map[string][]byte{
		"":                   {},
		"00":                 {0},
		"787878787878787878": repeat('x', 9),
		"78*10":              repeat('x', 10),
		"61 78*10 62":        append(append([]byte("a"), repeat('x', 10)...), 'b'),
		"78*10 79*10":        append(repeat('x', 10), repeat('y', 10)...),
		"616263 00*12":       append([]byte("abc"), repeat(0, 12)...),
	} {
		assert.Equal(t, want, notation(octets))
	}
}
