package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/conformance/report"
	"github.com/vstp-project/vstp/conformance/selftest"
)

// leastPrecise is the part of all mutants for which the broken rule has to be the first
// to be blamed.
const leastPrecise = 0.9

// judgeMutants judges mutants, several at a time, and says what became of each, in the
// order of the specification.
func (f *selftestFlags) judgeMutants(ctx context.Context, s streams) (int, error) {
	root, err := selftest.Checkout()
	if err != nil {
		return 0, usagef("%v", err)
	}
	mutants, err := f.choose(selftest.Mutants())
	if err != nil {
		return 0, err
	}
	cache, err := f.openCache(root)
	if err != nil {
		return 0, err
	}
	began := time.Now()
	judged := f.judgeEach(ctx, s.out, root, cache, mutants)
	matrix, err := selftest.Matrix(judged, f.timeScale)
	if err != nil {
		return 0, err
	}
	fmt.Fprintf(s.out, "%d of %d mutants in %v\n\n", len(judged), len(mutants), time.Since(began).Round(time.Second))
	if err := report.WriteKillMatrix(s.out, matrix); err != nil {
		return 0, err
	}
	if f.out != "" {
		if err := f.write(matrix); err != nil {
			return 0, err
		}
	}
	if ctx.Err() != nil {
		return conformance.ExitInterrupted, nil
	}
	return f.proof(s.out, matrix)
}

// proof is the exit status that a matrix calls for.
func (f *selftestFlags) proof(w io.Writer, matrix report.KillMatrix) (int, error) {
	unproved, err := selftest.Unproved()
	if err != nil {
		return 0, err
	}
	for _, claim := range unproved {
		fmt.Fprintf(w, "unproved: %s has a case of a %s and no mutant\n", claim.Requirement, claim.Role)
	}
	sum, uncovered := matrix.Summary(), matrix.Uncovered()
	for _, id := range uncovered {
		fmt.Fprintf(w, "uncovered: no case is about %s\n", id)
	}
	vague := sum.Killed > 0 && sum.Judged == sum.Catalogue && sum.Share() < leastPrecise
	if vague {
		fmt.Fprintf(w, "vague: the broken rule is blamed first for %.1f %% of the mutants, and %.0f %% is wanted\n", 100*sum.Share(), 100*leastPrecise)
	}
	switch {
	case sum.Broken > 0:
		return conformance.ExitHarness, nil
	case sum.Survived > 0, len(unproved) > 0, len(uncovered) > 0, vague:
		return conformance.ExitNonConformant, nil
	}
	return conformance.ExitConformant, nil
}

// openCache opens the cache of what was caught; nil where none is to be used.
func (f *selftestFlags) openCache(root string) (*selftest.Cache, error) {
	if f.noCache {
		return nil, nil
	}
	dir := f.cache
	if dir == "" {
		base, err := os.UserCacheDir()
		if err != nil {
			return nil, usagef("where to keep what was caught is not known: %v (--cache DIR says where, --no-cache keeps nothing)", err)
		}
		dir = filepath.Join(base, "vstp-conform", "kills")
	}
	exe, err := self()
	if err != nil {
		return nil, err
	}
	return selftest.NewCache(dir, root, exe, f.timeScale)
}

// judgeEach judges mutants and returns those that were before the run was interrupted.
// One that survives beside others is judged once more, alone.
func (f *selftestFlags) judgeEach(ctx context.Context, out io.Writer, root string, cache *selftest.Cache, mutants []selftest.Mutant) []selftest.Judged {
	opts := conformance.Options{TimeScale: f.timeScale}
	judge := func(m selftest.Mutant) selftest.Judged {
		if cache != nil {
			if result, ok := cache.Get(m); ok {
				return selftest.Judged{Mutant: m, Result: result}
			}
		}
		result, err := selftest.Mutate(ctx, m, root, opts)
		if err == nil && cache != nil && ctx.Err() == nil {
			err = cache.Put(result)
		}
		return selftest.Judged{Mutant: m, Result: result, Err: err}
	}
	all := make([]selftest.Judged, len(mutants))
	ready := make([]chan struct{}, len(mutants))
	next := make(chan int)
	var workers sync.WaitGroup
	for i := range ready {
		ready[i] = make(chan struct{})
	}
	for range min(f.jobs, len(mutants)) {
		workers.Go(func() {
			for i := range next {
				all[i] = judge(mutants[i])
				close(ready[i])
			}
		})
	}
	workers.Go(func() {
		defer close(next)
		for i := range mutants {
			select {
			case next <- i:
			case <-ctx.Done():
				return
			}
		}
	})
	var judged []selftest.Judged
	var survivors []int // by their place in judged
	for i := range mutants {
		select {
		case <-ready[i]:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			break
		}
		if survived(all[i]) {
			survivors = append(survivors, len(judged))
		} else {
			printMutant(out, all[i])
		}
		judged = append(judged, all[i])
	}
	workers.Wait()
	for _, i := range survivors {
		if ctx.Err() != nil {
			return slices.DeleteFunc(judged, survived) // of those it is not known
		}
		if f.jobs > 1 {
			judged[i] = judge(judged[i].Mutant)
		}
		printMutant(out, judged[i])
	}
	return judged
}

