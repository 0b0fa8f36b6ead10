package reliable

import (
	"math"
	"time"
)

// What a zero WindowConfig stands for.
const (
	DefaultInitialWindow = 64
	DefaultMaxWindow     = 4096
)

// WindowConfig says how many acknowledged messages of one datagram each may be under
// way to one destination, and how fast new ones begin. The zero value of every field
// is the default named.
//
// The window decides when a message begins and nothing else: once it has begun, it is
// repeated at its own times [RTX-4], and messages in fragments have a pace of their
// own [FRG-13]. A message that finds the window open leaves at once.
//
// From round trip to round trip the window goes to what the path holds, which is the
// rate of the latest round trip times the shortest one known, and a few messages more
// that keep the bottleneck busy. So it shrinks when round trips get longer than the
// queue of those few messages explains, before a queue of ordinary size overflows,
// and several senders come to equal shares. Loss by itself does not shrink it, since
// a link that loses is not a link that is full; but when more than 15 percent of what
// is sent gets lost, it falls by 30 percent in each round trip. When nothing at all is
// acknowledged any more it halves. It yields to senders that only stop at a full
// queue, as TCP mostly does.
type WindowConfig struct {
	// Initial is how many messages may be under way to a destination about which
	// nothing is known yet, or no longer. Zero means DefaultInitialWindow, 64.
	Initial int

	// Max is how many may be under way at most. Zero means DefaultMaxWindow, 4,096.
	Max int

	// MaxRate is how many messages begin in a second at most. Zero means no limit but
	// the window itself.
	MaxRate int

	// Off lets every message begin at once, however many there are: for callers with a
	// window of their own.
	Off bool
}

// withDefaults fills in what is zero.
func (c WindowConfig) withDefaults() WindowConfig {
	if c.Max <= 0 {
		c.Max = DefaultMaxWindow
	}
	if c.Initial <= 0 {
		c.Initial = DefaultInitialWindow
	}
	c.Initial = min(c.Initial, c.Max)
	return c
}

// The constants of the window.
const (
	leastWindow = 4 // messages, however bad things are, unless Initial is less

	heavyLoss   = 0.15 // share of transmissions that is taken for congestion
	lossBackOff = 0.7  // what is left of the window after a round trip of that
	lossMemory  = 150  // transmissions over which the share is averaged, about

	// The shortest round trip is measured anew when the growth has ended, and when it
	// has not been seen for freshFor or freshRounds round trips. For that the queue has
	// to empty, others' part of it included, which have the same need at about the same
	// time: for all but the last of drainRounds round trips a quarter of the window is
	// under way. The first time is settleRounds round trips after the growth.
	freshFor     = 5 * time.Second
	freshRounds  = 40
	drainRounds  = 3
	settleRounds = 4

	// A path that has been idle for so long is unknown.
	forgetAfter = 10 * time.Second

	// Messages begin in groups worth this time, since timers are not more exact and
	// datagrams that leave together cost less. What a late timer has kept back is made
	// up for, but not more than of catchUp.
	paceGroup = time.Millisecond
	catchUp   = 4 * time.Millisecond

	// On an unknown path messages keep about the pace of fragments [FRG-13].
	firstInterval = 172 * time.Microsecond

	// The pace is faster than one window in a round trip, so that it is the window that
	// limits and not the pace.
	paceGain, growthGain = 1.25, 2

	// growthGroup acknowledgements in a row that are all late end the growth, and
	// emptyRounds round trips in a row without a queue begin it again.
	growthGroup = 8
	emptyRounds = 8
)

// window says when messages to one destination may begin.
type window struct {
	cfg WindowConfig

	size     float64 // messages that may be under way
	before   float64 // the same one round trip ago, when what arrives now was sent
	growing  bool    // it doubles from round trip to round trip
	live     int     // messages that have begun and not ended
	underWay int     // of them, those whose latest transmission may still arrive
	heard    time.Time

	sent   []departure // in the order of leaving, those that have ended included
	newest time.Time   // when the latest transmission left of those that have arrived

	rtt     time.Duration // of late, on average; 0 as long as nothing is known
	least   time.Duration // shortest of all
	leastAt time.Time     // when it was measured last

	round  roundTrip
	loss   float64 // share of transmissions lost, of late
	late   int     // acknowledgements in a row that were late
	empty  int     // round trips in a row with hardly any queue
	hushed time.Time

	draining  int // round trips that are left of it
	settling  int // round trips since the growth ended first
	drainBest time.Duration

	due       time.Time // when the next message is due at an even pace
	paceUntil time.Time // no message begins before
}

// departure is one transmission.
type departure struct {
	t            *Transfer
	transmission int
	at           time.Time
}

// roundTrip is what happens while one transmission goes there and its ACK back.
type roundTrip struct {
	begun   time.Time
	acked   int
	lost    int
	least   time.Duration // shortest time from transmission to ACK, 0 if none is known
	limited bool          // the window kept a message back
}

