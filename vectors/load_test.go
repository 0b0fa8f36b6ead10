package vectors_test

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/vectors"
)

func familyFiles(t *testing.T) []string {
	t.Helper()
	names, err := fs.Glob(vectors.Files(), "*.json")
	require.NoError(t, err)
	var families []string
	for _, name := range names {
		if !strings.HasSuffix(name, ".schema.json") {
			families = append(families, name)
		}
	}
	require.NotEmpty(t, families)
	return families
}

// Small files that are right, one for each family. The faults below change them
// in one place.
var bases = map[string]string{
	"frame": `{
  "schema": "vstp-vectors/1",
  "spec": "1.0",
  "family": "frame",
  "description": "Frames",
  "tombstones": [
    {
      "name": "buried",
      "reason": "It was the same as another one",
      "renamed": "good"
    }
  ],
  "vectors": [
    {
      "name": "good",
      "requirements": ["FRM-1", "HDR-1"],
      "comment": "Good",
      "origin": "hand",
      "octets": "5654 01 03 00 0b00 00000005 0405 74657374 76616c7565 48656c6c6f 6dffe407",
      "expect": {
        "result": "accept",
        "consumed": 31,
        "frame": {
          "version": 1,
          "type": 3,
          "flags": 0,
          "headers": [["74657374", "76616c7565"]],
          "payload": "48656c6c6f"
        }
      }
    },
    {
      "name": "bad",
      "requirements": ["FRM-2"],
      "comment": "Bad",
      "origin": "forge",
      "tags": ["precedence"],
      "octets": "58*2 020300",
      "expect": {
        "result": "reject",
        "error": "InvalidMagic"
      }
    },
    {
      "name": "short",
      "requirements": ["FRM-7"],
      "comment": "Short",
      "origin": "hand",
      "octets": "56540103000000000003d9",
      "limit": 1000,
      "expect": {
        "result": "incomplete",
        "needed": 1000
      }
    }
  ]
}
`,
	"varint": `{
  "schema": "vstp-vectors/1",
  "spec": "1.0",
  "family": "varint",
  "description": "Varints",
  "tombstones": [],
  "vectors": [
    {
      "name": "good",
      "requirements": ["VAR-1"],
      "comment": "Good",
      "origin": "hand",
      "octets": "ac02 ff",
      "expect": {
        "result": "accept",
        "consumed": 2,
        "value": "300"
      }
    },
    {
      "name": "bad",
      "requirements": ["VAR-3"],
      "comment": "Bad",
      "origin": "hand",
      "octets": "",
      "expect": {
        "result": "reject"
      }
    }
  ]
}
`,
	"string": `{
  "schema": "vstp-vectors/1",
  "spec": "1.0",
  "family": "string",
  "description": "Strings",
  "tombstones": [],
  "vectors": [
    {
      "name": "good",
      "requirements": ["STR-1"],
      "comment": "Good",
      "origin": "hand",
      "octets": "0300 61*3",
      "expect": {
        "result": "accept",
        "consumed": 5,
        "text": "a",
        "repeat": 3
      }
    },
    {
      "name": "refused",
      "requirements": ["STR-2"],
      "comment": "Refused",
      "origin": "hand",
      "tags": ["encode-only"],
      "expect": {
        "result": "reject",
        "text": "a",
        "repeat": 65536
      }
    }
  ]
}
`,
}

// fault is one change to a base that breaks one rule.
type fault struct {
	name     string
	family   string
	old, new string
	vector   string // name that the error gives
	field    string // field that the error gives
	line     string // a piece of the line that the error gives, after the change

	beyondSchema bool // no JSON Schema can see it
}

func (f fault) data(t *testing.T) string {
	t.Helper()
	base := bases[f.family]
	require.Equal(t, 1, strings.Count(base, f.old), "the text to be changed stands once in the base")
	return strings.Replace(base, f.old, f.new, 1)
}

