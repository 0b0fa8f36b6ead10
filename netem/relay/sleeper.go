package relay

import (
	"time"
)

const (
	// coarse is how far before its time the runtime's timer is set: it fires up to a
	// millisecond late, and later under load.
	coarse = 2 * time.Millisecond
	// doze is the longest single sleep of the rest. Something that becomes due sooner in
	// the meantime waits for its end.
	doze = 200 * time.Microsecond
)

// sleeper waits for a time more precisely than the timers of the runtime do, where
// the host has better ones.
type sleeper struct{ timer *time.Timer }

// newSleeper is called by the goroutine that is going to sleep.
func newSleeper() *sleeper {
	prepareDoze()
	t := time.NewTimer(time.Hour)
	t.Stop()
	return &sleeper{timer: t}
}

func (s *sleeper) stop() { s.timer.Stop() }

// sleep waits until a time, the zero time being never, or until it is woken. It
// returns false when done is closed.
func (s *sleeper) sleep(until time.Time, wake, done <-chan struct{}) bool {
	rest := time.Until(until)
	if !until.IsZero() && rest <= coarse {
		select {
		case <-done:
			return false
		default:
		}
		if rest > 0 {
			dozeFor(min(rest, doze))
		}
		return true
	}
	var rings <-chan time.Time
	if !until.IsZero() {
		s.timer.Reset(rest - coarse)
		rings = s.timer.C
	}
	select {
	case <-rings:
	case <-wake:
	case <-done:
		return false
	}
	s.timer.Stop()
	return true
}
