package netem

import "time"

// StepKind is what a driver does to a connection.
type StepKind uint8

const (
	StepData  StepKind = iota // write the octets
	StepFin                   // end this direction; the other goes on
	StepReset                 // end the connection with a reset
)

// Step is the next thing that a driver does.
type Step struct {
	Kind StepKind
	// Data is valid until more is written to the shaper.
	Data []byte
	// Boundary says that the plan ends a slice here: the reader should get these
	// octets before any further ones.
	Boundary bool
}

// A Shaper turns what is written into one direction of a stream into the slices in
// which it leaves. Like everything here it does nothing by itself: the driver asks
// for steps when they are due. Its methods are called by one goroutine at a time.
type Shaper struct {
	plan StreamPlan
	imp  Impairments
	d    draws
	conn int

	buf      []byte // octets that have not left yet
	seen     int64  // octets that were written
	off      int64  // octets that have left
	arrivals []arrival
	closed   bool // nothing more is written
	done     bool // nothing more leaves

	first, last time.Time // arrivals
	left        time.Time // when the last slice left
	busy        time.Time // until when the bottleneck is
	stalled     bool      // the stall has begun
	resume      time.Time // when it ends; zero is never

	slices    uint64 // random ones
	sliceEnds int64
}

// arrival says when the octets up to a place have crossed the link.
type arrival struct {
	upTo int64
	at   time.Time
}

// NewShaper returns the shaper for a direction of the link's connection number conn,
// counted from 1. Of the impairments only delay, jitter and rate act on streams.
func (l *Link) NewShaper(d Direction, conn int) *Shaper {
	return &Shaper{
		plan: l.profile.Stream(d), imp: *l.profile.impairments(d), conn: conn,
		d: l.dirs[d].key.number(uint64(conn)).draws(),
	}
}

// Write brings octets onto the link, of which it keeps a copy.
func (s *Shaper) Write(now time.Time, b []byte) {
	if len(b) == 0 || s.closed || s.done {
		return
	}
	s.buf = append(s.buf, b...)
	s.seen += int64(len(b))
	s.arrive(now)
}

// CloseWrite ends the stream after what was written.
func (s *Shaper) CloseWrite(now time.Time) {
	if s.closed || s.done {
		return
	}
	s.closed = true
	s.arrive(now)
}

func (s *Shaper) arrive(now time.Time) {
	lag := s.imp.Delay
	if s.imp.Jitter > 0 {
		d := hash(s.d).number(uint64(s.seen)).draws()
		lag += time.Duration(d.below(laneJitter, 2*uint64(s.imp.Jitter)+1)) - s.imp.Jitter
	}
	s.last = later(s.last, now.Add(lag)) // a stream does not overtake itself
	if s.first.IsZero() {
		s.first = s.last
	}
	if !s.closed {
		s.arrivals = append(s.arrivals, arrival{s.seen, s.last})
	}
	s.stall(now)
}

// stall begins the stall at the place where it is to begin.
func (s *Shaper) stall(now time.Time) {
	if s.plan.Stall == nil || s.stalled || s.off < s.plan.Stall.After {
		return
	}
	s.stalled = true
	if s.plan.Stall.For > 0 {
		s.resume = now.Add(s.plan.Stall.For)
	}
}

// Buffered is the number of octets that have not left yet. A driver stops reading
// when there are many.
func (s *Shaper) Buffered() int { return len(s.buf) }

// Stalled says that the stream stands still and will never go on.
func (s *Shaper) Stalled() bool { return s.stalled && s.resume.IsZero() }

// Done says that the stream has ended, with StepFin or StepReset.
func (s *Shaper) Done() bool { return s.done }

// NextTimeout is when a step is due; the zero time if none is before something is
// written.
func (s *Shaper) NextTimeout() time.Time {
	at, _ := s.next()
	return at
}