var faults = []fault{
	// the file
	{name: "schema of another format", family: "frame", old: "vstp-vectors/1", new: "vstp-vectors/2", field: "schema", line: "vstp-vectors/2"},
	{name: "another edition", family: "frame", old: `"1.0"`, new: `"2.0"`, field: "spec", line: `"2.0"`},
	{name: "unknown family", family: "frame", old: `"family": "frame"`, new: `"family": "gzip"`, field: "family", line: "gzip"},
	{name: "unknown field of the file", family: "frame", old: `"description"`, new: `"remark"`, field: "remark", line: "remark"},
	{name: "empty description", family: "frame", old: `"Frames"`, new: `" "`, field: "description", line: `" "`},
	{name: "no tombstones", family: "varint", old: "  \"tombstones\": [],\n", new: "", line: "{"},
	{name: "tombstone without reason", family: "frame", old: "      \"reason\": \"It was the same as another one\",\n", new: "", field: "tombstones[0]", line: "    {"},
	{name: "tombstone renamed to nothing", family: "frame", old: `"renamed": "good"`, new: `"renamed": "better"`, field: "tombstones[0].renamed", line: "better", beyondSchema: true},
	{name: "tombstoned name used", family: "frame", old: `"name": "bad"`, new: `"name": "buried"`, vector: "buried", field: "name", line: `"buried",`, beyondSchema: true},

	// the vector
	{name: "name used twice", family: "frame", old: `"name": "bad"`, new: `"name": "good"`, vector: "good", field: "name", line: `"name": "good"`, beyondSchema: true},
	{name: "name with capital", family: "frame", old: `"name": "bad"`, new: `"name": "Bad"`, vector: "Bad", field: "name", line: `"Bad"`},
	{name: "no name", family: "frame", old: "      \"name\": \"bad\",\n", new: "", line: "    {"},
	{name: "unknown field", family: "frame", old: `"limit": 1000`, new: `"limits": 1000`, vector: "short", field: "limits", line: "limits"},
	{name: "field in capitals", family: "frame", old: `"limit": 1000`, new: `"Limit": 1000`, vector: "short", field: "Limit", line: "Limit"},
	{name: "field twice", family: "frame", old: `"limit": 1000`, new: `"limit": 1000, "limit": 1001`, vector: "short", field: "limit", line: "limit", beyondSchema: true},
	{name: "no requirement", family: "frame", old: `["FRM-2"]`, new: `[]`, vector: "bad", field: "requirements", line: "[]"},
	{name: "malformed requirement", family: "frame", old: `"FRM-2"`, new: `"VSTP-FRM-002"`, vector: "bad", field: "requirements", line: "VSTP-FRM-002"},
	{name: "requirement twice", family: "frame", old: `"HDR-1"`, new: `"FRM-1"`, vector: "good", field: "requirements", line: `["FRM-1", "FRM-1"]`},
	{name: "requirements no array", family: "frame", old: `["FRM-2"]`, new: `"FRM-2"`, vector: "bad", field: "requirements", line: "FRM-2"},
	{name: "no comment", family: "frame", old: "      \"comment\": \"Bad\",\n", new: "", vector: "bad", line: "    {"},
	{name: "empty comment", family: "frame", old: `"Bad"`, new: `""`, vector: "bad", field: "comment", line: `"comment": ""`},
	{name: "comment a number", family: "frame", old: `"Bad"`, new: `7`, vector: "bad", field: "comment", line: `"comment": 7`},
	{name: "unknown origin", family: "frame", old: `"forge"`, new: `"ref"`, vector: "bad", field: "origin", line: `"ref"`},
	{name: "unknown tag", family: "frame", old: `["precedence"]`, new: `["slow"]`, vector: "bad", field: "tags", line: "slow"},
	{name: "tag twice", family: "frame", old: `["precedence"]`, new: `["precedence", "precedence"]`, vector: "bad", field: "tags", line: `"precedence", "precedence"`},
	{name: "no tags in tags", family: "frame", old: `["precedence"]`, new: `[]`, vector: "bad", field: "tags", line: "[]"},
	{name: "decode-only on a rejected one", family: "frame", old: `["precedence"]`, new: `["decode-only"]`, vector: "bad", field: "tags", line: "decode-only"},
	{name: "encode-only on a frame", family: "frame", old: `["precedence"]`, new: `["encode-only"]`, vector: "bad", field: "octets", line: "58*2"},
	{name: "no octets", family: "frame", old: "      \"octets\": \"58*2 020300\",\n", new: "", vector: "bad", line: "    {"},
	{name: "odd hex", family: "frame", old: "020300", new: "02030", vector: "bad", field: "octets", line: "02030"},
	{name: "capital hex", family: "frame", old: "020300", new: "02030A", vector: "bad", field: "octets", line: "02030A"},
	{name: "two spaces", family: "frame", old: "58*2 02", new: "58*2  02", vector: "bad", field: "octets", line: "58*2  02"},
	{name: "space at the end", family: "frame", old: "020300", new: "020300 ", vector: "bad", field: "octets", line: "020300 "},
	{name: "once in a row", family: "frame", old: "58*2", new: "5858*1", vector: "bad", field: "octets", line: "5858*1"},
	{name: "number of times with a zero in front", family: "frame", old: "58*2", new: "58*02", vector: "bad", field: "octets", line: "58*02"},
	{name: "number of times missing", family: "frame", old: "58*2", new: "58*", vector: "bad", field: "octets", line: "58*"},
	{name: "more octets than a line can carry", family: "frame", old: "58*2", new: "58*15728641", vector: "bad", field: "octets", line: "58*15728641", beyondSchema: true},
	{name: "number of times beyond all bounds", family: "frame", old: "58*2", new: "58*99999999999999999999", vector: "bad", field: "octets", line: "58*999", beyondSchema: true},
	{name: "limit below a frame", family: "frame", old: "1000,", new: "14,", vector: "short", field: "limit", line: "14,"},
	{name: "limit beyond 32 bits", family: "frame", old: "1000,", new: "2147483648,", vector: "short", field: "limit", line: "2147483648"},
	{name: "limit with a fraction", family: "frame", old: "1000,", new: "1000.5,", vector: "short", field: "limit", line: "1000.5"},
	{name: "limit null", family: "frame", old: "1000,", new: "null,", vector: "short", field: "limit", line: "null"},

	// what is expected
	{name: "unknown result", family: "frame", old: `"reject"`, new: `"either"`, vector: "bad", field: "expect.result", line: "either"},
	{name: "reject without error", family: "frame", old: "\"reject\",\n        \"error\": \"InvalidMagic\"", new: `"reject"`, vector: "bad", field: "expect", line: `"expect"`},
	{name: "unknown error", family: "frame", old: "InvalidMagic", new: "BadMagic", vector: "bad", field: "expect.error", line: "BadMagic"},
	{name: "incomplete as an error", family: "frame", old: "InvalidMagic", new: "Incomplete", vector: "bad", field: "expect.error", line: "Incomplete"},
	{name: "reject with a frame", family: "frame", old: `"error": "InvalidMagic"`, new: `"error": "InvalidMagic", "frame": {}`, vector: "bad", field: "expect.frame", line: "frame"},
	{name: "incomplete without needed", family: "frame", old: "\"incomplete\",\n        \"needed\": 1000", new: `"incomplete"`, vector: "short", field: "expect", line: `"expect"`},
	{name: "needed that the octets deny", family: "frame", old: `"needed": 1000`, new: `"needed": 1001`, vector: "short", field: "expect.needed", line: "1001", beyondSchema: true},
	{name: "needed though nothing is missing", family: "frame", old: `"56540103000000000003d9"`, new: `"56540103000000000003d9 00*989"`, vector: "short", field: "expect.needed", line: "needed", beyondSchema: true},
	{name: "needed below the fixed part", family: "frame", old: `"needed": 1000`, new: `"needed": 10`, vector: "short", field: "expect.needed", line: "10"},
	{name: "accept without frame", family: "frame", old: `"frame": {`, new: `"content": {`, vector: "good", field: "expect.content", line: "content"},
	{name: "consumed more than there is", family: "frame", old: `"consumed": 31`, new: `"consumed": 32`, vector: "good", field: "expect.consumed", line: "32", beyondSchema: true},
	{name: "consumed less than the frame", family: "frame", old: `"consumed": 31`, new: `"consumed": 30`, vector: "good", field: "expect.consumed", line: "30", beyondSchema: true},
	{name: "frame without flags", family: "frame", old: "          \"flags\": 0,\n", new: "", vector: "good", field: "expect.frame", line: "frame"},
	{name: "flags beyond an octet", family: "frame", old: `"flags": 0`, new: `"flags": 256`, vector: "good", field: "expect.frame.flags", line: "256"},
	{name: "another version than the octets", family: "frame", old: `"version": 1`, new: `"version": 2`, vector: "good", field: "expect.frame", line: "frame", beyondSchema: true},
	{name: "another type than the octets", family: "frame", old: `"type": 3`, new: `"type": 4`, vector: "good", field: "expect.frame", line: "frame", beyondSchema: true},
	{name: "another length than the octets", family: "frame", old: `48656c6c6f"`, new: `48656c6c"`, vector: "good", field: "expect.consumed", line: "consumed", beyondSchema: true},
	{name: "another header length than the octets", family: "frame", old: "0b00 00000005", new: "0a00 00000006", vector: "good", field: "expect.frame", line: "frame", beyondSchema: true},
	{name: "another payload than the octets", family: "frame", old: `48656c6c6f"`, new: `48656c6c00"`, vector: "good", field: "expect.frame", line: "frame", beyondSchema: true},
	{name: "other headers than the octets", family: "frame", old: `["74657374", "76616c7565"]`, new: `["746573", "7476616c7565"]`, vector: "good", field: "expect.frame", line: "frame", beyondSchema: true},
	{name: "header of one part", family: "frame", old: `["74657374", "76616c7565"]`, new: `["74657374"]`, vector: "good", field: "expect.frame.headers[0]", line: "headers"},
	{name: "header of four parts", family: "frame", old: `["74657374", "76616c7565"]`, new: `["74657374", "76616c7565", 2, 2]`, vector: "good", field: "expect.frame.headers[0]", line: "headers"},
	{name: "header once in a row", family: "frame", old: `["74657374", "76616c7565"]`, new: `["74657374", "76616c7565", 1]`, vector: "good", field: "expect.frame.headers[0][2]", line: "headers"},
	{name: "header with odd hex", family: "frame", old: `["74657374"`, new: `["7465737"`, vector: "good", field: "expect.frame.headers[0][0]", line: "headers"},
	{name: "header too long", family: "frame", old: `["74657374"`, new: `["74*256"`, vector: "good", field: "expect.frame", line: "frame", beyondSchema: true},

	{name: "value as a number", family: "varint", old: `"300"`, new: `300`, vector: "good", field: "expect.value", line: "300"},
	{name: "value with a zero in front", family: "varint", old: `"300"`, new: `"0300"`, vector: "good", field: "expect.value", line: "0300"},
	{name: "value beyond 64 bits", family: "varint", old: `"300"`, new: `"18446744073709551616"`, vector: "good", field: "expect.value", line: "1616", beyondSchema: true},
	{name: "varint without consumed", family: "varint", old: "        \"consumed\": 2,\n", new: "", vector: "good", field: "expect", line: "expect"},
	{name: "varint with an error", family: "varint", old: `"reject"`, new: `"reject", "error": "Protocol"`, vector: "bad", field: "expect.error", line: "Protocol"},
	{name: "varint incomplete", family: "varint", old: `"reject"`, new: `"incomplete"`, vector: "bad", field: "expect.result", line: "incomplete"},
	{name: "varint with a limit", family: "varint", old: `"octets": "",`, new: `"octets": "", "limit": 20,`, vector: "bad", field: "limit", line: "limit"},
	{name: "varint encode-only", family: "varint", old: "      \"octets\": \"\",\n", new: "      \"tags\": [\"encode-only\"],\n", vector: "bad", field: "expect.result", line: "reject"},

	{name: "text of another length", family: "string", old: `"repeat": 3`, new: `"repeat": 4`, vector: "good", field: "expect.consumed", line: "consumed", beyondSchema: true},
	{name: "text that is no text", family: "string", old: "\"text\": \"a\",\n        \"repeat\": 3", new: "\"text\": \"\\ud800\"", vector: "good", field: "expect.text", line: "ud800", beyondSchema: true},
	{name: "text beyond all bounds", family: "string", old: `65536`, new: `15728641`, vector: "refused", field: "expect.repeat", line: "15728641", beyondSchema: true},
	{name: "text once in a row", family: "string", old: `65536`, new: `1`, vector: "refused", field: "expect.repeat", line: `"repeat": 1`},
	{name: "refused text without its tag", family: "string", old: "      \"tags\": [\"encode-only\"],\n", new: "      \"octets\": \"\",\n", vector: "refused", field: "expect.text", line: `"text"`},
	{name: "encode-only accepted", family: "string", old: "\"reject\",\n", new: "\"accept\",\n", vector: "refused", field: "expect.result", line: "accept"},
}

