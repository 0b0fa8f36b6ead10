package tap

import (
	"cmp"
	"maps"
	"slices"

	"github.com/vstp-project/vstp/conformance/dissect"
)

// A Count is how often a side broke a requirement.
type Count struct {
	Requirement string
	Level       string
	By          Side
	Times       int
}

// A Summary is what a tap has seen.
type Summary struct {
	Conversations int // that were watched
	Frames        int // that were whole
	Datagrams     int
	Octets        int64
	Violations    int // findings of a MUST or MUST NOT
	Warnings      int // findings of a SHOULD or SHOULD NOT
	Strict        int // findings that were left out because the profile is core
	Notes         int
	Unwatched     int // how often something of a conversation beyond the bound was passed over
	GivenUp       int // conversations for which the memory did not suffice

	counts map[countKey]*Count
	types  [2][256]int // whole frames by their sender and TYPE
	flags  [2][256]int // whole DATA frames by their sender and FLAGS
}

// Sent is how many whole frames of a TYPE a side has sent.
func (s Summary) Sent(by Side, typ byte) int { return s.types[by][typ] }

// Flagged is how many whole DATA frames a side has sent with all of some flags.
func (s Summary) Flagged(by Side, flags byte) int {
	n := 0
	for octet, times := range s.flags[by] {
		if byte(octet)&flags == flags {
			n += times
		}
	}
	return n
}

// frame counts a whole frame.
func (s *Summary) frame(by Side, f fact) {
	s.Frames++
	s.types[by][f.typ]++
	if f.typ == dissect.TypeData {
		s.flags[by][f.flags]++
	}
}

type countKey struct {
	requirement string
	by          Side
}

func (s *Summary) add(f Finding) {
	if f.Warning() {
		s.Warnings++
	} else {
		s.Violations++
	}
	if s.counts == nil {
		s.counts = map[countKey]*Count{}
	}
	key := countKey{f.Requirement, f.By}
	c := s.counts[key]
	if c == nil {
		c = &Count{Requirement: f.Requirement, Level: f.Level, By: f.By}
		s.counts[key] = c
	}
	c.Times++
}

// Counts are the requirements that were broken, in the order of their IDs.
func (s Summary) Counts() []Count {
	var counts []Count
	for _, c := range s.counts {
		counts = append(counts, *c)
	}
	slices.SortFunc(counts, func(a, b Count) int {
		return cmp.Or(cmp.Compare(a.Requirement, b.Requirement), cmp.Compare(a.By, b.By))
	})
	return counts
}

func (s Summary) clone() Summary {
	s.counts = maps.Clone(s.counts)
	for key, c := range s.counts {
		copied := *c
		s.counts[key] = &copied
	}
	return s
}
