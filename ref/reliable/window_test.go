package reliable_test

import (
	"container/heap"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/frag"
	"github.com/vstp-project/vstp/ref/reliable"
	"github.com/vstp-project/vstp/ref/wire"
)

// bottleneck is a link with a rate and a queue, that loses at random in both
// directions, and the senders that share it.
type bottleneck struct {
	t *testing.T

	rate   int           // octets in a second
	queue  int           // octets that may wait
	delay  time.Duration // one way
	loss   float64       // share of datagrams in each direction
	chance *rand.Rand

	now      time.Time
	free     time.Time // when the link has sent what waits
	longest  time.Duration
	overflow int
	flights  flights
	senders  []*bulk
}

// bulk sends messages of one size for as long as there are any.
type bulk struct {
	*reliable.Sender
	addr      netip.AddrPort // stands for the sender
	from      time.Time      // when it begins
	left      int            // messages that have not begun
	open      int
	done      int // acknowledged
	failed    int
	datagrams int
	end       time.Time // when the last message ended
	progress  []int     // acknowledged by the end of each slot
}

func newBottleneck(t *testing.T, loss float64) *bottleneck {
	return &bottleneck{
		t: t, now: start, rate: 100_000_000 / 8, queue: 256 << 10, delay: 10 * time.Millisecond,
		loss: loss, chance: rand.New(rand.NewPCG(7, 11)),
	}
}

// sender adds a sender that begins after a while.
func (b *bottleneck) sender(messages int, after time.Duration, cfg reliable.Config) *bulk {
	cfg.FirstMsgID = 1 << 62
	s := &bulk{
		Sender: reliable.NewSender(cfg), left: messages, from: b.now.Add(after),
		addr: netip.AddrPortFrom(alice.Addr(), uint16(len(b.senders))),
	}
	b.senders = append(b.senders, s)
	return s
}

// fullPayload makes a message that fills a datagram.
const fullPayload = frag.MaxDatagram - wire.Overhead - 2 - len(wire.KeyMsgID) - 19

func (b *bottleneck) lost() bool { return b.chance.Float64() < b.loss }

// pump lets a sender do what is due.
func (b *bottleneck) pump(s *bulk) {
	if b.now.Before(s.from) {
		return
	}
	for range s.Advance(b.now) {
		s.failed++
		s.open--
		s.end = b.now
	}
	for s.left > 0 && s.open < 4000 {
		_, err := s.Send(b.now, bob, wire.Frame{Type: wire.TypeData, Payload: make([]byte, fullPayload)}, true)
		require.NoError(b.t, err)
		s.left--
		s.open++
	}
	for {
		transfer, datagram := s.Poll(b.now, nil)
		if transfer == nil {
			break
		}
		s.datagrams++
		if b.lost() {
			continue
		}
		waits := max(b.free.Sub(b.now), 0)
		if int(waits.Seconds()*float64(b.rate))+len(datagram) > b.queue {
			b.overflow++
			continue
		}
		b.longest = max(b.longest, waits)
		b.free = b.now.Add(waits + time.Duration(len(datagram))*time.Second/time.Duration(b.rate))
		b.fly(b.free.Add(b.delay), bob, s, datagram)
	}
}

func (b *bottleneck) fly(at time.Time, toward netip.AddrPort, s *bulk, octets []byte) {
	b.flights.n++
	if toward == alice {
		toward = s.addr
	} else {
		// The receiver answers at once, so that one flight does for both directions.
		if b.lost() {
			return
		}
		at, toward = at.Add(b.delay), s.addr
	}
	heap.Push(&b.flights, flight{at, b.flights.n, toward, octets})
}

// slot is how finely progress is noted.
const slot = 100 * time.Millisecond

