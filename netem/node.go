package netem

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// ParseError is a fault in a scenario file or in a record.
type ParseError struct {
	Line, Column int    // both from 1, the column in octets
	Where        string // the way to the place, such as "ab.loss", or ""
	Text         string // one sentence without a full stop
}

// Error returns for instance "line 3, column 9: ab.loss: 120% is not between 0% and 100%".
func (e *ParseError) Error() string {
	where := ""
	if e.Where != "" {
		where = e.Where + ": "
	}
	return fmt.Sprintf("line %d, column %d: %s%s", e.Line, e.Column, where, e.Text)
}

// node is a JSON value with its place. Package encoding/json loses the place, takes
// "Loss" for "loss", and lets a field be given twice.
type node struct {
	offset  int
	value   any // nil, bool, string, json.Number, []*node or []member
	members []member
}

type member struct {
	name   string
	offset int
	value  *node
}

// fault is an error at a place that is still to be turned into line and column.
type fault struct {
	offset int
	where  string
	text   string
}

func (f *fault) Error() string { return f.text }

func (n *node) fault(format string, args ...any) error {
	return &fault{offset: n.offset, text: fmt.Sprintf(format, args...)}
}

// within adds a step to the way to a fault.
func within(step string, err error) error {
	var f *fault
	if errors.As(err, &f) {
		if f.where != "" && f.where[0] != '[' {
			step += "."
		}
		f.where = step + f.where
	}
	return err
}

// located turns a fault in data into the error that users see.
func located(data []byte, err error) error {
	var f *fault
	if !errors.As(err, &f) {
		return err
	}
	before := data[:min(f.offset, len(data))]
	return &ParseError{
		Line:   1 + bytes.Count(before, []byte("\n")),
		Column: len(before) - bytes.LastIndexByte(before, '\n'),
		Where:  f.where,
		Text:   f.text,
	}
}

// maxDepth is far more than any scenario needs and keeps the reader off its stack's end.
const maxDepth = 32

type treeReader struct {
	data []byte
	dec  *json.Decoder
}

// readTree reads data, which has to be one JSON value and nothing else.
func readTree(data []byte) (*node, error) {
	r := &treeReader{data: data, dec: json.NewDecoder(bytes.NewReader(data))}
	r.dec.UseNumber()
	n, err := r.read(0)
	if err != nil {
		return nil, err
	}
	if at := r.start(); at < len(data) {
		return nil, &fault{offset: at, text: "there is more after the end of the JSON value"}
	}
	return n, nil
}

// start is the place at which the next token begins.
func (r *treeReader) start() int {
	at := int(r.dec.InputOffset())
	for at < len(r.data) && bytes.IndexByte([]byte(" \t\r\n,:"), r.data[at]) >= 0 {
		at++
	}
	return at
}

func (r *treeReader) token() (json.Token, int, error) {
	at := r.start()
	token, err := r.dec.Token()
	var syntax *json.SyntaxError
	switch {
	case err == nil:
		return token, at, nil
	case errors.As(err, &syntax):
		return nil, 0, &fault{offset: max(int(syntax.Offset)-1, 0), text: "this is not JSON: " + syntax.Error()}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, 0, &fault{offset: len(r.data), text: "the JSON value ends too early"}
	}
	return nil, 0, &fault{offset: at, text: "this is not JSON: " + err.Error()}
}

func (r *treeReader) read(depth int) (*node, error) {
	token, at, err := r.token()
	if err != nil {
		return nil, err
	}
	n := &node{offset: at, value: token}
	if depth > maxDepth {
		return nil, n.fault("values are nested more than %d deep", maxDepth)
	}
	switch token {
	case json.Delim('{'):
		n.value = n.members
		for r.dec.More() {
			name, at, err := r.token()
			if err != nil {
				return nil, err
			}
			value, err := r.read(depth + 1)
			if err != nil {
				return nil, err
			}
			n.members = append(n.members, member{name.(string), at, value})
		}
		n.value = n.members
		_, _, err = r.token()
	case json.Delim('['):
		list := []*node{}
		for r.dec.More() {
			value, err := r.read(depth + 1)
			if err != nil {
				return nil, err
			}
			list = append(list, value)
		}
		n.value = list
		_, _, err = r.token()
	}
	if err != nil {
		return nil, err
	}
	return n, nil
}
