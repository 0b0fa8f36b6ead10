package main

import (
	"context"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/conformance/tap"
	"github.com/vstp-project/vstp/netem"
)

// interopFlags are the flags of the command interop.
type interopFlags struct {
	config       string
	peers        []string
	schema       bool
	link         string
	seed         uint64
	profile      string
	timeScale    float64
	out          string
	json         bool
	warningsFail bool
}

func newInterop(s streams) *cobra.Command {
	var f interopFlags
	cmd := &cobra.Command{
		Use:   "interop",
		Short: "Let every client talk to every server",
		Long: `interop lets every client talk to every server, over TCP and over UDP, and prints a
matrix of what worked. Between the two is a relay, with --link an emulated link as well,
and the tap watches both: a scenario that worked can still have violations, which are
told with the side that is to blame.

The scenarios are a fixed set: greeting, echo of a small and of a large message, 20
acknowledged messages, fragments both ways (UDP), PING, compression where both sides
offer it, and closing. A cell is

  ok           it worked, and neither side broke a rule
  violations   it worked, and the tap has found something
  failed       it did not work; what happened is said below the matrix
  lost         likewise, but the link has dropped datagrams or ended the connection, and
               nobody is to blame
  not-offered  one of the two does not offer it
  not-reached  one of the two could not be started

Which implementations take part is in the file of --config; --schema prints its JSON
Schema. Servers run the echo application of the test contract, and clients are driven
through its adapter protocol, as with the commands server and client. Without --config
the reference peer takes part and, in a checkout of the project, those of the other
implementations whose toolchain is there: the independent ones in Python and in
JavaScript (a client), and the published Rust crate vstp 0.2.1, which is built for it
and is known not to conform. Who is left out is said. --peer chooses from either set.

--out DIR writes interop.json, interop.md and interop.txt.

Exit status, the first that applies:
  130  interrupted
    2  usage: a wrong flag, or a configuration or link that cannot be used
    4  the judge's own fault
    1  something failed or was violated
    3  a client or a server was never reached
    0  everything that is offered works, and the tap found nothing`,
		Example: `  vstp-conform interop
  vstp-conform interop --config peers.json --profile strict --out results
  vstp-conform interop --peer reference --peer python --link lossy-5 --seed 7
  vstp-conform interop --schema`,
		Args: exactly(0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error { return f.execute(cmd, s) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.config, "config", "", "let the implementations in this `FILE` take part")
	flags.StringArrayVar(&f.peers, "peer", nil, "only the implementation with this `NAME`; repeatable")
	flags.BoolVar(&f.schema, "schema", false, "print the JSON Schema of the configuration")
	flags.StringVar(&f.link, "link", "", "put an emulated link between the two: the name of a profile, or a scenario file: `PROFILE|FILE`")
	flags.Uint64Var(&f.seed, "seed", 0, "derive everything random from this `NUMBER` (default a new one)")
	flags.StringVar(&f.profile, "profile", tap.Core, "judge by the profile `NAME`: core or strict")
	flags.Float64Var(&f.timeScale, "time-scale", maxTimeScale, "all implementations shorten their timers by this `FACTOR`, 0.05 to 1")
	flags.StringVarP(&f.out, "out", "o", "", "write the matrix into the directory `DIR`")
	flags.BoolVar(&f.json, "json", false, "print the matrix as JSON, in the form of \"report --schema interop\"")
	flags.BoolVar(&f.warningsFail, "warnings-fail", false, "a violated SHOULD counts as a violation")
	markDirname(cmd, "out")
	mustComplete(cmd, "peer", defaultNames)
	mustComplete(cmd, "link", profileNames)
	mustComplete(cmd, "profile", func() []string { return []string{tap.Core, tap.Strict} })
	return cmd
}

// check refuses what cannot be used, and sets what was not given.
func (f *interopFlags) check(cmd *cobra.Command) error {
	given := cmd.Flags().Changed
	switch {
	case f.profile != tap.Core && f.profile != tap.Strict:
		return usagef("--profile %s: there are core and strict", f.profile)
	case !(f.timeScale >= minTimeScale && f.timeScale <= maxTimeScale): // in this form NaN is refused as well
		return usagef("--time-scale %v: it goes from %v to %v", f.timeScale, minTimeScale, maxTimeScale)
	case given("out") && f.out == "":
		return usagef("--out: the name of the directory is empty")
	case given("config") && f.config == "":
		return usagef("--config: the name of the file is empty")
	}
	if !given("seed") {
		f.seed = uint64(rand.Uint32())
	}
	return nil
}

// execute runs the command.
func (f *interopFlags) execute(cmd *cobra.Command, s streams) error {
	if f.schema {
		text, err := peersSchemaFile.ReadFile("peers.schema.json")
		if err == nil {
			_, err = s.out.Write(text)
		}
		return err
	}
	if err := f.check(cmd); err != nil {
		return err
	}
	peers, err := f.takingPart(cmd.Context(), s.err)
	if err != nil {
		return err
	}
	if servers, clients := roles(peers); servers == 0 || clients == 0 {
		return usagef("%d servers and %d clients take part, and it takes one of each", servers, clients)
	}
	profile := netem.Profile{Name: "none"}
	if f.link != "" {
		link := netemFlags{link: f.link, timeScale: f.timeScale, seed: f.seed}
		if profile, err = link.profile(false); err != nil {
			return err
		}
	}
	if f.out != "" {
		if err := os.MkdirAll(f.out, 0o755); err != nil {
			return usagef("--out: %v", err)
		}
	}
	run := interopRun{flags: f, profile: profile, progress: s.err}
	m, err := run.all(cmd.Context(), peers)
	if err != nil {
		return err
	}
	if err := m.write(f.out); err != nil {
		return err
	}
	if f.json {
		err = writeJSON(s.out, m)
	} else {
		_, err = s.out.Write(m.text())
	}
	if err != nil {
		return err
	}
	return status(m.exit())
}

// takingPart are the implementations that take part.
func (f *interopFlags) takingPart(ctx context.Context, progress io.Writer) ([]interopPeer, error) {
	if f.config == "" {
		wanted, err := f.chosen(defaultNames())
		if err != nil {
			return nil, err
		}
		return defaultPeers(ctx, wanted, progress), nil
	}
	peers, err := loadPeers(f.config)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, p := range peers {
		names = append(names, p.Name)
	}
	wanted, err := f.chosen(names)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(peers, func(p interopPeer) bool { return !slices.Contains(wanted, p.Name) }), nil
}

// chosen are the names that --peer chooses, all where it is not given.
func (f *interopFlags) chosen(names []string) ([]string, error) {
	if len(f.peers) == 0 {
		return names, nil
	}
	for _, name := range f.peers {
		if !slices.Contains(names, name) {
			return nil, usagef("--peer %s: there are %s", name, strings.Join(names, ", "))
		}
	}
	return f.peers, nil
}

// exit is the exit status for a matrix.
func (m *interopMatrix) exit() int {
	switch {
	case m.Summary[outcomeFailed]+m.Summary[outcomeViolations] > 0:
		return conformance.ExitNonConformant
	case m.Summary[outcomeUnreached] > 0:
		return conformance.ExitIncomplete
	}
	return 0
}
