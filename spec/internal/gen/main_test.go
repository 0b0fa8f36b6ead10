package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/spec"
)

func TestGenerateWritesWhatTheTextSays(t *testing.T) {
	from := "../../testdata/good.md"
	to := filepath.Join(t.TempDir(), "requirements.json")
	require.NoError(t, generate(from, to))

	text, err := os.ReadFile(from)
	require.NoError(t, err)
	list, err := spec.ParseText(string(text))
	require.NoError(t, err)
	want, err := spec.MarshalRequirements(list)
	require.NoError(t, err)
	got, err := os.ReadFile(to)
	require.NoError(t, err)
	assert.Equal(t, string(want), string(got))
}

func TestGenerateLeavesTheFileAloneWhenTheTextIsFaulty(t *testing.T) {
	dir := t.TempDir()
	from, to := filepath.Join(dir, "vstp.md"), filepath.Join(dir, "requirements.json")
	require.NoError(t, os.WriteFile(from, []byte("It MUST be.\n"), 0o644))
	require.NoError(t, os.WriteFile(to, []byte("before"), 0o644))

	require.EqualError(t, generate(from, to), from+":\nline 1: key word MUST outside a requirement")
	got, err := os.ReadFile(to)
	require.NoError(t, err)
	assert.Equal(t, "before", string(got))

	require.ErrorIs(t, generate(filepath.Join(dir, "none"), to), fs.ErrNotExist)
}
