package main

import (
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance/target"
)

func TestQuote(t *testing.T) {
	for word, want := range map[string]string{
		"vector/frame/crc-flipped@tcp": "vector/frame/crc-flipped@tcp",
		"127.0.0.1:9000":               "127.0.0.1:9000",
		"":                             "''",
		"tcp/*":                        "'tcp/*'",
		"a b":                          "'a b'",
		"it's":                         `'it'\''s'`,
		"$HOME":                        "'$HOME'",
		"{tcp}":                        "'{tcp}'",
	} {
		assert.Equal(t, want, quote(word))
	}
}

func TestRepeatCommand(t *testing.T) {
	args := []string{
		"--exec", `./srv --name "it's" {tcp}`, "--run", "tcp/*", "--run", "a b", "--skip", "x", "--tags", "@tcp",
		"--capabilities", "compression,time-scale", "--seed", "7", "--profile", "strict", "--warnings-fail", "--require-all=false",
		"--out", "dir", "--json", "-v", "-j", "4",
	}
	cmd := newServer(streams{out: io.Discard, err: io.Discard})
	require.NoError(t, cmd.ParseFlags(args))

	whole := repeatCommand("server", cmd.Flags(), reportFlags)
	assert.Equal(t, "vstp-conform server --capabilities compression,time-scale --exec './srv --name \"it'\\''s\" {tcp}' "+
		"--jobs 4 --profile strict --run 'tcp/*' --run 'a b' --seed 7 --skip x --tags @tcp --warnings-fail",
		strings.Replace(whole, "go run ./cmd/vstp-conform", "vstp-conform", 1))

	one := repeatCommand("server", cmd.Flags(), slices.Concat(reportFlags, selectFlags), "--run")
	assert.NotContains(t, one, "tcp/*")
	assert.True(t, strings.HasSuffix(one, " --warnings-fail --run"))

	// What it says can be given again and means the same.
	words, err := target.SplitCommand(whole)
	require.NoError(t, err)
	again := newServer(streams{out: io.Discard, err: io.Discard})
	require.NoError(t, again.ParseFlags(words[slices.Index(words, "server")+1:]))
	assert.Equal(t, whole, repeatCommand("server", again.Flags(), reportFlags))
}
