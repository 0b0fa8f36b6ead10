package spec_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/spec"
)

func TestRegistryMethodsFindEntries(t *testing.T) {
	r := spec.DefaultRegistry()

	typ, ok := r.Type(3)
	require.True(t, ok)
	assert.Equal(t, "DATA", typ.Name)
	assert.Equal(t, 50, typ.Priority)
	assert.False(t, typ.Control)
	_, ok = r.Type(9)
	assert.False(t, ok)

	assert.Equal(t, "CrcMismatch", r.ErrorName(6))
	assert.Empty(t, r.ErrorName(99))
	code, ok := r.ErrorCode("BadFragment")
	assert.True(t, ok)
	assert.Equal(t, 17, code)
	_, ok = r.ErrorCode("Nonsense")
	assert.False(t, ok)

	assert.Equal(t, int64(8388608), r.Limit("max-frame"))
	assert.PanicsWithValue(t, `spec: the registry has no limit named "max"`, func() { r.Limit("max") })
	assert.Equal(t, 30*time.Second, r.Timer("reassembly"))
	assert.PanicsWithValue(t, `spec: the registry has no timer named "tea"`, func() { r.Timer("tea") })
}

func TestDefaultRegistryBelongsToTheCaller(t *testing.T) {
	r := spec.DefaultRegistry()
	r.Types[0].Name = "CHANGED"
	r.HeaderKeys[0].Types[0] = "CHANGED"
	r.Types = append(r.Types, spec.TypeEntry{Value: 0x10})

	fresh := spec.DefaultRegistry()
	assert.Equal(t, "HELLO", fresh.Types[0].Name)
	assert.NotEqual(t, "CHANGED", fresh.HeaderKeys[0].Types[0])
	assert.Len(t, fresh.Types, len(r.Types)-1)
}

func TestParseRegistryTakesAnExtension(t *testing.T) {
	r := spec.DefaultRegistry()
	r.Types = append(r.Types, spec.TypeEntry{Value: 0x10, Name: "CHUNK", Priority: 60, Reference: "TYP-5"})
	got, err := spec.ParseRegistry(marshal(t, r))
	require.NoError(t, err)
	typ, ok := got.Type(0x10)
	assert.True(t, ok)
	assert.Equal(t, "CHUNK", typ.Name)
}

// What a registry leaves out is as it is shipped; its types it names in full.
func TestParseRegistryTakesTypesAlone(t *testing.T) {
	shipped := spec.DefaultRegistry()
	own := append(spec.DefaultRegistry().Types, spec.TypeEntry{Value: 0x10, Name: "NOTE", Reference: "TYP-5"})
	types, err := json.Marshal(own)
	require.NoError(t, err)
	got, err := spec.ParseRegistry([]byte(`{"schema":"vstp-registry/1","spec":"1.0","types":` + string(types) + `}`))
	require.NoError(t, err)
	shipped.Types = own
	assert.Equal(t, shipped, got)

	_, err = spec.ParseRegistry([]byte(`{"schema":"vstp-registry/1","spec":"1.0"}`))
	assert.ErrorContains(t, err, "types: value 1 is not HELLO (TYP-1)")
	_, err = spec.ParseRegistry([]byte(`{"schema":"vstp-registry/1","spec":"1.0","types":` + string(types) + `,"limits":[]}`))
	assert.ErrorContains(t, err, "limits: max-frame is missing", "a table that is there is complete")
	var fault *spec.RegistryError
	require.ErrorAs(t, err, &fault)
	assert.Equal(t, "limits", fault.Field)
}

func TestParseRegistryRefusesOtherJSON(t *testing.T) {
	_, err := spec.ParseRegistry([]byte(`{"schema":"vstp-registry/1","colour":"red"}`))
	require.EqualError(t, err, `registry: json: unknown field "colour"`)
	_, err = spec.ParseRegistry([]byte(`{`))
	require.EqualError(t, err, "registry: unexpected EOF")
	_, err = spec.ParseRegistry(append(spec.RegistryJSON(), '{', '}'))
	require.EqualError(t, err, "registry: something follows the closing brace")
}