func TestLoadFSBasesAreRight(t *testing.T) {
	for family, base := range bases {
		set, err := vectors.LoadFS(fstest.MapFS{family + ".json": {Data: []byte(base)}})
		require.NoError(t, err)
		assert.NotEmpty(t, set.All())
	}
}

// Every rule that is broken is reported with file, line, vector and field.
func TestLoadFSReportsFaultInItsPlace(t *testing.T) {
	for _, fault := range faults {
		t.Run(fault.name, func(t *testing.T) {
			data := fault.data(t)
			file := fault.family + ".json"
			_, err := vectors.LoadFS(fstest.MapFS{file: {Data: []byte(data)}})
			var reported *vectors.Error
			require.ErrorAs(t, err, &reported)
			assert.Equal(t, file, reported.File)
			assert.Equal(t, fault.vector, reported.Vector)
			assert.Equal(t, fault.field, reported.Field)
			assert.NotEmpty(t, reported.Rule)

			lines := strings.Split(data, "\n")
			require.Positive(t, reported.Line)
			require.LessOrEqual(t, reported.Line, len(lines))
			assert.Contains(t, lines[reported.Line-1], fault.line)
			assert.ErrorContains(t, err, fmt.Sprintf("%s:%d: ", file, reported.Line))
		})
	}
}

