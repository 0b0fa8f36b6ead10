package memnet

import (
	"sync"
	"time"
)

// deadline is a time after which an operation fails. Whoever uses it holds the lock
// of the condition that it wakes.
type deadline struct {
	at    time.Time
	timer *time.Timer
}

// set changes the deadline and wakes whoever waits on the condition, now, to look at
// the new one, and when it has passed.
func (d *deadline) set(at time.Time, wakes *sync.Cond) {
	d.at = at
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
	if wakes == nil {
		return
	}
	wakes.Broadcast()
	if !at.IsZero() {
		d.timer = time.AfterFunc(time.Until(at), func() {
			wakes.L.Lock()
			defer wakes.L.Unlock()
			wakes.Broadcast()
		})
	}
}

func (d *deadline) passed() bool { return !d.at.IsZero() && !time.Now().Before(d.at) }
