package netem

import "time"

// Impairments are what a link does to the datagrams of one direction. The zero
// value is a perfect wire, and so is each field: a loss of 0 is the same as none.
//
// They apply in this order: black hole, MTU, loss, burst, corruption, rate and
// queue, hold, delay with jitter and reordering, duplication.
type Impairments struct {
	// Loss is the share of datagrams that are lost, each for itself.
	Loss float64
	// Burst and GilbertElliott lose datagrams in bursts; at most one of them is set.
	Burst          Burst
	GilbertElliott GilbertElliott

	// Delay is the time that each datagram takes.
	Delay time.Duration
	// Jitter is by how much that time varies in both directions, evenly. More jitter
	// than there is time between two datagrams lets them overtake each other, unless
	// KeepOrder is set.
	Jitter    time.Duration
	KeepOrder bool

	Reorder   Reorder
	Duplicate Duplicate
	Corrupt   Corrupt
	Rate      Rate

	// MTU is the number of octets from which on a datagram is too long, less one:
	// longer ones are dropped without a word. 0 is no limit.
	MTU int64
	// Blackhole drops everything.
	Blackhole bool
	Hold      Hold
}

// Along says what bursts run along.
type Along uint8

const (
	// AlongMessage runs through the parts of one message, for each transmission
	// anew: a burst takes fragments 4, 5 and 6. The fate of each is the same in every
	// run. A message of one part is lost with the same probability on the whole.
	AlongMessage Along = iota
	// AlongOrder runs through all datagrams of the direction in the order of sending.
	AlongOrder
)

var alongNames = []string{AlongMessage: "message", AlongOrder: "order"}

// Burst loses datagrams in bursts. It is the simple Gilbert model, described by
// what comes out: with r = 1/Mean and p = Loss·r/(1-Loss).
type Burst struct {
	Loss  float64 // share of datagrams that are lost
	Mean  float64 // datagrams in a burst, on average; at least 1
	Along Along
}

// GilbertElliott is a link that changes between a good and a bad state before each
// datagram.
type GilbertElliott struct {
	P        float64 // from good to bad
	R        float64 // from bad to good
	BadPass  float64 // share that passes in the bad state; tc-netem calls it h
	GoodLoss float64 // share that is lost in the good state; tc-netem has 1-k
	Along    Along
}

// Reorder sends some datagrams earlier or later than the others.
type Reorder struct {
	Chance float64       // share of datagrams
	Every  int           // or every so manieth of the direction, in the order of sending
	Shift  time.Duration // by how much; negative is earlier, at most by the whole delay
}

// Duplicate delivers a second copy of some datagrams.
type Duplicate struct {
	Chance float64
	Lag    time.Duration // at most so long after the first copy, evenly
}

// Corrupt alters octets of some datagrams. The network's own checksum is right
// again, so that what is altered reaches the application.
type Corrupt struct {
	Chance float64
	Octets int // altered in one datagram; 0 is 1
	Within int // at the beginning of the datagram; 0 is anywhere
}

// Rate is a bottleneck with a queue before it.
type Rate struct {
	Bandwidth    int64 // bits per second; 0 is no bottleneck
	Queue        int64 // octets that wait at most; 0 is no limit
	QueuePackets int   // datagrams that wait at most; 0 is no limit
	Overhead     int64 // octets that each datagram counts more than it has
}

// Hold keeps datagrams back for a while, in regular windows, and then lets them go.
type Hold struct {
	Every time.Duration // a window begins after each period
	For   time.Duration // the length of the window
	// Random puts a window of at most that length anywhere into each period.
	Random bool
}

func (i *Impairments) fields() []field {
	return []field{
		{"loss", share(&i.Loss)},
		{"burst", object{&i.Burst}},
		{"gilbert_elliott", object{&i.GilbertElliott}},
		{"delay", duration(&i.Delay)},
		{"jitter", duration(&i.Jitter)},
		{"keep_order", flag{&i.KeepOrder}},
		{"reorder", object{&i.Reorder}},
		{"duplicate", object{&i.Duplicate}},
		{"corrupt", object{&i.Corrupt}},
		{"rate", object{&i.Rate}},
		{"mtu", size(&i.MTU)},
		{"blackhole", flag{&i.Blackhole}},
		{"hold", object{&i.Hold}},
	}
}

