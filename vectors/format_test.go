package vectors_test

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/vectors"
)

func TestLintEmbeddedFiles(t *testing.T) {
	assert.NoError(t, vectors.Lint(vectors.Files()))
}

func TestFormatKeepsCanonicalForm(t *testing.T) {
	for family, base := range bases {
		formatted, err := vectors.Format([]byte(base))
		require.NoError(t, err)
		assert.Equal(t, base, string(formatted), family)
	}
}

func TestFormatMakesCanonicalForm(t *testing.T) {
	untidy := `{"vectors":[{"expect":{"frame":{"payload":"","headers":[["6b",""],
		["","",32767]],"flags":0,"type":3,"version":1},"result":"accept"},"comment":"a \u003c b \u00e9 \u0000","name":"x"}],
		"zebra":null,"tombstones":[ ],"family":"frame" , "spec":{}}`
	want := `{
  "spec": {},
  "family": "frame",
  "tombstones": [],
  "vectors": [
    {
      "name": "x",
      "comment": "a < b é \u0000",
      "expect": {
        "result": "accept",
        "frame": {
          "version": 1,
          "type": 3,
          "flags": 0,
          "headers": [["6b", ""], ["", "", 32767]],
          "payload": ""
        }
      }
    }
  ],
  "zebra": null
}
`
	formatted, err := vectors.Format([]byte(untidy))
	require.NoError(t, err)
	assert.Equal(t, want, string(formatted))

	again, err := vectors.Format(formatted)
	require.NoError(t, err)
	assert.Equal(t, want, string(again))

	_, err = vectors.Format([]byte("{"))
	assert.Error(t, err)
}

// Lists that are read line by line have an element on each, JSON of any kind keeps
// its order, and the vectors of a generated file stand on a line each.
func TestFormatKeepsListsOnLines(t *testing.T) {
	for untidy, want := range map[string]string{
		`{"datagrams":["00","01"],"count":[1,2]}`: `{
  "count": [1, 2],
  "datagrams": [
    "00",
    "01"
  ]
}
`,
		`{"events":[{"out":[{"to":"A","ack":""}],"at_ms":0},{"at_ms":1,"out":[]}],"frames":[]}`: `{
  "frames": [],
  "events": [
    {"at_ms": 0, "out": [{"ack": "", "to": "A"}]},
    {"at_ms": 1, "out": []}
  ]
}
`,
		`{"json": {"type": 1,
			"at_ms": [ 2 ]}}`: `{
  "json": {"type":1,"at_ms":[2]}
}
`,
		`{"vectors":[{"expect":{"result":"accept"},"name":"x"}],"sha256":""}`: `{
  "sha256": "",
  "vectors": [
    {"name": "x", "expect": {"result": "accept"}}
  ]
}
`,
	} {
		formatted, err := vectors.Format([]byte(untidy))
		require.NoError(t, err)
		assert.Equal(t, want, string(formatted))
	}
}

func TestLintReportsLine(t *testing.T) {
	tests := []struct {
		name, old, new string
		line           int
	}{
		{"indentation", `  "spec"`, `    "spec"`, 3},
		{"order of fields", `"comment": "Bad",` + "\n      " + `"origin": "forge"`, `"origin": "forge",` + "\n      " + `"comment": "Bad"`, 35},
		{"line end at the end", "}\n  ]\n}\n", "}\n  ]\n}", 57},
		{"needless escape", `"Frames"`, `"\u0046rames"`, 5},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			require.Equal(t, 1, strings.Count(bases["frame"], test.old))
			data := strings.Replace(bases["frame"], test.old, test.new, 1)
			err := vectors.Lint(fstest.MapFS{"frame.json": {Data: []byte(data)}})
			var reported *vectors.Error
			require.ErrorAs(t, err, &reported)
			assert.Equal(t, test.line, reported.Line, "%v", err)
		})
	}
}

func TestLintReportsBrokenRulesToo(t *testing.T) {
	data := strings.NewReplacer("InvalidMagic", "BadMagic", `  "spec"`, `"spec"`).Replace(bases["frame"])
	err := vectors.Lint(fstest.MapFS{"frame.json": {Data: []byte(data)}})
	assert.ErrorContains(t, err, "BadMagic")
	assert.ErrorContains(t, err, "canonical")
	assert.Error(t, vectors.Lint(fstest.MapFS{}))
	assert.Error(t, vectors.Lint(fstest.MapFS{"frame.json": {Data: []byte("{")}}))
}

// The files are read by people, in a browser too.
func TestEmbeddedFilesStaySmall(t *testing.T) {
	for _, name := range familyFiles(t) {
		info, err := fs.Stat(vectors.Files(), name)
		require.NoError(t, err)
		assert.Less(t, info.Size(), int64(300_000), name)
	}
}
