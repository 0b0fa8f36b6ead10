package reliable

import (
	"net/netip"
	"time"

	"github.com/vstp-project/vstp/ref/frag"
)

// Transfer is one message on its way to one destination.
type Transfer struct {
	// Owner is for whoever asked for the transfer.
	Owner any

	to           netip.AddrPort
	msgID        uint64 // of an acknowledged or fragmented message
	acknowledged bool   // an ACK is asked for

	whole  []byte          // the datagram of a message that fits one
	pieces *frag.Fragments // a message that does not
	dest   *destination    // where pieces go, and what a window decides on

	state        state
	transmission int       // from 1
	next         int       // the datagram to be sent next in this transmission
	firstSent    time.Time // when the first datagram left
	lastSent     time.Time // when the latest one did
	counted      bool      // the window takes the latest transmission to be under way

	wake   time.Time // when a wait ends
	index  int       // in the agenda of waits
	queued bool      // it stands there
}

// state is where a transfer stands.
type state uint8

const (
	naming       state = iota // waits for a frag-id
	held                      // waits for the window to have room
	transmitting              // has datagrams to send
	waiting                   // for an ACK or the end of its time
	ended
)

// To returns the destination.
func (t *Transfer) To() netip.AddrPort { return t.to }

// MsgID returns the msg-id, or false if the message has none: it is neither
// acknowledged nor fragmented.
func (t *Transfer) MsgID() (id uint64, ok bool) { return t.msgID, t.acknowledged || t.pieces != nil }

// Acknowledged reports whether the transfer asks for an ACK.
func (t *Transfer) Acknowledged() bool { return t.acknowledged }

// Ended reports whether nothing more will be sent, and nothing is waited for.
func (t *Transfer) Ended() bool { return t.state == ended }

// windowed reports whether a window decides when the transfer begins.
func (t *Transfer) windowed() bool { return t.pieces == nil && t.dest != nil }

// datagrams returns the number of datagrams in a transmission.
func (t *Transfer) datagrams() int {
	if t.pieces == nil {
		return 1
	}
	return t.pieces.Len()
}

func (t *Transfer) when() time.Time { return t.wake }
func (t *Transfer) place() *int     { return &t.index }

// destination is what a Sender knows about an address to which it has sent fragments
// or acknowledged messages.
type destination struct {
	addr   netip.AddrPort
	ids    frag.IDs
	pacer  frag.Pacer
	queue  []*Transfer // with fragments to send, the first one first; some may have ended
	naming []*Transfer // waiting for a frag-id, the first one first

	ready  time.Time // when the next fragment may leave
	index  int       // in the agenda of paced destinations
	queued bool      // it stands there

	window *window     // nil before the first acknowledged message in one datagram
	held   []*Transfer // waiting for the window, the first one first; some may have ended
	gate   gate

	older, newer *destination // in the order of their latest messages
}

func (d *destination) when() time.Time { return d.ready }
func (d *destination) place() *int     { return &d.index }

// gate is the place of a destination among those whose window opens in time.
type gate struct {
	dest   *destination
	opens  time.Time
	index  int
	queued bool
}

func (g *gate) when() time.Time { return g.opens }
func (g *gate) place() *int     { return &g.index }

// idle reports whether nothing but the latest frag-id and the window would be lost
// with d.
func (d *destination) idle(now time.Time) bool {
	return len(d.queue) == 0 && len(d.naming) == 0 && len(d.held) == 0 && (d.window == nil || d.window.live == 0) && d.ids.Idle(now)
}

// current returns the transfer whose turn it is, or nil if none has fragments to
// send.
func (d *destination) current() *Transfer {
	for len(d.queue) > 0 {
		if t := d.queue[0]; t.state == transmitting {
			return t
		}
		d.queue[0] = nil
		d.queue = d.queue[1:]
	}
	d.queue = nil
	return nil
}
