package spec_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/spec"
)

func TestHexBlocksReadsEveryExample(t *testing.T) {
	got, err := spec.HexBlocks(fixture(t, "good.md"))
	require.NoError(t, err)
	assert.Equal(t, []spec.HexBlock{
		{Octets: []byte{0x56, 0x54, 0x01, 0x03, 0x00}, Verdict: "accept", Requirements: []string{"FRM-6"}, Line: 27},
		{Octets: []byte{0xff}, Verdict: "reject", Error: "CrcMismatch", Requirements: []string{"HDR-1", "FRM-6"}, Line: 38},
		{Octets: []byte{0x56}, Verdict: "incomplete", Requirements: []string{"HDR-1"}, Line: 41},
	}, got)
}

func TestHexBlocksReportsEachFault(t *testing.T) {
	for name, c := range map[string]struct{ md, want string }{
		"no verdict": {
			"```vstp-hex\n00\n```",
			"line 1: the word after vstp-hex is not accept, reject or incomplete",
		},
		"unknown verdict": {
			"```vstp-hex maybe FRM-1\n00\n```",
			"line 1: the word after vstp-hex is not accept, reject or incomplete",
		},
		"reject without error": {
			"```vstp-hex reject FRM-1\n00\n```",
			"line 1: a rejected example names its error: vstp-hex reject CrcMismatch CRC-5",
		},
		"accept with error": {
			"```vstp-hex accept CrcMismatch FRM-1\n00\n```",
			"line 1: only a rejected example names an error, and this one says accept",
		},
		"no requirement": {
			"```vstp-hex reject CrcMismatch\n00\n```",
			"line 1: the example names no requirement",
		},
		"malformed requirement": {
			"```vstp-hex accept FRM-1, FRM-2\n00\n```",
			"line 1: not a requirement ID: FRM-1,",
		},
		"no octets": {
			"```vstp-hex accept FRM-1\n\n```",
			"line 1: the example holds no octets",
		},
		"one space before the comment": {
			"```vstp-hex accept FRM-1\n56 54 MAGIC\n```",
			"line 2: not octets in hexadecimal, two or more spaces and a comment: 56 54 MAGIC",
		},
		"comment alone": {
			"```vstp-hex accept FRM-1\n56\n  header\n```",
			"line 3: not octets in hexadecimal, two or more spaces and a comment:   header",
		},
		"half an octet": {
			"```vstp-hex accept FRM-1\n56 541  MAGIC\n```",
			"line 2: half an octet: 541",
		},
		"open fence": {
			"text\n```vstp-hex accept FRM-1\n56",
			"line 2: the fenced block that begins here is never closed",
		},
		"several faults": {
			"```vstp-hex accept FRM-1\n5\n```\n```vstp-hex accept FRM-1\n```",
			"line 2: half an octet: 5\nline 4: the example holds no octets",
		},
	} {
		t.Run(name, func(t *testing.T) {
			blocks, err := spec.HexBlocks(c.md)
			require.EqualError(t, err, c.want)
			assert.Empty(t, blocks)
		})
	}
}
