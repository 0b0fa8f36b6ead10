package netem

import "time"

// A Trigger waits for a datagram.
type Trigger struct {
	Ways  Ways
	Match string // pattern for the label
	Nth   int    // which of those that match, in the order of sending; 0 is the first
}

// A Phase changes the link for a time. It concerns the datagrams that are sent while
// it lasts; those in flight keep the fate that they have. Of phases that last at
// the same time the last in the list decides.
type Phase struct {
	// On lets the phase wait for a datagram, which itself still passes as before;
	// nil is the beginning of the link. After that much time the phase begins.
	On    *Trigger
	After time.Duration
	For   time.Duration // how long it lasts; 0 is for ever
	Every time.Duration // from one beginning to the next; 0 is once
	// AB and BA replace all impairments of the direction; nil leaves it as it is.
	AB, BA *Impairments
	// Rebind gives the client another address at each beginning, as a NAT does that
	// has forgotten its mapping.
	Rebind bool
}

func (t *Trigger) fields() []field {
	return []field{
		{"dir", choice(&t.Ways, wayNames)},
		{"match", text(&t.Match)},
		{"nth", number[int]{&t.Nth}},
	}
}

func (t *Trigger) check() error {
	if t.Match == "" {
		return blamef("match", "a trigger needs a pattern for the label, in which * stands for any text")
	}
	return nil
}

func (p *Phase) check() error {
	switch {
	case p.AB == nil && p.BA == nil && !p.Rebind:
		return blamef("ab", "the phase changes nothing: give \"ab\", \"ba\" or \"both\", or \"rebind\"")
	case p.Every > 0 && (p.AB != nil || p.BA != nil) && (p.For == 0 || p.For > p.Every):
		return blamef("for", "a phase that comes again every %v has to last at most that long", p.Every)
	}
	return nil
}

// begun is how often a phase whose wait began at from has begun by t, and whether
// it lasts at t.
func (p *Phase) begun(from, t time.Duration) (times int, lasts bool) {
	since := t - from - p.After
	if since < 0 {
		return 0, false
	}
	times = 1
	if p.Every > 0 {
		times += int(since / p.Every)
		since %= p.Every
	}
	return times, p.For == 0 || since < p.For
}
