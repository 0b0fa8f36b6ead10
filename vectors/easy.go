package vectors

import (
	"bytes"
	"encoding/json"
	"slices"
)

// readJSON reads the value of a JSON text, and compares it with the one in the
// octets.
func (v *Vector) readJSON(expect map[string]*node) {
	v.Expect.JSON = expect["json"].value()
	if !sameJSON(v.Expect.JSON, v.Octets) {
		expect["json"].fail("is not the value of the JSON text in the octets")
	}
}

// value returns a JSON value as it stands, in memory of its own.
func (n *node) value() []byte { return bytes.Clone(n.raw()) }

// sameJSON tells whether two JSON texts have the same value. Members may stand in
// any order, and numbers that are equal may be written differently.
func sameJSON(a, b []byte) bool {
	var values [2]any
	for i, text := range [][]byte{a, b} {
		if json.Unmarshal(text, &values[i]) != nil {
			return false
		}
	}
	return sameValue(values[0], values[1])
}

func sameValue(a, b any) bool {
	switch a := a.(type) {
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, sameValue)
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for key, value := range a {
			other, ok := b[key]
			if !ok || !sameValue(value, other) {
				return false
			}
		}
		return true
	}
	return a == b
}
