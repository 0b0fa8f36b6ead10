package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/conformance/probe"
	"github.com/vstp-project/vstp/conformance/tap"
	"github.com/vstp-project/vstp/conformance/target"
	"github.com/vstp-project/vstp/netem"
	"github.com/vstp-project/vstp/netem/relay"
	"github.com/vstp-project/vstp/spec"
)

// What comes of a scenario.
const (
	outcomeOK         = "ok"
	outcomeViolations = "violations"
	outcomeFailed     = "failed"
	outcomeLost       = "lost"
	outcomeNotOffered = "not-offered"
	outcomeUnreached  = "not-reached"
)

// The result, as it is written as JSON.
type (
	interopMatrix struct {
		Suite     string         `json:"suite"`
		Spec      string         `json:"spec"`
		Profile   string         `json:"profile"`
		Link      string         `json:"link"`
		Seed      uint64         `json:"seed"`
		TimeScale float64        `json:"time_scale"`
		Clients   []string       `json:"clients"`
		Servers   []string       `json:"servers"`
		Summary   map[string]int `json:"summary"` // cells by outcome
		Cells     []interopCell  `json:"cells"`
	}
	interopCell struct {
		Client     string             `json:"client"`
		Server     string             `json:"server"`
		Transport  string             `json:"transport"`
		Scenario   string             `json:"scenario"`
		Outcome    string             `json:"outcome"`
		Detail     string             `json:"detail,omitempty"`
		Violations []interopViolation `json:"violations"`
	}
	interopViolation struct {
		Requirement string `json:"requirement"`
		Level       string `json:"level"`
		By          string `json:"by"` // the name of the implementation
		Side        string `json:"side"`
		Times       int    `json:"times"`
		Text        string `json:"text"` // of the first time
	}
)

// interopRun is a run of the command.
type interopRun struct {
	flags    *interopFlags
	profile  netem.Profile
	progress io.Writer
}

// interopServer is a server at work, or why there is none.
type interopServer struct {
	peer     interopPeer
	instance target.Instance
	err      error
}

// all lets every client talk to every server. Clients that could not be started, and
// servers likewise, have cells that say so.
func (r *interopRun) all(ctx context.Context, peers []interopPeer) (*interopMatrix, error) {
	m := &interopMatrix{
		Suite: conformance.Version, Spec: spec.Version, Profile: r.flags.profile, Link: r.profile.Name, Seed: r.flags.seed,
		TimeScale: r.flags.timeScale, Summary: map[string]int{}, Cells: []interopCell{},
	}
	var servers []interopServer
	defer func() {
		for _, s := range servers {
			if s.instance != nil {
				s.instance.Stop()
			}
		}
	}()
	for _, p := range peers {
		if !p.serves() {
			continue
		}
		m.Servers = append(m.Servers, p.Name)
		t, err := p.serverTarget(r.flags.timeScale)
		if err != nil {
			return nil, err
		}
		s := interopServer{peer: p}
		s.instance, s.err = t.Start(ctx)
		servers = append(servers, s)
	}
	for _, p := range peers {
		if !p.connects() {
			continue
		}
		m.Clients = append(m.Clients, p.Name)
		for _, s := range servers {
			cells, err := r.pair(ctx, p, s)
			if err != nil {
				return nil, err
			}
			m.Cells = append(m.Cells, cells...)
		}
	}
	for _, c := range m.Cells {
		m.Summary[c.Outcome]++
	}
	return m, nil
}

