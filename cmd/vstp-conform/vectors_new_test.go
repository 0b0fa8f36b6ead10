package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// newVector runs "vectors new" with the words of a line.
func newVector(t *testing.T, line string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	words := append(append([]string{"vectors", "new"}, strings.Fields(line)...), args...)
	code = run(t.Context(), words, streams{out: &out, err: &err})
	return code, out.String(), err.String()
}

// What the octets say by themselves goes into the fields.
func TestNewVectorTakesOctetsApart(t *testing.T) {
	const ping, nine = "5654010400000000000000d8429a00 ", "565401090000000000000043478fd1 "
	for line, want := range map[string][]string{
		"frame/own-cut 56540103010000 --requirement FRM-7": {`"result": "incomplete"`, `"needed": 11`},
		"frame/own-too-large 5654010300000000000001 --limit 15 --requirement LIM-2": {
			`"error": "FrameTooLarge"`, `"limit": 15`,
		},
		"frame/own-two-faults 565402040000000000000000000000 --requirement FRM-9": {
			`"tags": ["precedence"]`, `"error": "InvalidVersion"`,
		},
		"frame/own-reserved-bit 5654010480000000000000505470f2 --requirement FLG-3": {
			`"tags": ["decode-only"]`, `"flags": 128`,
		},
		"frame/own-row 5654 01 03 00 0c00 00000014 0101 61 62 0101 61 62 0101 61 62 " + strings.Repeat("58", 20) + " 9bbfbc09 --requirement HDR-5": {
			`"octets": "5654 01 03 00 0c00 00000014 0101 61 62 0101 61 62 0101 61 62 58*20 9bbfbc09"`,
			`"headers": [["61", "62", 3]]`, `"payload": "58*20"`,
		},
		"frame/own-more-behind " + ping + "5654 --requirement FRM-6": {
			`"octets": "5654 01 04 00 0000 00000000 d8429a00 5654"`, `"consumed": 15`,
		},
		"stream/own-cut " + ping + nine + "5654 --requirement TYP-4": {
			`"result": "incomplete"`, `"consumed": 30`, `{"version": 1, "type": 4, `, `{"error": "InvalidFrameType"}`,
		},
		"stream/own-bad-end " + ping + "5654010400000000000000d8429a01ff --requirement TCP-14": {
			`"error": "CrcMismatch"`, `"consumed": 15`, `d8429a01 ff"`,
		},
		"stream/own-whole " + ping + ping + "--requirement FRM-6":        {`"result": "accept"`, `"consumed": 30`},
		"stream/own-nothing  0x --requirement FRM-6":                     {`"result": "accept"`, `"octets": ""`, `"comment": "Nothing"`},
		"header/own-one-left 01016162 01 --requirement HDR-7":            {`"octets": "0101 61 62 01"`, `"error": "Protocol"`},
		"header/own-one-and-empty 01016162 0000 --requirement HDR-1":     {`"headers": [["61", "62"], ["", ""]]`, `"comment": "2 headers in a section of 6 octets"`},
		"crc/own-zero-octet 00 --requirement CRC-1":                      {`"crc": "d202ef8d"`},
		"flags/own-bits-83 83 --requirement FLG-3":                       {`"names": ["REQ_ACK", "CRC"]`, `"reserved": 128`},
		"priority/own-data 03 --requirement PRI-1":                       {`"priority": 50`, `"control": false`},
		"priority/own-eleven 11 --requirement TYP-3":                     {`"error": "InvalidFrameType"`},
		"frame/own-comment 5654 --requirement FRM-7 --comment <a>&\"b\"": {`"comment": "<a>&\"b\""`},
	} {
		code, stdout, stderr := newVector(t, line)
		require.Zero(t, code, "%s\n%s", line, stderr)
		for _, w := range want {
			assert.Contains(t, stdout, w, line)
		}
	}
}

