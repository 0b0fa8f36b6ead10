// Package probe is what a case holds in its hand: connections and sockets to the
// one implementation under test, the clock, the barrier that proves silence, and
// the record of everything that went over the wire.
//
// Octets are built by package forge and read by package dissect; nothing here
// shares code with the reference implementation.
package probe

import (
	"context"
	"crypto/tls"
	"fmt"
	"hash/fnv"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/vstp-project/vstp/conformance/dissect"
	"github.com/vstp-project/vstp/conformance/target"
	"github.com/vstp-project/vstp/netem"
	"github.com/vstp-project/vstp/spec"
)

// The limits of the record, so that a target that talks without end cannot fill
// the judge's memory.
const (
	maxEvents   = 2000     // events kept for a case
	maxEvidence = 4096     // octets kept of an event
	maxReceived = 64 << 20 // octets read from one connection before the target is called a babbler
)

// Config is what a case is run with.
type Config struct {
	Case     string         // its ID, from which everything it draws is derived
	Addrs    target.Addrs   // where the target listens
	Scale    float64        // factor of the target's timers, 0.05 to 1
	Seed     uint64         // of the run
	Registry *spec.Registry // types, codes and timers; nil means the shipped one
	Sources  *Sources       // loopback addresses for UDP sockets; nil means 127.0.0.1 only
	Adapter  *target.Adapter
	Link     *netem.Profile   // what the run puts between judge and target; nil for nothing
	Client   *tls.Certificate // that the target's listener tls-verify trusts; nil where there is none
	Memory   func() (octets int64, ok bool)
	Busy     func() time.Duration // how late this host's timers were lately, at worst
}

// A T is the probe of one case. Its methods are for the goroutine of the case.
type T struct {
	cfg   Config
	began time.Time
	seq   int // numbers what the case draws: payloads, message identifiers

	mu      sync.Mutex
	events  []Event
	dropped int // events beyond maxEvents

	streams   []*Stream
	sockets   []*Socket
	listeners []*Listener
	clients   []*Client
	crossing  *Crossing // the link in front of the target; nil for none

	files string // a directory with what the case has written; empty until it does

	asking     sync.Once // sets the two that follow
	askCtx     context.Context
	stopAsking context.CancelFunc
	asked      sync.WaitGroup // operations that have no answer yet
}

// New makes the probe of a case and starts its clock.
func New(cfg Config) *T {
	if cfg.Scale == 0 {
		cfg.Scale = 1
	}
	if cfg.Registry == nil {
		cfg.Registry = spec.DefaultRegistry()
	}
	if cfg.Sources == nil {
		cfg.Sources = &Sources{}
	}
	return &T{cfg: cfg, began: time.Now()}
}

// Close closes everything that the case opened and waits for its readers.
func (t *T) Close() {
	if t.crossing != nil { // first, while the sockets can still be asked what they lost
		t.crossing.close()
	}
	for _, l := range t.listeners {
		_ = l.ln.Close()
	}
	for _, s := range t.streams {
		s.Close()
	}
	t.closeClients() // whose connections have ended, so that nobody lingers
	for _, s := range t.sockets {
		s.Close()
	}
	if t.files != "" {
		_ = os.RemoveAll(t.files)
	}
}

// File writes a file that is there as long as the case runs, and returns its path.
func (t *T) File(name string, octets []byte) (string, error) {
	if t.files == "" {
		dir, err := os.MkdirTemp("", "vstp-conform-case-")
		if err != nil {
			return "", fmt.Errorf("making a directory for %s: %w", name, err)
		}
		t.files = dir
	}
	path := filepath.Join(t.files, name)
	if err := os.WriteFile(path, octets, 0o600); err != nil {
		return "", fmt.Errorf("writing %s: %w", name, err)
	}
	return path, nil
}

// Events is the record so far, in order, with what a link did to each datagram and the
// beginnings of frames whose end never came. Where it was cut short the last event says
// so.
func (t *T) Events() []Event {
	t.mu.Lock()
	defer t.mu.Unlock()
	events := append([]Event(nil), t.events...)
	events = inserted(events, afterTaken(events, t.unfinished()))
	if c := t.crossing; c != nil {
		channels := map[netip.AddrPort]string{}
		for _, s := range t.sockets {
			channels[s.Local()] = s.Name
		}
		events = c.fate.tell(events, t.began, channels, t.dropped == 0, t.dissectOptions())
	}
	if t.dropped > 0 {
		events = append(events, Event{At: t.Elapsed(), Kind: EventNote, Text: fmt.Sprintf("%d further events were not recorded", t.dropped)})
	}
	for i := range events { // as exact as they are written
		events[i].At = events[i].At.Round(time.Microsecond)
	}
	return events
}

