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
	octets int
}

// lane holds frames of one urgency, oldest first: what there is to know about each,
// and their octets one behind the other, in one or more batches.
type lane struct {
	oldest, newest *Batch // nil while the lane is empty
	taken          int    // items at the front of oldest that have come out
	frames         int
}

// batchOctets is how many octets of frames a batch has before the next frame goes into
// another one. It bounds how long what is urgent waits for what is being written.
const batchOctets = 64 << 10

func (l *lane) empty() bool { return l.frames == 0 }

// first returns the oldest item of a lane that is not empty.
func (l *lane) first() item { return l.oldest.items[l.taken] }

// push adds a frame and returns the octets that it takes. If it cannot be encoded the
// lane stays as it was.
func (l *lane) push(number uint64, f wire.Frame) (int, error) {
	b := l.newest
	if b == nil || len(b.octets) >= batchOctets {
		b = newBatch()
	}
	octets, err := f.AppendBinary(b.octets)
	if err != nil {
		if b != l.newest {
			b.Free()
		}
		return 0, err
	}
	size := len(octets) - len(b.octets)
	b.octets = octets
	b.items = append(b.items, item{number, size})
	switch {
	case l.newest == nil:
		l.oldest = b
	case b != l.newest:
		l.newest.next = b
	}
	l.newest = b
	l.frames++
	return size, nil
}

// pop takes out the oldest frame of a lane that is not empty, and adds it to a batch.
func (l *lane) pop(to *Batch) (octets int) {
	octets = l.first().octets
	to.octets = append(to.octets, l.oldest.Octets()[:octets]...)
	l.oldest.begin += octets
	if l.taken++; l.taken == len(l.oldest.items) {
		l.handOver().Free()
	}
	l.frames--
	return octets
}

// popBatch takes out the oldest batch of a lane that is not empty, without copying it,
// and returns how many frames that is.
func (l *lane) popBatch() (b *Batch, frames int) {
	frames = len(l.oldest.items) - l.taken
	l.frames -= frames
	return l.handOver(), frames
}

// handOver takes the oldest batch out of the list.
func (l *lane) handOver() *Batch {
	b := l.oldest
	if l.oldest, l.taken = b.next, 0; l.oldest == nil {
		l.newest = nil
	}
	b.next = nil
	return b
}
