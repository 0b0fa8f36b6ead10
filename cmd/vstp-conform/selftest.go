package main

import (
	"context"
	"fmt"
	"runtime"
	"text/tabwriter"

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
	shard                      string
	jobs                       int
	cache                      string
	noCache                    bool
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
not there, one that hangs up, one that never answers, that sends every octet back, that
answers at random, that acknowledges or complains of every frame, that repeats what it
was sent, a web server, a TLS server. As clients and codecs: adapters that end, that say
nothing, that refuse everything, that claim that everything went well, and that play
dead, hang up or refuse after one good exchange. None of them may pass a case of a MUST,
but for what it truly satisfies; that is listed, each with its reason.

--mutants breaks one rule of the reference peer after the other, builds it and judges
it, as a server, client or codec, by the cases about that rule and all that come before
them in the order of the specification. A case about the rule has to catch it, and it is
noted whether the first case that fails names the rule. This needs a checkout of the
project and the go command.
--sample judges only that many, drawn by --seed, and --shard I/N only one in N.

With --out DIR it writes kill-matrix.json ("report --schema kill-matrix" has its form),
kill-matrix.html and kill-matrix.md: the requirements in each role, proved, exercised,
excluded or uncovered, and the mutants with what caught them.

A mutant that was caught is not judged again for as long as the judge, the sources of
the reference peer, the go command and the time scale are the same: the results are kept
in --cache DIR, and shown as cached. Several shards that share the directory, or have
theirs copied into one, make a whole: run it once more without --shard.

--contrarians makes the reference peer take every other choice that the specification
leaves free, one after the other, and judges it by the whole suite. None of them may
fail a case.

--stability N judges the reference peer as server and client at the same time, N times
each with 1, 2 and 4 processors. No verdict may change from run to run, and at most
1 percent of them may be inconclusive.

Without a flag, --null and --mutants are done.

Exit status: 0 all is proved, 1 a null peer passed a case, a mutant survived, a testable
requirement has no case or no mutant, the whole catalogue was blamed on the wrong rule
too often, a contrarian failed or a verdict changed, 2 usage, 4 a peer could not be
built or judged, 130 interrupted.`,
		Example: `  vstp-conform selftest --null
  vstp-conform selftest --mutants --sample 12
  vstp-conform selftest --mutants --run 'ack-*' --no-cache
  vstp-conform selftest --mutants --shard 2/4 --cache kills --out out
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
	fl.StringVar(&f.shard, "shard", "", "only part `I/N` of the mutants, such as 2/4")
	fl.IntVarP(&f.jobs, "jobs", "j", runtime.NumCPU(), "judge this `NUMBER` of mutants at a time; survivors are judged again, alone")
	fl.StringVar(&f.cache, "cache", "", "keep what was caught in this `DIR` (default vstp-conform/kills in the user's cache directory)")
	fl.BoolVar(&f.noCache, "no-cache", false, "judge every mutant, and keep nothing")
	fl.Float64Var(&f.timeScale, "time-scale", builtinTimeScale, "`FACTOR` of the timers of judge and peer, 0.05 to 1")
	fl.StringVarP(&f.out, "out", "o", "", "write kill-matrix.json, .html and .md into this `DIR`")
	markDirname(cmd, "cache")
	markDirname(cmd, "out")
	return cmd
}

func (f *selftestFlags) execute(ctx context.Context, s streams) error {
	if f.sample < 0 {
		return usagef("--sample %d: want 0 or more", f.sample)
	}
	if f.jobs < 1 {
		return usagef("--jobs %d: want 1 or more", f.jobs)
	}
	if f.cache != "" && f.noCache {
		return usagef("--cache and --no-cache contradict each other")
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