// run lets time pass until all is done, or until a moment.
func (b *bottleneck) run(until time.Duration) {
	last := at(until)
	for {
		next := time.Time{}
		for _, s := range b.senders {
			b.pump(s)
			wakes := s.NextTimeout()
			if b.now.Before(s.from) {
				wakes = s.from
			}
			if next.IsZero() || !wakes.IsZero() && wakes.Before(next) {
				next = wakes
			}
		}
		if len(b.flights.list) > 0 && (next.IsZero() || b.flights.list[0].at.Before(next)) {
			next = b.flights.list[0].at
		}
		if next.IsZero() || next.After(last) {
			if b.now.Before(last) && !next.IsZero() {
				b.now = last
			}
			return
		}
		if next.After(b.now) {
			b.now = next
		}
		for len(b.flights.list) > 0 && !b.flights.list[0].at.After(b.now) {
			f := heap.Pop(&b.flights).(flight)
			s := b.senders[f.toward.Port()]
			id, _ := frag.MsgID(parse(b.t, f.octets).Headers)
			if s.Acknowledge(b.now, bob, id) == nil {
				continue
			}
			s.open--
			s.done++
			s.end = b.now
			n := int(b.now.Sub(start) / slot)
			for len(s.progress) <= n {
				s.progress = append(s.progress, s.done)
			}
			s.progress[n] = s.done
		}
	}
}

// during returns how many messages were acknowledged from one moment to another,
// both multiples of a slot.
func (s *bulk) during(from, to time.Duration) int {
	count := func(d time.Duration) int {
		n := int(d/slot) - 1
		if n < 0 || len(s.progress) == 0 {
			return 0
		}
		return s.progress[min(n, len(s.progress)-1)]
	}
	return count(to) - count(from)
}

// goodput returns the share of the link that messages acknowledged in a time make.
func (b *bottleneck) goodput(messages int, in time.Duration) float64 {
	return float64(messages*fullPayload) / in.Seconds() / float64(b.rate)
}

// A link that loses at random is filled all the same, and no more is sent than is
// lost.
func TestWindowFillsALink(t *testing.T) {
	for _, c := range []struct{ loss, goodput, wire float64 }{{0, 0.92, 1.04}, {0.01, 0.90, 1.07}, {0.05, 0.87, 1.16}} {
		b := newBottleneck(t, c.loss)
		s := b.sender(20_000, 0, reliable.Config{Retries: 5})
		b.run(time.Minute)
		assert.Equal(t, 20_000, s.done, "loss %v", c.loss)
		assert.Zero(t, s.failed)
		// The first 200 ms are for growing, and what is lost at the end comes by its timer.
		assert.GreaterOrEqual(t, b.goodput(s.during(200*time.Millisecond, 1700*time.Millisecond), 1500*time.Millisecond), c.goodput, "loss %v", c.loss)
		assert.LessOrEqual(t, float64(s.datagrams*frag.MaxDatagram)/float64(s.done*fullPayload), c.wire, "loss %v", c.loss)
		assert.Less(t, b.longest, 20*time.Millisecond, "a queue that is never full")
		assert.Zero(t, b.overflow)
	}
}

// The window adapts to slow links: the queue stays far below the time after which
// messages are repeated, and nothing is sent twice.
func TestWindowOfASlowLink(t *testing.T) {
	b := newBottleneck(t, 0)
	b.rate, b.queue = 1_000_000/8, 1<<20
	s := b.sender(1_000, 0, reliable.Config{Window: reliable.WindowConfig{Initial: 4}})
	b.run(time.Minute)
	assert.Equal(t, 1_000, s.done)
	assert.Equal(t, 1_000, s.datagrams)
	assert.Less(t, b.longest, 70*time.Millisecond)
	assert.GreaterOrEqual(t, b.goodput(s.done, s.end.Sub(start)), 0.9)
}

// On a path that takes longer than the first repetition every message is sent more
// than once. The window grows even so.
func TestWindowOfALongPath(t *testing.T) {
	b := newBottleneck(t, 0)
	b.rate, b.delay = 10_000_000/8, 150*time.Millisecond
	long := b.sender(5_000, 0, reliable.Config{})
	b.run(time.Minute)
	assert.Equal(t, 5_000, long.done)
	b = newBottleneck(t, 0)
	b.rate, b.delay = 10_000_000/8, 150*time.Millisecond
	fits := b.sender(5_000, 0, reliable.Config{RetryDelay: 500 * time.Millisecond})
	b.run(time.Minute)
	assert.Equal(t, 5_000, fits.done)
	assert.Less(t, fits.datagrams, 6_000, "little is repeated where the first delay is longer than the path")
	assert.Greater(t, long.datagrams, 14_000, "three are on their way before the first ACK can come")
	assert.Less(t, fits.end.Sub(start), 11*time.Second)
	assert.Less(t, long.end.Sub(start), 19*time.Second, "of which 14.4 are what the link takes for three of each")
}

