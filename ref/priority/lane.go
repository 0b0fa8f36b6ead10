package priority

import "github.com/vstp-project/vstp/ref/wire"

// There is a lane for each priority above that of DATA, the most urgent first, and
// behind them the one of what overtakes nothing.
const (
	lanes   = 5
	ordered = lanes - 1
)

// laneOf returns the lane of frames of type t, BYE excepted.
func laneOf(t wire.Type) int {
	switch p := t.Priority(); {
	case p >= wire.TypeErr.Priority():
		return 0
	case p >= wire.TypeAck.Priority():
		return 1
	case p >= wire.TypeHello.Priority():
		return 2
	case p >= wire.TypePing.Priority():
		return 3
	default:
		return ordered
	}
}

// item is a frame that waits.
type item struct {
	number uint64 // in the order of pushing
	frame  wire.Frame
}

// keepItems is up to how many items an empty lane keeps room for.
const keepItems = 64

// lane holds frames of one urgency, oldest first.
type lane struct {
	items []item
	taken int // items at the front that have come out
}

func (l *lane) empty() bool { return l.taken == len(l.items) }

// first returns the oldest item of a lane that is not empty.
func (l *lane) first() *item { return &l.items[l.taken] }

func (l *lane) push(i item) {
	if len(l.items) == cap(l.items) && 2*l.taken >= len(l.items) {
		n := copy(l.items, l.items[l.taken:])
		clear(l.items[n:])
		l.items, l.taken = l.items[:n], 0
	}
	l.items = append(l.items, i)
}

// pop takes out the oldest item of a lane that is not empty.
func (l *lane) pop() item {
	i := l.items[l.taken]
	l.items[l.taken] = item{} // so that its memory is free once it is sent
	l.taken++
	if l.empty() {
		l.items, l.taken = l.items[:0], 0
		if cap(l.items) > keepItems {
			l.items = nil
		}
	}
	return i
}
