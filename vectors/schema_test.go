package vectors_test

import (
	"bytes"
	"io/fs"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/vectors"
)

func compileSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	data, err := fs.ReadFile(vectors.Files(), "vectors.schema.json")
	require.NoError(t, err)
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	require.NoError(t, compiler.AddResource("vectors.schema.json", document))
	schema, err := compiler.Compile("vectors.schema.json")
	require.NoError(t, err)
	return schema
}

func validate(t *testing.T, schema *jsonschema.Schema, data string) error {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(data))
	require.NoError(t, err)
	return schema.Validate(document)
}

func TestSchemaHoldsForEveryFamily(t *testing.T) {
	schema := compileSchema(t)
	for _, name := range familyFiles(t) {
		data, err := fs.ReadFile(vectors.Files(), name)
		require.NoError(t, err)
		assert.NoError(t, validate(t, schema, string(data)), name)
	}
}

// What the schema can say it says: the same faults that the loader refuses.
func TestSchemaRefusesWhatLoaderRefuses(t *testing.T) {
	schema := compileSchema(t)
	for _, base := range bases {
		require.NoError(t, validate(t, schema, base), "the base of the faults below")
	}
	for _, fault := range faults {
		t.Run(fault.name, func(t *testing.T) {
			err := validate(t, schema, fault.data(t))
			if fault.beyondSchema {
				assert.NoError(t, err)
			} else {
				assert.Error(t, err)
			}
		})
	}
}