func newWindow(cfg WindowConfig) *window {
	initial := float64(cfg.Initial)
	return &window{cfg: cfg, size: initial, before: initial, growing: true}
}

// ready reports whether another message may begin. It is asked when there is one.
func (w *window) ready(now time.Time) bool {
	if w.live == 0 && !w.heard.IsZero() && now.Sub(w.heard) > forgetAfter {
		*w = *newWindow(w.cfg)
	}
	w.giveUp(now)
	if w.full() || now.Before(w.paceUntil) {
		w.round.limited = true
		return false
	}
	return true
}

// opens returns when a message can begin that ready has refused, or the zero time if
// an ACK or the end of a message has to come first.
func (w *window) opens(now time.Time) time.Time {
	if !w.full() {
		return w.paceUntil
	}
	if len(w.sent) == 0 {
		return time.Time{}
	}
	if at := w.sent[0].at.Add(w.patience()); at.After(now) && !w.heard.Before(at.Add(-w.patience())) {
		return later(at, w.paceUntil)
	}
	return time.Time{}
}

// full reports whether as many messages are under way as may be.
func (w *window) full() bool {
	limit := int(w.size)
	if w.draining > 1 {
		limit = max(limit/4, w.fewest())
	}
	return w.underWay >= limit
}

// fewest returns how many messages may be under way in any case.
func (w *window) fewest() int { return min(leastWindow, w.cfg.Initial) }

// begin notes that a message begins.
func (w *window) begin(now time.Time, t *Transfer) {
	w.live++
	w.underWay++
	t.counted = true
	if w.pace(now); w.due.Sub(now) >= paceGroup {
		w.paceUntil = w.due
	}
}

// pace takes note of one more transmission at an even pace.
func (w *window) pace(now time.Time) {
	if from := now.Add(-catchUp); w.due.Before(from) {
		w.due = from
	}
	w.due = w.due.Add(w.interval())
}

// interval returns the time between messages at an even pace.
func (w *window) interval() time.Duration {
	gain := paceGain
	if w.growing {
		gain = growthGain
	}
	d := time.Duration(float64(w.rtt) / (gain * w.size))
	if w.rtt == 0 {
		d = firstInterval
	}
	if w.cfg.MaxRate > 0 {
		d = max(d, time.Second/time.Duration(w.cfg.MaxRate))
	}
	return d
}

// departed notes that a transmission of t has left.
func (w *window) departed(now time.Time, t *Transfer) {
	if t.transmission > 1 {
		w.pace(now)
		w.hush(now, t)
	}
	if !t.counted {
		t.counted = true
		w.underWay++
	}
	w.sent = append(w.sent, departure{t, t.transmission, now})
}

// hush halves the window if all is silent: t has to be repeated, and nothing has been
// acknowledged that was sent since.
func (w *window) hush(now time.Time, t *Transfer) {
	silent := w.rtt > 0 && now.Sub(t.firstSent) >= 2*w.rtt && w.newest.Before(t.firstSent)
	if silent && t.firstSent.After(w.hushed) && 2*w.underWay > int(w.size) {
		w.hushed = now
		w.shrink(0.5)
	}
}

// shrink takes the window back and ends its growth.
func (w *window) shrink(factor float64) {
	w.size = max(w.size*factor, float64(w.fewest()))
	w.growing = false
}

// settled notes that t, which has begun, has ended.
func (w *window) settled(now time.Time, t *Transfer, acknowledged bool) {
	w.live--
	expected := t.counted
	w.forget(t)
	if acknowledged {
		w.heard = now
		w.acknowledged(now, t, expected)
	}
	w.giveUp(now)
}

// forget takes t out of those under way, if it is among them.
func (w *window) forget(t *Transfer) {
	if t.counted {
		t.counted = false
		w.underWay--
	}
}

// acknowledged learns from an ACK. expected says that the message was not yet given
// up for lost.
func (w *window) acknowledged(now time.Time, t *Transfer, expected bool) {
	arrived, took := w.measure(now, t)
	if arrived.After(w.newest) {
		w.newest = arrived
	}
	w.round.acked++
	if !expected && t.transmission == 1 && w.round.lost > 0 {
		w.round.lost-- // late, not lost
	}
	if took > 0 {
		w.learn(now, took)
	}
	switch {
	case w.round.begun.IsZero():
		w.round.begun = now
	case !arrived.Before(w.round.begun):
		w.endRound(now)
	}
}

// measure returns when the transmission left that an ACK answers, and how long ago
// that is, or 0 if there is no telling. A message that has been transmitted again can
// have been answered for any transmission; for the latest only if that left a round
// trip ago. On a path on which every ACK comes after a repetition, the first
// transmission is the one that counts.
func (w *window) measure(now time.Time, t *Transfer) (left time.Time, took time.Duration) {
	if t.transmission > 1 && w.least > 0 && now.Sub(t.lastSent) >= w.least {
		return t.firstSent, 0
	}
	return t.firstSent, max(now.Sub(t.firstSent), 1)
}

