package conformance

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/vstp-project/vstp/conformance/probe"
)

const (
	jitterTick = 5 * time.Millisecond
	// jitterKept is how many measurements are kept: 20 s of them.
	jitterKept = 4096
	// noisy is the lateness of the host's own timers from which a violation that
	// rests on a clock is not believed at once where it says nothing of by how much
	// a time was missed.
	noisy = 50 * time.Millisecond
	// othersLate is how many times later than the judge's own timers those of the
	// target may have been: it is another process, and its worst moment another one.
	othersLate = 2
)

// A jitterMeter measures how late this host's timers fire while a run goes on, so
// that the host's own lateness is never blamed on the target.
type jitterMeter struct {
	mu   sync.Mutex
	ring [jitterKept]lateness
	next int
}

type lateness struct {
	at   time.Time
	late time.Duration
}

// measure runs until ctx ends.
func (m *jitterMeter) measure(ctx context.Context) {
	ticker := time.NewTimer(jitterTick)
	defer ticker.Stop()
	for {
		began := time.Now()
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		now := time.Now()
		m.mu.Lock()
		m.ring[m.next%jitterKept] = lateness{at: now, late: now.Sub(began) - jitterTick}
		m.next++
		m.mu.Unlock()
		ticker.Reset(jitterTick)
	}
}

// worst is the greatest lateness measured since a time.
func (m *jitterMeter) worst(since time.Time) time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	var worst time.Duration
	for _, l := range m.ring {
		if l.at.After(since) {
			worst = max(worst, l.late)
		}
	}
	return worst
}

// doubtful says whether the host may have made a violation itself: where it rests
// on a clock, and the host's own timers were late by what the time was missed by, or
// nearly.
func doubtful(v *probe.Violation, late time.Duration) bool {
	if !v.Timing {
		return false
	}
	if excess, ok := v.Excess(); ok {
		return othersLate*late >= excess
	}
	return late > noisy
}

// margin is the reason for a doubt, in words.
func margin(v *probe.Violation, late time.Duration) string {
	text := fmt.Sprintf("this host's own timers were up to %v late", late.Round(time.Millisecond))
	if excess, ok := v.Excess(); ok {
		text = fmt.Sprintf("it missed its time by %v, and %s", excess.Round(time.Millisecond), text)
	}
	return text
}
