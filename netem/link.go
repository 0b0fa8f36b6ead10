package netem

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Options are the circumstances of a link. The zero value will do.
type Options struct {
	// Seed is what all chance is drawn from; 0 stands for the seed of the profile.
	Seed uint64
	// Flow is mixed into every draw, so that links with the same seed have different
	// fates. Rules choose by it, and records name it.
	Flow string
	// Labeler names datagrams; nil is Content.
	Labeler Labeler
	// Recorder gets every fate; nil is nobody.
	Recorder Recorder
	// Start is when phases and holds begin to count; the zero value is the first
	// datagram.
	Start time.Time
	// ExactTime leaves out the phase: the up to 999 ns, fixed for a direction and drawn
	// from the seed, that every delivery is late. They keep a delivery from falling on
	// the very instant of a timer, where in virtual time chance would decide which of
	// the two comes first.
	ExactTime bool
}

// A Packet is a datagram that enters a link.
type Packet struct {
	Dir Direction
	// Path is the driver's number of the client that sends or shall receive it.
	Path int
	// Generation is, for direction ba, the number of rebindings after which the
	// client had the address that it is sent to.
	Generation int
	// Data belongs to the link from now on, and nobody may change it.
	Data []byte
}

// A Delivery is a datagram that leaves a link.
type Delivery struct {
	At         time.Time // when it is due
	Dir        Direction
	Path       int
	Generation int // the address that the client had when it was sent
	Ordinal    int // of the datagram in its direction, from 1
	Copy       int // 0, or the number of the further copy
	Data       []byte
}

// A Link is one link at work. Its methods can be called from several goroutines.
type Link struct {
	profile Profile
	opts    Options

	mu         sync.Mutex
	start      time.Time
	dirs       [2]direction
	phases     []phase
	nth        []int // how many datagrams each rule has chosen
	seen       counter
	generation int // what replayed fates and rules have raised it to
	flights    flights
	seq        uint64
	stats      Stats
	together   []labeled // space for SendTogether
}

// direction is the state of one direction, as far as there is any.
type direction struct {
	key       hash // of what all its draws have in common
	phase     time.Duration
	ordinal   int
	chained   bool // a chain along the order has begun
	bad       bool // its state
	busyUntil time.Duration
	leaving   []time.Duration // when those that wait in the queue will have left it
	lastDue   time.Duration   // of those that keep their order
	delivered int             // the highest ordinal
}

// phase is a phase of the profile with the beginning of its wait.
type phase struct {
	Phase
	armed bool
	from  time.Duration
	seen  int // datagrams that the trigger has matched
}

// New makes a link that does what a profile says.
func New(p Profile, o Options) (*Link, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	if o.Labeler == nil {
		o.Labeler = Content{}
	}
	if r := p.replay; r != nil {
		if r.header.Labeler != o.Labeler.Name() {
			return nil, fmt.Errorf("the record was made with labels of %s and cannot be replayed with those of %s", r.header.Labeler, o.Labeler.Name())
		}
		if o.Seed != 0 && o.Seed != p.Seed {
			return nil, fmt.Errorf("the record was made with seed %d and cannot be replayed with seed %d", p.Seed, o.Seed)
		}
	}
	if o.Seed == 0 {
		o.Seed = p.Seed
	}
	l := &Link{profile: p, opts: o}
	if err := l.begin(); err != nil {
		return nil, err
	}
	return l, nil
}

// Restart makes the link as it was when it was new, but with another seed, which is
// cheaper than a new link where one profile is tried on many seeds. Datagrams in
// flight are gone. A recorder does not take events of a second seed: Restart fails
// with its error, as it does on a replay.
func (l *Link) Restart(seed uint64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.profile.replay != nil {
		return errors.New("a replay has one seed only")
	}
	l.opts.Seed = seed
	return l.begin()
}

// begin sets everything to its beginning.
func (l *Link) begin() error {
	l.start, l.generation, l.seq, l.stats = l.opts.Start, 0, 0, Stats{}
	clear(l.flights)
	l.flights = l.flights[:0]
	l.seen.forget()
	l.nth = append(l.nth[:0], make([]int, len(l.profile.Rules))...)
	l.phases = l.phases[:0]
	for _, ph := range l.profile.Phases {
		l.phases = append(l.phases, phase{Phase: ph, armed: ph.On == nil})
	}
	for d := range l.dirs {
		key := newHash(l.opts.Seed).text(l.opts.Flow).number(uint64(d))
		l.dirs[d] = direction{key: key}
		if !l.opts.ExactTime {
			l.dirs[d].phase = time.Duration(1 + key.draws().below(lanePhase, 999))
		}
	}
	if l.opts.Recorder != nil {
		if err := l.opts.Recorder.Begin(l.Header()); err != nil {
			return fmt.Errorf("recording: %w", err)
		}
	}
	return nil
}

// Profile is what the link does.
func (l *Link) Profile() Profile { return l.profile }

// Seed is what its chance is drawn from.
func (l *Link) Seed() uint64 { return l.opts.Seed }

// Flow is the name of what goes over the link.
func (l *Link) Flow() string { return l.opts.Flow }

