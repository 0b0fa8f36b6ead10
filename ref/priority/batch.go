package priority

import "sync"

// Batch is frames that have come out of a Queue and are to be sent in one go.
type Batch struct {
	octets []byte
	begin  int // where in octets the first frame begins
	ahead  int
	items  []item // what the lane knows of them, those that have come out included
	next   *Batch // the one behind it in a lane
}

// Octets returns the encoded frames, one behind the other. They belong to the Batch.
func (b *Batch) Octets() []byte { return b.octets[b.begin:] }

// Ahead returns how many of the octets are of frames that may overtake others.
func (b *Batch) Ahead() int { return b.ahead }

// Free gives the memory back for other batches. Neither b nor its octets are to be used
// after that.
func (b *Batch) Free() {
	if cap(b.octets) > keepOctets {
		return
	}
	*b = Batch{octets: b.octets[:0], items: b.items[:0]}
	batches.Put(b)
}

// keepOctets is up to how many octets of memory are kept for other batches: room for
// what a batch has before its last frame, and for that.
const keepOctets = 4 * batchOctets

// batches are those that are not in use. A queue in which nothing waits has none, so
// that a connection on which nothing happens costs no memory for it.
var batches = sync.Pool{New: func() any { return new(Batch) }}

func newBatch() *Batch { return batches.Get().(*Batch) }
