package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/conformance/probe"
	"github.com/vstp-project/vstp/netem"
	"github.com/vstp-project/vstp/netem/relay"
)

// defaultFlow is the flow of a relay that is given no name.
const defaultFlow = "relay"

// netemFlags are the flags of the command netem.
type netemFlags struct {
	link, replay, record string
	udp, tcp             []string
	seed                 uint64
	timeScale            float64
	flow                 string
	list                 bool
}

func newNetem(s streams) *cobra.Command {
	var f netemFlags
	cmd := &cobra.Command{
		Use:   "netem",
		Short: "Put a bad network in front of a program",
		Long: `netem runs the link emulator alone, as a relay in front of anything: what clients
send to LISTEN crosses the link to TARGET, and what TARGET answers crosses it back.
What the link does is said by --link, with the name of a profile (--list prints them)
or a scenario file (its form is in netem/README.md). A file is known by a path or by
".json" at the end of its name.

The first line on the standard output says where the relays listen, in the order in
which they were given:

  {"ready":true,"udp":["127.0.0.1:41234"],"tcp":["127.0.0.1:41235"]}

It runs until it is interrupted or, where its standard input is a pipe, until that is
closed. Then it prints on the standard error what happened on the link, the seed, and
the command that does the same again. A run in which datagrams were lost that the link
did not drop is called inconclusive there.

The fate of a datagram is a hash of the seed, the flow, and what the datagram means: a
VSTP datagram meets the same fate in every run and for every implementation, and any
other datagram, named by its octets, in every run that sends the same octets. The
seed is that of the profile unless --seed gives another one.

--record writes every datagram of the UDP relays and its fate to a file, and --replay
takes such a file in place of --link: each datagram meets the very fate again, in
whatever order and at whatever time it comes. A second UDP relay has the flow NAME/2, a
third one NAME/3. Streams have no fates: what --tcp does follows from the profile, so
that the cuts of a replay are those of the profile in its record.

Exit status: 0 closed or interrupted, 2 usage: a wrong flag, or a profile, scenario or
record that cannot be used, 4 an address that cannot be listened on, or a record that
could not be written.`,
		Example: `  vstp-conform netem --list
  vstp-conform netem --link lossy-5 --udp 127.0.0.1:4000=127.0.0.1:9000
  vstp-conform netem --link ./ack-storm.netem.json --seed 7 --udp 127.0.0.1:0=127.0.0.1:9000 --record fates.jsonl
  vstp-conform netem --replay fates.jsonl --udp 127.0.0.1:0=127.0.0.1:9000
  vstp-conform netem --link tcp-1byte --tcp 127.0.0.1:4000=127.0.0.1:9000
  vstp-conform netem --link blackhole-31s --time-scale 0.1 --udp 127.0.0.1:4000=127.0.0.1:9000`,
		Args: exactly(0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.list {
				return listProfiles(cmd.Flags(), s.out)
			}
			return f.execute(cmd, s)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.link, "link", "", "what the link does: the name of a profile, or a scenario file: `PROFILE|FILE`")
	flags.StringArrayVar(&f.udp, "udp", nil, "relay datagrams, `LISTEN=TARGET`, both HOST:PORT; port 0 of LISTEN is any free one; repeatable")
	flags.StringArrayVar(&f.tcp, "tcp", nil, "relay connections, `LISTEN=TARGET` likewise; repeatable")
	flags.Uint64Var(&f.seed, "seed", 0, "draw all chance by this `SEED`; 0 for that of the profile")
	flags.StringVar(&f.record, "record", "", "write the fate of each datagram to this `FILE`")
	flags.StringVar(&f.replay, "replay", "", "repeat the fates in this `FILE`, which --record has written, in place of --link")
	flags.Float64Var(&f.timeScale, "time-scale", maxTimeScale, "shorten the times of the link by this `FACTOR`, 0.05 to 1")
	flags.StringVar(&f.flow, "flow", defaultFlow, "`NAME` of the flow, which rules choose by, records show and chance depends on; with --replay by default the one in the record")
	flags.BoolVar(&f.list, "list", false, "print the named profiles with the source of their numbers")
	mustComplete(cmd, "link", profileNames)
	return cmd
}

func profileNames() []string {
	var names []string
	for _, p := range netem.Profiles() {
		names = append(names, p.Name)
	}
	return names
}

// listProfiles prints the named profiles, and refuses flags that would have no
// effect.
func listProfiles(flags *pflag.FlagSet, w io.Writer) error {
	var other string
	flags.Visit(func(f *pflag.Flag) {
		if f.Name != "list" && other == "" {
			other = f.Name
		}
	})
	if other != "" {
		return usagef("--list and --%s exclude each other: --list only prints the profiles", other)
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, p := range netem.Profiles() {
		fmt.Fprintf(table, "%s\t%s\n", p.Name, p.Source)
	}
	return table.Flush()
}

// execute runs the relays.
func (f *netemFlags) execute(cmd *cobra.Command, s streams) error {
	udp, tcp, err := f.check(cmd.Flags())
	if err != nil {
		return err
	}
	profile, err := f.profile(cmd.Flags().Changed("flow"))
	if err != nil {
		return err
	}
	record, err := createRecord(f.record, f.replay)
	if err != nil {
		return err
	}
	run := &netemRun{profile: profile, seed: f.seed, flow: f.flow, record: record}
	err = run.serve(cmd.Context(), s, udp, tcp)
	unwritten := record.close()
	if run.served {
		name := profile.Name
		if f.replay != "" {
			name = "of the record " + f.replay
		}
		fmt.Fprintf(s.err, "link %s\n", name)
		run.report(s.err)
		f.repeat(cmd.Flags(), s.err)
	}
	if err == nil && unwritten != nil {
		// That the run was interrupted, as it should be, makes it no less of a fault.
		fmt.Fprintf(s.err, "vstp-conform: %v\n", unwritten)
		return status(conformance.ExitHarness)
	}
	return err
}

// check refuses what cannot be used.
func (f *netemFlags) check(flags *pflag.FlagSet) (udp, tcp []route, err error) {
	given := flags.Changed
	switch {
	case given("link") && given("replay"):
		return nil, nil, usagef("--link and --replay exclude each other: a record says what its link did")
	case !given("link") && !given("replay"):
		return nil, nil, usagef("--link is missing: the name of a profile (--list prints them) or a scenario file such as ./my.netem.json")
	case given("replay") && given("time-scale"):
		return nil, nil, usagef("--replay and --time-scale exclude each other: the times in a record stay as they are")
	case !(f.timeScale >= minTimeScale && f.timeScale <= maxTimeScale): // in this form NaN is refused as well
		return nil, nil, usagef("--time-scale %v: it goes from %v to %v", f.timeScale, minTimeScale, maxTimeScale)
	case given("record") && f.record == "":
		return nil, nil, usagef("--record: the name of the file is empty")
	case len(f.udp) == 0 && len(f.tcp) == 0:
		return nil, nil, usagef("there is nothing to relay: give --udp LISTEN=TARGET, --tcp LISTEN=TARGET or both")
	}
	if udp, err = parseRoutes("--udp", f.udp); err != nil {
		return nil, nil, err
	}
	tcp, err = parseRoutes("--tcp", f.tcp)
	return udp, tcp, err
}

// A route is where a relay listens and what it is in front of.
type route struct{ listen, target string }

// parseRoutes reads the values of one flag. An error names the value by its place
// among them.
func parseRoutes(flag string, values []string) ([]route, error) {
	var routes []route
	for i, value := range values {
		what := flag
		if len(values) > 1 {
			what = fmt.Sprintf("%s number %d,", flag, i+1)
		}
		listen, target, ok := strings.Cut(value, "=")
		if !ok {
			return nil, usagef("%s %q is not LISTEN=TARGET, such as 127.0.0.1:0=127.0.0.1:9000", what, value)
		}
		// Any free port is a port to listen on, though none to send to.
		host, port, err := net.SplitHostPort(listen)
		if err == nil && port == "0" {
			port = "1"
		}
		if err == nil {
			err = checkAddr("LISTEN", net.JoinHostPort(host, port))
		}
		if err != nil {
			return nil, usagef("%s %q: LISTEN %q is not HOST:PORT with a port from 0 to 65535", what, value, listen)
		}
		if err := checkAddr("TARGET", target); err != nil {
			return nil, usagef("%s %q: %v", what, value, err)
		}
		if listen == target {
			return nil, usagef("%s %q: a relay cannot be its own target", what, value)
		}
		routes = append(routes, route{listen, target})
	}
	return routes, nil
}

// profile is what the link does, and seed and flow become those that it is done
// with. It has been tried: a link can be made of it.
func (f *netemFlags) profile(flowGiven bool) (netem.Profile, error) {
	what := "--link " + f.link
	var profile netem.Profile
	var err error
	if f.replay != "" {
		what = "--replay " + f.replay
		profile, err = f.recorded(flowGiven)
	} else if profile, err = loadLink(f.link); err == nil {
		profile = profile.Scale(f.timeScale)
	}
	if err != nil {
		return netem.Profile{}, err
	}
	link, err := netem.New(profile, netem.Options{Seed: f.seed, Labeler: probe.NewLabels(nil)})
	if err != nil {
		return netem.Profile{}, usagef("%s: %v", what, err)
	}
	f.seed = link.Seed()
	return profile, nil
}

// loadLink reads the value of --link: the name of a profile, or a scenario file.
func loadLink(value string) (netem.Profile, error) {
	if !strings.HasSuffix(value, ".json") && !strings.ContainsAny(value, `/\`) {
		profile, err := netem.ProfileByName(value)
		if err != nil {
			return netem.Profile{}, usagef("--link: %v", err)
		}
		return profile, nil
	}
	data, err := os.ReadFile(value)
	if err != nil {
		return netem.Profile{}, usagef("--link: %v", err)
	}
	profile, err := netem.Parse(data)
	if err != nil {
		return netem.Profile{}, usagef("--link %s: %v", value, err)
	}
	if profile.Name == "" {
		profile.Name = value
	}
	return profile, nil
}

// recorded reads the value of --replay. In a record of other flows than the one to
// be replayed no datagram would be found.
func (f *netemFlags) recorded(flowGiven bool) (netem.Profile, error) {
	log, _, err := readFates("--replay", f.replay)
	if err != nil {
		return netem.Profile{}, err
	}
	var flows []string
	for _, e := range log.Events {
		if !slices.Contains(flows, e.Flow) {
			flows = append(flows, e.Flow)
		}
	}
	switch {
	case len(flows) == 0 || slices.Contains(flows, f.flow):
	case flowGiven:
		return netem.Profile{}, usagef("--flow %q is not in the record %s: %s", f.flow, f.replay, flowsText(flows, nearest(f.flow, flows, 1)))
	case len(flows) == 1:
		f.flow = flows[0]
	default:
		return netem.Profile{}, usagef("--flow is missing: the record %s has several: %s", f.replay, flowsText(flows, nil))
	}
	return netem.Replay(log), nil
}

// maxFlowsShown bounds how many flows of a record an error names.
const maxFlowsShown = 5

// flowsText names the flows of a record, if there is one that may have been meant
// only that one.
func flowsText(flows, meant []string) string {
	if len(meant) > 0 {
		return fmt.Sprintf("did you mean %q?", meant[0])
	}
	text := fmt.Sprintf("there are %q", flows[:min(len(flows), maxFlowsShown)])
	if more := len(flows) - maxFlowsShown; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// repeat prints the seed and the commands that do the same again.
func (f *netemFlags) repeat(flags *pflag.FlagSet, w io.Writer) {
	fmt.Fprintf(w, "seed %d\n", f.seed)
	var flow, seed []string
	if f.flow != defaultFlow && !flags.Changed("flow") { // the record has said it
		flow = []string{"--flow", quote(f.flow)}
	}
	if f.replay == "" && !flags.Changed("seed") {
		seed = []string{"--seed", fmt.Sprint(f.seed)}
	}
	leaveOut := []string{"record"}
	fmt.Fprintf(w, "repeat with: %s\n", repeatCommand("netem", flags, leaveOut, slices.Concat(flow, seed)...))
	if f.record != "" {
		leaveOut = append(leaveOut, "link", "replay", "seed", "time-scale")
		fmt.Fprintf(w, "replay with: %s\n", repeatCommand("netem", flags, leaveOut, append(flow, "--replay", quote(f.record))...))
	}
}

// recordFile is the file of --record; the zero value is none.
type recordFile struct {
	file   *os.File
	writer *netem.Writer
}

// createRecord opens the file of --record, which is not that of --replay.
func createRecord(name, replayed string) (recordFile, error) {
	if name == "" {
		return recordFile{}, nil
	}
	if replayed != "" {
		from, errFrom := os.Stat(replayed)
		to, errTo := os.Stat(name)
		if errFrom == nil && errTo == nil && os.SameFile(from, to) {
			return recordFile{}, usagef("--record and --replay name the same file: the record to be replayed would be lost")
		}
	}
	file, err := os.Create(name)
	if err != nil {
		return recordFile{}, usagef("--record: %v", err)
	}
	return recordFile{file, netem.NewWriter(file)}, nil
}

// recorder is what a link gets; nil without a file.
func (r recordFile) recorder() netem.Recorder {
	if r.writer == nil {
		return nil
	}
	return r.writer
}

func (r recordFile) close() error {
	if r.file == nil {
		return nil
	}
	if err := errors.Join(r.writer.Flush(), r.file.Close()); err != nil {
		return fmt.Errorf("writing the record: %w", err)
	}
	return nil
}

// netemRun is the relays of one run.
type netemRun struct {
	profile netem.Profile
	seed    uint64
	flow    string
	record  recordFile
	watch   *tapWatch // of the command tap; nil for nobody

	udp    []udpRelay
	tcp    []tcpRelay
	served bool // all of them have listened
}

type udpRelay struct {
	route
	flow string
	*relay.UDP
}

type tcpRelay struct {
	route
	*relay.TCP
}

// serve starts the relays, says where they listen, and closes them when the
// context or the standard input has ended.
func (r *netemRun) serve(ctx context.Context, s streams, udp, tcp []route) error {
	defer r.close()
	for i, route := range udp {
		flow := r.flow
		if i > 0 {
			flow = fmt.Sprintf("%s/%d", r.flow, i+1)
		}
		link, err := r.newLink(flow)
		if err != nil {
			return err
		}
		u, err := relay.WatchUDP(ctx, link, route.listen, route.target, r.watch.udp(route.target))
		if err != nil {
			return fmt.Errorf("--udp %s=%s: %w", route.listen, route.target, err)
		}
		r.udp = append(r.udp, udpRelay{route, flow, u})
	}
	for _, route := range tcp {
		link, err := r.newLink(r.flow)
		if err != nil {
			return err
		}
		t, err := relay.WatchTCP(ctx, link, route.listen, route.target, r.watch.tcp(route.target))
		if err != nil {
			return fmt.Errorf("--tcp %s=%s: %w", route.listen, route.target, err)
		}
		r.tcp = append(r.tcp, tcpRelay{route, t})
	}
	if err := r.announce(s.out); err != nil {
		return err
	}
	r.served = true
	closed := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, lifeline(ctx, s.in)) // its end is all that matters, however it comes
		close(closed)
	}()
	select {
	case <-ctx.Done():
	case <-closed:
	}
	return nil
}

func (r *netemRun) newLink(flow string) (*netem.Link, error) {
	return netem.New(r.profile, netem.Options{
		Seed: r.seed, Flow: flow, Labeler: probe.NewLabels(nil), Recorder: r.record.recorder(),
	})
}

// announce prints where the relays listen.
func (r *netemRun) announce(w io.Writer) error {
	line := struct {
		Ready bool     `json:"ready"`
		UDP   []string `json:"udp,omitempty"`
		TCP   []string `json:"tcp,omitempty"`
	}{Ready: true}
	for _, u := range r.udp {
		line.UDP = append(line.UDP, u.Addr().String())
	}
	for _, t := range r.tcp {
		line.TCP = append(line.TCP, t.Addr().String())
	}
	return json.NewEncoder(w).Encode(line)
}

func (r *netemRun) close() {
	for _, u := range r.udp {
		_ = u.Close()
	}
	for _, t := range r.tcp {
		_ = t.Close()
	}
}

// report prints what happened on the links.
func (r *netemRun) report(w io.Writer) {
	for _, u := range r.udp {
		fmt.Fprintf(w, "udp %s to %s, flow %s\n", u.Addr(), u.target, u.flow)
		printUDP(w, u.Stats())
	}
	for _, t := range r.tcp {
		fmt.Fprintf(w, "tcp %s to %s\n", t.Addr(), t.target)
		printTCP(w, t.Stats())
	}
}

func printUDP(w io.Writer, stats relay.UDPStats) {
	fmt.Fprintf(w, "  clients %d, rebindings %d\n", stats.Clients, stats.Link.Rebindings)
	for _, d := range []netem.Direction{netem.AB, netem.BA} {
		counts := stats.Link.Of(d)
		fmt.Fprintf(w, "  %s: %s\n", d, counts)
		if counts.Unscripted > 0 {
			fmt.Fprintf(w, "  %s: not in the record, and so let through: %d\n", d, counts.Unscripted)
		}
	}
	if late := stats.Late; late.Deliveries > 0 {
		fmt.Fprintf(w, "  late: half by less than %v, 99 of 100 by less than %v, at most %v\n", late.P50, late.P99, late.Max)
	}
	if stats.Strangers > 0 {
		fmt.Fprintf(w, "  from elsewhere than the target, and not passed on: %d\n", stats.Strangers)
	}
	if why := stats.Inconclusive(); why != "" {
		fmt.Fprintf(w, "  INCONCLUSIVE: %s\n", why)
	}
	if !stats.Undecided.Known {
		fmt.Fprintln(w, "  this host does not tell what its receive buffers drop: such drops are not counted")
	}
}

func printTCP(w io.Writer, stats relay.TCPStats) {
	fmt.Fprintf(w, "  connections %d, refused by the target %d\n", stats.Connections, stats.Refused)
	for _, way := range []struct {
		dir    netem.Direction
		counts relay.StreamCounts
	}{{netem.AB, stats.AB}, {netem.BA, stats.BA}} {
		fmt.Fprintf(w, "  %s: octets %d, slices %d, ends %d, resets %d\n",
			way.dir, way.counts.Octets, way.counts.Slices, way.counts.Fins, way.counts.Resets)
	}
	if stats.Boundaries > 0 {
		fmt.Fprintf(w, "  boundaries: %d, of which %d verified\n", stats.Boundaries, stats.Verified)
	}
	if stats.Unverified != "" {
		fmt.Fprintf(w, "  boundaries not verified: %s\n", stats.Unverified)
	}
}
