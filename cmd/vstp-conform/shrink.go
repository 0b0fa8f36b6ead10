package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/conformance/target"
	"github.com/vstp-project/vstp/netem"
)

// shrinkFlags are the flags of the command shrink.
type shrinkFlags struct {
	serverFlags
	role string // that the case judges
	run  string
	out  string
}

func newShrink(s streams) *cobra.Command {
	var f shrinkFlags
	cmd := &cobra.Command{
		Use:   "shrink FATES --run CASE",
		Short: "Reduce a failure on a bad network to the smallest script",
		Long: `shrink takes the record of a run over a link, as server or client --link … --record
FATES wrote it, and a case that failed in it. It runs the case again and again, each time with less
of what the link did, until nothing more can be left out, and writes what remains as a
scenario file:

  vstp-conform server --link lossy-20 --exec './my-server {udp}' --record fates.jsonl
  vstp-conform shrink fates.jsonl --run links/chance-of-answers --exec './my-server {udp}'
  vstp-conform server --link links-chance-of-answers.netem.json --exec './my-server {udp}'

The flags that say how the server or client is reached are those of the run,
--time-scale included; what is started is started anew each time. The case says which of
the two it is: that of a client is reached through its adapter.

Exit status: 0 the script has been written, 1 there is nothing to shrink: the case does
not fail when the link repeats the record, or it fails without the link, 2 usage: a
wrong flag, or a record or case that cannot be used, 3 the server was never reached,
4 the judge's own fault, 130 interrupted.`,
		Example: `  vstp-conform shrink fates.jsonl --run links/chance-of-answers --exec './my-server {udp}'
  vstp-conform shrink fates.jsonl --run links/chance-of-acks --udp 127.0.0.1:9000 --out lost-ack.netem.json
  vstp-conform shrink fates.jsonl --run client-links/chance-of-sends --exec 'python3 adapter.py'`,
		Args: exactly(1, "the file with the fates"),
		RunE: func(cmd *cobra.Command, args []string) error { return f.execute(cmd, s, args[0]) },
	}
	f.material.register(cmd)
	f.registerTarget(cmd, "server or adapter")
	f.registerServer(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.run, "run", "", "the `CASE` that failed, by its ID")
	flags.StringVarP(&f.out, "out", "o", "", "write the script to this `FILE` (default the name of the case with .netem.json)")
	mustComplete(cmd, "run", func() []string {
		opts := conformance.Options{Profile: "strict", Tags: "@link and @udp"}
		ids := caseIDs(opts)
		opts.Role = conformance.RoleClient
		return append(ids, caseIDs(opts)...)
	})
	return cmd
}

// execute runs the command.
func (f *shrinkFlags) execute(cmd *cobra.Command, s streams, fates string) error {
	if err := f.check(cmd); err != nil {
		return err
	}
	opts := conformance.Options{Role: f.role, Profile: "strict", Capabilities: f.capabilities, TimeScale: f.timeScale}
	if err := f.material.apply(&opts); err != nil {
		return err
	}
	log, lines, err := readFates("the record", fates)
	if err != nil {
		return err
	}
	ids := caseIDs(opts)
	if err := checkFlows("the record "+fates, log, lines, ids); err != nil {
		return err
	}
	if err := checkCase(f.run, ids, log); err != nil {
		return err
	}
	tgt, err := f.reached()
	if err != nil {
		return err
	}
	shrunk, err := conformance.Shrink(cmd.Context(), tgt, opts, log, f.run, func(t conformance.Trial) {
		fmt.Fprintf(s.err, "run %d with %d rules: %s\n", t.Number, t.Rules, t.Result.Verdict)
	})
	switch {
	case errors.Is(err, netem.ErrNotReproduced), errors.Is(err, netem.ErrNotTheLink):
		fmt.Fprintf(s.err, "vstp-conform: there is nothing to shrink in %s: %v\n", f.run, err)
		return status(conformance.ExitNonConformant)
	case err != nil:
		return err
	}
	return f.write(cmd, s, shrunk)
}

// check sets what was not given, and refuses what cannot be used.
func (f *shrinkFlags) check(cmd *cobra.Command) error {
	given := cmd.Flags().Changed
	switch {
	case f.run == "":
		return usagef("--run is missing: the case that failed, such as links/chance-of-answers")
	case given("out") && f.out == "":
		return usagef("--out: the name of the file is empty")
	}
	if f.out == "" {
		f.out = strings.ReplaceAll(f.run, "/", "-") + ".netem.json"
	}
	if err := f.checkTarget(cmd, f.builtin(cmd)); err != nil {
		return err
	}
	f.role = conformance.RoleServer
	if !f.ofClient() {
		return f.checkServer(cmd)
	}
	f.role = conformance.RoleClient
	for _, name := range serverOnly {
		if given(name) {
			return usagef("--%s is for servers, and %s is a case of clients: --exec starts its adapter", name, f.run)
		}
	}
	return nil
}

// ofClient says whether the case is one of clients, by its area.
func (f *shrinkFlags) ofClient() bool { return strings.HasPrefix(f.run, "client-") }

// reached is what the case judges.
func (f *shrinkFlags) reached() (target.Target, error) {
	if f.role == conformance.RoleClient {
		adapter := adapterFlags{judgeFlags: f.judgeFlags}
		return adapter.target(f.role)
	}
	return f.target()
}

// checkCase refuses a case that does not exist or is not in the record.
func checkCase(id string, ids []string, log *netem.Log) error {
	known := false
	for _, other := range ids {
		known = known || other == id
	}
	if !known {
		hint := ""
		if near := nearest(id, ids, 1); len(near) > 0 {
			hint = fmt.Sprintf(", did you mean %q?", near[0])
		}
		return usagef("--run: there is no case %q%s", id, hint)
	}
	var flows []string
	seen := map[string]bool{}
	for _, e := range log.Events {
		if e.Flow == id {
			return nil
		}
		if !seen[e.Flow] {
			seen[e.Flow] = true
			flows = append(flows, e.Flow)
		}
	}
	return usagef("--run: the record has no datagram of the case %s: %s", id, flowsText(flows, nil))
}

// write writes the script and says how it is used. In a file times are those of a link
// that is not shortened.
func (f *shrinkFlags) write(cmd *cobra.Command, s streams, shrunk netem.Shrunk) error {
	script := shrunk.Profile.Scale(1 / f.timeScale).Scenario()
	if err := os.WriteFile(f.out, script, 0o644); err != nil {
		return fmt.Errorf("writing the script: %w", err)
	}
	fmt.Fprintf(s.out, "%s: %d events of the link shrunk to %d, in %d runs\n", f.run, shrunk.Before, shrunk.After, shrunk.Runs)
	fmt.Fprintf(s.out, "the script is in %s; it is run by\n", f.out)
	link := f.out
	if filepath.Base(link) == link && !strings.HasSuffix(link, ".json") {
		link = "./" + link
	}
	fmt.Fprintf(s.out, "  %s\n", repeatCommand(f.role, cmd.Flags(), []string{"run", "out"}, "--profile", "strict", "--link", quote(link), "--run", quote(f.run)))
	return nil
}
