package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/conformance/baseline"
)

// baselineFlags say what the target is known to fail, and whether to write that
// down.
type baselineFlags struct {
	file                          string
	writeBaseline, updateBaseline bool
}

func (f *baselineFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.file, "baseline", "", "hold the run against what is known to fail, which stands in `FILE`")
	flags.BoolVar(&f.writeBaseline, "write-baseline", false, "write what fails into the file of --baseline, which must not be there yet")
	flags.BoolVar(&f.updateBaseline, "update-baseline", false, "bring the file of --baseline up to date")
}

func (f *baselineFlags) check(cmd *cobra.Command) error {
	switch {
	case cmd.Flags().Changed("baseline") && f.file == "":
		return usagef("--baseline: the name of the file is empty")
	case f.writeBaseline && f.updateBaseline:
		return usagef("--write-baseline and --update-baseline exclude each other")
	case f.file == "" && f.writeBaseline:
		return usagef("--write-baseline needs --baseline FILE, the file to write")
	case f.file == "" && f.updateBaseline:
		return usagef("--update-baseline needs --baseline FILE, the file to bring up to date")
	}
	return nil
}

// A heldBaseline is a baseline that remembers the results of the run itself, to be
// brought up to date by.
type heldBaseline struct {
	*baseline.Baseline
	results []conformance.Result
}

func (k *heldBaseline) Stale(results []conformance.Result) []string {
	k.results = results
	return k.Baseline.Stale(results)
}

// load reads the baseline and checks that it is about cases of the role. It is nil
// where no flag asks for one.
func (f *baselineFlags) load(opts conformance.Options) (*heldBaseline, error) {
	if f.file == "" {
		return nil, nil
	}
	role := cmp.Or(opts.Role, conformance.RoleServer)
	text, err := os.ReadFile(f.file)
	switch {
	case f.writeBaseline && errors.Is(err, fs.ErrNotExist):
		return &heldBaseline{Baseline: baseline.New(f.file, role)}, nil
	case err != nil && errors.Is(err, fs.ErrNotExist):
		return nil, usagef("--baseline: %v (--write-baseline writes one)", err)
	case err != nil:
		return nil, usagef("--baseline: %v", err)
	case f.writeBaseline:
		return nil, usagef("--write-baseline: %s is there already (--update-baseline brings it up to date and keeps its reasons)", f.file)
	}
	b, err := baseline.Parse(f.file, text)
	if err != nil {
		return nil, usagef("--baseline: %v", err)
	}
	if b.Role != role {
		return nil, usagef("--baseline: %s is about the role %s, and this judges the role %s", f.file, b.Role, role)
	}
	all, err := conformance.Cases(conformance.Options{
		Role: role, Profile: "strict", Registry: opts.Registry, Vectors: opts.Vectors, Features: opts.Features,
	})
	if err != nil {
		return nil, err
	}
	ids := map[string]bool{}
	for _, c := range all {
		ids[c.ID] = true
	}
	if err := b.Check(func(id string) bool { return ids[id] }); err != nil {
		return nil, usagef("--baseline: %v", err)
	}
	return &heldBaseline{Baseline: b}, nil
}

// save writes the baseline where that was asked for, and says what is in it.
func (f *baselineFlags) save(k *heldBaseline, rep *conformance.Report, warnings bool, stderr io.Writer) error {
	switch {
	case k == nil:
		return nil
	case f.writeBaseline || f.updateBaseline:
		if rep.Interrupted {
			fmt.Fprintf(stderr, "vstp-conform: %s stays as it is, because the run was interrupted\n", f.file)
			return nil
		}
		change := k.Update(k.results, warnings)
		if f.writeBaseline && len(k.Entries) == 0 {
			fmt.Fprintf(stderr, "vstp-conform: nothing fails, so %s was not written\n", f.file)
			return nil
		}
		text, err := k.Text()
		if err != nil {
			return fmt.Errorf("the baseline: %w", err)
		}
		if err := replaceFile(filepath.Dir(f.file), filepath.Base(f.file), text); err != nil {
			return err
		}
		fmt.Fprintf(stderr, "vstp-conform: %s: %v; the next run is held against it\n", f.file, change)
	}
	if n := k.Unexplained(); n > 0 {
		fmt.Fprintf(stderr, "vstp-conform: %s: %d of %d entries have no reason yet; say there why each is put up with\n", f.file, n, len(k.Entries))
	}
	return nil
}
