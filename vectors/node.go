package vectors

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
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

// source is one file that is being read, with what was found in it.
type source struct {
	name    string
	data    []byte
	vector  string // name of the vector that is being read
	faults  []error
	vectors []Vector
	renamed map[string]string // see Set
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
	source     *source
	parent     *node
	top        bool   // a vector: paths begin below it
	key        string // of a member of an object
	index      int    // of an element of an array
	start, end int    // its place in the file
	nodes      []*node
}

// root returns the value that a file holds.
func (s *source) root() (*node, bool) {
	if err := syntax(s.data); err != nil {
		var place *json.SyntaxError
		offset := len(s.data)
		if errors.As(err, &place) && int(place.Offset) < offset {
			offset = int(place.Offset)
		}
		s.fail(offset, "", "is not JSON: %v", err)
		return nil, false
	}
	p := parser{source: s}
	return p.value(nil), true
}

// syntax returns what keeps data from being JSON, or nil.
func syntax(data []byte) error {
	if json.Valid(data) {
		return nil
	}
	var whole json.RawMessage
	return json.Unmarshal(data, &whole)
}

// parser makes nodes of what has passed the syntax check, so it has no errors of
// its own to report.
type parser struct {
	source *source
	at     int
	slab   []node // nodes are taken from here, many to an allocation
}

// next skips what stands between two tokens and returns the octet behind it.
func (p *parser) next() byte {
	for {
		switch c := p.source.data[p.at]; c {
		case ' ', '\t', '\r', '\n', ':', ',':
			p.at++
		default:
			return c
		}
	}
}

func (p *parser) value(parent *node) *node {
	if len(p.slab) == 0 {
		p.slab = make([]node, 512)
	}
	n := &p.slab[0]
	p.slab = p.slab[1:]
	open := p.next()
	*n = node{source: p.source, parent: parent, start: p.at}
	switch open {
	case '{', '[':
		p.at++
		for closing := open + 2; p.next() != closing; { // '}' and ']' are two behind in ASCII
			key := ""
			if open == '{' {
				start := p.at
				p.skipString()
				key, _ = unquote(p.source.data[start:p.at])
			}
			child := p.value(n)
			child.key, child.index = key, len(n.nodes)
			n.nodes = append(n.nodes, child)
		}
		p.at++
	case '"':
		p.skipString()
	default:
		p.skipWord()
	}
	n.end = p.at
	return n
}

func (p *parser) skipString() {
	for p.at++; p.source.data[p.at] != '"'; p.at++ {
		if p.source.data[p.at] == '\\' {
			p.at++
		}
	}
	p.at++
}

// skipWord passes over a number, a truth value or null.
func (p *parser) skipWord() {
	for ; p.at < len(p.source.data); p.at++ {
		switch p.source.data[p.at] {
		case ' ', '\t', '\r', '\n', ',', ']', '}':
			return
		}
	}
}

// unquote returns the text of a JSON string.
func unquote(raw []byte) (string, error) {
	if inner := raw[1 : len(raw)-1]; !bytes.ContainsRune(inner, '\\') && utf8.Valid(inner) {
		return string(inner), nil
	}
	var s string
	err := json.Unmarshal(raw, &s)
	return s, err
}

// raw returns the value as it stands in the file.
func (n *node) raw() []byte { return n.source.data[n.start:n.end] }

// path says where the value stands, seen from the vector that holds it or, outside
// any, from the file.
func (n *node) path() string {
	if n.parent == nil || n.top {
		return ""
	}
	if n.parent.kind() == "an array" {
		return fmt.Sprintf("%s[%d]", n.parent.path(), n.index)
	}
	return strings.TrimPrefix(n.parent.path()+"."+n.key, ".")
}

func (n *node) fail(rule string, args ...any) { n.source.fail(n.start, n.path(), rule, args...) }

// kind names the kind of a value from its first octet.
func (n *node) kind() string {
	switch n.source.data[n.start] {
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

func (n *node) is(kind string) bool {
	if got := n.kind(); got != kind {
		n.fail("must be %s, not %s", kind, got)
		return false
	}
	return true
}

// object returns the members of an object, which may be those named and no
// others.
func (n *node) object(allowed ...string) (map[string]*node, bool) {
	if !n.is("an object") {
		return nil, false
	}
	members := make(map[string]*node, len(n.nodes))
	for _, member := range n.nodes {
		switch {
		case !slices.Contains(allowed, member.key):
			member.fail("unknown field; known here: %s", strings.Join(allowed, ", "))
		case members[member.key] != nil:
			member.fail("is given twice")
		default:
			members[member.key] = member
		}
	}
	return members, true
}

// has tells whether all fields named are there.
func (n *node) has(fields map[string]*node, names ...string) bool {
	all := true
	for _, name := range names {
		if fields[name] == nil {
			n.fail("lacks field %s", name)
			all = false
		}
	}
	return all
}

func (n *node) array() ([]*node, bool) {
	if !n.is("an array") {
		return nil, false
	}
	return n.nodes, true
}

func (n *node) text() (string, bool) {
	if !n.is("a string") {
		return "", false
	}
	s, err := unquote(n.raw())
	if err != nil {
		n.fail("is not a string: %v", err)
		return "", false
	}
	return s, true
}

// integer returns a whole number from low to high.
func (n *node) integer(low, high int64) (int64, bool) {
	if !n.is("a number") {
		return 0, false
	}
	i, err := strconv.ParseInt(string(n.raw()), 10, 64)
	if err != nil || i < low || i > high {
		n.fail("must be a whole number from %d to %d, not %s", low, high, n.raw())
		return 0, false
	}
	return i, true
}

// octet returns a number of one octet.
func (n *node) octet() (uint8, bool) {
	i, ok := n.integer(0, 255)
	return uint8(i), ok
}

// truth returns true or false.
func (n *node) truth() (value, ok bool) {
	if !n.is("a truth value") {
		return false, false
	}
	return n.source.data[n.start] == 't', true
}

// texts returns an array of strings.
func (n *node) texts() ([]string, []*node) {
	elements, _ := n.array()
	var texts []string
	for _, element := range elements {
		if s, ok := element.text(); ok {
			texts = append(texts, s)
		}
	}
	return texts, elements
}

func (n *node) oneOf(allowed ...string) (string, bool) {
	s, ok := n.text()
	if ok && !slices.Contains(allowed, s) {
		n.fail("must be %s, not %q", strings.Join(allowed, " or "), s)
		return "", false
	}
	return s, ok
}

// decimal returns a string that holds a number of at most 64 bits as the wire
// carries it.
func (n *node) decimal() (value uint64, ok bool) {
	s, ok := n.text()
	if !ok {
		return 0, false
	}
	value, err := strconv.ParseUint(s, 10, 64)
	if err != nil || strconv.FormatUint(value, 10) != s {
		n.fail("must be a decimal number of at most 64 bits, in a string, not %q", s)
		return 0, false
	}
	return value, true
}

// sentence returns a text for people, which may not be empty.
func (n *node) sentence() string {
	s, ok := n.text()
	if ok && strings.TrimSpace(s) == "" {
		n.fail("is empty")
	}
	return s
}
