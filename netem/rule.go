package netem

import (
	"strings"
	"time"
)

// Do is what a rule does.
type Do uint8

const (
	// DoDrop loses the datagram.
	DoDrop Do = iota
	// DoDeliver brings it through, past every other impairment, in just the way that
	// the rule says.
	DoDeliver
)

var doNames = []string{DoDrop: "drop", DoDeliver: "deliver"}

// A Rule decides the fate of datagrams that are chosen by their label. Rules come
// before everything that is left to chance; of several that choose a datagram the
// first decides.
//
// Occurrence chooses among the transmissions of one and the same label and does not
// depend on what else is sent. Nth and Every count all datagrams that match the
// rule in the order of sending.
type Rule struct {
	Flow string // pattern for the flow; "" is any
	Ways Ways
	// Match is a pattern for the label, in which * stands for any text; Label is the
	// label itself. Exactly one of them is given.
	Match, Label string

	Occurrence Range
	Nth        Range
	Every      int // every so manieth

	Do Do
	// The rest is for DoDeliver.
	Delay  *time.Duration  // nil: the delay of the direction, without jitter
	Copies []time.Duration // further copies, each so long after the first
	Flips  []Flip
	Rebind bool // the client's address changes before the datagram leaves; ab only
}

func (r *Rule) fields() []field {
	return []field{
		{"flow", text(&r.Flow)},
		{"dir", choice(&r.Ways, wayNames)},
		{"match", text(&r.Match)},
		{"label", text(&r.Label)},
		{"occurrence", ordinals(&r.Occurrence)},
		{"nth", ordinals(&r.Nth)},
		{"every", number[int]{&r.Every}},
		{"do", written{choice(&r.Do, doNames)}},
		{"delay", optional[time.Duration]{&r.Delay, duration}},
		{"copies", list[time.Duration]{&r.Copies, duration}},
		{"flips", list[Flip]{&r.Flips, flip}},
		{"rebind", flag{&r.Rebind}},
	}
}

func (r *Rule) check() error {
	switch {
	case (r.Match == "") == (r.Label == ""):
		return blamef("label", "a rule has either \"match\", a pattern in which * stands for any text, or \"label\", the label itself")
	case r.Nth != Range{} && r.Every != 0:
		return blamef("every", "it contradicts \"nth\": give one of them")
	case r.Do == DoDrop && (r.Delay != nil || r.Copies != nil || r.Flips != nil || r.Rebind):
		return blamef("do", "what is dropped has no delay, copies, flips or rebinding: to bring it through write \"deliver\"")
	case r.Rebind && r.Ways != OnlyAB:
		return blamef("rebind", "only the client's address changes: give \"dir\": \"ab\"")
	}
	return nil
}

func (r *Rule) chooses(flow string, d Direction, label string) bool {
	if !r.Ways.Has(d) || r.Flow != "" && !matches(r.Flow, flow) {
		return false
	}
	if r.Label != "" {
		return r.Label == label
	}
	return matches(r.Match, label)
}

// selects says whether the rule acts on the nth datagram that it chooses, which is
// an occurrence of its label.
func (r *Rule) selects(occurrence, nth int) bool {
	return r.Occurrence.Has(occurrence) && r.Nth.Has(nth) && (r.Every == 0 || nth%r.Every == 0)
}

// counts says whether the rule depends on the order of datagrams.
func (r *Rule) counts() bool { return r.Nth != Range{} || r.Every != 0 }

// hides says whether r decides everything that the later rule would have decided.
func (r *Rule) hides(later *Rule) bool {
	return (r.Ways == BothWays || r.Ways == later.Ways) &&
		(r.Flow == "" || r.Flow == "*" || r.Flow == later.Flow) &&
		(r.Match == "*" || r.Match == later.Match && r.Label == later.Label || later.Label != "" && r.Match != "" && matches(r.Match, later.Label)) &&
		(r.Occurrence == Range{} || r.Occurrence == later.Occurrence) &&
		(!r.counts() || r.Nth == later.Nth && r.Every == later.Every && r.Match == later.Match && r.Label == later.Label &&
			r.Ways == later.Ways && r.Flow == later.Flow)
}

// checkRules finds rules that contradict each other.
func checkRules(rules []Rule) error {
	for i := range rules {
		for j := range rules[:i] {
			if rules[j].hides(&rules[i]) {
				return blamef(indexed("rules", i), "it never acts, because rules[%d] chooses the same datagrams before it: make one of them narrower or take it out", j)
			}
		}
	}
	return nil
}

// matches says whether the whole of s fits the pattern, in which * stands for any
// text, the empty one included.
func matches(pattern, s string) bool {
	head, rest, star := strings.Cut(pattern, "*")
	if !star {
		return pattern == s
	}
	s, ok := strings.CutPrefix(s, head)
	for ok && star {
		head, rest, star = strings.Cut(rest, "*")
		if !star {
			return strings.HasSuffix(s, head)
		}
		_, s, ok = strings.Cut(s, head)
	}
	return ok
}

// written is a value that is written even when it is zero.
type written struct{ value }

func (written) zero() bool { return false }
