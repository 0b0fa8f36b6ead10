package netem

import (
	"slices"
	"time"
)

// A StreamPlan is what a link does to one direction of a TCP connection, besides the
// delay, jitter and rate of the [Impairments]. A stream loses nothing, so that loss
// and the like have no meaning on it, and neither rules nor phases act. Places are
// numbers of octets since the connection began.
//
// At most one of Every, At, Sweep, Random and Coalesce is set.
type StreamPlan struct {
	// Every ends a slice after each so many octets: 1 is one octet at a time.
	Every int
	// At ends a slice after so many octets, in rising order.
	At []int64
	// Sweep tries every boundary on connections that follow each other: connection
	// number n has one slice end, after ((n-1) mod Sweep)+1 octets.
	Sweep int
	// Random ends slices after random lengths from 1 to twice Random less 1.
	Random int
	// Coalesce collects octets instead and sends many at once.
	Coalesce Coalesce

	Stall *Stall
	// Reset ends the connection with a reset after so many octets.
	Reset *int64
	// HalfClose ends this direction after so many octets; what comes after them is
	// lost, the other direction goes on.
	HalfClose *int64
}

// Coalesce keeps octets back until there are enough of them, or for a time.
type Coalesce struct {
	Octets int
	For    time.Duration
}

// Stall stops a stream for a while.
type Stall struct {
	After int64
	For   time.Duration // 0 is for ever
}

func (s *StreamPlan) fields() []field {
	return []field{
		{"every", number[int]{&s.Every}},
		{"at", list[int64]{&s.At, func(n *int64) value { return number[int64]{n} }}},
		{"sweep", number[int]{&s.Sweep}},
		{"random", number[int]{&s.Random}},
		{"coalesce", object{&s.Coalesce}},
		{"stall", optional[Stall]{&s.Stall, func(s *Stall) value { return object{s} }}},
		{"reset", optional[int64]{&s.Reset, size}},
		{"half_close", optional[int64]{&s.HalfClose, size}},
	}
}

func (s *StreamPlan) check() error {
	var given []string
	for name, is := range map[string]bool{
		"every": s.Every > 0, "at": len(s.At) > 0, "sweep": s.Sweep > 0, "random": s.Random > 0, "coalesce": s.Coalesce != Coalesce{},
	} {
		if is {
			given = append(given, name)
		}
	}
	if slices.Sort(given); len(given) > 1 {
		return blamef(given[1], "it contradicts %q: give one of them", given[0])
	}
	for i, at := range s.At {
		if at < 1 || i > 0 && at <= s.At[i-1] {
			return blamef("at", "places rise, and the first is 1 or more")
		}
	}
	if s.Reset != nil && s.HalfClose != nil {
		return blamef("half_close", "it contradicts \"reset\": a stream ends once")
	}
	return nil
}

func (c *Coalesce) fields() []field {
	return []field{
		{"octets", number[int]{&c.Octets}},
		{"for", duration(&c.For)},
	}
}

func (c *Coalesce) check() error {
	if *c != (Coalesce{}) && (c.Octets < 2 || c.For <= 0) {
		return blamef("for", "coalescing needs both \"octets\", 2 or more, and \"for\", how long to wait for them")
	}
	return nil
}

func (s *Stall) fields() []field {
	return []field{
		{"after", size(&s.After)},
		{"for", duration(&s.For)},
	}
}

func (s *Stall) check() error { return nil }
