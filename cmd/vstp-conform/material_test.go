package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/spec"
)

// Files are added, and one of the same name takes the place of the other.
func TestOverlay(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	fsys := overlay{
		upper: fstest.MapFS{"b.feature": file("upper"), "c.feature": file("upper"), "note.txt": file("upper")},
		lower: fstest.MapFS{"a.feature": file("lower"), "b.feature": file("lower")},
	}
	names, err := fs.Glob(fsys, "*.feature")
	require.NoError(t, err)
	assert.Equal(t, []string{"a.feature", "b.feature", "c.feature"}, names)
	for name, want := range map[string]string{"a.feature": "lower", "b.feature": "upper", "c.feature": "upper"} {
		text, err := fs.ReadFile(fsys, name)
		require.NoError(t, err)
		assert.Equal(t, want, string(text), name)
	}
	_, err = fsys.Open("none")
	require.ErrorIs(t, err, fs.ErrNotExist)
	_, err = fsys.ReadDir("none")
	require.ErrorIs(t, err, fs.ErrNotExist)
}

func TestMaterialWithoutFlagsIsTheShippedOne(t *testing.T) {
	var opts conformance.Options
	require.NoError(t, new(material).apply(&opts))
	assert.Nil(t, opts.Registry)
	assert.Nil(t, opts.Vectors)
	assert.Nil(t, opts.Features)
}

// What is wrong with a registry has its file, line and field.
func TestRegistryFaultsHavePlaces(t *testing.T) {
	types, err := json.MarshalIndent(spec.DefaultRegistry().Types, "", " ")
	require.NoError(t, err)
	nine := strings.TrimSuffix(string(types), "\n]") + ",\n" + `{"value": 9, "name": "NINE", "reference": "TYP-5"}` + "\n]"
	const head = `{
"schema": "vstp-registry/1",
"spec": "1.0",
`
	last := 3 + strings.Count(nine, "\n") // the entry stands before the closing bracket
	name := filepath.Join(t.TempDir(), "own.json")
	for text, want := range map[string]string{
		head + `"types": ` + nine + "}": lines(name, last, "types[8]: NINE has the reserved value 9; extensions begin at 16 (TYP-5)"),
		head + `"types": []}`:           lines(name, 4, "types: value 1 is not HELLO (TYP-1)"),
		head + `"colour": "red"}`:       lines(name, 4, `json: unknown field "colour"`),
		head + "\"types\":\n7}":         lines(name, 5, "json: cannot unmarshal number"),
		head + `"types": []} 7`:         name + ": something follows the closing brace",
		"{\n\"schema\" 1}":              lines(name, 2, "invalid character '1' after object key"),
		"":                              name + ": EOF",
		`{"types": [{"colour": 1}], "limits": [{"colour": 1}]}`: name + `: json: unknown field "colour"`,
	} {
		require.NoError(t, os.WriteFile(name, []byte(text), 0o666))
		_, err := (&registryFlag{registry: name}).load()
		require.Error(t, err)
		assert.Contains(t, err.Error(), "--registry: "+want, text)
	}
	_, err = (&registryFlag{registry: name + "-none"}).load()
	assert.ErrorContains(t, err, "--registry: open "+name+"-none")
}

func lines(name string, line int, rule string) string {
	return fmt.Sprintf("%s:%d: %s", name, line, rule)
}

// Folders that do not serve are refused before anything runs.
func TestMaterialRefusesFolders(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	require.NoError(t, os.WriteFile(file, nil, 0o666))
	for args, want := range map[string]string{
		"--features " + file + "-none": "--features: stat ",
		"--features " + dir:            "--features " + dir + ": there is no feature file",
		"--features " + file:           "--features: " + file + ": this is no directory",
		"--vectors " + file:            "--vectors: " + file + ": this is no directory",
		"--vectors " + dir:             "there is no family file here",
	} {
		var stdout, stderr bytes.Buffer
		code := run(t.Context(), append([]string{"list"}, strings.Fields(args)...), streams{out: &stdout, err: &stderr})
		assert.Equal(t, 2, code, args)
		assert.Contains(t, stderr.String(), want, args)
		assert.Empty(t, stdout.String(), args)
	}
}
