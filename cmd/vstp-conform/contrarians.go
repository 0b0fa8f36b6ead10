package main

import (
	"context"
	"fmt"
	"path"
	"time"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/conformance/selftest"
)

// judgeContrarians judges the peers that make every other permitted choice. None of
// them may fail a case.
func (f *selftestFlags) judgeContrarians(ctx context.Context, s streams) (int, error) {
	root, err := selftest.Checkout()
	if err != nil {
		return 0, usagef("%v", err)
	}
	opts := conformance.Options{TimeScale: f.timeScale, Seed: f.seed}
	code := conformance.ExitConformant
	judged, blamed := 0, 0
	began := time.Now()
	for _, c := range selftest.Contrarians() {
		ok, err := f.matches(c.Name)
		if err != nil {
			return 0, err
		}
		if !ok {
			continue
		}
		results, err := selftest.Oppose(ctx, c, root, opts)
		if ctx.Err() != nil {
			return conformance.ExitInterrupted, nil
		}
		if err != nil {
			code = conformance.ExitHarness
			fmt.Fprintf(s.out, "%-9s  %s: %v\n", "broken", c.Name, err)
			continue
		}
		for _, r := range results {
			judged++
			if len(r.Blamed) == 0 {
				fmt.Fprintf(s.out, "%-9s  %-7s  %s: %s\n", "passed", r.Role, c.Name, c.Choice)
				continue
			}
			blamed++
			fmt.Fprintf(s.out, "%-9s  %-7s  %s: %s (%s)\n", "BLAMED", r.Role, c.Name, c.Choice, c.Where)
			for _, res := range r.Blamed {
				fmt.Fprintf(s.out, "           %s: %s %s\n", res.ID, res.Verdict, res.Message)
			}
		}
	}
	if judged == 0 && code == conformance.ExitConformant {
		return 0, usagef("no contrarian matches")
	}
	fmt.Fprintf(s.out, "%d contrarians judged in %v: %d passed, %d blamed\n", judged, time.Since(began).Round(time.Second), judged-blamed, blamed)
	if blamed > 0 && code == conformance.ExitConformant {
		code = conformance.ExitNonConformant
	}
	return code, nil
}

// matches applies --run to a name.
func (f *selftestFlags) matches(name string) (bool, error) {
	for _, glob := range f.run {
		ok, err := path.Match(glob, name)
		if err != nil {
			return false, usagef("--run %q: %v", glob, err)
		}
		if ok {
			return true, nil
		}
	}
	return len(f.run) == 0, nil
}