// learn takes the time of one round trip.
func (w *window) learn(now time.Time, took time.Duration) {
	if w.rtt == 0 {
		w.rtt = took
	}
	w.rtt += (took - w.rtt) / 8
	if w.least == 0 || took <= w.least {
		w.least, w.leastAt = took, now
	}
	if w.drainBest == 0 || took < w.drainBest {
		w.drainBest = took
	}
	if w.round.least == 0 || took < w.round.least {
		w.round.least = took
	}
	if w.late++; took < w.least+w.slackInGrowth() {
		w.late = 0
	}
	if w.growing && w.late >= growthGroup {
		w.grown(took)
	}
}

// stale reports whether the shortest round trip has not been seen for long.
func (w *window) stale(now time.Time) bool {
	return now.Sub(w.leastAt) > max(freshFor, freshRounds*w.rtt)
}

// grown ends the growth when a round trip has taken so long.
func (w *window) grown(took time.Duration) {
	w.growing = false
	w.size = w.holds(took)
}

// regrow begins to grow again when hardly any queue was seen for several round trips:
// there is more room than adding a few messages at a time would find soon.
func (w *window) regrow(took time.Duration) {
	queued := w.before * (1 - float64(w.least)/float64(took))
	if w.empty++; queued > w.allowance(took)/4 {
		w.empty = 0
	}
	if w.empty >= emptyRounds {
		w.growing, w.empty, w.late = true, 0, 0
	}
}

// slackInGrowth is by how much a round trip is longer than the shortest when a queue
// has built up.
func (w *window) slackInGrowth() time.Duration { return max(w.least/8, 2*time.Millisecond) }

// giveUp gives those transmissions up for lost that were overtaken, since one that
// left later has arrived, and those that were waited for long enough. They make room
// for others, and are repeated when it is time.
func (w *window) giveUp(now time.Time) {
	late := w.newest.Add(-max(w.least/4, time.Millisecond))
	if since := now.Add(-w.patience()); !w.heard.Before(since) {
		late = later(late, since.Add(1)) // those of that age included
	}
	n := 0
	for ; n < len(w.sent); n++ {
		d := w.sent[n]
		if d.t.state != ended && d.t.transmission == d.transmission {
			if !d.at.Before(late) {
				break
			}
			if d.t.counted {
				w.round.lost++
			}
			w.forget(d.t)
		}
		w.sent[n] = departure{}
	}
	if w.sent = w.sent[n:]; len(w.sent) == 0 {
		w.sent = nil
	}
}

// patience is how long a transmission is waited for that nothing overtakes, the
// last of many for instance, as long as others arrive. When none do any more nothing
// is given up, lest a link be flooded that stands still.
func (w *window) patience() time.Duration { return max(2*w.rtt, 10*time.Millisecond) }

// later returns the later of two times.
func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// endRound sets the window anew once in a round trip.
func (w *window) endRound(now time.Time) {
	r := w.round
	w.round = roundTrip{begun: now}
	before := w.size
	defer func() { w.before = before }()
	n := float64(r.acked + r.lost)
	w.loss += (float64(r.lost)/n - w.loss) * n / (n + lossMemory)
	switch {
	case w.draining > 0:
		if w.draining--; w.draining == 0 && w.drainBest > 0 {
			if w.stale(now) || w.drainBest < w.least {
				w.least = w.drainBest
			}
			w.leastAt = now
		}
	case w.loss > heavyLoss:
		w.shrink(lossBackOff)
	case !r.limited:
		// The application has not used the window: what the path holds was not seen.
	case r.least == 0:
		w.shrink(lossBackOff) // whatever arrived was repeated before
	case w.stale(now) || w.settling == settleRounds:
		w.settling++
		w.draining, w.drainBest = drainRounds, 0
	case w.growing && r.least <= w.least+w.slackInGrowth():
		w.size *= 2
	case w.growing:
		w.grown(r.least)
	default:
		w.settling++
		w.size = (w.size + w.holds(r.least)) / 2
		w.regrow(r.least)
	}
	w.size = min(max(w.size, float64(w.fewest())), float64(w.cfg.Max))
}

// holds returns how many messages the path holds when a round trip takes this long,
// and a few more. What waits in a queue is the share of the window by which round
// trips are longer than the shortest.
func (w *window) holds(took time.Duration) float64 {
	return w.before*float64(w.least)/float64(took) + w.allowance(took)
}

// allowance returns how many these few more are: 3 at a hundred messages in a second,
// 13 at a thousand, 50 at ten thousand. At slow rates they take far less time than
// there is before the first repetition, at fast ones enough to bridge what timers and
// schedulers do. They grow less than the rate: a sender with less than its share has
// more of them in proportion, and gains.
func (w *window) allowance(took time.Duration) float64 {
	return max(math.Pow(w.before/took.Seconds(), 0.6)/5, 2)
}
