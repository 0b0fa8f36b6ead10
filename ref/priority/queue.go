package priority

import (
	"errors"

	"github.com/vstp-project/vstp/ref/wire"
)

// What a zero Config stands for.
const (
	DefaultMaxOctets = 128 << 10
	DefaultBurst     = 8
)

// ErrEnded is what Push fails with behind the last frame.
var ErrEnded = errors.New("priority: the last frame of the connection is queued already [TCP-9] [TCP-16]")

// Config sets a Queue up. The zero value of every field is the default named.
type Config struct {
	// MaxOctets bounds what waits, by octets of the encoded frames: when it is reached
	// the Queue is full for messages, and when twice as much is reached, for control
	// frames too, so that what is to be said about the protocol finds room beside what
	// the application says. Zero means DefaultMaxOctets, 128 KiB.
	MaxOctets int

	// Burst is how many frames in a row may be sent ahead of an older one. Zero means
	// DefaultBurst, 8.
	Burst int
}

// withDefaults fills in what is zero.
func (c Config) withDefaults() Config {
	if c.MaxOctets <= 0 {
		c.MaxOctets = DefaultMaxOctets
	}
	if c.Burst <= 0 {
		c.Burst = DefaultBurst
	}
	return c
}

// Queue holds the frames that wait to be sent on one connection.
//
// Frames of higher priority come out first, those of one priority in the order in
// which they went in. After Burst frames that came out ahead of an older one, the
// oldest of all comes out, whatever its priority, so that none waits for ever: a
// frame with n older ones comes out at the latest as number (Burst + 1) × (n + 1).
//
// Three kinds of frames overtake nothing at all: DATA and types beyond the eight,
// which have the lowest priority; BYE, in spite of its priority; and what is pushed by
// PushInOrder or PushLast. They come out when they are the oldest.
//
// Frames are encoded as they go in, so that they may be changed after that, and come
// out many at a time, as what is to be written in one go. A Queue is not safe for
// concurrent use.
//
// "A sender with several frames queued SHOULD transmit those of higher priority
// first." [PRI-2]
//
// "A sender MUST NOT let a BYE, an ERR that ends the connection or an ERR that
// answers an Easy request overtake a frame queued before it on the same
// connection." [PRI-3]
//
// "A sender MUST NOT change the order of the DATA frames of one connection." [PRI-4]
type Queue struct {
	cfg     Config
	lanes   [lanes]lane
	frames  int
	octets  int
	ordered int64  // octets so far of frames that overtake nothing
	pushed  uint64 // frames so far: the number of the next one
	run     int    // frames in a row that came out ahead of an older one
	ended   bool
}

// NewQueue returns an empty queue.
func NewQueue(cfg Config) *Queue { return &Queue{cfg: cfg.withDefaults()} }

// Len returns how many frames wait.
func (q *Queue) Len() int { return q.frames }

// Octets returns how many octets the frames that wait have.
func (q *Queue) Octets() int { return q.octets }

// Ordered returns how many octets the frames that overtake nothing have, all that were
// ever pushed. They come out in the order in which they went in.
func (q *Queue) Ordered() int64 { return q.ordered }

// Ended reports whether the last frame has been pushed. It may still wait.
func (q *Queue) Ended() bool { return q.ended }

// Full reports whether what waits has reached the bound for messages. Nothing is refused
// for that: it is for the pusher to wait, as it is for him to know when he must not. What
// is owed because of a frame that was read goes beyond.
func (q *Queue) Full() bool { return q.octets >= q.cfg.MaxOctets }

// FullForControl reports whether what waits has reached the bound for control frames.
func (q *Queue) FullForControl() bool { return q.octets/2 >= q.cfg.MaxOctets }

// Push queues f by its priority. A BYE is always queued as by PushLast.
//
// It fails with ErrEnded behind the last frame, and as wire.Frame.AppendBinary does, and
// queues nothing then.
func (q *Queue) Push(f wire.Frame) error {
	if f.Type == wire.TypeBye {
		return q.PushLast(f)
	}
	return q.push(f, laneOf(f.Type))
}

// PushInOrder queues f so that it overtakes nothing, whatever its priority: an ERR
// that answers a request of an Easy client, whose place among the answers says which
// one it answers, or the ERR that ends the connection. It fails as Push does.
func (q *Queue) PushInOrder(f wire.Frame) error {
	if f.Type == wire.TypeBye {
		return q.PushLast(f)
	}
	return q.push(f, ordered)
}

// PushLast queues f as the last frame of the connection: a BYE, or the ERR that ends
// the connection. It comes out behind all that is queued, and nothing is queued
// behind it. It fails as Push does.
func (q *Queue) PushLast(f wire.Frame) error {
	if err := q.push(f, ordered); err != nil {
		return err
	}
	q.ended = true
	return nil
}

func (q *Queue) push(f wire.Frame, l int) error {
	if q.ended {
		return ErrEnded
	}
	size, err := q.lanes[l].push(q.pushed, f)
	if err != nil {
		return err
	}
	q.pushed++
	q.frames++
	q.octets += size
	if l == ordered {
		q.ordered += int64(size)
	}
	return nil
}

// Take takes out what is to be sent next: frames that have at least the given octets
// together, if so many wait, and not one more than that takes. Where there is nothing to
// decide, because none of those that wait may overtake another, it is as many frames as
// make 64 KiB, whatever is asked for. It returns nil if none waits.
//
// The Batch is the caller's until he gives it back by Free.
func (q *Queue) Take(octets int) *Batch {
	if q.frames == 0 {
		return nil
	}
	if urgent, _ := q.next(); q.lanes[urgent].frames == q.frames {
		return q.takeBatch(urgent)
	}
	b := newBatch()
	for q.frames > 0 && len(b.octets) < octets {
		l := q.choose()
		size := q.lanes[l].pop(b)
		q.frames--
		q.octets -= size
		if l != ordered {
			b.ahead += size
		}
	}
	return b
}

// takeBatch takes out the oldest batch of the only lane in which something waits.
func (q *Queue) takeBatch(l int) *Batch {
	b, frames := q.lanes[l].popBatch()
	size := len(b.Octets())
	if l != ordered {
		b.ahead = size
	}
	q.frames -= frames
	q.octets -= size
	q.run = 0
	return b
}

// choose returns the lane of the frame that is to be sent next.
func (q *Queue) choose() int {
	urgent, oldest := q.next()
	next := urgent
	if q.run >= q.cfg.Burst {
		next = oldest
	}
	if q.run++; next == oldest {
		q.run = 0
	}
	return next
}

// next returns the lane of the most urgent frame that waits and that of the oldest. The
// ordered lane is the last one: it is the most urgent when all others are empty, and its
// first frame is then the oldest of all. So it never overtakes.
func (q *Queue) next() (urgent, oldest int) {
	urgent, oldest = -1, -1
	for l := range q.lanes {
		switch {
		case q.lanes[l].empty():
		case urgent < 0:
			urgent, oldest = l, l
		case q.lanes[l].first().number < q.lanes[oldest].first().number:
			oldest = l
		}
	}
	return urgent, oldest
}
