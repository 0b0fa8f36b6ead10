package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/conformance/selftest"
)

type selftestFlags struct {
	null, mutants, contrarians bool
	stability                  int
	run                        []string
	sample                     int
	seed                       uint64
	timeScale                  float64
	out                        string
}

func newSelftest(s streams) *cobra.Command {
	var f selftestFlags
	cmd := &cobra.Command{
		Use:   "selftest",
		Short: "Judge the judge",
		Long: `selftest shows that a pass means something.

--null runs every case against peers that implement nothing. As servers: one that is
not there, one that hangs up, one that never answers, one that sends every octet back
and one that answers at random. As clients and codecs: adapters that end, that say
nothing, that refuse everything, that claim that everything went well, and that play
dead, hang up or refuse after one good exchange. None of them may pass a case of a MUST,
but for what it truly satisfies; that is listed, each with its reason.

--mutants breaks one rule of the reference peer after the other, builds it and judges
it, as a server, client or codec, by the cases about that rule in that role. One of them
has to catch it. This needs a checkout of the project and the go command; --sample
judges only that many, drawn by --seed.

--contrarians makes the reference peer take every other choice that the specification
leaves free, one after the other, and judges it by the whole suite. None of them may
fail a case.

--stability N judges the reference peer as server and client at the same time, N times
each with 1, 2 and 4 processors. No verdict may change from run to run, and at most
1 percent of them may be inconclusive.

Without a flag, --null and --mutants are done.

Exit status: 0 all is proved, 1 a null peer passed a case, a mutant survived or a
contrarian failed, 2 usage, 4 a peer could not be built or judged, 130 interrupted.`,
		Example: `  vstp-conform selftest --null
  vstp-conform selftest --mutants --sample 12
  vstp-conform selftest --mutants --run 'ack-*' --out out
  vstp-conform selftest --contrarians
  vstp-conform selftest --stability 50`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.execute(cmd.Context(), s) },
	}
	fl := cmd.Flags()
	fl.BoolVar(&f.null, "null", false, "only the peers that implement nothing")
	fl.BoolVar(&f.mutants, "mutants", false, "only the mutants of the reference peer")
	fl.BoolVar(&f.contrarians, "contrarians", false, "only the peers that make every other permitted choice")
	fl.IntVar(&f.stability, "stability", 0, "only compare the verdicts of `N` runs with each number of processors")
	fl.StringArrayVar(&f.run, "run", nil, "only the mutants or contrarians whose name matches the `GLOB`; repeatable")
	fl.IntVar(&f.sample, "sample", 0, "only `N` of the mutants, drawn by --seed; 0 for all")
	fl.Uint64Var(&f.seed, "seed", 0, "draw the sample by this `SEED`")
	fl.Float64Var(&f.timeScale, "time-scale", builtinTimeScale, "`FACTOR` of the timers of judge and peer, 0.05 to 1")
	fl.StringVarP(&f.out, "out", "o", "", "write kill-matrix.json into this `DIR`")
	return cmd
}

func (f *selftestFlags) execute(ctx context.Context, s streams) error {
	if f.sample < 0 {
		return usagef("--sample %d: want 0 or more", f.sample)
	}
	if f.stability < 0 {
		return usagef("--stability %d: want 0 or more", f.stability)
	}
	if f.timeScale < minTimeScale || f.timeScale > maxTimeScale {
		return usagef("--time-scale %v: want %v to %v", f.timeScale, minTimeScale, maxTimeScale)
	}
	both := !f.null && !f.mutants && !f.contrarians && f.stability == 0
	code := conformance.ExitConformant
	if f.null || both {
		c, err := f.judgeNull(ctx, s)
		if err != nil {
			return err
		}
		code = max(code, c)
	}
	if f.mutants || both {
		c, err := f.judgeMutants(ctx, s)
		if err != nil {
			return err
		}
		code = max(code, c)
	}
	if f.contrarians {
		c, err := f.judgeContrarians(ctx, s)
		if err != nil {
			return err
		}
		code = max(code, c)
	}
	if f.stability > 0 {
		c, err := f.judgeStability(ctx, s)
		if err != nil {
			return err
		}
		code = max(code, c)
	}
	return status(code)
}

// judgeNull judges the null peers and adapters and prints a table.
func (f *selftestFlags) judgeNull(ctx context.Context, s streams) (int, error) {
	opts := conformance.Options{TimeScale: f.timeScale, Capabilities: []string{}}
	results, err := selftest.NullAll(ctx, opts)
	if ctx.Err() != nil {
		return conformance.ExitInterrupted, nil
	}
	if err != nil {
		return 0, err
	}
	table := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "null peer\trole\tcases\tMUST passed\twhat it does")
	code := conformance.ExitConformant
	var remarks []string
	for _, result := range results {
		if result.Unreached != "" {
			fmt.Fprintf(table, "%s\t%s\tnone\t0\t%s: never reached, exit status 3\n", result.Name, result.Role, result.Title)
			continue
		}
		fmt.Fprintf(table, "%s\t%s\t%d\t%d\t%s\n",
			result.Name, result.Role, len(result.Report.Results), len(result.Passed)+len(result.Allowed), result.Title)
		for _, res := range result.Allowed {
			reason, _ := selftest.NullAllowed(result.Name, res.ID)
			remarks = append(remarks, fmt.Sprintf("%s may pass %s (%s): %s", result.Name, res.ID, res.Requirements[0], reason))
		}
		for _, res := range result.Passed {
			code = conformance.ExitNonConformant
			remarks = append(remarks, fmt.Sprintf("%s passes %s (%s): the case is no proof", result.Name, res.ID, res.Requirements[0]))
		}
	}
	if err := table.Flush(); err != nil {
		return 0, err
	}
	for _, line := range remarks {
		fmt.Fprintln(s.out, line)
	}
	return code, nil
}

