package main

import (
	"bytes"
	"cmp"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/template"

	"github.com/spf13/cobra"

	"github.com/vstp-project/vstp/conformance"
)

//go:embed skeletons
var skeletons embed.FS

// A skeleton is an adapter to begin with, in one language.
type skeleton struct {
	Lang  string
	File  string // the one to be edited
	Build string // the command that builds it; empty where none is needed
	Run   string // the command that runs it, for --exec
	names map[string]string
}

// skeletonList are the skeletons. Files whose names would mean something to the go
// command are embedded by others.
var skeletonList = []skeleton{
	{Lang: "python", File: "adapter.py", Run: "python3 adapter.py"},
	{Lang: "node", File: "adapter.js", Run: "node adapter.js"},
	{Lang: "go", File: "main.go", Build: "go build -o adapter .", Run: "./adapter", names: map[string]string{"main.go.txt": "main.go", "go.mod.txt": "go.mod"}},
	{Lang: "rust", File: "src/main.rs", Build: "cargo build --release", Run: "target/release/vstp-adapter", names: map[string]string{"gitignore.txt": ".gitignore"}},
	{Lang: "c", File: "adapter.c", Build: "cc -std=c99 -Wall -Wextra -O2 -o adapter adapter.c", Run: "./adapter"},
}

func languages() []string {
	var list []string
	for _, s := range skeletonList {
		list = append(list, s.Lang)
	}
	return list
}

func newInit(s streams) *cobra.Command {
	var lang string
	cmd := &cobra.Command{
		Use:   "init --lang LANGUAGE [DIR]",
		Short: "Write an adapter to begin with",
		Long: `init writes the skeleton of an adapter into the directory DIR (default vstp-adapter):
the program between vstp-conform and your encoder, decoder and client. It runs as it is,
and what it does not do yet it refuses with a sentence that says where to go on. README.md
has the commands that judge it.

The languages are ` + strings.Join(languages(), ", ") + `. A skeleton needs nothing but the
language's own tools. A file that is there already is never overwritten.

A server needs no adapter: vstp-conform server --exec starts it as it is.`,
		Example: `  vstp-conform init --lang python
  vstp-conform init --lang rust adapters/vstp`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return fmt.Errorf("unexpected argument %q", args[1])
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			dir := "vstp-adapter"
			if len(args) == 1 {
				dir = args[0]
			}
			if dir == "" {
				return usagef("the name of the directory is empty")
			}
			if lang == "" {
				return usagef("--lang is missing: there are %s", strings.Join(languages(), ", "))
			}
			i := slices.IndexFunc(skeletonList, func(k skeleton) bool { return k.Lang == lang })
			if i < 0 {
				return usagef("--lang %q: there are %s", lang, strings.Join(languages(), ", "))
			}
			return skeletonList[i].write(s, dir)
		},
	}
	cmd.Flags().StringVar(&lang, "lang", "", "write it in this `LANGUAGE`: "+strings.Join(languages(), ", "))
	mustComplete(cmd, "lang", languages)
	return cmd
}

// files are the files of the skeleton by the names that they are written under.
func (k skeleton) files() (map[string][]byte, error) {
	files := map[string][]byte{}
	root := "skeletons/" + k.Lang
	err := fs.WalkDir(skeletons, root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := skeletons.ReadFile(path)
		name := strings.TrimPrefix(path, root+"/")
		files[cmp.Or(k.names[name], name)] = text
		return err
	})
	if err != nil {
		return nil, err
	}
	text, err := skeletons.ReadFile("skeletons/README.md.txt")
	if err != nil {
		return nil, err
	}
	readme, err := template.New("README.md").Parse(string(text))
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := readme.Execute(&out, k); err != nil {
		return nil, err
	}
	files["README.md"] = out.Bytes()
	return files, nil
}

// write writes the skeleton, all of it or, where a file is in its way, nothing.
func (k skeleton) write(s streams, dir string) error {
	files, err := k.files()
	if err != nil {
		return fmt.Errorf("the skeleton for %s: %w", k.Lang, err)
	}
	var names []string
	for name := range files {
		names = append(names, name)
		path := filepath.Join(dir, filepath.FromSlash(name))
		switch _, err := os.Lstat(path); {
		case err == nil:
			return usagef("%s is there already, and init overwrites nothing: choose another directory", path)
		case !errors.Is(err, fs.ErrNotExist):
			return usagef("%v", err)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			return usagef("%v", err)
		}
		if err := createFile(path, files[name]); err != nil {
			return fmt.Errorf("writing %s: %w", path, err)
		}
		fmt.Fprintln(s.out, path)
	}
	fmt.Fprintf(s.out, "\nNow, in %s:\n", dir)
	if k.Build != "" {
		fmt.Fprintf(s.out, "  %s\n", k.Build)
	}
	for _, role := range []string{conformance.RoleCodec, conformance.RoleClient} {
		fmt.Fprintf(s.out, "  vstp-conform smoke %s --exec %s --validate-adapter\n", role, quote(k.Run))
	}
	return nil
}

// createFile writes a file that must not be there yet.
func createFile(path string, content []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	return err
}
