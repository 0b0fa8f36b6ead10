package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/vstp-project/vstp/spec"
	"github.com/vstp-project/vstp/vectors"
)

// newVectorFlags are the flags of the command vectors new.
type newVectorFlags struct {
	registryFlag
	requirements []string
	comment, dir string
	limit        int64
}

func newVectorsNew(s streams) *cobra.Command {
	var f newVectorFlags
	cmd := &cobra.Command{
		Use:   "new FAMILY/NAME HEX",
		Short: "Write a vector for octets",
		Long: `new takes octets apart and writes the vector that says what they are. It prints the
vector, or with --dir adds it to the file DIR/FAMILY.json, which it makes where there is
none. The families are frame, stream, header, crc, flags and priority; those of the
others are written by hand (vectors/README.md describes how).

The octets are given as hex digits; blanks and 0x do not matter, and several arguments
are put together. What is wrong with them is what the vector will expect a decoder to
find: read the result before you keep it, and say with --comment what is special about
these octets.`,
		Example: `  vstp-conform vectors new frame/ping-of-mine 5654010400000000000000d8429a00 --requirement FRM-5
  vstp-conform vectors new frame/note-empty 5654 01 10 00 0000 00000000 20b3a5d1 --requirement FRM-5 \
      --comment 'A NOTE without anything' --registry my-registry.json --dir my-vectors`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) < 2 {
				return errors.New("the name of the vector, FAMILY/NAME, and its octets as hex digits are needed")
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			return f.execute(s, args[0], strings.Join(args[1:], " "))
		},
	}
	f.registryFlag.register(cmd)
	flags := cmd.Flags()
	flags.StringSliceVar(&f.requirements, "requirement", nil, "the vector is for this requirement, an `ID` such as FRM-5; repeatable, the one that it is for first")
	flags.StringVar(&f.comment, "comment", "", "what is special about these octets, in a `SENTENCE` (default the octets in words)")
	flags.StringVar(&f.dir, "dir", "", "add the vector to the vectors in `DIR`")
	flags.Int64Var(&f.limit, "limit", 0, "the decoder takes frames of at most this `NUMBER` of octets; for frame and stream")
	markDirname(cmd, "dir")
	mustComplete(cmd, "requirement", func() []string {
		var ids []string
		for _, r := range spec.Requirements() {
			ids = append(ids, r.ID)
		}
		return ids
	})
	return cmd
}

// vectorNameRE is the form of the name of a vector in its family.
var vectorNameRE = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

func (f *newVectorFlags) execute(s streams, id, text string) error {
	family, name, ok := strings.Cut(id, "/")
	switch {
	case !ok || !vectorNameRE.MatchString(name):
		return usagef("%q is no name of a vector: it is FAMILY/NAME, the name being lower-case words joined by hyphens", id)
	case !slices.Contains(vectors.Families(), family):
		return usagef("there is no family %q; the families are %s", family, strings.Join(vectors.Families(), ", "))
	case len(f.requirements) == 0:
		return usagef("--requirement: a vector is for at least one requirement")
	case f.limit < 0 || f.limit > 1<<31-1:
		return usagef("--limit %d: it goes up to 2147483647", f.limit)
	}
	for _, id := range f.requirements {
		if _, ok := spec.Lookup(id); !ok {
			return usagef("--requirement: %s", noRequirement(id))
		}
	}
	octets, err := parseHex(text)
	if err != nil {
		return usagef("the octets: %v", err)
	}
	registry, err := f.load()
	if err != nil {
		return err
	}
	entry, err := f.entry(family, name, octets, registry)
	if err != nil {
		return err
	}
	file, err := f.add(family, name, entry, registry)
	if err != nil {
		return err
	}
	if f.comment == "" {
		fmt.Fprintln(s.err, "vstp-conform: the comment is the octets in words; say with --comment what is special about them")
	}
	if f.dir == "" {
		_, err = s.out.Write(entry)
		return err
	}
	if err := replaceFile(f.dir, family+".json", file); err != nil {
		return usagef("%v", err)
	}
	_, err = fmt.Fprintf(s.out, "%s is in %s\n", id, filepath.Join(f.dir, family+".json"))
	return err
}

