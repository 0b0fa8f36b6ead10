package tap

import (
	"math"
	"time"

	"github.com/vstp-project/vstp/conformance/dissect"
)

// message is a message that was sent over UDP under a msg-id.
type message struct {
	id         string
	asked      bool // for an ACK
	fragmented bool
	whole      digest // the datagram, if it is not fragmented
	payload    digest // likewise
	fragID     int
	total      int
	own        digest // TYPE, FLAGS and own headers, of fragments
	ownSize    int    // octets of the own headers
	pieces     map[int]piece
	judged     bool // that its fragments were needed has been looked at

	current       map[int]bool // the fragments of this transmission
	transmissions int
	last          time.Time // of the latest datagram
	exact         bool      // last is
	acked         time.Time // when an ACK arrived; zero for never
	muddled       bool      // something else was sent under its msg-id

	came     map[int]int // how often each fragment has arrived; key 0 if not fragmented
	lastCame time.Time
}

// piece is a fragment as it was sent.
type piece struct {
	datagram digest
	size     int // of the payload
}

// copies is how often a message can have become complete at its receiver.
func (m *message) copies() int {
	if len(m.came) < m.total {
		return 0
	}
	least := math.MaxInt
	for _, n := range m.came {
		least = min(least, n)
	}
	return least
}

// arrive counts a datagram of the message that has arrived.
func (m *message) arrive(now time.Time, f dissect.Frame) {
	index := 0
	if m.fragmented {
		n, ok := small(f, dissect.KeyFragIndex)
		if !ok || n >= m.total {
			return
		}
		index = n
	}
	m.came[index]++
	m.lastCame = now
}

// acked notes that an ACK has arrived at the sender of a message.
func (c *udpConversation) acked(now time.Time, sender Side, id string) {
	d := &c.dirs[sender]
	m := d.messages[id]
	if m == nil || !m.acked.IsZero() {
		return
	}
	m.acked = now
	if u := d.uses[m.fragID]; m.fragmented && u != nil && u.msgID == id {
		u.acked = true
	}
}

// data judges a DATA datagram by the messages before it.
func (c *udpConversation) data(now time.Time, by Side, d *udpDirection, g Datagram, f dissect.Frame, what fact, at place) {
	fragment := f.Flags&dissect.FlagFrag != 0
	index, okIndex := small(f, dissect.KeyFragIndex)
	total, okTotal := small(f, dissect.KeyFragTotal)
	fragID, okID := small(f, dissect.KeyFragID)
	if fragment {
		if !okIndex || !okTotal || !okID || index >= total || hasViolation(f, "FRG-3") {
			return // said already
		}
		c.pace(now, by, d, g, at)
	}
	if !what.validID {
		return
	}
	m := d.messages[what.id]
	known := m != nil
	switch {
	case !known:
		if m = c.begin(now, d, g, f, what, fragID, total); m == nil {
			return
		}
	case c.contradicts(now, by, d, m, g, f, what, fragID, total, index, at):
		m.muddled = true
		return
	}
	if fragment {
		c.use(now, by, d, m, at)
		if !c.piece(now, by, m, g, f, index, at) {
			return
		}
	}
	c.transmission(now, by, m, g, index, known, at)
}

// begin remembers a message; it returns nil if the conversation was given up.
func (c *udpConversation) begin(now time.Time, d *udpDirection, g Datagram, f dissect.Frame, what fact, fragID, total int) *message {
	if len(d.order) >= maxMessages {
		oldest := d.messages[d.order[0]]
		c.free(costMessage + costPiece*int64(len(oldest.pieces)))
		delete(d.messages, d.order[0])
		d.order = d.order[1:]
		d.acksForgot = true
	}
	if !c.hold(now, costMessage) {
		return nil
	}
	m := newMessage(g, f, what, fragID, total)
	if d.messages == nil {
		d.messages = map[string]*message{}
	}
	d.messages[what.id] = m
	d.order = append(d.order, what.id)
	return m
}

// own is what all fragments of a message have in common, and how many octets its
// headers have.
func own(f dissect.Frame) (digest, int) {
	parts, size := [][]byte{{f.Type, f.Flags}}, 0
	for _, h := range f.Headers {
		switch string(h.Key) {
		case dissect.KeyFragID, dissect.KeyFragIndex, dissect.KeyFragTotal:
			continue
		}
		parts = append(parts, h.Key, h.Value)
		size += 2 + len(h.Key) + len(h.Value)
	}
	return digestOf(parts...), size
}

