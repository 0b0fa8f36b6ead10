package probe

import (
	"bytes"
	"cmp"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/vstp-project/vstp/conformance/dissect"
	"github.com/vstp-project/vstp/netem"
	"github.com/vstp-project/vstp/netem/relay"
)

// maxPassed is how many datagrams of a link are kept for the record of a case.
const maxPassed = 2 * maxEvents

// A witness keeps what a link did to every datagram of one case. To the link it is its
// labeler and its recorder: a link names a datagram and decides about it in one go, so
// that what was named last is what a fate is of.
type witness struct {
	*Labels
	netem.Memory
	inbound netem.Direction // to the judge

	mu      sync.Mutex
	began   time.Time // of the link, which counts from its first datagram
	named   []byte    // the datagram that was named last
	passed  []passed
	clients map[int]netip.AddrPort // who connects, by the number that the relay gives them
	judge   netip.AddrPort         // the judge's socket, where a client under test is what connects
}

// passed is a datagram with its fate.
type passed struct {
	netem.Event
	octets []byte // as it was sent, as much as is kept
}

// Label names a datagram.
func (w *witness) Label(d netem.Direction, path int, datagram []byte) netem.Label {
	w.mu.Lock()
	w.named = datagram
	w.mu.Unlock()
	return w.Labels.Label(d, path, datagram)
}

// Record keeps a fate.
func (w *witness) Record(e netem.Event) {
	w.mu.Lock()
	if w.began.IsZero() {
		w.began = time.Now().Add(-e.At)
	}
	if len(w.passed) < maxPassed {
		w.passed = append(w.passed, passed{e, bytes.Clone(w.named[:min(len(w.named), maxEvidence)])})
	}
	w.mu.Unlock()
	w.Memory.Record(e)
}

// leadsTo says that the relay leads to a socket of the judge's.
func (w *witness) leadsTo(judge netip.AddrPort) {
	w.mu.Lock()
	w.judge = judge
	w.mu.Unlock()
}

// see learns which socket is which client of the relay.
func (w *witness) see(s relay.Sight) {
	w.mu.Lock()
	if w.clients == nil {
		w.clients = map[int]netip.AddrPort{}
	}
	w.clients[s.Number] = s.Client
	w.mu.Unlock()
}

// tell adds what the link did to the record of a case: to each datagram its passage,
// and those that were lost on their way to the judge, which is to say that nobody else
// saw them. channels are the names of the judge's sockets by their addresses, and whole
// says that nothing of the record is missing.
func (w *witness) tell(events []Event, began time.Time, channels map[netip.AddrPort]string, whole bool, o dissect.Options) []Event {
	w.mu.Lock()
	defer w.mu.Unlock()
	lanes := map[lane]*laneRecord{}
	for _, p := range w.passed {
		socket := w.clients[p.Path]
		if w.judge.IsValid() {
			socket = w.judge
		}
		k := lane{p.Dir, channels[socket]}
		if k.channel == "" {
			continue // a source of the relay that is no socket of the record
		}
		if lanes[k] == nil {
			lanes[k] = &laneRecord{}
		}
		lanes[k].passed = append(lanes[k].passed, p)
	}
	start := w.began.Sub(began)
	for k, r := range lanes {
		if k.dir == w.inbound {
			r.toJudge(events, k.channel)
		} else {
			r.toTarget(events, k.channel)
		}
	}
	var lost []Event
	for k, r := range lanes {
		if k.dir == w.inbound {
			lost = append(lost, r.lost(k.channel, start, o)...)
		}
	}
	if !whole && len(events) > 0 { // after its end nothing is told of anything else either
		end := events[len(events)-1].At
		lost = slices.DeleteFunc(lost, func(e Event) bool { return e.At > end })
	}
	return inserted(events, lost)
}

// A lane is one direction of one socket.
type lane struct {
	dir     netem.Direction
	channel string
}

// laneRecord is what went in a lane, in the order in which it was sent.
type laneRecord struct{ passed []passed }