func TestLoadFSReportsEveryFault(t *testing.T) {
	data := strings.NewReplacer("InvalidMagic", "BadMagic", `"hand"`, `"hnad"`).Replace(bases["frame"])
	_, err := vectors.LoadFS(fstest.MapFS{
		"frame.json":  {Data: []byte(data)},
		"string.json": {Data: []byte(strings.Replace(bases["string"], "STR-1", "STR1", 1))},
	})
	joined, ok := errors.AsType[interface {
		error
		Unwrap() []error
	}](err)
	require.True(t, ok)
	assert.Len(t, joined.Unwrap(), 4, "%v", err)
}

func TestLoadFSRefusesNothing(t *testing.T) {
	_, err := vectors.LoadFS(fstest.MapFS{})
	require.Error(t, err)

	_, err = vectors.LoadFS(fstest.MapFS{"vectors.schema.json": {Data: []byte("{}")}, "README.md": {}})
	require.Error(t, err)

	empty := bases["varint"][:strings.Index(bases["varint"], `"vectors"`)] + "\"vectors\": []\n}\n"
	_, err = vectors.LoadFS(fstest.MapFS{"varint.json": {Data: []byte(empty)}})
	var reported *vectors.Error
	require.ErrorAs(t, err, &reported)
	assert.Equal(t, "vectors", reported.Field)
}

