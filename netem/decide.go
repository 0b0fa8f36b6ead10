package netem

import "time"

// message is what is known of a datagram when its fate is decided.
type message struct {
	dir        Direction
	label      Label
	occurrence int
	key        hash // of flow, direction and label
	size       int
	ordinal    int
	at         time.Duration
	generation int // of the address that it was sent to
}

// draws are the random numbers of one transmission of a message.
func (m message) draws() draws { return m.key.number(uint64(m.occurrence)).draws() }

// decide says what happens to a datagram, and moves on what depends on the order of
// datagrams.
func (l *Link) decide(m message) Fate {
	if l.profile.replay != nil {
		return l.replayed(m)
	}
	rule := l.rule(m)
	if rule != nil && rule.Rebind {
		l.generation++
	}
	generation := l.generationAt(m.at)
	imp := l.impairments(m.dir, m.at)
	var fate Fate
	switch {
	case rule != nil:
		fate = scriptedFate(rule, imp)
	case m.dir == BA && m.generation < generation:
		fate = Fate{Verdict: Drop, Reason: ReasonRebind}
	default:
		fate = l.chance(m, imp)
	}
	fate.Generation = generation
	return fate
}

// rule is the first rule that selects the datagram; all that choose it count it.
func (l *Link) rule(m message) *Rule {
	var first *Rule
	for i := range l.profile.Rules {
		r := &l.profile.Rules[i]
		if !r.chooses(l.opts.Flow, m.dir, m.label.Text) {
			continue
		}
		l.nth[i]++
		if first == nil && r.selects(m.occurrence, l.nth[i]) {
			first = r
		}
	}
	return first
}

func scriptedFate(r *Rule, imp *Impairments) Fate {
	if r.Do == DoDrop {
		return Fate{Verdict: Drop, Reason: ReasonScript}
	}
	delay := imp.Delay
	if r.Delay != nil {
		delay = *r.Delay
	}
	return Fate{Reason: ReasonScript, Delay: delay, Copies: r.Copies, Flips: r.Flips}
}

// impairments are those in force in a direction at a time.
func (l *Link) impairments(d Direction, at time.Duration) *Impairments {
	for i := len(l.phases) - 1; i >= 0; i-- {
		p := &l.phases[i]
		set := p.AB
		if d == BA {
			set = p.BA
		}
		if set == nil || !p.armed {
			continue
		}
		if _, lasts := p.begun(p.from, at); lasts {
			return set
		}
	}
	return l.profile.impairments(d)
}

// generationAt is the number of rebindings up to a time.
func (l *Link) generationAt(at time.Duration) int {
	generation := l.generation
	for i := range l.phases {
		if p := &l.phases[i]; p.armed && p.Rebind {
			times, _ := p.begun(p.from, at)
			generation += times
		}
	}
	return generation
}

// trigger arms the phases that have waited for the datagram.
func (l *Link) trigger(m message) {
	for i := range l.phases {
		p := &l.phases[i]
		if p.armed || !p.On.Ways.Has(m.dir) || !matches(p.On.Match, m.label.Text) {
			continue
		}
		p.seen++
		if p.seen >= p.On.Nth {
			p.armed, p.from = true, m.at
		}
	}
}

// chance sends a datagram through the impairments.
func (l *Link) chance(m message, imp *Impairments) Fate {
	dir, d := &l.dirs[m.dir], m.draws()
	if reason := lost(m, imp, d, l.chainState); reason != ReasonNone {
		return Fate{Verdict: Drop, Reason: reason}
	}
	wait, full := dir.queue(imp.Rate, m)
	if full {
		return Fate{Verdict: Drop, Reason: ReasonQueue}
	}
	fate := transit(m, imp, d)
	arrives := imp.Hold.release(dir.key.draws(), m.at+wait) + fate.Delay
	if imp.KeepOrder {
		arrives = max(arrives, dir.lastDue)
		dir.lastDue = arrives
	}
	fate.Delay = arrives - m.at
	return fate
}

// lost is what loses a datagram before it reaches the queue, with a function that
// says whether the chain of bursts is bad at it.
func lost(m message, imp *Impairments, d draws, bad func(message, GilbertElliott) bool) Reason {
	switch {
	case imp.Blackhole:
		return ReasonBlackhole
	case imp.MTU > 0 && int64(m.size) > imp.MTU:
		return ReasonMTU
	case d.chance(laneLoss, imp.Loss):
		return ReasonLoss
	}
	if ge := imp.chain(); ge.P > 0 && d.chance(laneChainLoss, ge.loss(bad(m, ge))) {
		return ReasonBurst
	}
	return ReasonNone
}

// transit is the fate of a datagram that nothing loses and nothing keeps waiting.
func transit(m message, imp *Impairments, d draws) Fate {
	fate := Fate{Flips: flips(imp.Corrupt, m.size, d), Delay: imp.lag(m, d)}
	if d.chance(laneDuplicate, imp.Duplicate.Chance) {
		fate.Copies = []time.Duration{time.Duration(d.below(laneDuplicateLag, uint64(imp.Duplicate.Lag)+1))}
	}
	return fate
}

// chain is the model of bursts, with a P of 0 if there is none.
func (i *Impairments) chain() GilbertElliott {
	if i.Burst.Loss > 0 {
		return i.Burst.model()
	}
	return i.GilbertElliott
}

