package main

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
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

// builtinCapabilities is what the built-in peer offers.
var builtinCapabilities = []string{"time-scale"}

// capabilities are what a target can be said to offer, and what the judge does
// not yet know how to ask for.
var capabilities = map[string]string{
	"compression": "",
	"varint":      "",
	"string":      "",
	"time-scale":  "",
	"tcp":         "it follows from the addresses of the target",
	"udp":         "it follows from the addresses of the target",
	"tls":         "TLS is not judged by this edition",
	"easy-tcp":    "the Easy API is not judged by this edition",
	"easy-udp":    "the Easy API is not judged by this edition",
}

// serverFlags are the flags of the command server.
type serverFlags struct {
	selection
	tcp, udp, exec string
	wait           time.Duration
	seed           uint64
	timeScale      float64
	capabilities   []string
	out            string
	jobs           int
	deadline       time.Duration
	requireAll     bool
	warningsFail   bool
	quiet          bool
	verbose        bool
	json           bool
}

func newServer(s streams) *cobra.Command {
	var f serverFlags
	cmd := &cobra.Command{
		Use:   "server",
		Short: "Judge a server",
		Long: `server judges a VSTP server over real sockets, case by case.

The server is one that is already running (--tcp, --udp or both), or one that is
started for the run (--exec); with neither, it is the built-in reference peer. It has
to run the echo application of the test contract (spec/test-contract.md). With one
transport only, the cases of the other are not applicable.

The command of --exec is split into words as a shell does, but no shell runs it and
nothing is expanded. In it {tcp} and {udp} stand for free addresses, host:port, on
which the server is to listen, and {time-scale} for the value of --time-scale. It is
ready when it prints a line {"ready":true,"tcp":"HOST:PORT","udp":"HOST:PORT"} or,
without one, when its addresses answer. It has to stay in the foreground; it and all
that it starts end with the run.

` + exitHelp,
		Example: `  vstp-conform server
  vstp-conform server --tcp 127.0.0.1:9000 --udp 127.0.0.1:9000 --wait 10s
  vstp-conform server --exec './my-server --tcp {tcp} --udp {udp} --scale {time-scale}' --time-scale 0.1
  vstp-conform server --profile strict --run 'tcp/*' --skip '**/*crc*'
  vstp-conform server --tags '@udp and not @hostile' --out results`,
		Args: exactly(0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error { return f.judge(cmd, s) },
	}
	f.register(cmd, "core", "; for the built-in peer strict")
	flags := cmd.Flags()
	flags.StringVar(&f.tcp, "tcp", "", "the server listens for TCP at `HOST:PORT`")
	flags.StringVar(&f.udp, "udp", "", "the server listens for UDP at `HOST:PORT`")
	flags.StringVar(&f.exec, "exec", "", "start the server with this `COMMAND`")
	flags.DurationVar(&f.wait, "wait", 0, "try for this `DURATION` to reach the server (default once, or 10s with --exec)")
	flags.Uint64Var(&f.seed, "seed", 0, "derive everything random from this `NUMBER` (default a new one)")
	flags.Float64Var(&f.timeScale, "time-scale", maxTimeScale, "the server's timers are shortened by this `FACTOR`, 0.05 to 1; for the built-in peer 0.1")
	flags.StringSliceVar(&f.capabilities, "capabilities", []string{"compression"}, "what the server offers: a `LIST` of compression, varint, string, time-scale, or empty; for the built-in peer time-scale")
	flags.StringVarP(&f.out, "out", "o", "", "write result.json into the directory `DIR`")
	flags.IntVarP(&f.jobs, "jobs", "j", 32, "run this `NUMBER` of cases at a time")
	flags.DurationVar(&f.deadline, "deadline", 0, "end the run after this `DURATION`; what has not run by then is not-exercised (default none)")
	flags.BoolVar(&f.requireAll, "require-all", false, "a case that these surroundings keep from running makes the run incomplete")
	flags.BoolVar(&f.warningsFail, "warnings-fail", false, "a violated SHOULD makes the server non-conformant")
	flags.BoolVar(&f.quiet, "quiet", false, "print failures and the last line only")
	flags.BoolVarP(&f.verbose, "verbose", "v", false, "print a line for each case, and every failure and exchange in full")
	flags.BoolVar(&f.json, "json", false, "print the result as JSON; the text goes to the standard error")
	if err := cmd.MarkFlagDirname("out"); err != nil {
		panic(err) // the flag does not exist: a mistake in this program
	}
	mustComplete(cmd, "capabilities", func() []string { return []string{"compression", "varint", "string", "time-scale"} })
	return cmd
}

// judge runs the command.
func (f *serverFlags) judge(cmd *cobra.Command, s streams) error {
	if err := f.defaults(cmd); err != nil {
		return err
	}
	tgt, err := f.target()
	if err != nil {
		return err
	}
	opts := f.options()
	opts.Seed, opts.TimeScale, opts.Capabilities = f.seed, f.timeScale, f.capabilities
	opts.Jobs, opts.Deadline = f.jobs, f.deadline
	// What is wrong with the selection or the directory is said before anything runs.
	if _, err := conformance.Cases(opts); err != nil {
		return err
	}
	if f.out != "" {
		if err := os.MkdirAll(f.out, 0o777); err != nil {
			return usagef("--out: %v", err)
		}
	}

	w := s.out
	if f.json {
		w = s.err
	}
	exit := conformance.ExitOptions{WarningsFail: f.warningsFail, RequireAll: f.requireAll}
	text := report.NewText(w, f.textOptions(cmd, w, s.err, exit))
	text.Header(&conformance.Report{
		Suite: conformance.Version, Spec: spec.Version, Target: tgt.String(),
		Profile: f.profile, Seed: f.seed, TimeScale: f.timeScale,
	})
	opts.OnStart, opts.OnResult = text.OnStart, text.OnResult
	rep, err := conformance.Run(cmd.Context(), tgt, opts)
	if err != nil {
		return err
	}
	if err := f.write(rep, text, s.out); err != nil {
		return err
	}
	return status(rep.ExitCode(exit))
}

// defaults sets what was not given, and checks what was.
func (f *serverFlags) defaults(cmd *cobra.Command) error {
	given := cmd.Flags().Changed
	if !given("exec") && !given("tcp") && !given("udp") {
		if !given("profile") {
			f.profile = "strict"
		}
		if !given("time-scale") {
			f.timeScale = builtinTimeScale
		}
		if !given("capabilities") {
			f.capabilities = builtinCapabilities
		}
	}
	if !given("seed") {
		// Short enough to be typed again.
		if err := cmd.Flags().Set("seed", strconv.FormatUint(uint64(rand.Uint32()), 10)); err != nil {
			return err
		}
	}
	for _, name := range []string{"tcp", "udp"} {
		if given(name) {
			if err := checkAddr("--"+name, cmd.Flag(name).Value.String()); err != nil {
				return err
			}
		}
	}
	switch {
	case given("exec") && (given("tcp") || given("udp")):
		return usagef("--exec and --tcp or --udp exclude each other: in the command, {tcp} and {udp} stand for the addresses")
	case f.quiet && f.verbose:
		return usagef("--quiet and --verbose exclude each other")
	case given("exec") && f.exec == "":
		return usagef("--exec: the command is empty")
	case f.profile != "core" && f.profile != "strict":
		return usagef("--profile %s: there are core and strict", f.profile)
	case !(f.timeScale >= minTimeScale && f.timeScale <= maxTimeScale): // in this form NaN is refused as well
		return usagef("--time-scale %v: it goes from %v to %v", f.timeScale, minTimeScale, maxTimeScale)
	case f.jobs < 1:
		return usagef("--jobs %d: at least one case has to run at a time", f.jobs)
	case f.wait < 0:
		return usagef("--wait %v: it cannot be negative", f.wait)
	case f.deadline < 0:
		return usagef("--deadline %v: it cannot be negative", f.deadline)
	case given("out") && f.out == "":
		return usagef("--out: the name of the directory is empty")
	}
	for _, name := range f.capabilities {
		refusal, known := capabilities[name]
		switch {
		case !known:
			return usagef("--capabilities: there is no capability %q; there are compression, varint, string and time-scale", name)
		case refusal != "":
			return usagef("--capabilities: %s cannot be given: %s", name, refusal)
		}
	}
	return nil
}

// checkAddr refuses what is not host:port.
func checkAddr(what, addr string) error {
	host, port, err := net.SplitHostPort(addr)
	if err != nil || host == "" {
		return usagef("%s %q is not HOST:PORT, such as 127.0.0.1:9000", what, addr)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return usagef("%s %q: the port is not a number from 1 to 65535", what, addr)
	}
	return nil
}

// target is what the flags say is to be judged.
func (f *serverFlags) target() (target.Target, error) {
	switch {
	case f.exec != "":
		t := target.Exec{Command: f.exec, Wait: f.wait, TimeScale: f.timeScale}
		return t, t.Check()
	case f.tcp != "" || f.udp != "":
		return target.Running{Addrs: target.Addrs{TCP: f.tcp, UDP: f.udp}, Wait: f.wait}, nil
	}
	exe, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("finding this program, to start the built-in peer: %w", err)
	}
	t := target.Builtin(exe, "peer", "--time-scale", strconv.FormatFloat(f.timeScale, 'g', -1, 64))
	t.Wait = f.wait
	return t, nil
}

