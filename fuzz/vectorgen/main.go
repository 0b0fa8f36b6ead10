// Command vectorgen writes the families of vectors that are made in bulk:
// generated.json, frames around every boundary, and gofuzz.json, frames out of
// frozen random octets.
//
// Usage:
//
//	go run . DIRECTORY
//
// It draws nothing at random: it writes the same octets each time, which a test
// relies on. The frames come from package forge, and what is to be made of them
// is known from how they were made. No decoder has a say in it.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/vstp-project/vstp/vectors"
)

//go:generate go run . ../../vectors

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: vectorgen DIRECTORY")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "vectorgen:", err)
		os.Exit(1)
	}
}

// run writes all files into a directory.
func run(dir string) error {
	for _, f := range []file{bulk(), fuzzed()} {
		data, err := f.bytes()
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, f.Family+".json"), data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// bytes returns the file in its canonical form, sealed with its digest.
func (f file) bytes() ([]byte, error) {
	data, err := json.Marshal(f)
	if err != nil {
		return nil, err
	}
	return vectors.Seal(data)
}
