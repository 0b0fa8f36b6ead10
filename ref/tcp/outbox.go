package tcp

import (
	"github.com/vstp-project/vstp/ref/priority"
	"github.com/vstp-project/vstp/ref/wire"
)

// batchOctets is how many octets are put together to be sent, where some of what waits
// goes ahead of the rest.
const batchOctets = 64 << 10

// outbox holds the frames that wait to be sent, and knows how far the sending is.
type outbox struct {
	queue *priority.Queue
	shut  bool  // the sending direction ends behind what waits
	sent  int64 // octets so far of the frames that overtake nothing, as Queue.Ordered
	skip  int   // octets of the batch under way that are not among them
	marks []mark
}

// mark calls back when every frame that overtakes nothing has been sent up to a
// position, or will never be.
type mark struct {
	position int64 // as sent
	done     func(sent bool)
}

// push adds a frame.
func (o *outbox) push(f wire.Frame, inOrder bool) error {
	if inOrder {
		return o.queue.PushInOrder(f)
	}
	return o.queue.Push(f)
}

// idle reports whether there is nothing to be done.
func (o *outbox) idle() bool { return o.queue.Len() == 0 && !o.shut }

// full reports whether the peer must take something before another message is queued.
func (o *outbox) full() bool { return o.queue.Full() }

// overfull reports whether the peer must take something before another frame of its own
// is read, which might ask for a reply.
func (o *outbox) overfull() bool { return o.queue.FullForControl() }

// take takes out what is to be written next, nil if nothing waits.
func (o *outbox) take() *priority.Batch {
	b := o.queue.Take(batchOctets)
	if b != nil {
		o.skip = b.Ahead()
	}
	return b
}

// mark has done called once the frame that was pushed last, and overtakes nothing, has
// been sent.
func (o *outbox) mark(done func(sent bool)) {
	o.marks = append(o.marks, mark{o.queue.Ordered(), done})
}

// advance notes that further octets of the batch under way have been sent. Where frames
// that overtake are among them, they are taken to be the first.
func (o *outbox) advance(octets int) {
	skipped := min(o.skip, octets)
	o.skip -= skipped
	o.sent += int64(octets - skipped)
	for len(o.marks) > 0 && o.marks[0].position <= o.sent {
		done := o.marks[0].done
		o.marks[0] = mark{}
		o.marks = o.marks[1:]
		done(true)
	}
}

// fail says of everything marked that it will not be sent.
func (o *outbox) fail() {
	marks := o.marks
	o.marks = nil
	for _, m := range marks {
		m.done(false)
	}
}