// contradicts reports a datagram that cannot be of the message that was sent under
// its msg-id before.
func (c *udpConversation) contradicts(now time.Time, by Side, d *udpDirection, m *message, g Datagram, f dissect.Frame, what fact, fragID, total, index int, at place) bool {
	fragment := what.has(dissect.FlagFrag)
	if now.Sub(m.last) > c.tap.scaled(sourceKept) {
		// Whoever has the address now need not be who had it then.
		c.free(costPiece * int64(len(m.pieces)))
		*m = *newMessage(g, f, what, fragID, total)
		if a := d.acks[m.id]; a != nil {
			*a = ackable{}
		}
		return false
	}
	switch {
	case fragment != m.fragmented:
		c.find(now, by, "ACK-11", at, "the msg-id %s is that of an earlier message, which was%s fragmented", m.id, map[bool]string{true: "", false: " not"}[m.fragmented])
	case !fragment:
		if digestOf(g.Octets) == m.whole {
			return false
		}
		if digestOf(f.Payload) == m.payload && m.asked {
			c.find(now, by, "RTX-10", at, "the message with msg-id %s is sent again with the same payload and other octets around it", m.id)
		} else {
			c.find(now, by, "ACK-11", at, "the msg-id %s is that of an earlier message with other content", m.id)
		}
	case fragID != m.fragID:
		before, known := m.pieces[index]
		if m.asked && known && before.size == len(f.Payload) && total == m.total {
			c.find(now, by, "RTX-7", at, "the message with msg-id %s is sent again under frag-id %d, and it was sent under %d", m.id, fragID, m.fragID)
		} else {
			c.find(now, by, "ACK-11", at, "the msg-id %s is that of an earlier fragmented message, with frag-id %d", m.id, m.fragID)
		}
	case total != m.total:
		c.find(now, by, "FRG-4", at, "a fragment of the message with msg-id %s and frag-id %d has frag-total %d, and one before it %d", m.id, fragID, total, m.total)
	default:
		if common, _ := own(f); common == m.own {
			return false
		}
		c.find(now, by, "FRG-10", at, "a fragment of the message with msg-id %s has other FLAGS or headers than the first", m.id)
	}
	return true
}

// sourceKept is for how long an address is taken for the same sender.
const sourceKept = 30 * time.Second

// newMessage is a message of which a first datagram is sent.
func newMessage(g Datagram, f dissect.Frame, what fact, fragID, total int) *message {
	m := &message{
		id: what.id, asked: what.has(dissect.FlagReqAck), fragmented: what.has(dissect.FlagFrag),
		current: map[int]bool{}, came: map[int]int{}, total: 1,
	}
	if m.fragmented {
		m.fragID, m.total, m.pieces = fragID, total, map[int]piece{}
		m.own, m.ownSize = own(f)
	} else {
		m.whole, m.payload = digestOf(g.Octets), what.payload
	}
	return m
}

// piece judges a fragment by how it was sent before. It returns false if the
// conversation was given up.
func (c *udpConversation) piece(now time.Time, by Side, m *message, g Datagram, f dissect.Frame, index int, at place) bool {
	this := piece{digestOf(g.Octets), len(f.Payload)}
	before, known := m.pieces[index]
	switch {
	case known && before == this:
	case known && before.size != this.size:
		c.find(now, by, "RTX-7", at, "fragment %d of the message with msg-id %s has %d octets of payload, and it was sent with %d", index, m.id, this.size, before.size)
	case known:
		c.find(now, by, "RTX-10", at, "fragment %d of the message with msg-id %s is sent again with other octets", index, m.id)
	default:
		if !c.hold(now, costPiece) {
			return false
		}
		m.pieces[index] = this
	}
	if len(m.pieces) == m.total && !m.judged {
		m.judged = true
		payload := 0
		for _, p := range m.pieces {
			payload += p.size
		}
		if encoded := 15 + m.ownSize + payload; encoded <= maxDatagram {
			c.find(now, by, "FRG-2", at, "the message with msg-id %s is cut into %d fragments, and as one frame it would have %d octets", m.id, m.total, encoded)
		}
	}
	return true
}

const maxDatagram = 1200 // octets [FRG-2]

// use judges the use of a frag-id. [FRG-8] [FRG-9]
func (c *udpConversation) use(now time.Time, by Side, d *udpDirection, m *message, at place) {
	u := d.uses[m.fragID]
	if u != nil && u.msgID == m.id {
		u.last = now
		d.lastUse = u
		return
	}
	if c.tap.o.Complete && u != nil {
		gap := now.Sub(u.last)
		switch {
		case u == d.lastUse:
			c.find(now, by, "FRG-8", at, "the messages with msg-id %s and %s follow each other under the same frag-id %d", u.msgID, m.id, m.fragID)
		case !u.acked && gap < c.tap.scaled(fragIDKept):
			c.find(now, by, "FRG-9", at, "the frag-id %d is used again after %v, and the message with msg-id %s, which had it, was not acknowledged", m.fragID, gap.Round(time.Millisecond), u.msgID)
		}
	}
	if d.uses == nil {
		d.uses = map[int]*use{}
	}
	u = &use{msgID: m.id, last: now}
	d.uses[m.fragID], d.lastUse = u, u
}

// fragIDKept is the 30 s of FRG-9, less a margin for the way to the tap.
const fragIDKept = 29 * time.Second

const (
	paceFragments = 64
	// paceMargin is how many more there may be: what was sent apart can arrive close
	// together.
	paceMargin = 32
	paceWindow = 10 * time.Millisecond
)

// pace judges how close together fragments are. [FRG-13]
func (c *udpConversation) pace(now time.Time, by Side, d *udpDirection, g Datagram, at place) {
	if !c.tap.o.Complete || !g.Exact {
		d.pace = nil
		return
	}
	d.pace = append(d.pace, now)
	if n := len(d.pace); n > paceFragments+paceMargin {
		if now.Sub(d.pace[0]) < paceWindow {
			c.find(now, by, "FRG-13", at, "%d fragments within %v", n, now.Sub(d.pace[0]))
			d.pace = nil // each burst is said once
			return
		}
		d.pace = append(d.pace[:0], d.pace[1:]...)
	}
}
