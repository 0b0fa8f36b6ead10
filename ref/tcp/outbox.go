package tcp

import "github.com/vstp-project/vstp/ref/wire"

// Sizes of the outbox, in octets.
const (
	maxOutbox  = 256 << 10 // nothing more is put into an outbox that has reached it
	keepOutbox = 64 << 10  // a larger buffer is let go after use
)

// outbox holds the frames that wait to be sent, as octets. Positions count the octets
// from the first that it ever held.
type outbox struct {
	octets []byte
	shut   bool // the sending direction ends behind octets
	end    int64
	sent   int64
	marks  []mark // in the order of their positions
}

// mark calls back when everything before a position has been sent, or will never be.
type mark struct {
	position int64
	done     func(sent bool)
}

// push adds a frame.
func (o *outbox) push(f wire.Frame) error {
	before := len(o.octets)
	octets, err := f.AppendBinary(o.octets)
	o.octets = octets
	o.end += int64(len(octets) - before)
	return err
}

// full reports whether the peer must take something first.
func (o *outbox) full() bool { return len(o.octets) >= maxOutbox }

// take hands over what is there and goes on in the buffer given.
func (o *outbox) take(spare []byte) []byte {
	octets := o.octets
	o.octets = spare
	return octets
}

// mark has done called once everything that is there now has been sent.
func (o *outbox) mark(done func(sent bool)) {
	o.marks = append(o.marks, mark{o.end, done})
}

// advance notes that further octets have been sent.
func (o *outbox) advance(octets int) {
	o.sent += int64(octets)
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