// Two senders come to equal shares, whether they begin together or not. The later one
// takes the queue that it finds for part of the path until the first second in which
// the queue empties.
func TestWindowsShareALink(t *testing.T) {
	for _, late := range []time.Duration{0, 2 * time.Second} {
		b := newBottleneck(t, 0.01)
		b.rate = 20_000_000 / 8
		first := b.sender(100_000, 0, reliable.Config{Retries: 5})
		second := b.sender(100_000, late, reliable.Config{Retries: 5})
		b.run(16 * time.Second)
		const from, to = 8 * time.Second, 16 * time.Second
		x, y := first.during(from, to), second.during(from, to)
		assert.InDelta(t, 1, float64(x)/float64(y), 0.25, "%d and %d, the second %v later", x, y, late)
		assert.GreaterOrEqual(t, b.goodput(x+y, to-from), 0.9)
		assert.Positive(t, second.during(late, late+time.Second))
	}
}

// More loss than a link has by itself is taken for congestion, and less is sent; when
// it is over the link is filled again.
func TestWindowReactsToHeavyLoss(t *testing.T) {
	b := newBottleneck(t, 0.05)
	s := b.sender(1_000_000, 0, reliable.Config{Retries: 5})
	b.run(time.Second)
	usual := s.datagrams
	b.run(2 * time.Second)
	usual = s.datagrams - usual
	b.loss = 0.3
	b.run(2500 * time.Millisecond)
	heavy := s.datagrams
	b.run(3500 * time.Millisecond)
	heavy = s.datagrams - heavy
	assert.Less(t, heavy, usual/4, "datagrams in a second")
	assert.Positive(t, s.during(2500*time.Millisecond, 3500*time.Millisecond), "some get through")
	b.loss = 0
	b.run(6 * time.Second)
	assert.GreaterOrEqual(t, b.goodput(s.during(5*time.Second, 6*time.Second), time.Second), 0.9)
}

// When nothing is acknowledged any more nothing new begins, and after that a part of
// what was under way before.
func TestWindowReactsToSilence(t *testing.T) {
	b := newBottleneck(t, 0)
	s := b.sender(1_000_000, 0, reliable.Config{Retries: 5})
	b.run(time.Second)
	b.loss = 1
	b.run(1100 * time.Millisecond)
	before := s.left
	b.run(1600 * time.Millisecond)
	assert.Equal(t, before, s.left, "nothing new is asked for")
	b.loss = 0
	b.run(4 * time.Second)
	assert.Zero(t, s.failed)
	assert.GreaterOrEqual(t, b.goodput(s.during(3500*time.Millisecond, 4*time.Second), 500*time.Millisecond), 0.9)
}

// A pace that is given is kept, whatever the link would take.
func TestWindowRate(t *testing.T) {
	b := newBottleneck(t, 0)
	s := b.sender(5_000, 0, reliable.Config{Window: reliable.WindowConfig{MaxRate: 1_000}})
	b.run(3 * time.Second)
	assert.InDelta(t, 3_000, s.datagrams, 10)
}

// [RTX-4]: messages wait for the window and are transmitted at their own times once
// they have begun. What waits is no burden to what does not.
func TestMessagesWaitForTheWindow(t *testing.T) {
	d := newDriver(t, reliable.Config{Window: reliable.WindowConfig{Initial: 5}})
	var transfers []*reliable.Transfer
	for range 8 {
		transfers = append(transfers, d.send(bob, data(t, "x"), true))
	}
	carol := netip.MustParseAddrPort("192.0.2.3:4000")
	d.send(carol, data(t, "to another destination"), true)
	d.send(bob, data(t, "unacknowledged"), false)
	d.send(bob, long(3_000), true)
	d.pump()
	assert.Len(t, d.sent, 5+1+1+3)
	assert.Equal(t, 10, d.Outstanding(), "those that wait included")
	assert.Nil(t, d.Acknowledge(d.now, bob, 6), "nothing answers what has not been sent")

	d.Cancel(d.now, transfers[5])
	d.Cancel(d.now, transfers[0])
	d.pump()
	require.Len(t, d.sent, 11)
	assert.Same(t, transfers[6], d.sent[10].transfer, "the next that waits")

	d.until(2701 * time.Millisecond)
	assert.Contains(t, d.failed, transfers[4])
	assert.NotContains(t, d.failed, transfers[7])
	d.until(10 * time.Second)
	last := []time.Duration{}
	for _, s := range d.sent {
		if s.transfer == transfers[7] {
			last = append(last, s.at)
		}
	}
	assert.Equal(t, ms(2700, 2800, 3000, 3400), last, "it begins when others have failed")
	assert.Zero(t, d.Outstanding())
	assert.True(t, d.NextTimeout().IsZero())
}

