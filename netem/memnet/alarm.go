package memnet

import "time"

// alarm is one timer that is set to the earliest of several times. Whoever uses it
// holds a lock.
type alarm struct {
	ring  func()
	timer *time.Timer
	at    time.Time // zero: not set
}

// set lets the alarm ring at a time; the zero time is never.
func (a *alarm) set(now, at time.Time) {
	switch {
	case at.Equal(a.at):
	case at.IsZero():
		a.timer.Stop()
	case a.timer == nil:
		a.timer = time.AfterFunc(at.Sub(now), a.ring)
	default:
		a.timer.Reset(at.Sub(now))
	}
	a.at = at
}

// rang says that the alarm is no longer set.
func (a *alarm) rang() { a.at = time.Time{} }
