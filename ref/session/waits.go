package session

import (
	"bytes"
	"slices"
	"time"
)

// waits holds the acknowledged sends that are under way. Each has a timer of its own
// from the moment at which it was sent; as all wait equally long, they run out in the
// order in which they were sent.
type waits struct {
	open  map[uint64]struct{} // by msg-id
	timed []wait              // those of open that were sent, oldest first, and some that have ended since
}

type wait struct {
	id  uint64
	due time.Time
}

func (w *waits) add(id uint64) {
	if w.open == nil {
		w.open = make(map[uint64]struct{})
	}
	w.open[id] = struct{}{}
}

// has reports whether the send is under way.
func (w *waits) has(id uint64) bool {
	_, ok := w.open[id]
	return ok
}

// start starts the timer of a send.
func (w *waits) start(id uint64, due time.Time) {
	if w.has(id) {
		w.timed = append(w.timed, wait{id, due})
	}
}

// end ends a send and reports whether it was under way.
func (w *waits) end(id uint64) bool {
	ok := w.has(id)
	delete(w.open, id)
	for len(w.timed) > 0 && !w.has(w.timed[0].id) {
		w.timed = w.timed[1:]
	}
	return ok
}

// next returns when the first timer is due, or the zero time.
func (w *waits) next() time.Time {
	if len(w.timed) == 0 {
		return time.Time{}
	}
	return w.timed[0].due
}

// expired ends the first send whose time is over.
func (w *waits) expired(now time.Time) (id uint64, ok bool) {
	if due := w.next(); due.IsZero() || now.Before(due) {
		return 0, false
	}
	id = w.timed[0].id
	return id, w.end(id)
}

// rest ends every send and returns their msg-ids in ascending order.
func (w *waits) rest() []uint64 {
	ids := make([]uint64, 0, len(w.open))
	for id := range w.open {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	*w = waits{}
	return ids
}

// pings holds the PINGs that have no PONG yet, oldest first.
type pings struct {
	last uint64 // the number of the latest
	open []ping
}

type ping struct {
	number  uint64
	payload []byte
}

// add enters a PING and returns its number. The payload is copied.
func (p *pings) add(payload []byte) uint64 {
	p.last++
	p.open = append(p.open, ping{p.last, bytes.Clone(payload)})
	return p.last
}

// match ends the oldest PING with the payload of a PONG.
func (p *pings) match(payload []byte) (number uint64, ok bool) {
	i := slices.IndexFunc(p.open, func(o ping) bool { return bytes.Equal(o.payload, payload) })
	if i < 0 {
		return 0, false
	}
	number = p.open[i].number
	p.open = slices.Delete(p.open, i, i+1)
	return number, true
}

// end ends a PING that nobody waits for any more.
func (p *pings) end(number uint64) {
	p.open = slices.DeleteFunc(p.open, func(o ping) bool { return o.number == number })
}

// rest ends every PING and returns their numbers.
func (p *pings) rest() []uint64 {
	var numbers []uint64
	for _, o := range p.open {
		numbers = append(numbers, o.number)
	}
	p.open = nil
	return numbers
}