// Send brings a datagram onto the link and returns its fate. now never goes back.
func (l *Link) Send(now time.Time, p Packet) Fate {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.send(now, p, l.opts.Labeler.Label(p.Dir, p.Path, p.Data))
}

// SendTogether brings datagrams onto the link that were sent at one instant by
// several goroutines, so that their order means nothing. It sorts them, in place,
// into an order that depends on what they are alone: by direction, path and group
// of their label. Parts of one group stay as they are.
func (l *Link) SendTogether(now time.Time, packets []Packet) {
	l.mu.Lock()
	defer l.mu.Unlock()
	together := l.together[:0]
	for _, p := range packets {
		together = append(together, labeled{p, l.opts.Labeler.Label(p.Dir, p.Path, p.Data)})
	}
	slices.SortStableFunc(together, func(a, b labeled) int {
		return cmp.Or(cmp.Compare(a.Dir, b.Dir), cmp.Compare(a.Path, b.Path), cmp.Compare(a.label.group(), b.label.group()))
	})
	for i, p := range together {
		packets[i] = p.Packet
		l.send(now, p.Packet, p.label)
	}
	clear(together)
	l.together = together
}

// labeled is a datagram and its name.
type labeled struct {
	Packet
	label Label
}

func (l *Link) send(now time.Time, p Packet, label Label) Fate {
	if l.start.IsZero() {
		l.start = now
	}
	dir := &l.dirs[p.Dir]
	dir.ordinal++
	m := message{
		dir: p.Dir, label: label, size: len(p.Data), ordinal: dir.ordinal,
		at: now.Sub(l.start), generation: p.Generation,
	}
	m.key = dir.key.text(label.Text)
	m.occurrence = l.seen.next(uint64(m.key))
	fate := l.decide(m)
	if p.Dir == AB {
		p.Generation = fate.Generation
	}
	l.count(p, fate)
	if fate.Verdict == Deliver {
		l.fly(now, p, fate)
	}
	l.trigger(m)
	if l.opts.Recorder != nil {
		l.opts.Recorder.Record(Event{
			At: m.at, Flow: l.opts.Flow, Dir: p.Dir, Path: p.Path, Ordinal: m.ordinal,
			Label: label.Text, Occurrence: m.occurrence, Size: m.size, Fate: fate,
		})
	}
	return fate
}

// fly puts a datagram and its copies into flight.
func (l *Link) fly(now time.Time, p Packet, fate Fate) {
	dir := &l.dirs[p.Dir]
	due := now.Add(fate.Delay + dir.phase)
	data := flipped(p.Data, fate.Flips)
	for i := range 1 + len(fate.Copies) {
		at := due
		if i > 0 {
			at = due.Add(fate.Copies[i-1])
		}
		l.seq++
		l.flights.push(flight{l.seq, Delivery{
			At: at, Dir: p.Dir, Path: p.Path, Generation: p.Generation, Ordinal: dir.ordinal, Copy: i, Data: data,
		}})
	}
}

func (l *Link) counts(d Direction) *Counts {
	if d == AB {
		return &l.stats.AB
	}
	return &l.stats.BA
}

func (l *Link) count(p Packet, fate Fate) {
	c := l.counts(p.Dir)
	c.Sent++
	c.Octets += len(p.Data)
	l.stats.Rebindings = max(l.stats.Rebindings, fate.Generation)
	if fate.Reason == ReasonUnscripted {
		c.Unscripted++
	}
	if fate.Verdict == Drop {
		c.Dropped++
		if c.ByReason == nil {
			c.ByReason = map[string]int{}
		}
		c.ByReason[fate.Reason.String()]++
		return
	}
	c.InFlight += 1 + len(fate.Copies)
	if len(fate.Copies) > 0 {
		c.Duplicated++
	}
	if len(fate.Flips) > 0 {
		c.Corrupted++
	}
}

// NextTimeout is when the next datagram is due; the zero time if none is in flight.
func (l *Link) NextTimeout() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.flights) == 0 {
		return time.Time{}
	}
	return l.flights[0].delivery.At
}

// Due takes the datagrams off the link that are due by now and appends them to
// deliveries, in the order in which they are due. Datagrams that are due at the same
// time come in the order in which they were sent.
func (l *Link) Due(now time.Time, deliveries []Delivery) []Delivery {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.flights) > 0 && !l.flights[0].delivery.At.After(now) {
		d := l.flights.pop().delivery
		c, dir := l.counts(d.Dir), &l.dirs[d.Dir]
		c.InFlight--
		c.Delivered++
		if d.Copy == 0 {
			if d.Ordinal < dir.delivered {
				c.Overtaken++
			}
			dir.delivered = max(dir.delivered, d.Ordinal)
		}
		deliveries = append(deliveries, d)
	}
	return deliveries
}

// Stats are the figures so far.
func (l *Link) Stats() Stats {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.stats
	for _, c := range []*Counts{&s.AB, &s.BA} {
		reasons := make(map[string]int, len(c.ByReason))
		for name, n := range c.ByReason {
			reasons[name] = n
		}
		c.ByReason = reasons
	}
	return s
}