// Step returns the step that is due by now, if there is one.
func (s *Shaper) Step(now time.Time) (Step, bool) {
	at, kind := s.next()
	if at.IsZero() || at.After(now) {
		return Step{}, false
	}
	if kind != StepData {
		s.done, s.buf = true, nil
		return Step{Kind: kind}, true
	}
	return s.slice(at, now), true
}

// next is the next step and when it is due.
func (s *Shaper) next() (time.Time, StepKind) {
	if s.done || s.Stalled() || s.first.IsZero() {
		return time.Time{}, StepData
	}
	floor := later(later(s.resume, s.busy), later(s.left, s.first))
	switch {
	case reached(s.plan.Reset, s.off):
		return floor, StepReset
	case reached(s.plan.HalfClose, s.off):
		return floor, StepFin
	case len(s.buf) > 0:
		return later(floor, s.ready()), StepData
	case s.closed:
		return later(floor, s.last), StepFin
	}
	return time.Time{}, StepData
}

func reached(place *int64, off int64) bool { return place != nil && off >= *place }

// ready is when there are octets to send, and enough of them.
func (s *Shaper) ready() time.Time {
	first := s.arrivals[0].at
	if s.plan.Coalesce.Octets == 0 {
		return first
	}
	for _, a := range s.arrivals {
		if a.upTo-s.off >= int64(s.plan.Coalesce.Octets) {
			return a.at
		}
	}
	patience := first.Add(s.plan.Coalesce.For)
	if s.closed && s.last.Before(patience) {
		return s.last
	}
	return patience
}

// slice takes off what leaves at a time, of what has arrived by now.
func (s *Shaper) slice(at, now time.Time) Step {
	end := s.off
	for _, a := range s.arrivals {
		if !a.at.After(now) {
			end = a.upTo
		}
	}
	boundary := false
	if cut := s.cut(); cut > s.off && cut <= end {
		end, boundary = cut, true
	}
	for _, stop := range s.stops() {
		if stop > s.off && stop < end {
			end, boundary = stop, false
		}
	}
	if bandwidth := s.imp.Rate.Bandwidth; bandwidth > 0 {
		// As much as passes in 10 ms goes at once; the octets after that wait.
		if most := s.off + max(bandwidth/8/100, 1); most < end {
			end, boundary = most, false
		}
		s.busy = at.Add(time.Duration(float64(end-s.off) * 8 / float64(bandwidth) * float64(time.Second)))
	}
	n := end - s.off
	step := Step{Kind: StepData, Data: s.buf[:n:n], Boundary: boundary}
	s.buf, s.off, s.left = s.buf[n:], end, at
	for len(s.arrivals) > 0 && s.arrivals[0].upTo <= s.off {
		s.arrivals = s.arrivals[1:]
	}
	s.stall(now)
	return step
}

// cut is where the plan ends the slice that begins now; 0 is nowhere.
func (s *Shaper) cut() int64 {
	switch p := s.plan; {
	case p.Every > 0:
		every := int64(p.Every)
		return (s.off/every + 1) * every
	case p.Sweep > 0:
		return int64((s.conn-1)%p.Sweep) + 1
	case p.Random > 0:
		if s.off >= s.sliceEnds {
			s.slices++
			d := hash(s.d).number(s.slices).draws()
			s.sliceEnds = s.off + 1 + int64(d.below(laneSlice, 2*uint64(p.Random)-1))
		}
		return s.sliceEnds
	}
	for _, at := range s.plan.At {
		if at > s.off {
			return at
		}
	}
	return 0
}

// stops are the places at which something else happens than sending.
func (s *Shaper) stops() []int64 {
	var stops []int64
	if s.plan.Stall != nil && !s.stalled {
		stops = append(stops, s.plan.Stall.After)
	}
	for _, p := range []*int64{s.plan.Reset, s.plan.HalfClose} {
		if p != nil {
			stops = append(stops, *p)
		}
	}
	return stops
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