// chainState says whether the chain is bad at a datagram that is being sent.
func (l *Link) chainState(m message, ge GilbertElliott) bool {
	if ge.Along == AlongMessage {
		return l.messageState(m, ge)
	}
	dir := &l.dirs[m.dir]
	c := chain{ge, dir.key.draws()}
	if dir.chained {
		dir.bad = c.step(dir.bad, m.ordinal)
	} else {
		dir.bad, dir.chained = c.bad(0), true
	}
	return dir.bad
}

// messageState says whether the chain along one transmission of a message is bad at
// a part.
func (l *Link) messageState(m message, ge GilbertElliott) bool {
	key := l.dirs[m.dir].key.text(m.label.group()).number(uint64(m.occurrence))
	return chain{ge, key.draws()}.bad(m.label.Part)
}

// flips alters different octets of a datagram of so many octets, if it is to be.
func flips(c Corrupt, size int, d draws) []Flip {
	within := size
	if c.Within > 0 {
		within = min(within, c.Within)
	}
	if within == 0 || !d.chance(laneCorrupt, c.Chance) {
		return nil
	}
	n := min(max(c.Octets, 1), within)
	all := make([]Flip, 0, n)
	taken := make(map[int]bool, n)
	for i := range n {
		l := laneFlip + 2*lane(i)
		at := int(d.below(l, uint64(within)))
		for taken[at] {
			at = (at + 1) % within
		}
		taken[at] = true
		all = append(all, Flip{At: at, Mask: byte(1 + d.below(l+1, 255))})
	}
	return all
}

// queue lets a datagram wait for the bottleneck. It returns for how long, its own
// transmission included, or that the queue is full.
func (dir *direction) queue(r Rate, m message) (wait time.Duration, full bool) {
	if r.Bandwidth == 0 {
		return 0, false
	}
	for len(dir.leaving) > 0 && dir.leaving[0] <= m.at {
		dir.leaving = dir.leaving[1:]
	}
	octets := int64(m.size) + r.Overhead
	begins := max(dir.busyUntil, m.at)
	waiting := float64(begins-m.at) / float64(time.Second) * float64(r.Bandwidth) / 8
	// The one that is being transmitted has left the queue, but its rest counts as
	// octets: a queue of octets is one of time.
	if r.Queue > 0 && waiting+float64(octets) > float64(r.Queue) && begins > m.at ||
		r.QueuePackets > 0 && len(dir.leaving) > r.QueuePackets {
		return 0, true
	}
	dir.busyUntil = begins + time.Duration(float64(octets)*8/float64(r.Bandwidth)*float64(time.Second))
	dir.leaving = append(dir.leaving, dir.busyUntil)
	return dir.busyUntil - m.at, false
}

// release is when a datagram that is there at a time leaves the hold: at once
// outside the windows, at the end of the window inside.
func (h Hold) release(d draws, at time.Duration) time.Duration {
	if h.For <= 0 || at < 0 {
		return at
	}
	period := uint64(at / h.Every)
	begin, length := time.Duration(0), h.For
	if h.Random {
		d = hash(d).number(period).draws()
		length = time.Duration(1 + d.below(laneHoldLength, uint64(h.For)))
		begin = time.Duration(d.below(laneHoldStart, uint64(h.Every-length)+1))
	} else if period == 0 {
		return at // a run does not begin with a window
	}
	begin += time.Duration(period) * h.Every
	if end := begin + length; at >= begin && at < end {
		return end
	}
	return at
}

// lag is the time that a datagram takes.
func (i *Impairments) lag(m message, d draws) time.Duration {
	lag := i.Delay
	if i.Jitter > 0 {
		lag += time.Duration(d.below(laneJitter, 2*uint64(i.Jitter)+1)) - i.Jitter
	}
	if d.chance(laneReorder, i.Reorder.Chance) || i.Reorder.Every > 0 && m.ordinal%i.Reorder.Every == 0 {
		lag += i.Reorder.Shift
	}
	return max(lag, 0)
}

// Foresee says what will happen to the transmission of a datagram of so many octets
// that has not been sent yet. certain is false where more than its label decides
// whether it arrives: a rule that counts, a phase, a queue, bursts along the order;
// or, in a replay, where the record does not have it. The delay is the one without
// waiting for others. Foresee changes nothing.
func (l *Link) Foresee(d Direction, label Label, occurrence, size int) (fate Fate, certain bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	m := message{dir: d, label: label, occurrence: occurrence, size: size, key: l.dirs[d].key.text(label.Text)}
	if l.profile.replay != nil {
		return l.profile.replay.fate(l.opts.Flow, m)
	}
	imp := l.profile.impairments(d)
	certain = len(l.phases) == 0 && imp.Rate.Queue == 0 && imp.Rate.QueuePackets == 0 && imp.chain().Along == AlongMessage
	for i := range l.profile.Rules {
		r := &l.profile.Rules[i]
		if !r.chooses(l.opts.Flow, d, label.Text) || !r.Occurrence.Has(occurrence) {
			continue
		}
		if !r.counts() {
			return scriptedFate(r, imp), true
		}
		certain = false
	}
	draws := m.draws()
	if reason := lost(m, imp, draws, l.messageState); reason != ReasonNone {
		return Fate{Verdict: Drop, Reason: reason}, certain
	}
	return transit(m, imp, draws), certain
}