func TestLoadFSRefusesFamilyInAnotherFile(t *testing.T) {
	_, err := vectors.LoadFS(fstest.MapFS{"frames.json": {Data: []byte(bases["frame"])}})
	var reported *vectors.Error
	require.ErrorAs(t, err, &reported)
	assert.Equal(t, "family", reported.Field)
	assert.Equal(t, 4, reported.Line)
}

func TestLoadFSRefusesWhatIsNotJSON(t *testing.T) {
	for _, data := range []string{"", "[", "{\n\"schema\" 1}", bases["frame"] + "{}", bases["frame"][:700]} {
		_, err := vectors.LoadFS(fstest.MapFS{"frame.json": {Data: []byte(data)}})
		var reported *vectors.Error
		require.ErrorAs(t, err, &reported)
		assert.Contains(t, reported.Rule, "is not JSON")
		assert.Equal(t, "frame.json", reported.File)
	}
	_, err := vectors.LoadFS(fstest.MapFS{"frame.json": {Data: []byte("[]")}})
	assert.Error(t, err)
}

func TestSetLookupFollowsTombstone(t *testing.T) {
	set, err := vectors.LoadFS(fstest.MapFS{"frame.json": {Data: []byte(bases["frame"])}})
	require.NoError(t, err)
	good, ok := set.Lookup("frame/good")
	require.True(t, ok)
	renamed, ok := set.Lookup("frame/buried")
	require.True(t, ok)
	assert.Equal(t, good, renamed)
	_, ok = set.Lookup("frame/nothing")
	assert.False(t, ok)
	_, ok = set.Lookup("good")
	assert.False(t, ok)
}

