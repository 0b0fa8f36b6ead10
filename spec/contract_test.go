package spec_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/spec"
)

const adapterSchema = "adapter.schema.json"

// Every exchange that the test contract shows has the shape that the schema of
// the adapter protocol prescribes, each answer that of the request it answers,
// and no operation is without an example.
func TestTestContractKeepsItsOwnSchema(t *testing.T) {
	compiler := jsonschema.NewCompiler()
	def := func(name string) *jsonschema.Schema {
		schema, err := compiler.Compile(adapterSchema + "#/$defs/" + name)
		require.NoError(t, err)
		return schema
	}
	shown := map[string]bool{}
	var (
		inOrder []string           // operations without an id that wait for an answer
		byID    = map[int]string{} // operations with one
	)
	for i, l := range strings.Split(spec.TestContract(), "\n") {
		request := strings.HasPrefix(l, "> {")
		if !request && !strings.HasPrefix(l, "< {") {
			continue
		}
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(l[2:]))
		require.NoError(t, err, "test-contract.md:%d", i+1)
		var head struct {
			Op string
			ID *int
		}
		require.NoError(t, json.Unmarshal([]byte(l[2:]), &head), "test-contract.md:%d", i+1)
		switch {
		case request:
			shown[head.Op] = true
			if head.ID == nil {
				inOrder = append(inOrder, head.Op)
			} else {
				byID[*head.ID] = head.Op
			}
			assert.NoError(t, def("request").Validate(value), "test-contract.md:%d", i+1)
		case head.ID != nil:
			op, ok := byID[*head.ID]
			require.True(t, ok, "test-contract.md:%d: answers %d, which nobody asked", i+1, *head.ID)
			delete(byID, *head.ID)
			assert.NoError(t, def(op+"-answer").Validate(value), "test-contract.md:%d", i+1)
		default:
			require.NotEmpty(t, inOrder, "test-contract.md:%d: answers what nobody asked", i+1)
			assert.NoError(t, def(inOrder[0]+"-answer").Validate(value), "test-contract.md:%d", i+1)
			inOrder = inOrder[1:]
		}
	}
	assert.Empty(t, inOrder, "test-contract.md shows requests without an answer")
	assert.Empty(t, byID, "test-contract.md shows requests without an answer")
	for _, op := range adapterDefs(t).Request.Properties.Op.Enum {
		assert.True(t, shown[op], "test-contract.md shows no %s", op)
	}
}

func TestAdapterKnowsTheErrorsOfTheRegistry(t *testing.T) {
	var want []string
	for _, e := range spec.DefaultRegistry().ErrorCodes {
		want = append(want, e.Name)
	}
	assert.ElementsMatch(t, want, adapterDefs(t).ErrorName.Enum, "adapter.schema.json, error-name")
}

// defs is what these tests read of the schema itself.
type defs struct {
	Request struct {
		Properties struct {
			Op struct{ Enum []string }
		}
	}
	ErrorName struct{ Enum []string } `json:"error-name"`
}

func adapterDefs(t *testing.T) defs {
	t.Helper()
	data, err := os.ReadFile(adapterSchema)
	require.NoError(t, err)
	var schema struct {
		Defs defs `json:"$defs"`
	}
	require.NoError(t, json.Unmarshal(data, &schema))
	require.NotEmpty(t, schema.Defs.Request.Properties.Op.Enum)
	return schema.Defs
}