// passage is what the link did to the datagram with an index.
func (r *laneRecord) passage(i int) Passage {
	p := r.passed[i]
	if p.Fate.Verdict == netem.Drop {
		return Passage{Dropped: p.Fate.Reason.String()}
	}
	out := Passage{Delay: p.Fate.Delay, Copies: p.Fate.Copies}
	if p.Dir == netem.AB {
		out.Rebound = p.Fate.Generation
	}
	for _, f := range p.Fate.Flips {
		if f.At < p.Size {
			out.Altered = append(out.Altered, f.At)
		}
	}
	slices.Sort(out.Altered)
	for _, later := range r.passed[i+1:] {
		if later.Fate.Verdict == netem.Deliver && later.At+later.Fate.Delay < p.At+p.Fate.Delay {
			out.Overtaken++
		}
	}
	return out
}

// toTarget tells of what the judge sent: a datagram that was dropped is no longer one
// that was sent and nothing more.
func (r *laneRecord) toTarget(events []Event, channel string) {
	open := indexes(events, channel, EventSend)
	for i, p := range r.passed {
		at := slices.IndexFunc(open, func(k int) bool { return events[k].has(p.octets, p.Size) })
		if at < 0 {
			continue
		}
		k := open[at]
		open = slices.Delete(open, at, at+1)
		passage := r.passage(i)
		events[k].Link = &passage
		if passage.Dropped != "" {
			events[k].Kind = EventDropSend
		}
	}
}

// toJudge tells of what has come to the judge.
func (r *laneRecord) toJudge(events []Event, channel string) {
	type arrival struct {
		at      time.Duration
		octets  []byte
		size    int
		passage Passage
	}
	var arrivals []arrival
	for i, p := range r.passed {
		passage := r.passage(i)
		if passage.Dropped != "" {
			continue
		}
		due, octets := p.At+p.Fate.Delay, p.arrived()
		arrivals = append(arrivals, arrival{due, octets, p.Size, passage})
		for n, after := range p.Fate.Copies {
			arrivals = append(arrivals, arrival{due + after, octets, p.Size, Passage{Delay: p.Fate.Delay + after, Copy: n + 1, Altered: passage.Altered}})
		}
	}
	slices.SortStableFunc(arrivals, func(a, b arrival) int { return cmp.Compare(a.at, b.at) })
	for _, k := range indexes(events, channel, EventRecv) {
		at := slices.IndexFunc(arrivals, func(a arrival) bool { return events[k].has(a.octets, a.size) })
		if at < 0 {
			continue
		}
		passage := arrivals[at].passage
		events[k].Link = &passage
		arrivals = slices.Delete(arrivals, at, at+1)
	}
}

// lost are the datagrams that did not come to the judge. start is when the link began
// to count, since the case began.
func (r *laneRecord) lost(channel string, start time.Duration, o dissect.Options) []Event {
	var events []Event
	for i, p := range r.passed {
		if p.Fate.Verdict != netem.Drop {
			continue
		}
		passage := r.passage(i)
		e := Event{At: start + p.At, Channel: channel, Kind: EventDropRecv, Octets: p.octets, Length: p.Size, Link: &passage, registry: o.Registry}
		if len(p.octets) == p.Size {
			e.Text = dissect.DecodeDatagram(p.octets, o).String()
		}
		events = append(events, e)
	}
	return events
}

// arrived are the octets as they came out of the link.
func (p passed) arrived() []byte {
	if len(p.Fate.Flips) == 0 {
		return p.octets
	}
	octets := bytes.Clone(p.octets)
	for _, f := range p.Fate.Flips {
		if f.At < len(octets) {
			octets[f.At] ^= f.Mask
		}
	}
	return octets
}

// has says whether the octets of an event are these, as far as they are kept.
func (e Event) has(octets []byte, size int) bool {
	return e.Length == size && bytes.Equal(e.Octets, octets)
}

func indexes(events []Event, channel, kind string) []int {
	var list []int
	for i, e := range events {
		if e.Channel == channel && e.Kind == kind {
			list = append(list, i)
		}
	}
	return list
}

// inserted puts events into others by their times, and leaves the order of those alone.
func inserted(events, more []Event) []Event {
	slices.SortStableFunc(more, func(a, b Event) int { return cmp.Compare(a.At, b.At) })
	out := make([]Event, 0, len(events)+len(more))
	for _, e := range events {
		for len(more) > 0 && more[0].At < e.At {
			out, more = append(out, more[0]), more[1:]
		}
		out = append(out, e)
	}
	return append(out, more...)
}
