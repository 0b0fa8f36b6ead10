package probe

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/vstp-project/vstp/netem"
	"github.com/vstp-project/vstp/netem/relay"
)

// A Crossing is the link that a case has put between its sockets and the target: a
// relay of its own for datagrams and one for connections. The flow of the link is
// the ID of the case.
type Crossing struct {
	link *netem.Link
	fate fateRecord

	udp *relay.UDP // nil before the first socket
	tcp *relay.TCP // nil before the first connection
}

// fateRecord keeps the fate of every datagram of one case.
type fateRecord struct {
	netem.Memory
	mu    sync.Mutex
	began time.Time // of the link, which counts from its first datagram
}

// Record keeps an event.
func (r *fateRecord) Record(e netem.Event) {
	r.mu.Lock()
	if r.began.IsZero() {
		r.began = time.Now().Add(-e.At)
	}
	r.mu.Unlock()
	r.Memory.Record(e)
}

// RunLink is the link of the whole run, with its seed; nil where there is none.
func (t *T) RunLink() *netem.Profile { return t.cfg.Link }

// Seed is what everything random in the run is derived from.
func (t *T) Seed() uint64 { return t.cfg.Seed }

// Cross puts a link between the target and what the case opens from now on. The times
// of the profile are taken as they are; the seed is what all its chance is drawn from,
// 0 being that of the profile. A case crosses one link at most.
func (t *T) Cross(profile netem.Profile, seed uint64) error {
	if t.crossing != nil {
		return fmt.Errorf("the case has a link already, that of %q", t.crossing.Profile().Name)
	}
	c := &Crossing{}
	link, err := netem.New(profile, netem.Options{
		Seed: seed, Flow: t.cfg.Case, Labeler: NewLabels(t.cfg.Registry), Recorder: &c.fate,
	})
	if err != nil {
		return fmt.Errorf("the link %q: %w", profile.Name, err)
	}
	c.link = link
	t.crossing = c
	t.Note("what follows goes over the link %q, seed %d", profile.Name, link.Seed())
	return nil
}

// Crossing is the link that the case has put in front of the target; nil for none.
func (t *T) Crossing() *Crossing { return t.crossing }

// Beside runs fn with the target reached directly, past the link.
func (t *T) Beside(fn func() error) error {
	crossing := t.crossing
	t.crossing = nil
	defer func() { t.crossing = crossing }()
	return fn()
}

// Profile is what the link does.
func (c *Crossing) Profile() netem.Profile { return c.link.Profile() }

// Seed is what the chance of the link is drawn from.
func (c *Crossing) Seed() uint64 { return c.link.Seed() }

// Foresee is [netem.Link.Foresee].
func (c *Crossing) Foresee(d netem.Direction, label netem.Label, occurrence, size int) (netem.Fate, bool) {
	return c.link.Foresee(d, label, occurrence, size)
}

// Header is the header of a record of the link.
func (c *Crossing) Header() netem.Header { return c.link.Header() }

// Events are the datagrams that have entered the link, with their fates, in the order
// in which they came. The caller must not change them.
func (c *Crossing) Events() []netem.Event { return c.fate.Log().Events }

// Began is when the link began to count, the zero time before its first datagram.
func (c *Crossing) Began() time.Time {
	c.fate.mu.Lock()
	defer c.fate.mu.Unlock()
	return c.fate.began
}

// Streams are the figures of the connections.
func (c *Crossing) Streams() relay.TCPStats {
	if c.tcp == nil {
		return relay.TCPStats{}
	}
	return c.tcp.Stats()
}

// A Crossed is what went over the link of a case.
type Crossed struct {
	Datagrams int // that entered it, in both directions
	Drops     int // of them that it dropped
	// Undecided says, in a sentence, that datagrams were lost which the link did not
	// drop, and how many; empty if none were.
	Undecided string
}

// Crossed is what went over the link so far.
func (c *Crossing) Crossed() Crossed {
	stats := c.link.Stats()
	crossed := Crossed{Datagrams: stats.AB.Sent + stats.BA.Sent, Drops: stats.AB.Dropped + stats.BA.Dropped}
	if c.udp != nil {
		crossed.Undecided = c.udp.Stats().Inconclusive()
	}
	return crossed
}

// close ends the relays.
func (c *Crossing) close() {
	if c.udp != nil {
		_ = c.udp.Close()
	}
	if c.tcp != nil {
		_ = c.tcp.Close()
	}
}

// relayAddr is where a relay listens: the judge is on this host.
const relayAddr = "127.0.0.1:0"

// udpAddr is where datagrams for the target go: to it, or to the relay in front of it.
func (t *T) udpAddr() (string, error) {
	c := t.crossing
	if c == nil {
		return t.cfg.Addrs.UDP, nil
	}
	if c.udp == nil {
		u, err := relay.ListenUDP(context.Background(), c.link, relayAddr, t.cfg.Addrs.UDP)
		if err != nil {
			return "", fmt.Errorf("starting the relay for datagrams: %w", err)
		}
		c.udp = u
		t.Note("a relay at %v leads to %s", u.Addr(), t.cfg.Addrs.UDP)
	}
	return c.udp.Addr().String(), nil
}

// tcpAddr is where connections to the target go.
func (t *T) tcpAddr() (string, error) {
	c := t.crossing
	if c == nil {
		return t.cfg.Addrs.TCP, nil
	}
	if c.tcp == nil {
		r, err := relay.ListenTCP(context.Background(), c.link, relayAddr, t.cfg.Addrs.TCP)
		if err != nil {
			return "", fmt.Errorf("starting the relay for connections: %w", err)
		}
		c.tcp = r
		t.Note("a relay at %v leads to %s", r.Addr(), t.cfg.Addrs.TCP)
	}
	return c.tcp.Addr().String(), nil
}

// altered says whether the link has altered a datagram of this length on its way to
// the judge: then a datagram that is no frame is the link's doing.
func (c *Crossing) altered(length int) bool {
	for _, e := range c.Events() {
		if e.Dir == netem.BA && e.Size == length && len(e.Fate.Flips) > 0 {
			return true
		}
	}
	return false
}