func (i *Impairments) check() error {
	switch {
	case i.Burst.Loss > 0 && i.GilbertElliott.P > 0:
		return blamef("gilbert_elliott", "it contradicts \"burst\", which is the same model in other words: give one of them")
	case i.Jitter > i.Delay:
		return blamef("jitter", "%v is more than the delay of %v, and nothing arrives before it was sent", i.Jitter, i.Delay)
	case i.Reorder.Shift < 0 && i.Delay == 0:
		return blamef("reorder", "without a delay nothing can be earlier: give a \"delay\" or a \"shift\" that is not negative")
	}
	return nil
}

func (b *Burst) fields() []field {
	return []field{
		{"loss", share(&b.Loss)},
		{"mean", decimal{&b.Mean}},
		{"along", choice(&b.Along, alongNames)},
	}
}

func (b *Burst) check() error {
	ge := b.model()
	switch {
	case b.Loss == 0 && b.Mean == 0:
		return nil
	case !(b.Mean >= 1 && b.Mean <= 1e6):
		return blamef("mean", "a burst has from 1 to 1000000 datagrams, not %v", b.Mean)
	case b.Loss == 1 || ge.P > 1:
		return blamef("loss", "bursts of %v datagrams cannot take %s of all: at least one comes through after each, so that it is at most %s",
			b.Mean, formatShare(b.Loss), formatShare(b.Mean/(b.Mean+1)))
	}
	return nil
}

// model is the same in terms of the general model.
func (b Burst) model() GilbertElliott {
	if b.Loss <= 0 || b.Mean < 1 || b.Loss >= 1 {
		return GilbertElliott{}
	}
	r := 1 / b.Mean
	return GilbertElliott{P: b.Loss * r / (1 - b.Loss), R: r, Along: b.Along}
}

func (g *GilbertElliott) fields() []field {
	return []field{
		{"p", share(&g.P)},
		{"r", share(&g.R)},
		{"bad_pass", share(&g.BadPass)},
		{"good_loss", share(&g.GoodLoss)},
		{"along", choice(&g.Along, alongNames)},
	}
}

func (g *GilbertElliott) check() error {
	if g.P > 0 && g.R == 0 {
		return blamef("r", "a bad state that is never left is a black hole: give \"r\"")
	}
	if g.P == 0 && g.GoodLoss > 0 {
		return blamef("good_loss", "a link that never gets worse is plain \"loss\": give \"p\"")
	}
	return nil
}

func (r *Reorder) fields() []field {
	return []field{
		{"chance", share(&r.Chance)},
		{"every", number[int]{&r.Every}},
		{"shift", shift(&r.Shift)},
	}
}

func (r *Reorder) check() error {
	switch {
	case r.Chance > 0 && r.Every > 0:
		return blamef("every", "it contradicts \"chance\": give one of them")
	case r.Shift == 0 && (r.Chance > 0 || r.Every > 0):
		return blamef("shift", "without a shift nothing is reordered: give one like \"10ms\" or \"-10ms\"")
	case r.Shift != 0 && r.Chance == 0 && r.Every == 0:
		return blamef("shift", "it says by how much and not how often: give \"chance\" or \"every\"")
	}
	return nil
}

func (d *Duplicate) fields() []field {
	return []field{
		{"chance", share(&d.Chance)},
		{"lag", duration(&d.Lag)},
	}
}

func (d *Duplicate) check() error { return nil }

func (c *Corrupt) fields() []field {
	return []field{
		{"chance", share(&c.Chance)},
		{"octets", number[int]{&c.Octets}},
		{"within", number[int]{&c.Within}},
	}
}

func (c *Corrupt) check() error {
	const most = 1 << 12
	if c.Octets > most {
		return blamef("octets", "at most %d octets are altered in one datagram", most)
	}
	return nil
}

func (r *Rate) fields() []field {
	return []field{
		{"bandwidth", rate(&r.Bandwidth)},
		{"queue", size(&r.Queue)},
		{"queue_packets", number[int]{&r.QueuePackets}},
		{"overhead", size(&r.Overhead)},
	}
}

func (r *Rate) check() error {
	if r.Bandwidth == 0 && *r != (Rate{}) {
		return blamef("bandwidth", "a queue needs something to wait for: give a \"bandwidth\" like \"10Mbit/s\"")
	}
	return nil
}

func (h *Hold) fields() []field {
	return []field{
		{"every", duration(&h.Every)},
		{"for", duration(&h.For)},
		{"random", flag{&h.Random}},
	}
}

func (h *Hold) check() error {
	if *h != (Hold{}) && (h.For <= 0 || h.Every < h.For) {
		return blamef("for", "a window of %v does not fit into a period of %v", h.For, h.Every)
	}
	return nil
}
