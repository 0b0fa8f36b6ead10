package main

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/conformance/report"
	"github.com/vstp-project/vstp/conformance/target"
	"github.com/vstp-project/vstp/spec"
)

const (
	minTimeScale     = 0.05
	maxTimeScale     = 1
	builtinTimeScale = 0.1
)

// judgeFlags are the flags that the judging commands share.
type judgeFlags struct {
	selection
	material
	baselineFlags
	linkFlags
	shard        string
	github       bool
	exec         string
	wait         time.Duration
	seed         uint64
	timeScale    float64
	out          string
	pcap         string
	jobs         int
	deadline     time.Duration
	requireAll   bool
	warningsFail bool
	quiet        bool
	verbose      bool
	json         bool
}

// register adds the flags. what is judged, such as "server", stands in their help.
func (f *judgeFlags) register(cmd *cobra.Command, what string) {
	f.selection.register(cmd, "core", "; for the built-in peer strict")
	f.material.register(cmd)
	f.registerTarget(cmd, what)
	flags := cmd.Flags()
	flags.Uint64Var(&f.seed, "seed", 0, "derive everything random from this `NUMBER` (default a new one)")
	flags.StringVarP(&f.out, "out", "o", "", "write the reports into the directory `DIR`: result.jsonl and result.json, junit.xml, report.tap, report.md, report.html, badge.json, and for each case that did not go well frames/CASE.txt and pcap/CASE.pcapng")
	flags.StringVar(&f.pcap, "pcap", "failures", "with --out: `WHICH` cases get frames and pcap: failures or all")
	flags.IntVarP(&f.jobs, "jobs", "j", 32, "run this `NUMBER` of cases at a time")
	flags.DurationVar(&f.deadline, "deadline", 0, "end the run after this `DURATION`; what has not run by then is not-exercised (default none)")
	flags.BoolVar(&f.requireAll, "require-all", false, "a case that these surroundings keep from running makes the run incomplete")
	flags.BoolVar(&f.warningsFail, "warnings-fail", false, "a violated SHOULD makes the "+what+" non-conformant")
	flags.BoolVar(&f.quiet, "quiet", false, "print failures and the last line only")
	flags.BoolVarP(&f.verbose, "verbose", "v", false, "print a line for each case with its frames, and every failure and exchange in full")
	flags.BoolVar(&f.json, "json", false, "print the result as JSON; the text goes to the standard error")
	flags.StringVar(&f.shard, "shard", "", "only the part `I/N` of the selected cases: N runs, 1/N to N/N, together run them all")
	flags.BoolVar(&f.github, "github", false, "print annotations for GitHub Actions, and add to the step summary")
	f.baselineFlags.register(cmd)
	markDirname(cmd, "out")
	mustComplete(cmd, "pcap", func() []string { return pcapChoices })
}

// registerTarget adds the flags that say how the target is reached.
func (f *judgeFlags) registerTarget(cmd *cobra.Command, what string) {
	flags := cmd.Flags()
	flags.StringVar(&f.exec, "exec", "", "start the "+what+" with this `COMMAND`")
	flags.DurationVar(&f.wait, "wait", 0, "try for this `DURATION` to reach the "+what+" (default once, or 10s with --exec)")
	flags.Float64Var(&f.timeScale, "time-scale", maxTimeScale, "the "+what+"'s timers are shortened by this `FACTOR`, 0.05 to 1; for the built-in peer 0.1")
}

// check sets what was not given, and refuses what cannot be used. builtin says
// that the built-in peer is judged.
func (f *judgeFlags) check(cmd *cobra.Command, builtin bool) error {
	given := cmd.Flags().Changed
	if builtin && !given("profile") {
		f.profile = "strict"
	}
	if err := f.checkTarget(cmd, builtin); err != nil {
		return err
	}
	if !given("seed") {
		// Short enough to be typed again.
		if err := cmd.Flags().Set("seed", strconv.FormatUint(uint64(rand.Uint32()), 10)); err != nil {
			return err
		}
	}
	switch {
	case f.quiet && f.verbose:
		return usagef("--quiet and --verbose exclude each other")
	case f.profile != "core" && f.profile != "strict":
		return usagef("--profile %s: there are core and strict", f.profile)
	case f.jobs < 1:
		return usagef("--jobs %d: at least one case has to run at a time", f.jobs)
	case f.deadline < 0:
		return usagef("--deadline %v: it cannot be negative", f.deadline)
	case given("out") && f.out == "":
		return usagef("--out: the name of the directory is empty")
	case given("pcap") && f.out == "":
		return usagef("--pcap: the captures are among the reports that --out DIR writes")
	}
	if err := checkPcap(f.pcap); err != nil {
		return err
	}
	return f.baselineFlags.check(cmd)
}

// checkTarget is the part of check that is about how the target is reached.
func (f *judgeFlags) checkTarget(cmd *cobra.Command, builtin bool) error {
	given := cmd.Flags().Changed
	if builtin && !given("time-scale") {
		f.timeScale = builtinTimeScale
	}
	switch {
	case given("exec") && f.exec == "":
		return usagef("--exec: the command is empty")
	case !(f.timeScale >= minTimeScale && f.timeScale <= maxTimeScale): // in this form NaN is refused as well
		return usagef("--time-scale %v: it goes from %v to %v", f.timeScale, minTimeScale, maxTimeScale)
	case f.wait < 0:
		return usagef("--wait %v: it cannot be negative", f.wait)
	}
	return nil
}

