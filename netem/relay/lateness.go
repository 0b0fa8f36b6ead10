package relay

import (
	"math/bits"
	"time"
)

// lateness collects how late things were, in a bucket for each power of two.
type lateness struct {
	buckets [40]int // bucket i: below 2^i µs
	n       int
	max     time.Duration
}

func (l *lateness) add(late time.Duration) {
	late = max(late, 0)
	l.buckets[min(bits.Len64(uint64(late.Microseconds())), len(l.buckets)-1)]++
	l.n++
	l.max = max(l.max, late)
}

// below is the least bound that so many of a hundred are below.
func (l *lateness) below(percent int) time.Duration {
	sum := 0
	for i, n := range l.buckets {
		if sum += n; sum*100 >= l.n*percent && l.n > 0 {
			return time.Microsecond << i
		}
	}
	return 0
}

func (l *lateness) figures() Late {
	return Late{Deliveries: l.n, P50: l.below(50), P99: l.below(99), Max: l.max}
}
