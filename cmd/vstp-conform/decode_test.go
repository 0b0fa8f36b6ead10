package main

import (
	"bytes"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestReadContent(t *testing.T) {
	ping, err := hex.DecodeString("5654010400000000000000d8429a00")
	require.NoError(t, err)
	for _, c := range []struct{ name, content, want string }{
		{"a frame", string(ping), string(ping)},
		{"digits", "5654 01\n04", "VT\x01\x04"},
		{"octets that are no text", "GET\x00", "GET\x00"},
		{"octets that are no UTF-8", "ab\xff", "ab\xff"},
		{"text that begins like a frame", "VT is not hex", "VT is not hex"},
	} {
		got, err := readContent([]byte(c.content))
		require.NoError(t, err, c.name)
		assert.Equal(t, c.want, string(got), c.name)
	}
	for _, c := range []struct{ name, content, problem string }{
		{"text that is no hex", "GET / HTTP/1.1\r\n", "line 1, character 1: 'G' is no hex digit"},
		{"nothing", "", "there are no octets"},
		{"blanks", " \n\t", "there are no octets"},
		{"pcap", "\xd4\xc3\xb2\xa1\x02\x00", "this is a packet capture"},
		{"pcapng", "\x0a\x0d\x0d\x0a\x1c\x00", "this is a packet capture"},
	} {
		_, err := readContent([]byte(c.content))
		assert.ErrorContains(t, err, c.problem, c.name)
	}
}

func TestDecodeFileOfOctets(t *testing.T) {
	file := filepath.Join(t.TempDir(), "frames.bin")
	frames, err := hex.DecodeString("5654010400000000000000d8429a00" + "565401050000000000000014e89a9e")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, frames, 0o600))
	for _, args := range [][]string{{"decode", file}, {"decode", "-"}} {
		var stdout, stderr bytes.Buffer
		code := run(t.Context(), args, streams{in: bytes.NewReader(frames), out: &stdout, err: &stderr})
		assert.Zero(t, code, stderr.String())
		assert.Contains(t, stdout.String(), "frame 2, from octet 15\nPONG (15 octets)\n")
	}
}

func TestDecodeTooMuch(t *testing.T) {
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), []string{"decode", "-"}, streams{in: bytes.NewReader(make([]byte, maxInput+1)), out: &stdout, err: &stderr})
	assert.Equal(t, 2, code)
	assert.Contains(t, stderr.String(), "standard input: more than 67108864 octets")
}