func survived(j selftest.Judged) bool { return j.Err == nil && !j.Result.Killed() }

// printMutant says in a line what became of a mutant, and of a survivor what the cases
// about its requirement saw.
func printMutant(w io.Writer, j selftest.Judged) {
	m := j.Mutant
	switch {
	case j.Err != nil:
		fmt.Fprintf(w, "%-9s  %-8s  %s: %v\n", "broken", m.Requirement, m.Name, j.Err)
	case survived(j):
		fmt.Fprintf(w, "%-9s  %-8s  %s: %s\n", "SURVIVED", m.Requirement, m.Name, m.Sentence)
		for _, res := range j.Result.About {
			fmt.Fprintf(w, "           %s: %s %s\n", res.ID, res.Verdict, res.Message)
		}
	case j.Result.Cached:
		fmt.Fprintf(w, "%-9s  %-8s  %s: %s\n", "cached", m.Requirement, m.Name, more(j.Result.Killers))
	default:
		fmt.Fprintf(w, "%-9s  %-8s  %s: %s\n", "killed", m.Requirement, m.Name, more(j.Result.Killers))
	}
}

// more names the first killer and how many others there are.
func more(killers []string) string {
	if len(killers) == 1 {
		return killers[0]
	}
	return fmt.Sprintf("%s and %d more", killers[0], len(killers)-1)
}

// choose applies --run, --sample and --shard, in that order. What is left is in the order
// of the catalogue.
func (f *selftestFlags) choose(all []selftest.Mutant) ([]selftest.Mutant, error) {
	shard, err := parseShard(f.shard)
	if err != nil {
		return nil, err
	}
	var chosen []int
	for i, m := range all {
		ok, err := f.matches(m.Name)
		if err != nil {
			return nil, err
		}
		if ok {
			chosen = append(chosen, i)
		}
	}
	if len(chosen) == 0 {
		return nil, usagef("no mutant matches")
	}
	if f.sample > 0 && f.sample < len(chosen) {
		random := rand.New(rand.NewPCG(f.seed, 0))
		random.Shuffle(len(chosen), func(i, j int) { chosen[i], chosen[j] = chosen[j], chosen[i] })
		chosen = chosen[:f.sample]
		slices.Sort(chosen)
	}
	var part []selftest.Mutant
	for n, i := range chosen {
		if shard.Count == 0 || n%shard.Count == shard.Index-1 {
			part = append(part, all[i])
		}
	}
	if len(part) == 0 {
		return nil, usagef("--shard %s holds none of %d mutants: divide them into fewer", f.shard, len(chosen))
	}
	return part, nil
}

// write writes the matrix in each of its forms, each whole or not at all.
func (f *selftestFlags) write(matrix report.KillMatrix) error {
	if err := os.MkdirAll(f.out, 0o777); err != nil {
		return usagef("--out: %v", err)
	}
	for _, form := range []struct {
		name  string
		write func(io.Writer, report.KillMatrix) error
	}{
		{"kill-matrix.json", report.WriteKillMatrixJSON},
		{"kill-matrix.html", report.WriteKillMatrixHTML},
		{"kill-matrix.md", report.WriteKillMatrix},
	} {
		var content bytes.Buffer
		if err := form.write(&content, matrix); err != nil {
			return fmt.Errorf("writing %s: %w", form.name, err)
		}
		if err := replaceFile(f.out, form.name, content.Bytes()); err != nil {
			return err
		}
	}
	return nil
}
