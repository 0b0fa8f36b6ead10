package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/conformance/capture"
	"github.com/vstp-project/vstp/conformance/tap"
	"github.com/vstp-project/vstp/netem"
	"github.com/vstp-project/vstp/netem/relay"
)

// tapFlags are the flags of the command tap.
type tapFlags struct {
	udp, tcp     []string
	read         string
	ports        []uint
	link         string
	seed         uint64
	profile      string
	defaults     bool
	timeScale    float64
	out          string
	json         bool
	quiet        bool
	warningsFail bool
	registry     registryFlag
}

func newTap(s streams) *cobra.Command {
	var f tapFlags
	cmd := &cobra.Command{
		Use:   "tap",
		Short: "Watch two implementations talk, and judge both",
		Long: `tap sits between two implementations of VSTP, as a relay that changes no octet, and
prints each requirement that one of them breaks, as it happens: which requirement, by
the client or by the server, when, and by which octets. It takes part in nothing.

Clients connect to LISTEN, or send to it, and are relayed to TARGET. The first line on
the standard output says where the relays listen, in the order in which they were given:

  {"ready":true,"udp":["127.0.0.1:41234"],"tcp":["127.0.0.1:41235"]}

It runs until it is interrupted or, where its standard input is a pipe, until that is
closed; then it prints a summary. With --link there is an emulated link behind the tap,
as that of netem: what a side sends is judged as it sends it, and what it answers by
what has reached it.

With --read the conversations come from a capture, pcap or pcapng, instead.

Only what is certain is reported. A capture can have holes, and a network can lose and
double datagrams: what rests on their number, or on something that did not come, is
judged where all addresses are on the loopback interface. What holds for default
settings alone (the number and the intervals of retransmissions) is judged with
--defaults, which says that both sides run with them; intervals moreover only where the
kernel tells when a datagram came, so that a tap that is late accuses nobody. TLS cannot
be looked into.

--out DIR writes what is found: tap.jsonl, in the form of --json, and tap.txt.

Exit status: 0 nothing found, 1 a requirement was broken (one that says SHOULD counts
with --warnings-fail only), 2 usage: a wrong flag, or a capture that cannot be read or
has no VSTP, 4 an address that cannot be listened on, or a file that cannot be written.`,
		Example: `  vstp-conform tap --tcp 127.0.0.1:4000=127.0.0.1:9000 --udp 127.0.0.1:4000=127.0.0.1:9000
  vstp-conform tap --udp 127.0.0.1:0=127.0.0.1:9000 --defaults --profile strict
  vstp-conform tap --udp 127.0.0.1:4000=127.0.0.1:9000 --link lossy-5 --seed 7 --json
  vstp-conform tap --read session.pcapng --port 9000`,
		Args: exactly(0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error { return f.execute(cmd, s) },
	}
	f.registry.register(cmd)
	flags := cmd.Flags()
	flags.StringArrayVar(&f.udp, "udp", nil, "relay datagrams, `LISTEN=TARGET`, both HOST:PORT; port 0 of LISTEN is any free one; repeatable")
	flags.StringArrayVar(&f.tcp, "tcp", nil, "relay connections, `LISTEN=TARGET` likewise; repeatable")
	flags.StringVar(&f.read, "read", "", "judge what is in this `FILE`, a capture in the format pcap or pcapng")
	flags.UintSliceVar(&f.ports, "port", nil, "with --read, the port `NUMBER` is that of a server and what goes to or from it is VSTP; repeatable")
	flags.StringVar(&f.link, "link", "", "put an emulated link between the two: the name of a profile, or a scenario file: `PROFILE|FILE`")
	flags.Uint64Var(&f.seed, "seed", 0, "with --link, draw all chance by this `SEED`; 0 for that of the profile")
	flags.StringVar(&f.profile, "profile", tap.Core, "judge by the profile `NAME`: core or strict")
	flags.BoolVar(&f.defaults, "defaults", false, "both sides run with default settings")
	flags.Float64Var(&f.timeScale, "time-scale", maxTimeScale, "the timers of both sides are shortened by this `FACTOR`, 0.05 to 1")
	flags.StringVarP(&f.out, "out", "o", "", "write what is found into the directory `DIR`")
	flags.BoolVar(&f.json, "json", false, "print JSON, one object a line, in the form of \"report --schema tap\"")
	flags.BoolVar(&f.quiet, "quiet", false, "print the summary only")
	flags.BoolVar(&f.warningsFail, "warnings-fail", false, "a violated SHOULD makes for exit status 1 as well")
	markDirname(cmd, "out")
	mustComplete(cmd, "link", profileNames)
	mustComplete(cmd, "profile", func() []string { return []string{tap.Core, tap.Strict} })
	return cmd
}

// check refuses what cannot be used.
func (f *tapFlags) check(cmd *cobra.Command) (udp, tcp []route, err error) {
	given := cmd.Flags().Changed
	relays := len(f.udp) > 0 || len(f.tcp) > 0
	switch {
	case given("read") && relays:
		return nil, nil, usagef("--read and --udp or --tcp exclude each other: a capture is over")
	case given("read") && (given("link") || given("seed")):
		return nil, nil, usagef("--read and --link or --seed exclude each other: a capture is over")
	case !given("read") && !relays:
		return nil, nil, usagef("there is nothing to watch: give --udp LISTEN=TARGET, --tcp LISTEN=TARGET or both, or --read FILE")
	case given("port") && !given("read"):
		return nil, nil, usagef("--port chooses from a capture, and is for --read")
	case given("seed") && !given("link"):
		return nil, nil, usagef("--seed is for --link: without a link there is no chance")
	case given("out") && f.out == "":
		return nil, nil, usagef("--out: the name of the directory is empty")
	case f.profile != tap.Core && f.profile != tap.Strict:
		return nil, nil, usagef("--profile %s: there are core and strict", f.profile)
	case !(f.timeScale >= minTimeScale && f.timeScale <= maxTimeScale): // in this form NaN is refused as well
		return nil, nil, usagef("--time-scale %v: it goes from %v to %v", f.timeScale, minTimeScale, maxTimeScale)
	}
	if udp, err = parseRoutes("--udp", f.udp); err != nil {
		return nil, nil, err
	}
	tcp, err = parseRoutes("--tcp", f.tcp)
	return udp, tcp, err
}

// execute runs the command.
func (f *tapFlags) execute(cmd *cobra.Command, s streams) error {
	udp, tcp, err := f.check(cmd)
	if err != nil {
		return err
	}
	registry, err := f.registry.load()
	if err != nil {
		return err
	}
	o := tap.Options{
		Profile: f.profile, Defaults: f.defaults, TimeScale: f.timeScale, Registry: registry,
		Complete: f.read == "" && onLoopback(udp) && onLoopback(tcp),
	}
	files, err := openTapFiles(f.out)
	if err != nil {
		return err
	}
	printed := newTapPrinter(s.out, f.json, f.quiet, colour(s.out))
	t := tap.New(o, handlers(append(files.printers(), printed)))
	if f.read != "" {
		err = f.readCapture(t, s.err)
	} else {
		err = f.serve(cmd.Context(), s, t, udp, tcp)
	}
	if err != nil {
		return errors.Join(err, files.close())
	}
	summary := t.Summary()
	for _, p := range append(files.printers(), printed) {
		p.summary(summary)
	}
	if err := errors.Join(files.close(), printed.err); err != nil {
		return err
	}
	return status(tapStatus(summary, f.warningsFail))
}

// tapStatus is the exit status for what a tap has found.
func tapStatus(s tap.Summary, warningsFail bool) int {
	if s.Violations > 0 || warningsFail && s.Warnings > 0 {
		return conformance.ExitNonConformant
	}
	return 0
}

// serve relays, and watches what passes.
func (f *tapFlags) serve(ctx context.Context, s streams, t *tap.Tap, udp, tcp []route) error {
	run := &netemRun{profile: netem.Profile{Name: "none"}, flow: defaultFlow, watch: &tapWatch{t}}
	if f.link != "" {
		link := netemFlags{link: f.link, timeScale: f.timeScale, seed: f.seed}
		profile, err := link.profile(false)
		if err != nil {
			return err
		}
		run.profile, run.seed = profile, link.seed
	}
	if err := run.serve(ctx, s, udp, tcp); err != nil {
		return err
	}
	if f.link != "" {
		fmt.Fprintf(s.err, "link %s, seed %d\n", run.profile.Name, run.seed)
		run.report(s.err)
		return nil
	}
	for _, u := range run.udp {
		if why := u.Stats().Inconclusive(); why != "" {
			fmt.Fprintf(s.err, "vstp-conform: udp %s to %s: not all was seen: %s\n", u.Addr(), u.target, why)
		}
	}
	return nil
}

// readCapture judges a capture.
func (f *tapFlags) readCapture(t *tap.Tap, stderr io.Writer) error {
	file, err := os.Open(f.read)
	if err != nil {
		return usagef("--read: %v", err)
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, maxInput+1))
	switch {
	case err != nil:
		return usagef("--read: %v", err)
	case len(content) > maxInput:
		return usagef("--read %s: more than %d octets", f.read, maxInput)
	}
	packets, err := capture.Read(content)
	switch {
	case err != nil && len(packets) == 0:
		return usagef("--read %s: %v", f.read, err)
	case err != nil:
		fmt.Fprintf(stderr, "vstp-conform: %s: %v; what comes before that is judged\n", f.read, err)
	case len(packets) == 0:
		return usagef("--read %s: a capture without packets", f.read)
	}
	skipped := skippedText(t.Read(packets, f.ports))
	if t.Summary().Conversations == 0 {
		return usagef("--read %s: no VSTP in the %d packets of this capture: no datagram and no stream begins with 56 54%s (--port NUMBER takes what goes to or from a port for it all the same)",
			f.read, len(packets), skipped)
	}
	if skipped != "" {
		fmt.Fprintf(stderr, "vstp-conform: %s: %s\n", f.read, skipped[len("; "):])
	}
	return nil
}

