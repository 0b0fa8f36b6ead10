package steps

import (
	"cmp"
	"slices"
	"time"

	"github.com/vstp-project/vstp/netem"
)

// An arrival is one copy of one datagram of a message, as it comes out of the link.
type arrival struct {
	at         time.Duration
	index      int // of the datagram in its message
	generation int // of the address from which it came
}

// completions are the times at which a receiver that keeps the rules has a message of n
// datagrams whole, once for each time: what it holds of a message ends with it, and
// only datagrams that come later begin the next copy. Datagrams from different
// addresses make up nothing together.
func completions(arrivals []arrival, n int) []time.Duration {
	arrivals = slices.Clone(arrivals)
	slices.SortStableFunc(arrivals, func(a, b arrival) int { return cmp.Compare(a.at, b.at) })
	held := map[int]map[int]bool{}
	var whole []time.Duration
	for _, a := range arrivals {
		if held[a.generation] == nil {
			held[a.generation] = map[int]bool{}
		}
		held[a.generation][a.index] = true
		if len(held[a.generation]) == n {
			whole = append(whole, a.at)
			delete(held, a.generation)
		}
	}
	return whole
}

// A forecast is what will become of a message that is sent over a link, worked out
// before it is.
type forecast struct {
	// certain says that the labels alone decide. Otherwise nothing else of the forecast
	// counts.
	certain bool
	// transmissions is how many a sender makes that stops at the first ACK.
	transmissions int
	acked         bool
	acks          time.Duration // when the first ACK comes, since the first transmission
}

// foresight is the part of a link that a forecast needs.
type foresight func(d netem.Direction, label netem.Label, occurrence, size int) (netem.Fate, bool)

// foretell works out the fate of a message of datagrams with these labels and sizes
// that go in a direction and whose transmissions begin at these times. A receiver that keeps the rules
// acknowledges each copy that it gets whole, and the ACK may be lost in its turn.
func foretell(see foresight, towards netem.Direction, labels []netem.Label, sizes []int, ack netem.Label, ackSize int, starts []time.Duration) forecast {
	f := forecast{certain: true}
	var arrivals []arrival
	for k, start := range starts {
		if f.acked && f.acks < start {
			break
		}
		f.transmissions = k + 1
		for i, label := range labels {
			fate, certain := see(towards, label, k+1, sizes[i])
			f.certain = f.certain && certain
			arrivals = append(arrivals, arrivalsOf(fate, start, i)...)
		}
		for j, at := range completions(arrivals, len(labels)) {
			fate, certain := see(towards.Opposite(), ack, j+1, ackSize)
			f.certain = f.certain && certain
			for _, back := range arrivalsOf(fate, at, 0) {
				if !f.acked || back.at < f.acks {
					f.acked, f.acks = true, back.at
				}
			}
		}
	}
	return f
}

// arrivalsOf are the copies that come out of the link unaltered of a datagram that is
// sent at a time.
func arrivalsOf(fate netem.Fate, sent time.Duration, index int) []arrival {
	if fate.Verdict == netem.Drop || len(fate.Flips) > 0 {
		return nil
	}
	first := arrival{at: sent + fate.Delay, index: index, generation: fate.Generation}
	all := []arrival{first}
	for _, lag := range fate.Copies {
		copied := first
		copied.at += lag
		all = append(all, copied)
	}
	return all
}