func TestLoadFSGivesTypes(t *testing.T) {
	fsys := fstest.MapFS{}
	for family, base := range bases {
		fsys[family+".json"] = &fstest.MapFile{Data: []byte(base)}
	}
	set, err := vectors.LoadFS(fsys)
	require.NoError(t, err)
	var ids []string
	for _, v := range set.All() {
		ids = append(ids, v.ID())
	}
	assert.Equal(t, []string{"frame/good", "frame/bad", "frame/short", "string/good", "string/refused", "varint/good", "varint/bad"}, ids)

	bad, _ := set.Lookup("frame/bad")
	assert.Equal(t, vectors.Vector{
		Family: "frame", Name: "bad", Comment: "Bad", Origin: "forge", Tags: []string{"precedence"},
		Requirements: []string{"FRM-2"}, Octets: []byte{0x58, 0x58, 2, 3, 0},
		Expect: vectors.Expect{Result: "reject", Error: "InvalidMagic"},
	}, bad)
	assert.True(t, bad.Has(vectors.TagPrecedence))
	assert.False(t, bad.Has(vectors.TagDecodeOnly))

	good, _ := set.Lookup("frame/good")
	assert.Equal(t, vectors.Expect{Result: "accept", Consumed: 31, Frame: &vectors.Frame{
		Version: 1, Type: 3, Headers: [][2][]byte{{[]byte("test"), []byte("value")}}, Payload: []byte("Hello"),
	}}, good.Expect)

	short, _ := set.Lookup("frame/short")
	assert.Equal(t, 1000, short.Limit)
	assert.Equal(t, vectors.Expect{Result: "incomplete", Needed: 1000}, short.Expect)

	number, _ := set.Lookup("varint/good")
	assert.Equal(t, vectors.Expect{Result: "accept", Consumed: 2, Value: 300}, number.Expect)

	text, _ := set.Lookup("string/good")
	assert.Equal(t, vectors.Expect{Result: "accept", Consumed: 5, Text: "aaa"}, text.Expect)

	refused, _ := set.Lookup("string/refused")
	assert.Nil(t, refused.Octets)
	assert.Len(t, refused.Expect.Text, 65536)

	empty, _ := set.Lookup("varint/bad")
	assert.NotNil(t, empty.Octets)
	assert.Empty(t, empty.Octets)
}
