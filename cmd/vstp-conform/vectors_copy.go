package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/vstp-project/vstp/vectors"
)

func newVectorsCopy(s streams) *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use:   "copy DIR",
		Short: "Write the vectors into a folder",
		Long: `copy writes all vectors into the folder DIR, which it makes where there is none, with
their JSON Schema and the README that describes the format: for programs that read
them without a judge, and as a beginning for vectors of one's own (--vectors DIR).

Files of DIR that have other contents under these names are left alone, and so is
all of DIR then, unless --force is given.`,
		Example: `  vstp-conform vectors copy my-vectors
  vstp-conform vectors copy --force my-vectors`,
		Args: exactly(1, "the folder to write to"),
		RunE: func(_ *cobra.Command, args []string) error {
			names, err := copyVectors(args[0], force)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(s.out, "%d files are in %s: %s\n", len(names), args[0], strings.Join(names, " "))
			return err
		},
	}
	cmd.Flags().BoolVar(&force, "force", false, "overwrite files that have other contents")
	return cmd
}

// copyVectors writes the embedded files into a folder and returns their names.
func copyVectors(dir string, force bool) ([]string, error) {
	names, err := fs.Glob(vectors.Files(), "*")
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, usagef("%v", err)
	}
	contents := map[string][]byte{} // of the files that are to be written
	var others []string
	for _, name := range names {
		want, err := fs.ReadFile(vectors.Files(), name)
		if err != nil {
			return nil, err
		}
		got, err := os.ReadFile(filepath.Join(dir, name))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			contents[name] = want
		case err != nil:
			return nil, usagef("%v", err)
		case !bytes.Equal(got, want):
			contents[name] = want
			others = append(others, name)
		}
	}
	if len(others) > 0 && !force {
		return nil, usagef("%s has other files of these names, and nothing was written: %s; --force overwrites them", dir, strings.Join(others, " "))
	}
	for _, name := range names {
		if want, ok := contents[name]; ok {
			if err := replaceFile(dir, name, want); err != nil {
				return nil, usagef("%v", err)
			}
		}
	}
	return names, nil
}
