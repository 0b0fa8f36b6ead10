package netem

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Shrunk is a failure made small.
type Shrunk struct {
	// Profile is a script of plain rules that still fails. No rule can be taken out of
	// it, nor a part of what a rule does. Scenario writes it as a link file.
	Profile Profile
	// Before and After count what the link did to single datagrams: a drop, further
	// copies, altered octets, a delay other than the plain one, a rebinding.
	Before, After int
	Runs          int // how often fails was called
}

// ErrNotReproduced says that a failure does not come back when the link does again
// what it did in the record, so that something else must have caused it.
var ErrNotReproduced = errors.New("the run does not fail when the link repeats what the record says")

// ErrNotTheLink says that a run fails on a link that only delays.
var ErrNotTheLink = errors.New("the run fails even when nothing is lost, copied, altered or reordered")

// Shrink finds the smallest script that makes a run fail. fails runs with a profile
// and says whether the failure came back; it has to say the same for the same
// profile. Shrink calls it for one profile at a time, about as often as there are
// events in the answer, times the binary logarithm of how many there were.
func Shrink(l *Log, fails func(Profile) bool) (Shrunk, error) {
	s := shrinker{log: l, fails: fails, delays: true}
	all := l.deeds()
	result := Shrunk{Before: len(all)}
	switch {
	case !s.test(all):
		return Shrunk{}, ErrNotReproduced
	case s.test(nil):
		return Shrunk{}, ErrNotTheLink
	}
	left := s.minimize(s.bisect(s.dropKinds(all)))
	s.delays = false
	if !s.test(left) {
		s.delays = true
	}
	result.Profile, result.After, result.Runs = s.profile(left), len(left), s.runs
	return result, nil
}

// deedKind is something that a link can do to a datagram.
type deedKind uint8

const (
	deedDelay deedKind = iota
	deedCopies
	deedFlips
	deedRebind
	deedDrop
	deedKinds
)

// deed is one thing that a link did to one datagram.
type deed struct {
	event int // the place in the record
	kind  deedKind
}

// deeds is everything that the link did, in order.
func (l *Log) deeds() []deed {
	var deeds []deed
	generation := 0
	known := map[replayKey]bool{}
	for i, e := range l.Events {
		key := replayKey{e.Flow, e.Dir, e.Label, e.Occurrence}
		if known[key] {
			continue // a rule for it could not be told from the first
		}
		known[key] = true
		add := func(is bool, kind deedKind) {
			if is {
				deeds = append(deeds, deed{i, kind})
			}
		}
		if e.Dir == AB {
			add(e.Fate.Generation > generation && e.Fate.Verdict == Deliver, deedRebind)
			if e.Fate.Verdict == Deliver {
				generation = max(generation, e.Fate.Generation)
			}
		}
		if e.Fate.Verdict == Drop {
			add(true, deedDrop)
			continue
		}
		add(e.Fate.Delay != l.plainDelay(e.Dir), deedDelay)
		add(len(e.Fate.Copies) > 0, deedCopies)
		add(len(e.Fate.Flips) > 0, deedFlips)
	}
	return deeds
}

func (l *Log) plainDelay(d Direction) time.Duration {
	return l.Header.Profile.impairments(d).Delay
}

type shrinker struct {
	log    *Log
	fails  func(Profile) bool
	delays bool // keep the plain delay of the directions
	runs   int
}

func (s *shrinker) test(deeds []deed) bool {
	s.runs++
	return s.fails(s.profile(deeds))
}

// profile is the script of some deeds.
func (s *shrinker) profile(deeds []deed) Profile {
	header := s.log.Header
	p := Profile{
		Name:   header.Profile.Name + "-shrunk",
		Source: fmt.Sprintf("shrunk from a record of %q with seed %d", header.Profile.Name, header.Seed),
		Seed:   header.Seed,
	}
	if s.delays {
		p.AB.Delay, p.BA.Delay = s.log.plainDelay(AB), s.log.plainDelay(BA)
	}
	deeds = slices.SortedFunc(slices.Values(deeds), func(a, b deed) int {
		return cmp.Or(cmp.Compare(a.event, b.event), cmp.Compare(a.kind, b.kind))
	})
	for i := 0; i < len(deeds); {
		e := s.log.Events[deeds[i].event]
		r := Rule{
			Flow: e.Flow, Ways: only(e.Dir), Label: e.Label, Occurrence: Range{e.Occurrence, e.Occurrence}, Do: DoDeliver,
		}
		for at := deeds[i].event; i < len(deeds) && deeds[i].event == at; i++ {
			switch deeds[i].kind {
			case deedDrop:
				r.Do = DoDrop
			case deedDelay:
				r.Delay = &e.Fate.Delay
			case deedCopies:
				r.Copies = e.Fate.Copies
			case deedFlips:
				r.Flips = e.Fate.Flips
			case deedRebind:
				r.Rebind = true
			}
		}
		p.Rules = append(p.Rules, r)
	}
	return p
}

// dropKinds takes out all deeds of a kind at once where that is possible: with
// jitter every datagram has a delay of its own, and mostly none of them matters.
func (s *shrinker) dropKinds(deeds []deed) []deed {
	for kind := range deedKinds {
		rest := slices.DeleteFunc(slices.Clone(deeds), func(d deed) bool { return d.kind == kind })
		if len(rest) < len(deeds) && len(rest) > 0 && s.test(rest) {
			deeds = rest
		}
	}
	return deeds
}

// bisect finds, one after the other, the last deed without which what comes before it
// is not enough. What it keeps fails; where taking a deed out can bring a failure
// back, it may be more than is needed.
func (s *shrinker) bisect(deeds []deed) []deed {
	var kept []deed
	for len(deeds) > 0 && (len(kept) == 0 || !s.test(kept)) {
		enough, few := len(deeds), 0
		for enough-few > 1 {
			if half := (enough + few) / 2; s.test(slices.Concat(deeds[:half], kept)) {
				enough = half
			} else {
				few = half
			}
		}
		kept = append(kept, deeds[enough-1])
		deeds = deeds[:enough-1]
	}
	return kept
}

// minimize is the ddmin of delta debugging: it takes out parts of the deeds, first
// large ones and then smaller ones, until none can be taken out.
func (s *shrinker) minimize(deeds []deed) []deed {
	parts := 2
	for len(deeds) > 1 {
		size := (len(deeds) + parts - 1) / parts
		smaller := s.smaller(deeds, size)
		switch {
		case smaller != nil && len(smaller) <= size:
			deeds, parts = smaller, 2
		case smaller != nil:
			deeds, parts = smaller, max(parts-1, 2)
		case size == 1:
			return deeds
		default:
			parts = min(2*parts, len(deeds))
		}
	}
	return deeds
}

// smaller returns a part of the given size that fails alone, or else everything but
// such a part, or nil.
func (s *shrinker) smaller(deeds []deed, size int) []deed {
	for part := range slices.Chunk(deeds, size) {
		if s.test(part) {
			return part
		}
	}
	if len(deeds) <= 2*size {
		return nil // what is left without one part is the other
	}
	for from := 0; from < len(deeds); from += size {
		rest := slices.Concat(deeds[:from], deeds[min(from+size, len(deeds)):])
		if s.test(rest) {
			return rest
		}
	}
	return nil
}
