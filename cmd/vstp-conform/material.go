package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/features"
	"github.com/vstp-project/vstp/spec"
)

// registryFlag is the flag --registry: a frame type of one's own is known by it,
// without a change to this program.
type registryFlag struct{ registry string }

func (f *registryFlag) register(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.registry, "registry", "", "use the registry in `FILE` in place of the one built in; a table that it leaves out stays as it is")
}

// load returns the registry of the flag, nil where it is not given.
func (f *registryFlag) load() (*spec.Registry, error) {
	if f.registry == "" {
		return nil, nil
	}
	text, err := os.ReadFile(f.registry)
	if err != nil {
		return nil, usagef("--registry: %v", err)
	}
	registry, err := spec.ParseRegistry(text)
	if err != nil {
		return nil, usagef("--registry: %s", strings.Join(registryFaults(f.registry, text, err), "\n"))
	}
	return registry, nil
}

// args are the arguments that give a child process the same registry.
func (f *registryFlag) args() []string {
	if f.registry == "" {
		return nil
	}
	return []string{"--registry", f.registry}
}

// unknownFieldRE finds the field that encoding/json does not know. It does not
// say where that field is.
var unknownFieldRE = regexp.MustCompile(`unknown field "([^"]+)"`)

// registryFaults are the faults of a registry, each with its place.
func registryFaults(name string, text []byte, err error) []string {
	var list []string
	for _, fault := range flatten(err) {
		var (
			entry  *spec.RegistryError
			syntax *json.SyntaxError
			kind   *json.UnmarshalTypeError
		)
		line := 0
		switch field := unknownFieldRE.FindStringSubmatch(fault.Error()); {
		case errors.As(fault, &entry):
			line = lineOf(text, entry.Field)
		case errors.As(fault, &syntax):
			line = lineAt(text, int(syntax.Offset))
		case errors.As(fault, &kind):
			line = lineAt(text, int(kind.Offset))
		case field != nil:
			if at := regexp.MustCompile(`"`+regexp.QuoteMeta(field[1])+`"\s*:`).FindAllIndex(text, 2); len(at) == 1 {
				line = lineAt(text, at[0][0])
			}
		}
		where := name
		if line > 0 {
			where = fmt.Sprintf("%s:%d", name, line)
		}
		list = append(list, where+": "+strings.TrimPrefix(fault.Error(), "registry: "))
	}
	return list
}

// flatten returns the errors that an error joins.
func flatten(err error) []error {
	if err == nil {
		return nil
	}
	var joined interface{ Unwrap() []error }
	if !errors.As(err, &joined) {
		return []error{err}
	}
	var list []error
	for _, e := range joined.Unwrap() {
		list = append(list, flatten(e)...)
	}
	return list
}

// material holds the flags that replace what the suite brings along, or add to
// it.
type material struct {
	registryFlag
	vectors, features string
}

func (m *material) register(cmd *cobra.Command) {
	m.registryFlag.register(cmd)
	flags := cmd.Flags()
	flags.StringVar(&m.vectors, "vectors", "", "use the vectors in `DIR` in place of those built in, which \"vectors copy\" writes")
	flags.StringVar(&m.features, "features", "", "add the scenarios in `DIR` to those built in; a file takes the place of one of its name")
	for _, name := range []string{"vectors", "features"} {
		markDirname(cmd, name)
	}
}

func markDirname(cmd *cobra.Command, flag string) {
	if err := cmd.MarkFlagDirname(flag); err != nil {
		panic(err) // the flag does not exist: a mistake in this program
	}
}

// apply reads the registry and names the folders in opts.
func (m *material) apply(opts *conformance.Options) error {
	var err error
	if opts.Registry, err = m.load(); err != nil {
		return err
	}
	if opts.Vectors, err = directory("vectors", m.vectors); err != nil {
		return err
	}
	if opts.Features, err = directory("features", m.features); err != nil || opts.Features == nil {
		return err
	}
	if own, err := fs.Glob(opts.Features, "*.feature"); err != nil || len(own) == 0 {
		return usagef("--features %s: there is no feature file (*.feature) in this directory", m.features)
	}
	opts.Features = overlay{opts.Features, features.FS}
	return nil
}

// directory is the folder that a flag names, nil where it is not given.
func directory(flag, path string) (fs.FS, error) {
	if path == "" {
		return nil, nil
	}
	fsys, err := folder(path)
	if err != nil {
		return nil, usagef("--%s: %v", flag, err)
	}
	return fsys, nil
}

// folder is the file system below a folder that has to be there.
func folder(path string) (fs.FS, error) {
	if info, err := os.Stat(path); err != nil {
		return nil, usagef("%v", err)
	} else if !info.IsDir() {
		return nil, usagef("%s: this is no directory", path)
	}
	return os.DirFS(path), nil
}

// An overlay is a file system of the files of two, those of the upper one first.
type overlay struct{ upper, lower fs.FS }

func (o overlay) Open(name string) (fs.File, error) {
	f, err := o.upper.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return o.lower.Open(name)
	}
	return f, err
}

// ReadDir lists a folder that both have.
func (o overlay) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(o.upper, name)
	if err != nil {
		return nil, err
	}
	below, err := fs.ReadDir(o.lower, name)
	if err != nil {
		return nil, err
	}
	entries = append(entries, below...)
	slices.SortStableFunc(entries, func(a, b fs.DirEntry) int { return cmp.Compare(a.Name(), b.Name()) })
	return slices.CompactFunc(entries, func(a, b fs.DirEntry) bool { return a.Name() == b.Name() }), nil
}