// onLoopback says whether both ends of all relays are on this host for certain.
func onLoopback(routes []route) bool {
	for _, r := range routes {
		for _, addr := range []string{r.listen, r.target} {
			host, _, err := net.SplitHostPort(addr)
			if err != nil {
				return false
			}
			if ip, err := netip.ParseAddr(host); host != "localhost" && (err != nil || !ip.IsLoopback()) {
				return false
			}
		}
	}
	return true
}

// tapWatch shows a tap what passes relays.
type tapWatch struct{ tap *tap.Tap }

// sideOf is the side that sends in a direction.
func sideOf(d netem.Direction) tap.Side {
	if d == netem.AB {
		return tap.Client
	}
	return tap.Server
}

// udp watches a relay for datagrams.
func (w *tapWatch) udp(target string) relay.Watch {
	if w == nil {
		return nil
	}
	return func(s relay.Sight) {
		d := tap.Datagram{
			Conversation: fmt.Sprintf("udp %v → %s", s.Client, target), From: sideOf(s.Dir), Octets: s.Data, Exact: s.Exact,
		}
		if s.Stage == relay.Came {
			w.tap.DatagramSent(s.At, d)
		} else {
			w.tap.DatagramArrived(s.At, d)
		}
	}
}

// tcp watches a relay for connections.
func (w *tapWatch) tcp(target string) relay.Watch {
	if w == nil {
		return nil
	}
	return func(s relay.Sight) {
		name, by := fmt.Sprintf("tcp %v → %s", s.Client, target), sideOf(s.Dir)
		switch {
		case s.Stage == relay.Over:
			w.tap.Closed(name)
		case s.Kind == relay.Reset:
			w.tap.Reset(s.At, name)
		case s.Kind == relay.Fin && s.Stage == relay.Came:
			w.tap.Ended(s.At, name, by)
		case s.Kind == relay.Fin:
			w.tap.EndArrived(s.At, name, by.Other())
		case s.Stage == relay.Came:
			w.tap.Sent(s.At, name, target, by, s.Data)
		default:
			w.tap.Arrived(s.At, name, by.Other(), len(s.Data))
		}
	}
}

// tapFiles are the files of --out; the zero value is none.
type tapFiles struct {
	files []*os.File
	into  []*tapPrinter
}

func openTapFiles(dir string) (tapFiles, error) {
	var f tapFiles
	if dir == "" {
		return f, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return f, usagef("--out: %v", err)
	}
	for _, name := range []string{"tap.txt", "tap.jsonl"} {
		file, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			return f, errors.Join(usagef("--out: %v", err), f.close())
		}
		f.files = append(f.files, file)
		f.into = append(f.into, newTapPrinter(file, name == "tap.jsonl", false, false))
	}
	return f, nil
}

func (f tapFiles) printers() []*tapPrinter { return f.into[:len(f.into):len(f.into)] }

func (f tapFiles) close() error {
	var errs []error
	for i, file := range f.files {
		errs = append(errs, f.into[i].err, file.Close())
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("writing the findings: %w", err)
	}
	return nil
}
