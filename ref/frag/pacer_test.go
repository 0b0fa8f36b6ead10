package frag_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/vstp-project/vstp/ref/frag"
)

// paced returns when each of n fragments leaves that are always ready.
func paced(n int) []time.Time {
	var p frag.Pacer
	now := start
	var sent []time.Time
	for range n {
		if next := p.Next(); next.After(now) {
			now = next
		}
		p.Sent(now)
		sent = append(sent, now)
	}
	return sent
}

// mostIn returns the most events that any interval of the given length contains,
// both ends included.
func mostIn(events []time.Time, length time.Duration) int {
	most := 0
	for i, first := range events {
		end, _ := slices.BinarySearchFunc(events, first.Add(length), func(a, b time.Time) int {
			if a.After(b) {
				return 1
			}
			return -1 // the first one after b
		})
		most = max(most, end-i)
	}
	return most
}

// [FRG-13]
func TestPacerKeepsTheLimit(t *testing.T) {
	sent := paced(1000)
	assert.Equal(t, 64, mostIn(sent, 10*time.Millisecond))
	assert.Equal(t, 64, mostIn(sent, 11*time.Millisecond-1))
	assert.Equal(t, 16, mostIn(sent, 0), "the largest burst")
}

// A delay that varies by up to a millisecond brings fragments closer together.
func TestPacerKeepsTheLimitOnArrival(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	arrived := paced(1000)
	for i := range arrived {
		arrived[i] = arrived[i].Add(time.Duration(random.Int64N(int64(time.Millisecond))))
	}
	slices.SortFunc(arrived, time.Time.Compare)
	assert.LessOrEqual(t, mostIn(arrived, 10*time.Millisecond), 64)
}

func TestPacerTakesNoLongerThanItMust(t *testing.T) {
	sent := paced(255)
	assert.Equal(t, 15*2750*time.Microsecond, sent[254].Sub(sent[0]))
}

func TestPacerDoesNotSaveUp(t *testing.T) {
	var p frag.Pacer
	assert.True(t, p.Next().IsZero())
	for range 16 {
		p.Sent(start)
	}
	assert.Equal(t, at(2750*time.Microsecond), p.Next())
	later := at(time.Hour)
	for range 16 {
		assert.False(t, p.Next().After(later))
		p.Sent(later)
	}
	assert.Equal(t, later.Add(2750*time.Microsecond), p.Next())
}