const ownFrames = `{"schema": "vstp-vectors/1", "spec": "1.0", "family": "crc", "description": "d",
"tombstones": [{"name": "gone", "reason": "It was wrong"}],
"vectors": [{"name": "one", "requirements": ["CRC-1"], "comment": "c", "origin": "hand", "octets": "00", "expect": {"result": "accept", "crc": "d202ef8d"}}]}`

// What cannot be added is refused, with the reason, and the file stays as it is.
func TestNewVectorRefuses(t *testing.T) {
	dir, faulty := t.TempDir(), t.TempDir()
	own := filepath.Join(dir, "crc.json")
	require.NoError(t, os.WriteFile(own, []byte(ownFrames), 0o666))
	require.NoError(t, os.WriteFile(filepath.Join(faulty, "crc.json"), []byte(strings.Replace(ownFrames, `"spec"`, `"colour"`, 1)), 0o666))
	for line, want := range map[string]string{
		"crc/one 00 --requirement CRC-1":                       "there is a vector crc/one already: choose another name",
		"crc/gone 00 --requirement CRC-1":                      "crc/gone: name: the name is among the tombstones and is not to be used again",
		"crc/odd 565 --requirement CRC-1":                      "the octets: character 3: the number of hex digits is odd",
		"crc/words 56zz --requirement CRC-1":                   "the octets: character 3: 'z' is no hex digit",
		"crc/rule 56 --requirement CRC-77":                     "--requirement: the specification has no requirement CRC-77; did you mean CRC-",
		"crc/twice 56 --requirement CRC-1 --requirement CRC-1": "crc/twice: requirements: CRC-1 is given twice",
		"crc/none 56":                                                         "--requirement: a vector is for at least one requirement",
		"crc/Name 56 --requirement CRC-1":                                     `"crc/Name" is no name of a vector`,
		"name 56 --requirement CRC-1":                                         `"name" is no name of a vector: it is FAMILY/NAME`,
		"crcs/name 56 --requirement CRC-1":                                    `there is no family "crcs"; the families are crc, `,
		"gzip/name 56 --requirement CMP-7":                                    "vectors of the family gzip are not written by this command",
		"gofuzz/name 56 --requirement FRM-1":                                  "vectors of the family gofuzz are not written by this command",
		"crc/limit 56 --requirement CRC-1 --limit 15":                         "--limit is for vectors of the families frame and stream",
		"frame/limit 56 --requirement FRM-7 --limit 3":                        "frame/limit: limit: must be a whole number from 15",
		"frame/limit 56 --requirement FRM-7 --limit -1":                       "--limit -1: it goes up to 2147483647",
		"priority/name 0304 --requirement PRI-1":                              "one octet, a TYPE, and these are 2",
		"flags/name 0304 --requirement FLG-1":                                 "one octet, and these are 2",
		"header/name " + strings.Repeat("00", 65536) + " --requirement HDR-1": "a header section has at most 65535 octets, and these are 65536",
		"crc/name": "its octets as hex digits are needed",
	} {
		code, stdout, stderr := newVector(t, line, "--dir", dir)
		assert.Equal(t, 2, code, line)
		assert.Contains(t, stderr, want, line)
		assert.Empty(t, stdout, line)
	}
	code, _, stderr := newVector(t, "crc/two 00 --requirement CRC-1", "--dir", faulty)
	assert.Equal(t, 2, code)
	assert.Contains(t, stderr, `crc.json has faults, which "vectors verify `+faulty+`" lists; mend them first`)
	code, _, stderr = newVector(t, "crc/two 00 --requirement CRC-1", "--dir", filepath.Join(dir, "nosuch"))
	assert.Equal(t, 2, code)
	assert.Contains(t, stderr, "--dir: stat ")
	code, _, stderr = newVector(t, "frame/magic-http 5654 --requirement FRM-2")
	assert.Equal(t, 2, code)
	assert.Contains(t, stderr, "there is a vector frame/magic-http already")

	after, err := os.ReadFile(own)
	require.NoError(t, err)
	assert.Equal(t, ownFrames, string(after))
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, entries, 1, "no other file was written")
}
