package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/spec"
	"github.com/vstp-project/vstp/vectors"
)

func newVectorsVerify(s streams) *cobra.Command {
	var registry registryFlag
	cmd := &cobra.Command{
		Use:   "verify [DIR]",
		Short: "Check vectors",
		Long: `verify checks the vectors in DIR, without it those built in: their form, by the JSON
Schema, by the reader that judges use, and against the canonical layout; their
requirements, against the specification; the names of types, flags and errors, against
the registry; and, above all, whether the octets are what the vector says of them,
which a decoder finds out that no vector was made with.

Each fault is a line FILE:LINE: vector "NAME": field: the rule that is broken. A vector
that takes a TYPE to be unknown which the registry has (--registry) does not apply and
is named as a note.

Exit status: 0 no fault, 1 faults, 2 no such folder, or no vectors in it.`,
		Example: `  vstp-conform vectors verify
  vstp-conform vectors verify my-vectors
  vstp-conform vectors verify my-vectors --registry my-registry.json`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return fmt.Errorf("unexpected argument %q", args[1])
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			known, err := registry.load()
			if err != nil {
				return err
			}
			fsys, dir := vectors.Files(), "vectors"
			if len(args) == 1 {
				dir = args[0]
				if fsys, err = folder(dir); err != nil {
					return err
				}
			}
			found, err := verifyVectors(fsys, known)
			if err != nil {
				return usagef("%s: %v", dir, err)
			}
			if err := found.print(s.out, dir); err != nil {
				return err
			}
			if len(found.faults) > 0 {
				return status(conformance.ExitNonConformant)
			}
			return nil
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveFilterDirs
		},
	}
	registry.register(cmd)
	return cmd
}

// findings is what verify has found.
type findings struct {
	files   []*vectorFile
	vectors int // those that can be read
	faults  []*vectors.Error
	notes   []*vectors.Error
}

// verifyVectors checks the vectors of a folder. A nil registry is the shipped one.
// It fails where there is none.
func verifyVectors(fsys fs.FS, registry *spec.Registry) (*findings, error) {
	if registry == nil {
		registry = spec.DefaultRegistry()
	}
	set, err := vectors.LoadSound(fsys)
	found := &findings{vectors: len(set.All())}
	for _, err := range flatten(errors.Join(err, vectors.Lint(fsys))) {
		var fault *vectors.Error
		if !errors.As(err, &fault) {
			return nil, err
		}
		// Lint loads the files as well, and finds the same.
		if !slices.ContainsFunc(found.faults, func(f *vectors.Error) bool { return *f == *fault }) {
			found.faults = append(found.faults, fault)
		}
	}
	if found.files, err = vectorFiles(fsys); err != nil {
		return nil, err
	}
	found.schema()
	c := vectorChecker{registry: registry, found: found}
	for _, v := range set.All() {
		c.check(v)
	}
	for _, list := range [][]*vectors.Error{found.faults, found.notes} {
		slices.SortStableFunc(list, func(a, b *vectors.Error) int {
			return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
		})
	}
	return found, nil
}

// print prints the findings, with the names of files as seen from where dir is
// named, and a last line that counts them.
func (f *findings) print(w io.Writer, dir string) error {
	p := printer{w: w}
	for _, fault := range f.faults {
		p.line("%s", filepath.Join(dir, fault.Error()))
	}
	for _, note := range f.notes {
		p.line("%s", filepath.Join(dir, note.Error()))
	}
	p.line("%s in %s: %s%s", plural(f.vectors, "vector"), plural(len(f.files), "file"), countFaults(len(f.faults)), countNotes(len(f.notes)))
	return p.err
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func countFaults(n int) string {
	if n == 0 {
		return "no fault"
	}
	return plural(n, "fault")
}

func countNotes(n int) string {
	switch n {
	case 0:
		return ""
	case 1:
		return ", 1 does not apply"
	}
	return fmt.Sprintf(", %d do not apply", n)
}

// A vectorFile is a file of vectors, for finding places in it.
type vectorFile struct {
	name   string
	data   []byte
	root   *jsonValue
	number map[string]int // of each vector in the file, by its name
}

// vectorFiles reads the families of a folder.
func vectorFiles(fsys fs.FS) ([]*vectorFile, error) {
	names, err := fs.Glob(fsys, "*.json")
	if err != nil {
		return nil, err
	}
	var files []*vectorFile
	for _, name := range names {
		if strings.HasSuffix(name, ".schema.json") {
			continue
		}
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, err
		}
		files = append(files, &vectorFile{name: name, data: data})
	}
	return files, nil
}

// vector is the path of a vector in its file.
func (f *vectorFile) vector(name string) string {
	if f.number == nil {
		f.number = map[string]int{}
		for i, name := range f.names() {
			if _, ok := f.number[name]; !ok {
				f.number[name] = i
			}
		}
	}
	return fmt.Sprintf("vectors[%d]", f.number[name])
}

// places are the places of the values in the file.
func (f *vectorFile) places() *jsonValue {
	if f.root == nil {
		f.root = parsePlaces(f.data)
	}
	return f.root
}

// line is the line of a value.
func (f *vectorFile) line(path string) int { return lineAt(f.data, f.places().at(path).start) }

// fault is a fault of a vector of the file.
func (f *vectorFile) fault(vector, field, rule string) *vectors.Error {
	path := f.vector(vector) + "." + field
	return &vectors.Error{File: f.name, Line: f.line(path), Vector: vector, Field: field, Rule: rule}
}

func (f *findings) file(v vectors.Vector) *vectorFile {
	i := slices.IndexFunc(f.files, func(file *vectorFile) bool { return file.name == v.Family+".json" })
	return f.files[i]
}
