package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestLineOf(t *testing.T) {
	const text = `{
  "a": [
    1, {"b": "x",
      "c": [2,
        3]}
  ],
  "d": {},
  "a": 5
}`
	for path, want := range map[string]int{
		"":            1,
		"a":           2,
		"a[0]":        3,
		"a[1].b":      3,
		"a[1].c[1]":   5,
		"a[1].c[9]":   4, // the last one on the way
		"a[1].none.x": 3,
		"d":           7,
		"d.x":         7,
		"none":        1,
	} {
		assert.Equal(t, want, lineOf([]byte(text), path), path)
	}
	assert.Equal(t, "x", parsePlaces([]byte(text)).at("a[1].b").text)
}

// Of a text that is no JSON, what can be read can be found.
func TestLineOfWhatIsNoJSON(t *testing.T) {
	for text, want := range map[string]int{
		"":                   1,
		"\n]":                1,
		"{\n\"a\":\n[1,\n2":  4,
		"{\n\"a\":\n[1,\n":   3,
		"{\n\"a\": {\"b\" 1": 2,
		"{\n\"a\"":           1,
		"{\n1: 2}":           1,
	} {
		assert.Equal(t, want, lineOf([]byte(text), "a[1]"), "%q", text)
	}
}