// While others are acknowledged a message is waited for no longer than two round
// trips before the next one takes its place. It is repeated at its time all the same.
func TestWindowIsPatient(t *testing.T) {
	d := newDriver(t, reliable.Config{Window: reliable.WindowConfig{Initial: 2}})
	for range 3 {
		d.send(bob, data(t, "x"), true)
	}
	d.until(20 * time.Millisecond)
	require.NotNil(t, d.Acknowledge(d.now, bob, 1))
	d.until(90 * time.Millisecond)
	d.send(bob, data(t, "x"), true)
	d.until(110 * time.Millisecond)
	at := map[string][]time.Duration{}
	for _, s := range d.sent {
		at[headersOf(parse(t, []byte(s.octets)))[0]] = append(at[headersOf(parse(t, []byte(s.octets)))[0]], s.at)
	}
	assert.Equal(t, map[string][]time.Duration{"msg-id=1": ms(0), "msg-id=2": ms(0, 100), "msg-id=3": ms(20)}, at,
		"the third takes the place of the first, and the fourth that of none: the second is under way again")
}

func TestWindowOff(t *testing.T) {
	d := newDriver(t, reliable.Config{Window: reliable.WindowConfig{Off: true}})
	for range 300 {
		d.send(bob, data(t, "x"), true)
	}
	d.pump()
	assert.Len(t, d.sent, 300)
}

// The window does not pass its greatest size, however good the link is.
func TestGreatestWindow(t *testing.T) {
	b := newBottleneck(t, 0)
	s := b.sender(100_000, 0, reliable.Config{Window: reliable.WindowConfig{Max: 20}})
	b.run(time.Second)
	assert.InDelta(t, 20*49, s.datagrams, 40, "twenty in each round trip of a little more than 20 ms")
}

// After a pause the path may be another: the window begins anew.
func TestWindowForgets(t *testing.T) {
	d := newDriver(t, reliable.Config{Window: reliable.WindowConfig{Initial: 4}})
	for id := uint64(1); id <= 200; id++ {
		d.send(bob, data(t, "x"), true)
	}
	for id := uint64(1); id <= 200; id++ {
		d.now = d.now.Add(time.Millisecond)
		d.pump()
		d.Acknowledge(d.now, bob, id)
	}
	d.pump()
	require.Zero(t, d.Outstanding())
	burst := func() int {
		before := len(d.sent)
		var open []*reliable.Transfer
		for range 20 {
			open = append(open, d.send(bob, data(t, "x"), true))
		}
		d.pump()
		for _, transfer := range open {
			d.Cancel(d.now, transfer)
		}
		return len(d.sent) - before
	}
	assert.Greater(t, burst(), 4)
	d.now = d.now.Add(time.Minute)
	assert.Equal(t, 4, burst())
}

func TestCancelAll(t *testing.T) {
	d := newDriver(t, reliable.Config{Window: reliable.WindowConfig{Initial: 4}})
	owners := [2]string{"one", "two"}
	for i := range 20 {
		d.send(bob, data(t, "x"), true).Owner = &owners[i%2]
	}
	d.pump()
	d.CancelAll(d.now, &owners[0])
	assert.Equal(t, 10, d.Outstanding())
	d.pump()
	for _, s := range d.sent[4:] {
		assert.Same(t, &owners[1], s.transfer.Owner)
	}
	assert.Len(t, d.sent, 6, "two that wait begin in place of two")
}