// entry is the vector, in its canonical form.
func (f *newVectorFlags) entry(family, name string, octets []byte, registry *spec.Registry) ([]byte, error) {
	scaffold, err := newScaffold(family, octets, f.limit, registry)
	if err != nil {
		return nil, err
	}
	fields := map[string]any{
		"name": name, "requirements": f.requirements, "comment": f.comment, "origin": "hand",
		"octets": scaffold.octets, "expect": scaffold.expect,
	}
	if f.comment == "" {
		fields["comment"] = scaffold.summary
	}
	if len(scaffold.tags) > 0 {
		fields["tags"] = scaffold.tags
	}
	if f.limit > 0 {
		fields["limit"] = f.limit
	}
	text, err := json.Marshal(fields)
	if err != nil {
		return nil, err
	}
	return vectors.Format(text)
}

// add returns the file of the family with the vector in it, and refuses a vector
// that cannot stand there.
func (f *newVectorFlags) add(family, name string, entry []byte, registry *spec.Registry) ([]byte, error) {
	file, err := f.file(family)
	if err != nil {
		return nil, err
	}
	set, err := onlyFile(family, file, vectors.LoadSound)
	if _, there := set.Lookup(family + "/" + name); there {
		return nil, usagef("there is a vector %s/%s already: choose another name", family, name)
	}
	if err != nil && f.dir != "" {
		// A new file has no vector, and that is its only fault.
		if len(flatten(err)) > 1 || !isNew(file) {
			return nil, usagef("%s has faults, which \"vectors verify %s\" lists; mend them first", filepath.Join(f.dir, family+".json"), f.dir)
		}
	}
	if file, err = vectors.Append(file, entry); err != nil {
		return nil, err
	}
	found, err := onlyFile(family, file, func(fsys fs.FS) (*findings, error) { return verifyVectors(fsys, registry) })
	if err != nil {
		return nil, err
	}
	for _, fault := range found.faults {
		if fault.Vector == name {
			problem := fault.Rule
			if fault.Field != "" {
				problem = fault.Field + ": " + problem
			}
			return nil, usagef("%s/%s: %s", family, name, problem)
		}
	}
	return file, nil
}

// file is the file that the vector is to be added to: one of --dir or, without
// it, the one that is built in.
func (f *newVectorFlags) file(family string) ([]byte, error) {
	fsys := vectors.Files()
	if f.dir != "" {
		var err error
		if fsys, err = folder(f.dir); err != nil {
			return nil, usagef("--dir: %v", err)
		}
	}
	file, err := fs.ReadFile(fsys, family+".json")
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Appendf(nil, `{"schema": %q, "spec": %q, "family": %q, "description": "Vectors of the family %s", "tombstones": [], "vectors": []}`,
			vectors.Schema, spec.Version, family, family), nil
	}
	if err != nil {
		return nil, usagef("--dir: %v", err)
	}
	return file, nil
}

// isNew tells whether a file has no vector yet.
func isNew(file []byte) bool { return len(parsePlaces(file).at("vectors").elements) == 0 }

// onlyFile lays the file of a family down in a folder of its own and reads it.
func onlyFile[T any](family string, file []byte, read func(fs.FS) (T, error)) (T, error) {
	var none T
	dir, err := os.MkdirTemp("", "vstp-conform-")
	if err != nil {
		return none, err
	}
	defer os.RemoveAll(dir)
	if err := os.WriteFile(filepath.Join(dir, family+".json"), file, 0o600); err != nil {
		return none, err
	}
	return read(os.DirFS(dir))
}

// marshalHeaders writes headers as the files have them.
func marshalHeaders(headers [][2][]byte) []any {
	list := []any{}
	for i := 0; i < len(headers); {
		times := 1
		for i+times < len(headers) && bytes.Equal(headers[i][0], headers[i+times][0]) && bytes.Equal(headers[i][1], headers[i+times][1]) {
			times++
		}
		header := []any{group(headers[i][0]), group(headers[i][1])}
		if times > 1 {
			header = append(header, times)
		}
		list = append(list, header)
		i += times
	}
	return list
}