// pair lets a client talk to a server.
func (r *interopRun) pair(ctx context.Context, client interopPeer, server interopServer) ([]interopCell, error) {
	var cells []interopCell
	each := func(transport string, s interopScenario, outcome, detail string) {
		cells = append(cells, interopCell{
			Client: client.Name, Server: server.peer.Name, Transport: transport, Scenario: s.name,
			Outcome: outcome, Detail: detail, Violations: []interopViolation{},
		})
	}
	t, err := client.clientTarget(r.flags.timeScale, r.flags.seed)
	if err != nil {
		return nil, err
	}
	var instance target.Instance
	startErr := server.err
	if startErr == nil {
		if instance, startErr = t.Start(ctx); startErr == nil {
			defer func() { instance.Stop() }()
		}
	}
	for _, transport := range []string{"tcp", "udp"} {
		for _, s := range scenariosOf(transport) {
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			if startErr != nil {
				each(transport, s, outcomeUnreached, startErr.Error())
				continue
			}
			adapter := instance.(target.Driven).Adapter()
			if missing := r.missing(adapter.Hello(), client, server, transport, s); missing != "" {
				each(transport, s, outcomeNotOffered, missing)
				continue
			}
			cell, died, err := r.scenario(ctx, adapter, client, server, transport, s)
			if err != nil {
				return nil, err
			}
			cells = append(cells, cell)
			if died { // the next scenario gets a new one
				instance.Stop()
				if instance, startErr = t.Start(ctx); startErr != nil {
					instance = stopped{}
				}
			}
		}
	}
	fmt.Fprintf(r.progress, "%s to %s: %s\n", client.Name, server.peer.Name, countOutcomes(cells))
	return cells, nil
}

// stopped stands for an instance that is gone.
type stopped struct{ target.Instance }

func (stopped) Stop() {}

// missing says what a scenario needs and is not offered; "" for nothing.
func (r *interopRun) missing(hello target.Hello, client interopPeer, server interopServer, transport string, s interopScenario) string {
	addrs := map[string]string{"tcp": server.instance.Addrs().TCP, "udp": server.instance.Addrs().UDP}
	switch {
	case !slices.Contains(hello.Roles, "client"):
		return client.Name + " is no client"
	case !slices.Contains(hello.Capabilities, transport):
		return client.Name + " does not offer " + transport
	case addrs[transport] == "":
		return server.peer.Name + " does not offer " + transport
	case s.compressed && !slices.Contains(hello.Capabilities, "compression"):
		return client.Name + " does not offer compression"
	case s.compressed && !server.peer.compresses():
		return server.peer.Name + " does not offer compression"
	}
	return ""
}

// closePatience is how long a connection may take to end after it was closed.
const closePatience = 4 * time.Second

// scenario runs one scenario over a relay of its own. died says that the adapter is of
// no more use.
func (r *interopRun) scenario(ctx context.Context, adapter *target.Adapter, client interopPeer, server interopServer, transport string, s interopScenario) (cell interopCell, died bool, err error) {
	cell = interopCell{Client: client.Name, Server: server.peer.Name, Transport: transport, Scenario: s.name, Violations: []interopViolation{}}
	first := map[tap.Count]string{}
	watch := tap.New(
		tap.Options{Profile: r.flags.profile, Complete: true, Defaults: true, TimeScale: r.flags.timeScale},
		tap.Handler{Finding: func(f tap.Finding) {
			key := tap.Count{Requirement: f.Requirement, Level: f.Level, By: f.By}
			if first[key] == "" {
				first[key] = f.Text
			}
		}},
	)
	link, err := netem.New(r.profile, netem.Options{
		Seed: r.flags.seed, Flow: fmt.Sprintf("%s/%s/%s/%s", client.Name, server.peer.Name, transport, s.name), Labeler: probe.NewLabels(nil),
	})
	if err != nil {
		return cell, false, err
	}
	way, err := listenFor(ctx, transport, link, server.instance.Addrs(), &tapWatch{watch})
	if err != nil {
		return cell, false, err
	}
	defer way.close()
	t := &interopTalk{ctx: ctx, adapter: adapter, transport: transport, addr: way.addr, tap: watch, lossy: r.flags.link != ""}
	outcome := t.run(s)
	if ctx.Err() != nil {
		return cell, false, context.Cause(ctx)
	}
	way.settle(ctx)
	way.close()
	dropped := way.dropped()

	var notOffered *notOfferedError
	var dead *target.AdapterError
	switch {
	case errors.As(outcome, &notOffered):
		cell.Outcome, cell.Detail = outcomeNotOffered, outcome.Error()
	case errors.As(outcome, &dead):
		cell.Outcome, cell.Detail, died = outcomeFailed, outcome.Error(), true
	case outcome != nil && dropped > 0:
		cell.Outcome, cell.Detail = outcomeLost, fmt.Sprintf("%v; the link dropped or spoilt %d datagrams", outcome, dropped)
	case outcome != nil && way.cut.Load():
		cell.Outcome, cell.Detail = outcomeLost, fmt.Sprintf("%v; the link ended the connection", outcome)
	case outcome != nil:
		cell.Outcome, cell.Detail = outcomeFailed, outcome.Error()
	default:
		cell.Outcome = outcomeOK
	}
	if exit := server.instance.Exit(); exit != "" && cell.Outcome == outcomeFailed {
		cell.Detail += "; the server has ended with " + exit
	}
	summary := watch.Summary()
	for _, c := range summary.Counts() {
		by := client.Name
		if c.By == tap.Server {
			by = server.peer.Name
		}
		text := first[tap.Count{Requirement: c.Requirement, Level: c.Level, By: c.By}]
		cell.Violations = append(cell.Violations, interopViolation{c.Requirement, c.Level, by, c.By.String(), c.Times, text})
	}
	if cell.Outcome == outcomeOK && tapStatus(summary, r.flags.warningsFail) != 0 {
		cell.Outcome = outcomeViolations
	}
	return cell, died, nil
}

