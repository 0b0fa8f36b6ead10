package vectors

import (
	"embed"
	"io/fs"
	"slices"
	"sync"
)

//go:embed *.json README.md
var files embed.FS

// Files returns the embedded files: the families, their JSON Schema
// vectors.schema.json, and README.md, which describes both.
func Files() fs.FS { return files }

// Set is all vectors of a directory.
type Set struct {
	vectors []Vector
	byID    map[string]int
	renamed map[string]string // ID of a tombstone to the ID that took its place
}

var embedded = sync.OnceValues(func() (Set, error) { return LoadFS(files) })

// Load returns the embedded vectors. The error is as for LoadFS.
func Load() (Set, error) { return embedded() }

// All returns every vector, the families in alphabetical order and each in the
// order of its file. The caller owns the slice, not what the vectors point to.
func (s Set) All() []Vector { return slices.Clone(s.vectors) }

// Lookup returns the vector with the given ID, such as "frame/guide-example". An
// ID that a vector had before it was renamed finds it too.
func (s Set) Lookup(id string) (Vector, bool) {
	if now, ok := s.renamed[id]; ok {
		id = now
	}
	i, ok := s.byID[id]
	if !ok {
		return Vector{}, false
	}
	return s.vectors[i], true
}
