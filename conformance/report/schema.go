package report

import (
	_ "embed"
	"encoding/json"
	"maps"
	"slices"
)

//go:embed result.schema.json
var resultSchema []byte

//go:embed stream.schema.json
var streamSchema []byte

//go:embed badge.schema.json
var badgeSchema []byte

//go:embed decode.schema.json
var decodeSchema []byte

//go:embed tap.schema.json
var tapSchema []byte

//go:embed interop.schema.json
var interopSchema []byte

//go:embed kill-matrix.schema.json
var killMatrixSchema []byte

var schemas = map[string]func() []byte{
	"result":      ResultSchema,
	"stream":      StreamSchema,
	"badge":       func() []byte { return slices.Clone(badgeSchema) },
	"decode":      func() []byte { return slices.Clone(decodeSchema) },
	"tap":         func() []byte { return slices.Clone(tapSchema) },
	"interop":     func() []byte { return slices.Clone(interopSchema) },
	"kill-matrix": func() []byte { return slices.Clone(killMatrixSchema) },
}

// Schemas are the names that [Schema] knows, in alphabetical order.
func Schemas() []string { return slices.Sorted(maps.Keys(schemas)) }

// Schema returns the JSON Schema (2020-12) with a name: "result" of result.json,
// "stream" of a line of result.jsonl, "badge" of badge.json, "decode" of what
// "vstp-conform decode --json" prints, "tap" of a line of "vstp-conform tap --json",
// "interop" of what "vstp-conform interop --json" prints, "kill-matrix" of
// kill-matrix.json. The caller owns the copy.
func Schema(name string) (schema []byte, ok bool) {
	get, ok := schemas[name]
	if !ok {
		return nil, false
	}
	return get(), true
}

// ResultSchema returns the JSON Schema (2020-12) of what [WriteJSON] writes. The
// caller owns the copy.
func ResultSchema() []byte { return slices.Clone(resultSchema) }

// StreamSchema returns the JSON Schema (2020-12) of each line of what a [Stream]
// writes. Its cases are those of [ResultSchema]. The caller owns the copy.
func StreamSchema() []byte {
	var stream, result map[string]any
	mustUnmarshal(streamSchema, &stream)
	mustUnmarshal(resultSchema, &result)
	maps.Copy(stream["$defs"].(map[string]any), result["$defs"].(map[string]any))
	doc, err := json.MarshalIndent(stream, "", "  ")
	if err != nil {
		panic(err) // what was read can be written
	}
	return append(doc, '\n')
}

func mustUnmarshal(doc []byte, into any) {
	if err := json.Unmarshal(doc, into); err != nil {
		panic(err) // it is embedded
	}
}