func TestParseRegistryReportsEachFault(t *testing.T) {
	const (
		upper = "^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*$"
		camel = "^[A-Z][A-Za-z0-9]*$"
		kebab = "^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$"
	)
	for name, c := range map[string]struct {
		change func(r *spec.Registry)
		want   string
	}{
		"schema": {func(r *spec.Registry) { r.Schema = "x" }, `registry: schema: is "x", not "vstp-registry/1"`},
		"spec":   {func(r *spec.Registry) { r.Spec = "2" }, `registry: spec: is "2", not "1.0"`},
		"type value twice": {
			func(r *spec.Registry) {
				r.Types = append(r.Types, spec.TypeEntry{Value: 8, Name: "TEN", Reference: "TYP-5"})
			},
			"registry: types[8]: value 8 is given twice",
		},
		"type name twice": {
			func(r *spec.Registry) {
				r.Types = append(r.Types, spec.TypeEntry{Value: 16, Name: "ACK", Reference: "TYP-5"})
			},
			"registry: types[8]: name ACK is given twice",
		},
		"type name": {
			func(r *spec.Registry) {
				r.Types = append(r.Types, spec.TypeEntry{Value: 16, Name: "chunk", Reference: "TYP-5"})
			},
			`registry: types[8]: name "chunk" does not have the form ` + upper,
		},
		"priority": {
			func(r *spec.Registry) { r.Types[2].Priority = 256 },
			"registry: types[2]: DATA has priority 256, outside 0 to 255",
		},
		"reserved type": {
			func(r *spec.Registry) {
				r.Types = append(r.Types, spec.TypeEntry{Value: 9, Name: "NINE", Reference: "TYP-5"})
			},
			"registry: types[8]: NINE has the reserved value 9; extensions begin at 16 (TYP-5)",
		},
		"missing type": {
			func(r *spec.Registry) { r.Types = r.Types[:7]; r.HeaderKeys = []spec.HeaderKey{} },
			"registry: types: value 8 is not ERR (TYP-1)",
		},
		"type reference": {
			func(r *spec.Registry) { r.Types[0].Reference = "" },
			`registry: types[0]: HELLO refers to "", which is not a requirement ID`,
		},
		"range order": {
			func(r *spec.Registry) { r.TypeRanges = []spec.TypeRange{{First: 9, Last: 3, Status: "reserved"}} },
			"registry: type_ranges[0]: first is 9 and last is 3",
		},
		"range status": {
			func(r *spec.Registry) { r.TypeRanges = []spec.TypeRange{{First: 9, Last: 15}} },
			"registry: type_ranges[0]: status is empty",
		},
		"range overlap": {
			func(r *spec.Registry) {
				r.TypeRanges = []spec.TypeRange{{First: 9, Last: 15, Status: "a"}, {First: 15, Last: 20, Status: "b"}}
			},
			"registry: type_ranges[1]: overlaps type_ranges[0]",
		},
		"flag mask": {
			func(r *spec.Registry) { r.Flags[0].Mask = 3 },
			"registry: flags[0]: REQ_ACK has mask 3, which is not one bit",
		},
		"flag mask twice": {
			func(r *spec.Registry) { r.Flags[1].Mask = r.Flags[0].Mask },
			"registry: flags[1]: mask 1 is given twice",
		},
		"flag name": {
			func(r *spec.Registry) { r.Flags[0].Name = "REQ-ACK" },
			`registry: flags[0]: name "REQ-ACK" does not have the form ` + upper,
		},
		"header key": {
			func(r *spec.Registry) { r.HeaderKeys[0].Name = "Msg_Id" },
			`registry: header_keys[0]: name "Msg_Id" does not have the form ` + kebab,
		},
		"header key twice": {
			func(r *spec.Registry) { r.HeaderKeys[1] = r.HeaderKeys[0] },
			"registry: header_keys[1]: name msg-id is given twice",
		},
		"header value": {
			func(r *spec.Registry) { r.HeaderKeys[0].Value = "" },
			"registry: header_keys[0]: msg-id does not say how its value is written",
		},
		"header bits": {
			func(r *spec.Registry) { r.HeaderKeys[0].Bits = -1 },
			"registry: header_keys[0]: msg-id has -1 bits",
		},
		"header type": {
			func(r *spec.Registry) { r.HeaderKeys[0].Types = []string{"POST"} },
			"registry: header_keys[0]: msg-id goes with POST, which is no type",
		},
		"error code": {
			func(r *spec.Registry) { r.ErrorCodes[0].Code = 0 },
			"registry: error_codes[0]: Io has code 0, below 1",
		},
		"error code twice": {
			func(r *spec.Registry) { r.ErrorCodes[1].Code = 1 },
			"registry: error_codes[1]: code 1 is given twice",
		},
		"error name": {
			func(r *spec.Registry) { r.ErrorCodes[0].Name = "io" },
			`registry: error_codes[0]: name "io" does not have the form ` + camel,
		},
		"error over UDP only": {
			func(r *spec.Registry) { r.ErrorCodes[0].OverUDP = true },
			"registry: error_codes[0]: Io is sent over UDP and yet not on the wire",
		},
		"limit missing": {
			func(r *spec.Registry) { r.Limits = r.Limits[1:] },
			"registry: limits: " + spec.DefaultRegistry().Limits[0].Name + " is missing",
		},
		"limit twice": {
			func(r *spec.Registry) { r.Limits = append(r.Limits, r.Limits[0]) },
			"registry: limits[19]: name max-frame is given twice",
		},
		"limit value": {
			func(r *spec.Registry) { r.Limits[0].Value = 0 },
			"registry: limits[0]: max-frame is 0, below 1",
		},
		"limit unit": {
			func(r *spec.Registry) { r.Limits[0].Unit = "" },
			"registry: limits[0]: max-frame has no unit",
		},
		"limit requirement": {
			func(r *spec.Registry) { r.Limits[0].Requirement = "LIM" },
			`registry: limits[0]: max-frame refers to "LIM", which is not a requirement ID`,
		},
		"timer missing": {
			func(r *spec.Registry) { r.Timers = r.Timers[1:] },
			"registry: timers: " + spec.DefaultRegistry().Timers[0].Name + " is missing",
		},
		"timer value": {
			func(r *spec.Registry) { r.Timers[0].DefaultMS = 0 },
			"registry: timers[0]: " + spec.DefaultRegistry().Timers[0].Name + " is 0 ms, below 1",
		},
		"several": {
			func(r *spec.Registry) { r.Schema = "x"; r.Flags[0].Mask = 0 },
			"registry: schema: is \"x\", not \"vstp-registry/1\"\nflags[0]: REQ_ACK has mask 0, which is not one bit",
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := spec.DefaultRegistry()
			c.change(r)
			_, err := spec.ParseRegistry(marshal(t, r))
			assert.EqualError(t, err, c.want)
		})
	}
}

func marshal(t *testing.T, r *spec.Registry) []byte {
	t.Helper()
	data, err := json.Marshal(r)
	require.NoError(t, err)
	return data
}