// textOptions shape the text report that goes to w.
func (f *serverFlags) textOptions(cmd *cobra.Command, w, stderr io.Writer, exit conformance.ExitOptions) report.TextOptions {
	o := report.TextOptions{
		Verbose: f.verbose, Quiet: f.quiet, Exit: exit, Color: colour(w),
		Command:     repeatCommand("server", cmd.Flags(), reportFlags),
		CaseCommand: repeatCommand("server", cmd.Flags(), slices.Concat(reportFlags, selectFlags), "--run"),
	}
	width, onTerminal := terminal(w)
	o.Width = width
	// A line that is written over and over belongs on a terminal; where the report
	// goes to a file it has a line for each case.
	if _, ok := terminal(stderr); ok && onTerminal {
		o.Progress = stderr
	}
	return o
}

// write writes the reports of a run, the file first: the others can fail because
// their reader has gone.
func (f *serverFlags) write(rep *conformance.Report, text *report.Text, stdout io.Writer) error {
	if f.out != "" {
		if err := writeResult(f.out, rep); err != nil {
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

// writeResult writes result.json whole or not at all.
func writeResult(dir string, rep *conformance.Report) error {
	var doc bytes.Buffer
	if err := report.WriteJSON(&doc, rep); err != nil {
		return fmt.Errorf("result.json: %w", err)
	}
	return replaceFile(dir, "result.json", doc.Bytes())
}
