package report_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/conformance/report"
)

func schema(t *testing.T) *jsonschema.Schema {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(report.ResultSchema()))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	require.NoError(t, c.AddResource("result.schema.json", doc))
	s, err := c.Compile("result.schema.json")
	require.NoError(t, err)
	return s
}

func written(t *testing.T, rep *conformance.Report) []byte {
	var out bytes.Buffer
	require.NoError(t, report.WriteJSON(&out, rep))
	return out.Bytes()
}

func validate(t *testing.T, s *jsonschema.Schema, doc []byte) error {
	instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(doc))
	require.NoError(t, err)
	return s.Validate(instance)
}

func TestJSONIsWhatItsSchemaSays(t *testing.T) {
	s := schema(t)
	assert.NoError(t, validate(t, s, written(t, sample())))

	empty := sample()
	empty.Results, empty.Interrupted, empty.Seed = nil, true, math.MaxUint64
	doc := written(t, empty)
	assert.NoError(t, validate(t, s, doc))
	assert.Contains(t, string(doc), `"cases": []`)
	assert.Contains(t, string(doc), `"seed": 18446744073709551615`)
}

// The schema is no use if it lets everything through.
func TestJSONSchemaRefuses(t *testing.T) {
	s := schema(t)
	for name, change := range map[string]func(doc map[string]any, first map[string]any){
		"another format":               func(doc, _ map[string]any) { doc["schema"] = "vstp-result/2" },
		"a missing field":              func(doc, _ map[string]any) { delete(doc, "seed") },
		"an unknown field":             func(doc, _ map[string]any) { doc["extra"] = 1 },
		"a summary without a verdict":  func(doc, _ map[string]any) { delete(doc["summary"].(map[string]any), "hang") },
		"a summary of something else":  func(doc, _ map[string]any) { doc["summary"].(map[string]any)["skip"] = 1 },
		"a time without a zone":        func(doc, _ map[string]any) { doc["started"] = "2025-10-20T12:00:00" },
		"an unknown verdict":           func(_, first map[string]any) { first["verdict"] = "ok" },
		"a case without a requirement": func(_, first map[string]any) { first["requirements"] = []any{} },
		"a requirement out of form":    func(_, first map[string]any) { first["requirements"] = []any{"frm-6"} },
		"a cause of a pass":            func(_, first map[string]any) { first["cause"] = "target" },
		"not-exercised without cause":  func(_, first map[string]any) { first["verdict"] = "not-exercised" },
		"a drop without a reason": func(_, first map[string]any) {
			first["exchange"] = []any{map[string]any{"at_ms": 1, "kind": "drop-send", "link": map[string]any{"delay_ms": 1}}}
		},
		"a reason of something sent": func(_, first map[string]any) {
			first["exchange"] = []any{map[string]any{"at_ms": 1, "kind": "send", "link": map[string]any{"dropped": "loss"}}}
		},
		"octets that are no hex": func(_, first map[string]any) {
			first["exchange"] = []any{map[string]any{"at_ms": 1, "kind": "send", "hex": "5"}}
		},
	} {
		var doc map[string]any
		require.NoError(t, json.Unmarshal(written(t, sample()), &doc))
		change(doc, doc["cases"].([]any)[0].(map[string]any))
		changed, err := json.Marshal(doc)
		require.NoError(t, err)
		assert.Error(t, validate(t, s, changed), name)
	}
}

func TestJSONContent(t *testing.T) {
	var doc struct {
		Suite, Spec, Target, Profile string
		Seed                         uint64
		TimeScale                    float64 `json:"time_scale"`
		Summary                      map[string]int
		Cases                        []map[string]any
	}
	require.NoError(t, json.Unmarshal(written(t, sample()), &doc))
	assert.Equal(t, "0.1.0", doc.Suite)
	assert.Equal(t, "1.0", doc.Spec)
	assert.Equal(t, `command "srv --tcp {tcp}"`, doc.Target)
	assert.Equal(t, "strict", doc.Profile)
	assert.Equal(t, uint64(4711), doc.Seed)
	assert.InDelta(t, 0.1, doc.TimeScale, 0)

	assert.Len(t, doc.Summary, len(conformance.Verdicts())+1)
	sum := 0
	for _, v := range conformance.Verdicts() {
		n, ok := doc.Summary[string(v)]
		assert.True(t, ok, v)
		sum += n
	}
	assert.Equal(t, len(doc.Cases), sum)
	assert.Equal(t, len(doc.Cases), doc.Summary["total"])

	byID := map[string]map[string]any{}
	for _, c := range doc.Cases {
		byID[c["id"].(string)] = c
	}
	assert.NotContains(t, byID["sample/pass"], "exchange")
	assert.NotContains(t, byID["sample/no-udp-1"], "exchange")
	assert.NotContains(t, byID["sample/pass"], "cause")
	assert.Empty(t, byID["sample/pass"]["message"])

	fail := byID["sample/fail"]
	assert.InDelta(t, 2012.5, fail["duration_ms"], 0)
	assert.Equal(t, "TST-1", fail["violation"].(map[string]any)["requirement"])
	assert.Equal(t, "Then the frame is not echoed", fail["step"])
	require.Len(t, fail["exchange"], 6)
	sent := fail["exchange"].([]any)[1].(map[string]any)
	assert.Equal(t, "565401010000000000000090a29464", sent["hex"])
	assert.InDelta(t, 0.3, sent["at_ms"], 0)

	assert.Equal(t, "TST-9", byID["sample/other-requirement"]["violation"].(map[string]any)["requirement"])
	assert.Equal(t, "signal: segmentation fault", byID["sample/crash"]["exit"])
	assert.Equal(t, "surroundings", byID["sample/no-loopback"]["cause"])
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errBroken }

var errBroken = errors.New("broken")

func TestJSONWriteError(t *testing.T) {
	assert.ErrorIs(t, report.WriteJSON(broken{}, sample()), errBroken)
}
