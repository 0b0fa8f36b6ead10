package probe

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"github.com/vstp-project/vstp/netem"
	"github.com/vstp-project/vstp/netem/relay"
)

// A Crossing is the link that a case has put between its sockets and the target: a
// relay of its own for datagrams and one for connections. The flow of the link is
// the ID of the case. Direction ab is from who connects to who listens: towards a
// server under test, and away from a client under test.
type Crossing struct {
	link    *netem.Link
	fate    witness
	inbound netem.Direction // to the judge

	udp way[*relay.UDP]
	tcp way[*relay.TCP]

	mu      sync.Mutex
	entered []Entered // datagrams of a client under test
	octets  int       // of them
}

// A way is a relay and where it leads to; no address before it is needed.
type way[R interface{ Close() error }] struct {
	relay R
	to    string
}

// open starts the relay if there is none. It leads to one address only.
func (w *way[R]) open(to string, listen func() (R, error)) error {
	switch {
	case w.to == to:
		return nil
	case w.to != "":
		return fmt.Errorf("the link leads to %s, and cannot lead to %s as well", w.to, to)
	}
	r, err := listen()
	if err == nil {
		w.relay, w.to = r, to
	}
	return err
}

func (w *way[R]) close() {
	if w.to != "" {
		_ = w.relay.Close()
	}
}

// An Entered is a datagram that the client under test has put into the link, whatever
// became of it there.
type Entered struct {
	Octets []byte
	At     time.Duration // since the case began
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
	c := &Crossing{inbound: netem.BA}
	if t.cfg.Adapter != nil {
		c.inbound = netem.AB
	}
	c.fate.Labels, c.fate.inbound = NewLabels(t.cfg.Registry), c.inbound
	link, err := netem.New(profile, netem.Options{
		Seed: seed, Flow: t.cfg.Case, Labeler: &c.fate, Recorder: &c.fate,
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
	if c.tcp.to == "" {
		return relay.TCPStats{}
	}
	return c.tcp.relay.Stats()
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
	if c.udp.to != "" {
		crossed.Undecided = c.udp.relay.Stats().Inconclusive()
	}
	return crossed
}

// close ends the relays.
func (c *Crossing) close() {
	c.udp.close()
	c.tcp.close()
}

// relayAddr is where a relay listens: the judge is on this host.
const relayAddr = "127.0.0.1:0"

// UDPWay is where datagrams for an address go: to it, or to the relay in front of it.
// All that cross the link of a case go to one address.
func (t *T) UDPWay(to string) (string, error) {
	c := t.crossing
	if c == nil {
		return to, nil
	}
	err := c.udp.open(to, func() (*relay.UDP, error) {
		t.Note("a relay for datagrams leads to %s", to)
		if c.inbound == netem.AB {
			at, err := netip.ParseAddrPort(to)
			if err != nil {
				return nil, err
			}
			c.fate.leadsTo(at)
		}
		return relay.WatchUDP(context.Background(), c.link, relayAddr, to, func(s relay.Sight) { c.see(t, s) })
	})
	if err != nil {
		return "", fmt.Errorf("starting the relay for datagrams: %w", err)
	}
	return c.udp.relay.Addr().String(), nil
}

// TCPWay is where connections to an address go.
func (t *T) TCPWay(to string) (string, error) {
	c := t.crossing
	if c == nil {
		return to, nil
	}
	err := c.tcp.open(to, func() (*relay.TCP, error) {
		t.Note("a relay for connections leads to %s", to)
		return relay.WatchTCP(context.Background(), c.link, relayAddr, to, c.endsByLink(t))
	})
	if err != nil {
		return "", fmt.Errorf("starting the relay for connections: %w", err)
	}
	return c.tcp.relay.Addr().String(), nil
}

// see takes notice of a datagram at the relay, and keeps what a client under test puts
// into the link.
func (c *Crossing) see(t *T, s relay.Sight) {
	c.fate.see(s)
	if c.inbound != netem.AB || s.Dir != netem.AB || s.Stage != relay.Came {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.octets += len(s.Data); c.octets <= maxReceived {
		c.entered = append(c.entered, Entered{Octets: bytes.Clone(s.Data), At: t.when(s.At)})
	}
}

// Entered are the datagrams that the client under test has put into the link so far, in
// their order and by the kernel's clock where it tells. The caller must not change them.
func (c *Crossing) Entered() []Entered {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.entered[:len(c.entered):len(c.entered)]
}

// endsByLink notes in the record where the link ends a connection, or a direction of one,
// that neither side has ended: a reader would take it for the target's doing.
func (c *Crossing) endsByLink(t *T) relay.Watch {
	opener := "judge"
	if c.inbound == netem.AB {
		opener = "client"
	}
	type end struct {
		number int
		dir    netem.Direction
	}
	var mu sync.Mutex
	ended := map[end]bool{}
	return func(s relay.Sight) {
		if s.Kind == relay.Octets {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		k := end{s.Number, s.Dir}
		if s.Stage == relay.Passing && !ended[k] {
			what := "ends the stream"
			if s.Kind == relay.Reset {
				what = "resets the connection"
			}
			towards := "target"
			if s.Dir == c.inbound {
				towards = "judge"
			}
			t.Note("the link %s that the %s opened at %v, towards the %s", what, opener, s.Client, towards)
		}
		ended[k] = true
	}
}

// altered says whether the link has altered a datagram of this length on its way to
// the judge: then a datagram that is no frame is the link's doing.
func (c *Crossing) altered(length int) bool {
	for _, e := range c.Events() {
		if e.Dir == c.inbound && e.Size == length && len(e.Fate.Flips) > 0 {
			return true
		}
	}
	return false
}