// Note adds a remark to the record.
func (t *T) Note(format string, args ...any) {
	t.record("", EventNote, nil, fmt.Sprintf(format, args...))
}

func (t *T) record(channel, kind string, octets []byte, text string) {
	e := Event{At: t.Elapsed(), Channel: channel, Kind: kind, Length: len(octets), Text: text, registry: t.cfg.Registry}
	if n := min(len(octets), maxEvidence); n > 0 {
		e.Octets = append([]byte(nil), octets[:n]...)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.events) >= maxEvents {
		t.dropped++
		return
	}
	t.events = append(t.events, e)
}

// Elapsed is the time since the case began.
func (t *T) Elapsed() time.Duration { return time.Since(t.began) }

// Adapter is the adapter of the target; nil where a server is judged.
func (t *T) Adapter() *target.Adapter { return t.cfg.Adapter }

// Asked records a request to the adapter, and Answered what it answered.
func (t *T) Asked(request string) { t.record("adapter", EventSend, nil, request) }

// Answered records an answer of the adapter.
func (t *T) Answered(answer string) { t.record("adapter", EventRecv, nil, answer) }

// Registry is what the run knows of types, codes, limits and timers.
func (t *T) Registry() *spec.Registry { return t.cfg.Registry }

// Addrs are the addresses of the target.
func (t *T) Addrs() target.Addrs { return t.cfg.Addrs }

// Bound is one of the time bounds of the test contract that are never scaled:
// "reply", "close", "ack" or "linger".
func (t *T) Bound(name string) time.Duration { return t.cfg.Registry.Timer(name) }

// Scaled is a duration on the target's clock, in the judge's time.
func (t *T) Scaled(d time.Duration) time.Duration {
	return time.Duration(float64(d) * t.cfg.Scale)
}

// Late is how late this host's own timers were lately, at worst: the margin
// within which a measured time proves nothing.
func (t *T) Late() time.Duration {
	if t.cfg.Busy == nil {
		return 0
	}
	return t.cfg.Busy()
}

// SeveralSources says whether sockets can be given loopback addresses of their own.
func (t *T) SeveralSources() bool {
	addr, err := netip.ParseAddrPort(t.cfg.Addrs.UDP)
	return err == nil && addr.Addr().Is4() && addr.Addr().IsLoopback() && t.cfg.Sources.Several()
}

// Memory is the resident set of the target in octets, where the judge started it
// and the host tells.
func (t *T) Memory() (octets int64, ok bool) {
	if t.cfg.Memory == nil {
		return 0, false
	}
	return t.cfg.Memory()
}

// Draw returns a number that depends on the seed of the run, the case and how
// often the case has drawn: the same in every run with the same seed.
func (t *T) Draw() uint64 {
	t.seq++
	h := fnv.New64a()
	fmt.Fprintf(h, "%d/%s/%d", t.cfg.Seed, t.cfg.Case, t.seq)
	return h.Sum64()
}

// Unique returns a payload that nothing else in the run contains.
func (t *T) Unique(prefix string) []byte {
	return fmt.Appendf(nil, "%s-%016x", prefix, t.Draw())
}

func (t *T) dissectOptions() dissect.Options {
	return dissect.Options{Registry: t.cfg.Registry}
}

// sleep waits unless ctx ends first. Waiting is for timers of the target that
// must be waited for; everything else is told by an answer or a barrier.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Wait lets time pass: a scaled timer of the target.
func (t *T) Wait(ctx context.Context, d time.Duration) error {
	t.Note("waiting %v", d)
	return sleep(ctx, d)
}

// Sources hands out loopback addresses, so that each UDP case comes from an
// address of its own: reassembly and duplicate state of a target is kept per
// source. On a host without the rest of 127.0.0.0/8 every case shares 127.0.0.1.
type Sources struct {
	mu    sync.Mutex
	next  uint32
	whole bool // the host accepts all of 127.0.0.0/8
}

// NewSources finds out what this host offers.
func NewSources() *Sources {
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 2)})
	if err != nil {
		return &Sources{}
	}
	_ = conn.Close()
	return &Sources{whole: true}
}

// Several says whether more than one loopback address is to be had.
func (s *Sources) Several() bool { return s.whole }

// Take returns an address that no other caller has got, 127.1.0.1 and upwards;
// 127.0.0.1 where the host has no other.
func (s *Sources) Take() netip.Addr {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.whole {
		return netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	s.next++
	n := s.next
	return netip.AddrFrom4([4]byte{127, byte(1 + n/(250*250)%250), byte(n / 250 % 250), byte(1 + n%250)})
}
