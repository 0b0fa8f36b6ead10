package frag

import "time"

// Recent remembers keys for a time, at most so many of them, of which the oldest
// is forgotten first. The work on each call is constant on average. It is not safe
// for concurrent use.
type Recent[K comparable] struct {
	keep  time.Duration
	limit int
	known map[K]struct{}
	order []recent[K] // known, oldest first, from head on
	head  int
}

// recent is a key and when it is forgotten.
type recent[K comparable] struct {
	key   K
	until time.Time
}

// NewRecent returns a memory of up to limit keys, each remembered for keep.
func NewRecent[K comparable](keep time.Duration, limit int) *Recent[K] {
	return &Recent[K]{keep: keep, limit: limit}
}

// Add remembers key from now on. One that is remembered already keeps its time.
// now must not be before that of an earlier call.
func (r *Recent[K]) Add(now time.Time, key K) {
	r.Advance(now)
	if _, ok := r.known[key]; ok || r.limit <= 0 {
		return
	}
	if len(r.known) == r.limit {
		r.forget()
	}
	if r.known == nil {
		r.known = make(map[K]struct{})
	}
	r.known[key] = struct{}{}
	r.order = append(r.order, recent[K]{key, now.Add(r.keep)})
}

// Has reports whether key is remembered.
func (r *Recent[K]) Has(now time.Time, key K) bool {
	r.Advance(now)
	_, ok := r.known[key]
	return ok
}

// Len returns how many keys are remembered, those included whose time is over and
// that no call has met since.
func (r *Recent[K]) Len() int { return len(r.known) }

// NextTimeout returns when the newest key is forgotten and all memory is given
// back, or the zero time if nothing is remembered. Keys are forgotten in passing
// before that, whenever a method is called.
func (r *Recent[K]) NextTimeout() time.Time {
	if len(r.known) == 0 {
		return time.Time{}
	}
	return r.order[len(r.order)-1].until
}

// Advance forgets the keys whose time is over.
func (r *Recent[K]) Advance(now time.Time) {
	for r.head < len(r.order) && !now.Before(r.order[r.head].until) {
		r.forget()
	}
}

// forget forgets the oldest key.
func (r *Recent[K]) forget() {
	delete(r.known, r.order[r.head].key)
	r.order[r.head] = recent[K]{}
	r.head++
	switch {
	case r.head == len(r.order):
		r.known, r.order, r.head = nil, nil, 0
	case 2*r.head >= len(r.order):
		r.order = append(r.order[:0], r.order[r.head:]...)
		r.head = 0
	}
}
