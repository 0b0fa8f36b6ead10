package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// A jsonValue is a value in a JSON text, with its place there.
type jsonValue struct {
	start    int    // its first octet
	text     string // of a string
	members  map[string]*jsonValue
	elements []*jsonValue
}

// parsePlaces finds the places of all values in a JSON text. Of a text that is no
// JSON it returns as much as can be read.
func parsePlaces(data []byte) *jsonValue {
	p := placeReader{data: data, dec: json.NewDecoder(bytes.NewReader(data))}
	if v := p.value(); v != nil {
		return v
	}
	return &jsonValue{}
}

type placeReader struct {
	data []byte
	dec  *json.Decoder
}

// value reads one value; nil where there is none.
func (p *placeReader) value() *jsonValue {
	v := &jsonValue{start: p.next()}
	token, err := p.dec.Token()
	if err != nil {
		return nil
	}
	switch token {
	case json.Delim('{'):
		v.members = map[string]*jsonValue{}
		for p.dec.More() {
			key, err := p.dec.Token()
			if err != nil {
				return v
			}
			member := p.value()
			if member == nil {
				return v
			}
			if name := fmt.Sprint(key); v.members[name] == nil {
				v.members[name] = member
			}
		}
	case json.Delim('['):
		for p.dec.More() {
			element := p.value()
			if element == nil {
				return v
			}
			v.elements = append(v.elements, element)
		}
	default:
		v.text, _ = token.(string)
		return v
	}
	if _, err := p.dec.Token(); err != nil {
		return v
	}
	return v
}

// next is where the next value begins.
func (p *placeReader) next() int {
	at := int(p.dec.InputOffset())
	for at < len(p.data) && strings.IndexByte(" \t\r\n:,", p.data[at]) >= 0 {
		at++
	}
	return at
}

// at returns the value at a path such as vectors[3].expect.frame or, where there
// is none, the last one on the way to it.
func (v *jsonValue) at(path string) *jsonValue {
	for _, step := range strings.FieldsFunc(path, func(r rune) bool { return r == '.' || r == '[' || r == ']' }) {
		next := v.members[step]
		if i, err := strconv.Atoi(step); next == nil && err == nil && i < len(v.elements) {
			next = v.elements[i]
		}
		if next == nil {
			return v
		}
		v = next
	}
	return v
}

// lineAt is the number of the line, from 1, that an octet stands in.
func lineAt(data []byte, offset int) int {
	return 1 + bytes.Count(data[:min(offset, len(data))], []byte{'\n'})
}

// lineOf is the line of the value at a path.
func lineOf(data []byte, path string) int {
	return lineAt(data, parsePlaces(data).at(path).start)
}
