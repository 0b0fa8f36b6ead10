package vectors

import (
	"errors"
	"fmt"
	"slices"
)

// Append returns a file of vectors, in its canonical form, with one more vector
// at its end: a JSON object, which is not checked.
func Append(file, vector []byte) ([]byte, error) {
	if err := syntax(vector); err != nil {
		return nil, fmt.Errorf("vectors: the vector is not JSON: %w", err)
	}
	src := &source{data: file}
	root, ok := src.root()
	if !ok {
		return nil, fmt.Errorf("vectors: %w", errors.Join(src.faults...))
	}
	for _, member := range root.nodes {
		if member.key != "vectors" || member.kind() != "an array" {
			continue
		}
		end := member.end - 1 // of the bracket
		if len(member.nodes) > 0 {
			vector = slices.Concat([]byte{','}, vector)
		}
		return Format(slices.Concat(file[:end], vector, file[end:]))
	}
	return nil, errors.New("vectors: the file has no list of vectors")
}
