package netem_test

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/vstp-project/vstp/netem"
)

func numbered(i int) string { return "DATA " + strconv.Itoa(i) }

// The numbers that a seed stands for never change.
func TestFatesOfASeedArePermanent(t *testing.T) {
	l := newLink(t, both(netem.Impairments{
		Loss: 0.3, Delay: 10 * ms, Jitter: 10 * ms,
		Duplicate: netem.Duplicate{Chance: 0.3, Lag: 5 * ms}, Corrupt: netem.Corrupt{Chance: 0.3},
	}), netem.Options{Seed: 42, Flow: "golden"})
	var fates []string
	for i := range 8 {
		f := send(l, netem.Direction(i%2), 0, fmt.Sprintf("DATA %d", i/4))
		fates = append(fates, fmt.Sprintf("%v %v %v %v %v", f.Verdict, f.Reason, f.Delay, f.Copies, f.Flips))
	}
	assert.Equal(t, []string{
		"drop loss 0s [] []",
		"deliver none 19.881603ms [] [2^f4]",
		"deliver none 9.657373ms [] []",
		"deliver none 17.104114ms [] [1^aa]",
		"deliver none 19.657533ms [] []",
		"deliver none 13.848746ms [] [4^9f]",
		"deliver none 10.962592ms [4.287805ms] []",
		"drop loss 0s [] []",
	}, fates)
}

func TestLossIsInsideItsInterval(t *testing.T) {
	const n = 100_000
	for _, p := range []float64{0.01, 0.05, 0.20} {
		for _, seed := range []uint64{1, 2, 3} {
			t.Run(fmt.Sprintf("%v seed %d", p, seed), func(t *testing.T) {
				t.Parallel()
				l := newLink(t, both(netem.Impairments{Loss: p}), netem.Options{Seed: seed})
				lost, lostAgain, before := 0, 0, false
				for i := range n {
					f, _ := l.Foresee(netem.AB, netem.Label{Text: numbered(i)}, 1, 100)
					drop := f.Verdict == netem.Drop
					if drop {
						lost++
						if before {
							lostAgain++
						}
					}
					before = drop
				}
				within999(t, p, lost, n)
				within999(t, p, lostAgain, lost) // a loss says nothing about the next datagram
			})
		}
	}
}

// Occurrences of one label are as independent as labels are.
func TestLossOfRepetitionsIsInsideItsInterval(t *testing.T) {
	const n = 100_000
	l := newLink(t, both(netem.Impairments{Loss: 0.2}), netem.Options{Seed: 9})
	for _, d := range []netem.Direction{netem.AB, netem.BA} {
		sendAll(l, d, n/2, func(int) string { return "the same" }, func(netem.Fate) {})
	}
	s := l.Stats()
	within999(t, 0.2, s.AB.Dropped, n/2)
	within999(t, 0.2, s.BA.Dropped, n/2)
	assert.Equal(t, map[string]int{"loss": s.AB.Dropped}, s.AB.ByReason)
}

func TestBurstsAlongMessages(t *testing.T) {
	const messages, parts = 2000, 100
	l := newLink(t, both(netem.Impairments{Burst: netem.Burst{Loss: 0.05, Mean: 4}}), netem.Options{Seed: 5})
	lost, bursts := 0, 0
	for m := range messages {
		bad, group := false, "DATA "+strconv.Itoa(m)
		for part := range parts {
			label := netem.Label{Text: group + " frag " + strconv.Itoa(part), Group: group, Part: part}
			f, _ := l.Foresee(netem.AB, label, 1, 100)
			drop := f.Verdict == netem.Drop
			if drop {
				lost++
				if !bad {
					bursts++
				}
			}
			bad = drop
		}
	}
	assert.InEpsilon(t, 0.05, float64(lost)/(messages*parts), 0.05)
	// Bursts are cut off at the ends of messages, so that they are a little shorter.
	assert.InEpsilon(t, 4, float64(lost)/float64(bursts), 0.06)
}

// A message of one part is lost with the same probability on the whole.
func TestBurstsAlongMessagesOfOnePart(t *testing.T) {
	const n = 100_000
	l := newLink(t, both(netem.Impairments{Burst: netem.Burst{Loss: 0.05, Mean: 4}}), netem.Options{Seed: 5})
	lost := 0
	for i := range n {
		if f, _ := l.Foresee(netem.AB, netem.Label{Text: numbered(i)}, 1, 100); f.Verdict == netem.Drop {
			lost++
			assert.Equal(t, netem.ReasonBurst, f.Reason)
		}
	}
	within999(t, 0.05, lost, n)
}

func TestBurstsAlongTheOrder(t *testing.T) {
	const n = 200_000
	l := newLink(t, both(netem.Impairments{
		GilbertElliott: netem.GilbertElliott{P: 0.01, R: 0.2, BadPass: 0, GoodLoss: 0, Along: netem.AlongOrder},
	}), netem.Options{Seed: 1})
	lost, bursts, bad := 0, 0, false
	sendAll(l, netem.AB, n, numbered, func(f netem.Fate) {
		drop := f.Verdict == netem.Drop
		if drop {
			lost++
			if !bad {
				bursts++
			}
		}
		bad = drop
	})
	assert.InEpsilon(t, 0.01/0.21, float64(lost)/n, 0.05)
	assert.InEpsilon(t, 5, float64(lost)/float64(bursts), 0.05)
}

// Something survives the bad state, and something is lost in the good one.
func TestGilbertElliottPassAndLoss(t *testing.T) {
	const n = 100_000
	l := newLink(t, both(netem.Impairments{
		GilbertElliott: netem.GilbertElliott{P: 0.1, R: 0.3, BadPass: 0.4, GoodLoss: 0.02},
	}), netem.Options{Seed: 3})
	sendAll(l, netem.BA, n, numbered, func(netem.Fate) {})
	within999(t, 0.25*0.6+0.75*0.02, l.Stats().BA.Dropped, n)
}
