package steps

import (
	"bytes"
	"encoding/json"
	"math/big"
	"strings"
	"unicode/utf8"
)

// jsonEqual says whether two texts are one JSON text in UTF-8 each, with equal values:
// white space, the order of members and the notation of numbers are free.
func jsonEqual(a, b []byte) bool {
	x, ok := jsonValue(a)
	if !ok {
		return false
	}
	y, ok := jsonValue(b)
	return ok && sameValue(x, y)
}

// jsonValue reads a JSON text, numbers being kept as they are written.
func jsonValue(text []byte) (v any, ok bool) {
	if !utf8.Valid(text) || !json.Valid(text) {
		return nil, false
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	return v, dec.Decode(&v) == nil
}

func sameValue(a, b any) bool {
	switch x := a.(type) {
	case map[string]any:
		y, ok := b.(map[string]any)
		if !ok || len(x) != len(y) {
			return false
		}
		for name, v := range x {
			other, there := y[name]
			if !there || !sameValue(v, other) {
				return false
			}
		}
		return true
	case []any:
		y, ok := b.([]any)
		if !ok || len(x) != len(y) {
			return false
		}
		for i, v := range x {
			if !sameValue(v, y[i]) {
				return false
			}
		}
		return true
	case json.Number:
		y, ok := b.(json.Number)
		return ok && sameNumber(string(x), string(y))
	default: // a string, a truth value or null
		return a == b
	}
}

// sameNumber compares numbers in any notation. Such with exponents as only a hostile peer
// writes them are compared as they are written.
func sameNumber(a, b string) bool {
	const most = 4 // digits of an exponent
	for _, n := range []string{a, b} {
		if _, exponent, ok := strings.Cut(strings.ToLower(n), "e"); ok && len(strings.TrimLeft(exponent, "+-0")) > most {
			return a == b
		}
	}
	x, ok := new(big.Rat).SetString(a)
	if !ok {
		return false
	}
	y, ok := new(big.Rat).SetString(b)
	return ok && x.Cmp(y) == 0
}
