package vectors

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Error is one broken rule in a file of vectors.
type Error struct {
	File   string
	Line   int    // from 1; 0 if the rule is about the file as a whole
	Vector string // name of the vector, or "" outside any
	Field  string // such as "expect.frame.type", or ""
	Rule   string // the rule that is broken
}

func (e *Error) Error() string {
	var where strings.Builder
	where.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&where, ":%d", e.Line)
	}
	where.WriteString(": ")
	if e.Vector != "" {
		fmt.Fprintf(&where, "vector %q: ", e.Vector)
	}
	if e.Field != "" {
		fmt.Fprintf(&where, "%s: ", e.Field)
	}
	return where.String() + e.Rule
}

// source is one file that is being read, with the faults found in it.
type source struct {
	name   string
	data   []byte
	vector string // name of the vector that is being read
	faults []error
}

func (s *source) fail(offset int, field, rule string, args ...any) {
	line := 0
	if offset >= 0 {
		line = 1 + bytes.Count(s.data[:offset], []byte{'\n'})
	}
	s.faults = append(s.faults, &Error{File: s.name, Line: line, Vector: s.vector, Field: field, Rule: fmt.Sprintf(rule, args...)})
}

// node is one value in a file, with its place. encoding/json alone would lose
// the place, let a field be given twice and take "Octets" for "octets".
type node struct {
	source *source
	path   string // "" outside a vector, else from the vector down
	offset int
	raw    json.RawMessage
}

// root returns the value that a file holds.
func (s *source) root() (node, bool) {
	if err := syntax(s.data); err != nil {
		var place *json.SyntaxError
		offset := len(s.data)
		if errors.As(err, &place) && int(place.Offset) < offset {
			offset = int(place.Offset)
		}
		s.fail(offset, "", "is not JSON: %v", err)
		return node{}, false
	}
	return node{source: s, offset: len(s.data) - len(bytes.TrimLeft(s.data, " \t\r\n")), raw: s.data}, true
}

func syntax(data []byte) error {
	var value any
	return json.Unmarshal(data, &value)
}

func (n node) fail(rule string, args ...any) { n.source.fail(n.offset, n.path, rule, args...) }

// kind names the kind of a value from its first octet.
func (n node) kind() string {
	switch bytes.TrimLeft(n.raw, " \t\r\n")[0] {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case '"':
		return "a string"
	case 't', 'f':
		return "a truth value"
	case 'n':
		return "null"
	}
	return "a number"
}

func (n node) is(kind string) bool {
	if got := n.kind(); got != kind {
		n.fail("must be %s, not %s", kind, got)
		return false
	}
	return true
}

// values walks over the members of an object or the elements of an array and
// gives each with its place. Only what the syntax check has passed is walked
// over, so the decoder has no errors left to report.
func (n node) values(each func(key string, value node)) {
	dec := json.NewDecoder(bytes.NewReader(n.raw))
	open, _ := dec.Token()
	base := n.offset - (len(n.raw) - len(bytes.TrimLeft(n.raw, " \t\r\n")))
	for dec.More() {
		key := ""
		if open == json.Delim('{') {
			token, _ := dec.Token()
			key, _ = token.(string)
		}
		start := int(dec.InputOffset())
		start += len(n.raw[start:]) - len(bytes.TrimLeft(n.raw[start:], " \t\r\n:,"))
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			n.fail("is not JSON: %v", err)
			return
		}
		each(key, node{source: n.source, path: n.path, offset: base + start, raw: raw})
	}
}

// object returns the members of an object, which may be those named and no
// others. Nested paths are joined by dots.
func (n node) object(allowed ...string) (map[string]node, bool) {
	if !n.is("an object") {
		return nil, false
	}
	members := map[string]node{}
	n.values(func(key string, value node) {
		value.path = strings.TrimPrefix(n.path+"."+key, ".")
		_, given := members[key]
		switch {
		case !slices.Contains(allowed, key):
			value.fail("unknown field; known here: %s", strings.Join(allowed, ", "))
		case given:
			value.fail("is given twice")
		default:
			members[key] = value
		}
	})
	return members, true
}

func (n node) array() ([]node, bool) {
	if !n.is("an array") {
		return nil, false
	}
	var elements []node
	n.values(func(_ string, value node) {
		value.path = fmt.Sprintf("%s[%d]", n.path, len(elements))
		elements = append(elements, value)
	})
	return elements, true
}

func (n node) text() (string, bool) {
	if !n.is("a string") {
		return "", false
	}
	var s string
	if err := json.Unmarshal(n.raw, &s); err != nil {
		n.fail("is not a string: %v", err)
		return "", false
	}
	return s, true
}

// integer returns a whole number from low to high.
func (n node) integer(low, high int64) (int64, bool) {
	if !n.is("a number") {
		return 0, false
	}
	i, err := strconv.ParseInt(string(n.raw), 10, 64)
	if err != nil || i < low || i > high {
		n.fail("must be a whole number from %d to %d, not %s", low, high, n.raw)
		return 0, false
	}
	return i, true
}

// texts returns an array of strings.
func (n node) texts() ([]string, []node) {
	elements, _ := n.array()
	var texts []string
	for _, element := range elements {
		if s, ok := element.text(); ok {
			texts = append(texts, s)
		}
	}
	return texts, elements
}
