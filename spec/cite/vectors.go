package cite

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// vectors checks the lists named requirements of a JSON file, wherever they
// stand.
func (c *checker) vectors(data []byte) {
	dec := json.NewDecoder(bytes.NewReader(data))
	lineHere := func() int { return 1 + bytes.Count(data[:dec.InputOffset()], []byte("\n")) }

	// For each open object or array: whether it is a list of requirements, and
	// in an object whether a key comes next.
	type level struct{ object, list, key bool }
	var (
		open []level
		name string // key of the value that comes next
	)
	for {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			c.fault(lineHere(), "not a JSON file: %v", err)
			return
		}
		var top *level
		if len(open) > 0 {
			top = &open[len(open)-1]
		}
		switch tok {
		case json.Delim('{'):
			open = append(open, level{object: true, key: true})
			continue
		case json.Delim('['):
			open = append(open, level{list: top != nil && top.object && name == "requirements"})
			continue
		case json.Delim('}'), json.Delim(']'):
			open = open[:len(open)-1]
			if len(open) > 0 {
				open[len(open)-1].key = true
			}
			continue
		}
		s, isString := tok.(string)
		switch {
		case top == nil:
		case top.object && top.key:
			name, top.key = s, false
		case top.object:
			top.key = true
		case top.list && isString:
			c.cite(lineHere(), s)
		}
	}
}
