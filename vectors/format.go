package vectors

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// Format returns a file of vectors in its canonical form: fields in the order of
// the README, two spaces of indentation, an array on one line unless it holds
// objects, each element of events, frames and datagrams on a line of its own, as
// is each vector of a generated file, one line end after the last line. It changes
// nothing else, and it does not check the vectors.
func Format(data []byte) ([]byte, error) {
	if err := syntax(data); err != nil {
		return nil, fmt.Errorf("vectors: not JSON: %w", err)
	}
	src := &source{data: data}
	root, _ := src.root()
	var out bytes.Buffer
	root.write(&out, 0, false)
	out.WriteByte('\n')
	return out.Bytes(), nil
}

// Lint loads the files and compares each with its canonical form. The error
// joins an *Error for everything that is wrong.
func Lint(fsys fs.FS) error {
	names, err := familyFiles(fsys)
	if err != nil {
		return err
	}
	_, err = LoadFS(fsys)
	faults := []error{err}
	for _, name := range names {
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return fmt.Errorf("vectors: %w", err)
		}
		canonical, err := Format(data)
		if err != nil {
			continue // LoadFS has said so
		}
		if line := firstDifference(data, canonical); line > 0 {
			faults = append(faults, &Error{File: name, Line: line, Rule: "differs from the canonical form here"})
		}
	}
	return errors.Join(faults...)
}

// firstDifference returns the number of the first line that differs, 0 if none.
func firstDifference(a, b []byte) int {
	if bytes.Equal(a, b) {
		return 0
	}
	line := 1
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			break
		}
		if a[i] == '\n' {
			line++
		}
	}
	return line
}

// fieldOrder is the order of all fields; no two objects of the format disagree.
var fieldOrder = []string{
	// the file
	"schema", "spec", "family", "description", "sha256", "tombstones", "vectors",
	// an event, and the kinds of what happens in it
	"at_ms", "early_ms", "late_ms", "in", "out",
	InConnected, InDatagram, InUnreachable, InEnd, InReset, InSend, InSendAck, InAnswer, InReturn, InFail, InReceive, InClose,
	OutDeliver, OutHandle, OutHello, OutWelcome, OutAck, OutPong, OutData, OutResponse, OutErr, OutBye, OutSuccess, OutFailure, OutReport,
	// what is expected, and a vector
	"result", "error", "needed", "consumed",
	"name", "reason", "renamed", "requirements", "comment", "origin", "tags", "machine", "octets",
	"version", "type", "flags", "headers", "payload",
	"transport", "message", "frame", "frames", "value", "text", "repeat", "crc",
	"names", "reserved", "honoured", "priority", "control", "plain", "json", "count", "datagrams",
	"of", "from", "to", "msg_id", "frag_id", "remote", "free", "limit", "events", "expect",
}

// rank is the place of each field in fieldOrder.
var rank = func() map[string]int {
	m := map[string]int{}
	for i, field := range fieldOrder {
		m[field] = i
	}
	return m
}()

func rankOf(key string) int {
	if i, ok := rank[key]; ok {
		return i
	}
	return len(fieldOrder)
}

// values are the fields that hold JSON of any kind. Their members stay in their
// order, since they are not of the format.
var values = []string{"json", InReturn, OutHandle, OutResponse}

// lists are the arrays whose elements stand on a line each, however long it is.
var lists = []string{"events", "frames", "datagrams"}

// isList tells whether an array is one of lists, or holds the vectors of a
// generated file.
func (n *node) isList() bool {
	if n.parent == nil || n.parent.kind() != "an object" {
		return false
	}
	generated := n.key == "vectors" && slices.ContainsFunc(n.parent.nodes, func(m *node) bool { return m.key == "sha256" })
	return generated || slices.Contains(lists, n.key)
}

// write appends the value with the lines after the first indented by depth. What
// is flat stays on one line.
func (n *node) write(out *bytes.Buffer, depth int, flat bool) {
	if slices.Contains(values, n.key) {
		// What has been read as JSON can be compacted.
		_ = json.Compact(out, n.raw())
		return
	}
	kind := n.kind()
	if kind != "an object" && kind != "an array" {
		writeScalar(out, n.raw())
		return
	}
	isObject := kind == "an object"
	list := !isObject && n.isList()
	tall := !flat && (isObject || list || slices.ContainsFunc(n.nodes, func(e *node) bool { return e.kind() == "an object" }))
	members := n.nodes
	if isObject {
		members = slices.Clone(members)
		slices.SortStableFunc(members, func(a, b *node) int { return rankOf(a.key) - rankOf(b.key) })
	}

	brackets := map[bool]string{true: "{}", false: "[]"}[isObject]
	out.WriteByte(brackets[0])
	for i, m := range members {
		switch {
		case i > 0 && !tall:
			out.WriteString(", ")
		case i > 0:
			out.WriteByte(',')
		}
		if tall {
			out.WriteString("\n" + strings.Repeat("  ", depth+1))
		}
		if isObject {
			writeString(out, m.key)
			out.WriteString(": ")
		}
		m.write(out, depth+1, flat || list)
	}
	if tall && len(members) > 0 {
		out.WriteString("\n" + strings.Repeat("  ", depth))
	}
	out.WriteByte(brackets[1])
}

// writeScalar writes a string with no more escapes than it needs, and everything
// else as it stands.
func writeScalar(out *bytes.Buffer, raw []byte) {
	if raw[0] == '"' {
		if s, err := unquote(raw); err == nil {
			writeString(out, s)
			return
		}
	}
	out.Write(raw)
}

func writeString(out *bytes.Buffer, s string) {
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	// Encoding a string into a buffer cannot fail.
	_ = enc.Encode(s)
	out.Truncate(out.Len() - 1) // the line end that Encode adds
}
