package priority

import (
	"errors"

	"github.com/vstp-project/vstp/ref/wire"
)

// What a zero Config stands for.
const (
	DefaultMaxFrames = 256
	DefaultMaxOctets = 1 << 20
	DefaultBurst     = 8
)

// What Push fails with.
var (
	// ErrFull says that there is no room now. It may be tried again after a Pop.
	ErrFull = errors.New("priority: the queue is full")

	// ErrEnded says that the last frame has been pushed.
	ErrEnded = errors.New("priority: the last frame of the connection is queued already [TCP-9] [TCP-16]")
)

// Config sets a Queue up. The zero value of every field is the default named.
type Config struct {
	// MaxFrames and MaxOctets bound what waits, by number and by octets of the encoded
	// frames. Once either is reached no message is taken, and once twice either is
	// reached no control frame, so that what is to be said about the protocol finds
	// room beside what the application says. The frame that reaches MaxOctets may go
	// beyond it, or a large one would never be sent. Zero means DefaultMaxFrames, 256,
	// and DefaultMaxOctets, 1 MiB.
	MaxFrames int
	MaxOctets int

	// Burst is how many frames in a row may be sent ahead of an older one. Zero means
	// DefaultBurst, 8.
	Burst int
}

// withDefaults fills in what is zero.
func (c Config) withDefaults() Config {
	if c.MaxFrames <= 0 {
		c.MaxFrames = DefaultMaxFrames
	}
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
// Frames are kept as they are: their payloads and headers are not to be changed
// before they have come out. A Queue is not safe for concurrent use.
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
	cfg    Config
	lanes  [lanes]lane
	frames int
	octets int
	pushed uint64 // so far: the number of the next frame
	ahead  int    // frames in a row that came out ahead of an older one
	ended  bool
}

// NewQueue returns an empty queue.
func NewQueue(cfg Config) *Queue { return &Queue{cfg: cfg.withDefaults()} }

// Len returns how many frames wait.
func (q *Queue) Len() int { return q.frames }

// Octets returns how many octets the frames that wait have when they are encoded.
func (q *Queue) Octets() int { return q.octets }

// Ended reports whether the last frame has been pushed. It may still wait.
func (q *Queue) Ended() bool { return q.ended }

// Full reports whether Push refuses a frame of type t for want of room: a message
// sooner than a control frame, a BYE never.
func (q *Queue) Full(t wire.Type) bool {
	return t != wire.TypeBye && q.full(laneOf(t) < ordered)
}

// full is Full for a control frame or a message.
func (q *Queue) full(control bool) bool {
	factor := 1
	if control {
		factor = 2
	}
	return q.frames/factor >= q.cfg.MaxFrames || q.octets/factor >= q.cfg.MaxOctets
}

// Push queues f by its priority. A BYE is always queued as by PushLast.
//
// It fails with ErrFull if there is no room and with ErrEnded behind the last frame,
// and queues nothing then.
func (q *Queue) Push(f wire.Frame) error { return q.push(f, laneOf(f.Type)) }

// PushInOrder queues f so that it overtakes nothing, whatever its priority: an ERR
// that answers a request of an Easy client, whose place among the answers says which
// one it answers. It has the room that a message has. It fails as Push does.
func (q *Queue) PushInOrder(f wire.Frame) error { return q.push(f, ordered) }

// PushLast queues f as the last frame of the connection: a BYE, or the ERR that ends
// the connection. It comes out behind all that is queued, and nothing is queued
// behind it. There is always room for it; it fails with ErrEnded if there has been
// one.
func (q *Queue) PushLast(f wire.Frame) error {
	if q.ended {
		return ErrEnded
	}
	q.ended = true
	q.add(f, ordered)
	return nil
}

func (q *Queue) push(f wire.Frame, l int) error {
	switch {
	case f.Type == wire.TypeBye:
		return q.PushLast(f)
	case q.ended:
		return ErrEnded
	case q.full(l < ordered):
		return ErrFull
	}
	q.add(f, l)
	return nil
}

func (q *Queue) add(f wire.Frame, l int) {
	q.lanes[l].push(item{number: q.pushed, frame: f})
	q.pushed++
	q.frames++
	q.octets += f.EncodedLen()
}

// Pop takes out the frame that is to be sent next. The second result is false if
// none waits.
func (q *Queue) Pop() (wire.Frame, bool) {
	if q.frames == 0 {
		return wire.Frame{}, false
	}
	// The ordered lane is the last one. It is the most urgent when all others are
	// empty, and its first frame is then the oldest of all. So it never overtakes.
	urgent, oldest := -1, -1
	for l := range q.lanes {
		switch {
		case q.lanes[l].empty():
		case urgent < 0:
			urgent, oldest = l, l
		case q.lanes[l].first().number < q.lanes[oldest].first().number:
			oldest = l
		}
	}
	next := urgent
	if q.ahead >= q.cfg.Burst {
		next = oldest
	}
	if q.ahead++; next == oldest {
		q.ahead = 0
	}
	f := q.lanes[next].pop().frame
	q.frames--
	q.octets -= f.EncodedLen()
	return f, true
}
