// Package bench measures how long one thing takes as a multiple of another, in a way
// that other work on the machine does not disturb: in processor time instead of time
// on the wall, and in turns, so that whatever slows one down slows the other down as
// well. Nanoseconds measured while the machine is busy are off by a factor; such a
// ratio is off by a hundredth.
package bench

import (
	"slices"
	"time"
)

// How Ratio spends its time. A slice is long against the clock's resolution and short
// against the changes that other work brings.
const (
	slice     = 200 * time.Microsecond
	maxRounds = 101
	minRounds = 11
	budget    = time.Second // of processor time, where that leaves minRounds
)

// Ratio returns the processor time of op as a multiple of that of floor: the median
// of up to 101 rounds, in each of which op runs between two runs of floor. Both are
// called equally often.
//
// The calls themselves take a nanosecond or two, in op and in floor alike.
func Ratio(op, floor func()) float64 { return ratio(CPUTime, op, floor) }

func ratio(clock func() time.Duration, op, floor func()) float64 {
	run := func(f func(), n int) time.Duration {
		start := clock()
		for range n {
			f()
		}
		return clock() - start
	}
	n := 1
	for run(floor, n) < slice {
		n *= 2
	}
	run(op, n) // for caches and buffers to be warm
	start := clock()
	var ratios []float64
	for len(ratios) < minRounds || len(ratios) < maxRounds && clock()-start < budget {
		before := run(floor, n)
		during := run(op, n)
		after := run(floor, n)
		ratios = append(ratios, 2*float64(during)/float64(before+after))
	}
	slices.Sort(ratios)
	return ratios[len(ratios)/2]
}
