package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance/report"
)

// schemaNamed is what "report --schema" prints under a name, ready for use.
func schemaNamed(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(must(report.Schema(name))))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	require.NoError(t, c.AddResource(name, schema))
	compiled, err := c.Compile(name)
	require.NoError(t, err)
	return compiled
}

// fits wants a document to have the form that a schema describes.
func fits(t *testing.T, schema *jsonschema.Schema, document string) {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(document))
	require.NoError(t, err)
	assert.NoError(t, schema.Validate(doc), document)
}

// unlike wants a document not to have it.
func unlike(t *testing.T, schema *jsonschema.Schema, document string) {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(document))
	require.NoError(t, err)
	assert.Error(t, schema.Validate(doc), document)
}

// An interop of peers of which one is no VSTP, and one is not there at all: every kind
// of outcome that comes without a bad link has the form of the schema.
func TestInteropJSONHasItsSchema(t *testing.T) {
	dir := t.TempDir()
	config := filepath.Join(dir, "peers.json")
	require.NoError(t, os.WriteFile(config, []byte(`{"peers": [
		{"name": "reference", "builtin": true},
		{"name": "gone", "server": "{dir}/nosuch {tcp}"}
	]}`), 0o600))
	out := filepath.Join(dir, "out")
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), []string{"interop", "--config", config, "--seed", "7", "--json", "--out", out}, streams{in: strings.NewReader(""), out: &stdout, err: &stderr})
	assert.Equal(t, 3, code, &stderr)
	schema := schemaNamed(t, "interop")
	fits(t, schema, stdout.String())
	written, err := os.ReadFile(filepath.Join(out, "interop.json"))
	require.NoError(t, err)
	assert.Equal(t, stdout.String(), string(written))

	unlike(t, schema, strings.Replace(stdout.String(), `"outcome": "ok"`, `"outcome": "good"`, 1))
	unlike(t, schema, strings.Replace(stdout.String(), `"detail": `, `"details": `, 1))
	unlike(t, schema, strings.Replace(stdout.String(), `"profile": "core"`, `"profile": "best"`, 1))
}

func TestTapSchemaRefusesOtherLines(t *testing.T) {
	schema := schemaNamed(t, "tap")
	for _, line := range []string{
		`{}`,
		`{"ready":false}`,
		`{"kind":"note","time":"12:00","conversation":"c","text":"t"}`,
		`{"kind":"violation","time":"2025-10-20T12:00:00Z","conversation":"c","transport":"tcp","by":"client","requirement":"TCP-1","level":"SHOULD","profile":"core","text":"t","position":0,"offset":0,"length":0,"hex":""}`,
	} {
		unlike(t, schema, line)
	}
}
