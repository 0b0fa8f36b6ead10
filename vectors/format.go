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
// objects, one line end after the last line. It changes nothing else, and it
// does not check the vectors.
func Format(data []byte) ([]byte, error) {
	if err := syntax(data); err != nil {
		return nil, fmt.Errorf("vectors: not JSON: %w", err)
	}
	src := &source{data: data}
	root, _ := src.root()
	var out bytes.Buffer
	root.write(&out, 0)
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
var fieldOrder = slices.Concat(fileFields, tombstoneFields, vectorFields, expectFields, frameFields)

func rankOf(key string) int {
	if i := slices.Index(fieldOrder, key); i >= 0 {
		return i
	}
	return len(fieldOrder)
}

type member struct {
	key   string
	value node
}

// write appends the value with the lines after the first indented by depth.
func (n node) write(out *bytes.Buffer, depth int) {
	kind := n.kind()
	if kind != "an object" && kind != "an array" {
		writeScalar(out, n.raw)
		return
	}
	var members []member
	tall := kind == "an object"
	n.values(func(key string, value node) {
		members = append(members, member{key, value})
		tall = tall || value.kind() == "an object"
	})
	if kind == "an object" {
		slices.SortStableFunc(members, func(a, b member) int { return rankOf(a.key) - rankOf(b.key) })
	}

	brackets := map[string]string{"an object": "{}", "an array": "[]"}[kind]
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
		if kind == "an object" {
			writeString(out, m.key)
			out.WriteString(": ")
		}
		m.value.write(out, depth+1)
	}
	if tall && len(members) > 0 {
		out.WriteString("\n" + strings.Repeat("  ", depth))
	}
	out.WriteByte(brackets[1])
}

// writeScalar writes a string with no more escapes than it needs, and everything
// else as it stands.
func writeScalar(out *bytes.Buffer, raw []byte) {
	var s string
	if raw = bytes.TrimSpace(raw); raw[0] == '"' && json.Unmarshal(raw, &s) == nil {
		writeString(out, s)
		return
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