// killMatrix is the form of kill-matrix.json.
type killMatrix struct {
	Schema  string     `json:"schema"`
	Suite   string     `json:"suite"`
	Mutants []killLine `json:"mutants"`
	// Unproved are requirements that have a case and no mutant in the same role.
	Unproved []selftest.Claim `json:"unproved"`
}

type killLine struct {
	Name        string   `json:"name"`
	Requirement string   `json:"requirement"`
	Role        string   `json:"role"`
	Sentence    string   `json:"sentence"`
	File        string   `json:"file"`
	Killed      bool     `json:"killed"`
	Killers     []string `json:"killers"`
}

func (f *selftestFlags) judgeMutants(ctx context.Context, s streams) (int, error) {
	root, err := selftest.Checkout()
	if err != nil {
		return 0, usagef("%v", err)
	}
	opts := conformance.Options{TimeScale: f.timeScale, Capabilities: []string{}}
	mutants, err := f.choose(selftest.Mutants())
	if err != nil {
		return 0, err
	}
	unproved, err := selftest.Unproved(opts)
	if err != nil {
		return 0, err
	}
	matrix := killMatrix{Schema: "vstp-kill-matrix/1", Suite: conformance.Version, Mutants: []killLine{}, Unproved: unproved}
	code := conformance.ExitConformant
	survivors, broken := 0, 0
	began := time.Now()
	for _, m := range mutants {
		result, err := selftest.Mutate(ctx, m, root, opts)
		if ctx.Err() != nil {
			code = conformance.ExitInterrupted
			break
		}
		if err != nil {
			broken++
			fmt.Fprintf(s.out, "%-9s  %-8s  %s: %v\n", "broken", m.Requirement, m.Name, err)
			continue
		}
		matrix.Mutants = append(matrix.Mutants, killLine{
			Name: m.Name, Requirement: m.Requirement, Role: cmp.Or(m.Role, conformance.RoleServer), Sentence: m.Sentence, File: m.File,
			Killed: result.Killed(), Killers: result.Killers,
		})
		if !result.Killed() {
			survivors++
			fmt.Fprintf(s.out, "%-9s  %-8s  %s: %s\n", "SURVIVED", m.Requirement, m.Name, m.Sentence)
			printVerdicts(s.out, result.Report)
			continue
		}
		fmt.Fprintf(s.out, "%-9s  %-8s  %s: %s\n", "killed", m.Requirement, m.Name, more(result.Killers))
	}
	fmt.Fprintf(s.out, "%d mutants in %v: %d killed, %d survived, %d not judged\n",
		len(mutants), time.Since(began).Round(time.Second), len(matrix.Mutants)-survivors, survivors, len(mutants)-len(matrix.Mutants))
	for _, claim := range unproved {
		fmt.Fprintf(s.out, "unproved   %-8s  has a case of a %s and no mutant\n", claim.Requirement, claim.Role)
	}
	if f.out != "" {
		if err := f.write(matrix); err != nil {
			return 0, err
		}
	}
	switch {
	case code == conformance.ExitInterrupted:
	case broken > 0:
		code = conformance.ExitHarness
	case survivors > 0 || len(unproved) > 0:
		code = conformance.ExitNonConformant
	}
	return code, nil
}

// choose applies --run and --sample.
func (f *selftestFlags) choose(all []selftest.Mutant) ([]selftest.Mutant, error) {
	var chosen []selftest.Mutant
	for _, m := range all {
		ok, err := f.matches(m.Name)
		if err != nil {
			return nil, err
		}
		if ok {
			chosen = append(chosen, m)
		}
	}
	if len(chosen) == 0 {
		return nil, usagef("no mutant matches")
	}
	if f.sample > 0 && f.sample < len(chosen) {
		random := rand.New(rand.NewPCG(f.seed, 0))
		random.Shuffle(len(chosen), func(i, j int) { chosen[i], chosen[j] = chosen[j], chosen[i] })
		chosen = chosen[:f.sample]
	}
	return chosen, nil
}

func (f *selftestFlags) write(matrix killMatrix) error {
	text, err := json.MarshalIndent(matrix, "", "  ")
	if err != nil {
		return err
	}
	return errors.Join(
		os.MkdirAll(f.out, 0o755),
		os.WriteFile(filepath.Join(f.out, "kill-matrix.json"), append(text, '\n'), 0o644),
	)
}

// more names the first killer and how many others there are.
func more(killers []string) string {
	if len(killers) == 1 {
		return killers[0]
	}
	return fmt.Sprintf("%s and %d more", killers[0], len(killers)-1)
}

// printVerdicts says what the cases about a surviving mutant's requirement saw.
func printVerdicts(w io.Writer, rep *conformance.Report) {
	for _, res := range rep.Results {
		fmt.Fprintf(w, "           %s: %s %s\n", res.ID, res.Verdict, res.Message)
	}
}