// interopWay is the relay of a scenario.
type interopWay struct {
	addr string
	udp  *relay.UDP
	tcp  *relay.TCP
	cut  atomic.Bool // the link has ended a direction, or a connection
}

// cuts watches for ends that come from neither side.
func (w *interopWay) cuts(next relay.Watch) relay.Watch {
	var mu sync.Mutex
	ended := map[netem.Direction]bool{}
	return func(s relay.Sight) {
		if s.Kind != relay.Octets {
			mu.Lock()
			if s.Stage == relay.Came {
				ended[s.Dir] = true
			} else if !ended[s.Dir] {
				w.cut.Store(true)
			}
			mu.Unlock()
		}
		next(s)
	}
}

func listenFor(ctx context.Context, transport string, link *netem.Link, to target.Addrs, w *tapWatch) (way *interopWay, err error) {
	way = &interopWay{}
	const listen = "127.0.0.1:0"
	if transport == "udp" {
		if way.udp, err = relay.WatchUDP(ctx, link, listen, to.UDP, w.udp(to.UDP)); err == nil {
			way.addr = way.udp.Addr().String()
		}
		return way, err
	}
	if way.tcp, err = relay.WatchTCP(ctx, link, listen, to.TCP, way.cuts(w.tcp(to.TCP))); err == nil {
		way.addr = way.tcp.Addr().String()
	}
	return way, err
}

// settle waits until the connections have ended.
func (w *interopWay) settle(ctx context.Context) {
	if w.tcp == nil {
		return
	}
	patience, cancel := context.WithTimeout(ctx, closePatience)
	defer cancel()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for w.tcp.Stats().Open > 0 {
		select {
		case <-tick.C:
		case <-patience.Done():
			return
		}
	}
}

func (w *interopWay) close() {
	if w.udp != nil {
		_ = w.udp.Close()
	} else {
		_ = w.tcp.Close()
	}
}

// dropped is how many datagrams did not get through.
func (w *interopWay) dropped() int {
	if w.udp == nil {
		return 0
	}
	s := w.udp.Stats()
	n := s.Undecided.Relay + s.Undecided.Target + s.Undecided.Clients
	for _, d := range []netem.Direction{netem.AB, netem.BA} {
		n += s.Link.Of(d).Dropped + s.Link.Of(d).Corrupted
	}
	return n
}

func countOutcomes(cells []interopCell) string {
	counts := map[string]int{}
	for _, c := range cells {
		counts[c.Outcome]++
	}
	text := ""
	for _, outcome := range interopOutcomes {
		if counts[outcome] > 0 {
			text += fmt.Sprintf(", %d %s", counts[outcome], outcome)
		}
	}
	return cmp.Or(text, ", nothing")[2:]
}

// interopOutcomes are all outcomes, the good ones first.
var interopOutcomes = []string{outcomeOK, outcomeViolations, outcomeFailed, outcomeLost, outcomeNotOffered, outcomeUnreached}