// judge judges the target in a role and writes the reports.
func (f *judgeFlags) judge(cmd *cobra.Command, s streams, tgt target.Target, opts conformance.Options) error {
	selected := f.options()
	opts.Profile, opts.Run, opts.Skip, opts.Tags = selected.Profile, selected.Run, selected.Skip, selected.Tags
	opts.Seed, opts.TimeScale, opts.Jobs, opts.Deadline = f.seed, f.timeScale, f.jobs, f.deadline
	if err := f.material.apply(&opts); err != nil {
		return err
	}
	var err error
	if opts.Shard, err = parseShard(f.shard); err != nil {
		return err
	}
	known, err := f.baselineFlags.load(opts)
	if err != nil {
		return err
	}
	if known != nil {
		opts.Baseline = known
	}
	// What is wrong with the selection or the directory is said before anything runs.
	cases, err := conformance.Cases(opts)
	if err != nil {
		return err
	}
	record, err := createRecord(f.record, f.replay)
	if err != nil {
		return err
	}
	opts.Recorder = record.recorder()

	w := s.out
	if f.json {
		w = s.err
	}
	exit := conformance.ExitOptions{WarningsFail: f.warningsFail, RequireAll: f.requireAll}
	shape := f.textOptions(cmd, w, s.err, exit)
	head := &conformance.Report{
		Suite: conformance.Version, Spec: spec.Version, Target: tgt.String(), Role: opts.Role,
		Profile: f.profile, Seed: f.seed, TimeScale: f.timeScale, Link: opts.LinkName(), Started: time.Now(),
		Command: shape.Command, CaseCommand: shape.CaseCommand,
	}
	var stream *resultStream
	if f.out != "" {
		if stream, err = openStream(f.out, head, cases); err != nil {
			return err
		}
		defer stream.Close()
	}

	actions := newGithub(f.github, w)
	defer actions.resume()
	text := report.NewText(w, shape)
	text.Header(head)
	opts.OnStart, opts.OnResult = text.OnStart, func(res conformance.Result, done, total int) {
		stream.OnResult(res, done, total)
		text.OnResult(res, done, total)
	}
	rep, err := conformance.Run(cmd.Context(), tgt, opts)
	unwritten := record.close()
	if err != nil {
		actions.noVerdict(err)
		return errors.Join(err, stream.Fail(err))
	}
	rep.Command, rep.CaseCommand = shape.Command, shape.CaseCommand
	if err := stream.Finish(rep); err != nil {
		return err
	}
	if err := f.write(rep, text, s.out, exit); err != nil {
		return err
	}
	if err := actions.report(cmd.Name(), rep, exit); err != nil {
		return err
	}
	if err := f.baselineFlags.save(known, rep, f.warningsFail, s.err); err != nil {
		return err
	}
	if unwritten != nil {
		return unwritten
	}
	return status(rep.ExitCode(exit))
}

// self is the path of this program, to start it again as the built-in peer.
func self() (string, error) {
	exe, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("finding this program, to start the built-in peer: %w", err)
	}
	return exe, nil
}

// scaleText is a time scale for a command line.
func scaleText(scale float64) string { return strconv.FormatFloat(scale, 'g', -1, 64) }

// textOptions shape the text report that goes to w.
func (f *judgeFlags) textOptions(cmd *cobra.Command, w, stderr io.Writer, exit conformance.ExitOptions) report.TextOptions {
	o := report.TextOptions{
		Verbose: f.verbose, Quiet: f.quiet, Exit: exit, Color: colour(w),
		Command:     repeatCommand(cmd.Name(), cmd.Flags(), slices.Concat(reportFlags, recordFlags)),
		CaseCommand: repeatCommand(cmd.Name(), cmd.Flags(), slices.Concat(reportFlags, recordFlags, selectFlags), "--run"),
	}
	if f.record != "" {
		leaveOut := slices.Concat(reportFlags, []string{"link", "replay", "record", "seed"})
		o.ReplayCommand = repeatCommand(cmd.Name(), cmd.Flags(), leaveOut, "--replay", quote(f.record))
	}
	width, onTerminal := terminal(w)
	o.Width = width
	began := time.Now()
	o.Elapsed = func() time.Duration { return time.Since(began) }
	// A line that is written over and over belongs on a terminal; where the report
	// goes to a file it has a line for each case.
	if _, ok := terminal(stderr); ok && onTerminal {
		o.Progress = stderr
	}
	return o
}

// write writes the reports of a run, the files first: the others can fail because
// their reader has gone.
func (f *judgeFlags) write(rep *conformance.Report, text *report.Text, stdout io.Writer, exit conformance.ExitOptions) error {
	if f.out != "" {
		if err := writeReports(f.out, rep, report.FileOptions{Exit: exit, All: f.pcap == pcapAll}); err != nil {
			return err
		}
	}
	if f.json {
		if err := report.WriteJSON(stdout, rep); err != nil && !gone(err) {
			return fmt.Errorf("writing the result: %w", err)
		}
	}
	if err := text.Finish(rep); err != nil && !gone(err) {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}
