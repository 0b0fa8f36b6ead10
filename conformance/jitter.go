package conformance

import (
	"context"
	"sync"
	"time"
)

const (
	jitterTick = 5 * time.Millisecond
	// jitterKept is how many measurements are kept: 20 s of them.
	jitterKept = 4096
	// noisy is the lateness of the host's own timers from which a violation that
	// rests on a clock is not believed at once.
	noisy = 50 * time.Millisecond
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
