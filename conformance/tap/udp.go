package tap

import (
	"time"

	"github.com/vstp-project/vstp/conformance/dissect"
)

const (
	// maxMessages is how many of the latest messages of a direction are remembered.
	maxMessages = 1024
	// maxPings is how many of the latest PING of a direction are remembered.
	maxPings = 256

	costMessage = 512
	costPiece   = 64
)

// udpConversation is what goes between two addresses and ports.
type udpConversation struct {
	conversation
	dirs [2]udpDirection // by the side that sends
}

// udpDirection is what one side has sent.
type udpDirection struct {
	number   int
	messages map[string]*message // by msg-id
	order    []string            // of messages, oldest first
	uses     map[int]*use        // of frag-id
	lastUse  *use
	pace     []time.Time // of the latest fragments, where their times are exact

	// What has arrived at the other side.
	valid, invalid int
	octets         int64
	largest        int // datagram
	largestHello   int
	acks           map[string]*ackable
	ackOrder       []string
	acksForgot     bool
	pings          map[digest]int
	pingOrder      []digest
	pingsForgot    bool

	answered int64 // octets of WELCOME, PONG, ACK and ERR that it has sent
	inflated bool  // the sum has been found fault with
}

// use is the use of a frag-id for a message.
type use struct {
	msgID string
	last  time.Time
	acked bool
}

// A Datagram is one datagram on its way between two sides.
type Datagram struct {
	// Conversation names the two addresses and ports.
	Conversation string
	// From is the side that sent it.
	From   Side
	Octets []byte // not kept
	// Exact says that the time at which it was sent is that of the kernel and not that
	// at which the tap got round to it.
	Exact bool
}

// DatagramSent takes a datagram when a side has sent it.
func (t *Tap) DatagramSent(now time.Time, d Datagram) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.summary.Datagrams++
	t.summary.Octets += int64(len(d.Octets))
	if c := t.pair(now, d.Conversation); c != nil {
		c.sent(now, d)
	}
}

// DatagramArrived takes a datagram when it has arrived at the side that it was sent
// to. One that is lost never arrives.
func (t *Tap) DatagramArrived(now time.Time, d Datagram) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if c := t.udp[d.Conversation]; c != nil && !c.givenUp {
		c.arrived(now, d)
	}
}

// pair finds or begins a conversation; nil if it is not watched.
func (t *Tap) pair(now time.Time, name string) *udpConversation {
	c := t.udp[name]
	if c == nil {
		if len(t.tcp)+len(t.udp) >= t.o.MaxConversations && !t.evict(now) {
			t.summary.Unwatched++
			return nil
		}
		c = &udpConversation{conversation: conversation{tap: t, name: name, transport: "udp"}}
		t.udp[name] = c
		t.summary.Conversations++
	}
	c.last = now
	if c.givenUp {
		return nil
	}
	return c
}

// evict makes room by forgetting the conversation that has been idle for longest.
func (t *Tap) evict(now time.Time) bool {
	var oldest *udpConversation
	for _, c := range t.udp {
		if now.Sub(c.last) >= idleUDP && (oldest == nil || c.last.Before(oldest.last)) {
			oldest = c
		}
	}
	if oldest == nil {
		return false
	}
	oldest.free(oldest.held)
	delete(t.udp, oldest.name)
	return true
}

func (c *udpConversation) hold(now time.Time, n int64) bool {
	if !c.conversation.hold(now, n) {
		c.dirs = [2]udpDirection{}
		return false
	}
	return true
}

// sent judges a datagram.
func (c *udpConversation) sent(now time.Time, g Datagram) {
	by := g.From
	d := &c.dirs[by]
	d.number++
	f := dissect.DecodeDatagram(g.Octets, c.tap.decodeOptions())
	what := factOf(f)
	what.size = len(g.Octets)
	at := place{number: d.number, octets: g.Octets}
	c.frame(now, by, f, what, at)
	if what.class == "" {
		c.tap.summary.frame(by, what)
	}
	if c.tap.o.Complete {
		c.answers(now, by, what, at)
	}
	if what.class != "" {
		return
	}
	switch f.Type {
	case dissect.TypeAck:
		c.ack(now, by, what, at)
	case dissect.TypePong:
		c.pong(now, by, what, at)
	case dissect.TypeData:
		c.data(now, by, d, g, f, what, at)
	case dissect.TypeWelcome:
		if by == Client {
			c.note(now, "the client sends WELCOME, which is the server's to send")
		}
	}
}

// answers judges the frames that the protocol generates by what they answer, and
// whether anything may be answered at all. [UDP-11] [UDP-5]
func (c *udpConversation) answers(now time.Time, by Side, what fact, at place) {
	from, d := &c.dirs[by.Other()], &c.dirs[by]
	if by != Server {
		return
	}
	if from.valid == 0 && from.invalid > 0 {
		c.find(now, by, "UDP-5", at, "the server sends something, and only invalid datagrams have come from this client (%d)", from.invalid)
	}
	if !what.answer() || from.octets == 0 {
		return
	}
	d.answered += int64(what.size)
	request, name := from.largest, "datagram"
	if what.typ == dissect.TypeWelcome {
		request, name = from.largestHello, "HELLO"
	}
	switch {
	case what.size > 3*request:
		c.find(now, by, "UDP-11", at, "the answer has %d octets, more than three times the %d of the largest %s that has come", what.size, request, name)
	case d.answered > 3*from.octets && !d.inflated:
		d.inflated = true
		c.find(now, by, "UDP-11", at, "the answers of the protocol have %d octets in all, more than three times the %d of all datagrams that have come", d.answered, from.octets)
	}
}

func (c *udpConversation) ack(now time.Time, by Side, what fact, at place) {
	from := &c.dirs[by.Other()]
	if !c.tap.o.Complete || from.acksForgot || what.id == "" {
		return
	}
	a := from.acks[what.id]
	if a == nil {
		c.find(now, by, "ACK-3", at, "an ACK for msg-id %.40q, under which nothing has arrived", what.id)
		return
	}
	asked := a.asked
	m := from.messages[what.id]
	if m != nil && m.fragmented {
		asked = m.copies()
	}
	a.acked++
	if m != nil && m.muddled {
		return
	}
	switch {
	case asked == 0 && a.forbid != "":
		c.find(now, by, a.forbid, at, "an ACK for %s (msg-id %.40q)", a.why, what.id)
	case asked == 0:
		c.find(now, by, "ACK-2", at, "an ACK for the message with msg-id %.40q, of which %d of %d fragments have arrived", what.id, len(m.came), m.total)
	case a.acked > asked:
		c.find(now, by, "ACK-1", at, "ACK number %d for the message with msg-id %.40q, of which %d copies have arrived", a.acked, what.id, asked)
	case m != nil && !m.lastCame.IsZero() && now.Sub(m.lastCame) > ackLimit+ackMargin:
		c.find(now, by, "ACK-12", at, "the ACK comes %v after the latest datagram of the message", now.Sub(m.lastCame).Round(time.Millisecond))
	}
}

const (
	ackLimit = 500 * time.Millisecond // [ACK-12]
	// ackMargin is what the way between tap and receiver, and a busy host, may take.
	ackMargin = time.Second
)

func (c *udpConversation) pong(now time.Time, by Side, what fact, at place) {
	from := &c.dirs[by.Other()]
	if c.tap.o.Complete && !from.pingsForgot && len(from.pingOrder) > 0 && from.pings[what.payload] == 0 {
		c.find(now, by, "UDP-13", at, "a PONG with another payload than any of the %d PING that have come", len(from.pingOrder))
	}
}

// arrived notes what follows from a datagram for its receiver.
func (c *udpConversation) arrived(now time.Time, g Datagram) {
	d := &c.dirs[g.From]
	f := dissect.DecodeDatagram(g.Octets, c.tap.decodeOptions())
	what := factOf(f)
	d.octets += int64(len(g.Octets))
	d.largest = max(d.largest, len(g.Octets))
	if what.class != "" {
		d.invalid++
		return
	}
	d.valid++
	switch f.Type {
	case dissect.TypeHello:
		d.largestHello = max(d.largestHello, len(g.Octets))
	case dissect.TypePing:
		if !c.pinged(now, d, what.payload) {
			return
		}
	case dissect.TypeAck:
		c.acked(now, g.From.Other(), what.id)
	case dissect.TypeData:
		if m := d.messages[what.id]; m != nil {
			m.arrive(now, f)
		}
	}
	c.takeID(now, d, f, what)
}

// pinged remembers a PING. It returns false if the conversation was given up.
func (c *udpConversation) pinged(now time.Time, d *udpDirection, payload digest) bool {
	if len(d.pingOrder) >= maxPings {
		oldest := d.pingOrder[0]
		d.pingOrder = d.pingOrder[1:]
		if d.pings[oldest]--; d.pings[oldest] == 0 {
			delete(d.pings, oldest)
		}
		d.pingsForgot = true
		c.free(costID)
	}
	if !c.hold(now, costID) {
		return false
	}
	if d.pings == nil {
		d.pings = map[digest]int{}
	}
	d.pings[payload]++
	d.pingOrder = append(d.pingOrder, payload)
	return true
}

// takeID notes whether a datagram can be acknowledged.
func (c *udpConversation) takeID(now time.Time, d *udpDirection, f dissect.Frame, what fact) {
	if what.id == "" {
		return
	}
	a := d.acks[what.id]
	if a == nil {
		if len(d.ackOrder) >= maxIDs {
			delete(d.acks, d.ackOrder[0])
			d.ackOrder = d.ackOrder[1:]
			d.acksForgot = true
			c.free(costID)
		}
		if !c.hold(now, costID) {
			return
		}
		if d.acks == nil {
			d.acks = map[string]*ackable{}
		}
		a = &ackable{}
		d.acks[what.id] = a
		d.ackOrder = append(d.ackOrder, what.id)
	}
	switch {
	case what.answer():
		a.forbid, a.why = "ACK-7", "an ACK, PONG, WELCOME or ERR"
	case !what.has(dissect.FlagReqAck):
		a.forbid, a.why = "ACK-3", "a frame without REQ_ACK"
	case !what.validID:
		a.forbid, a.why = "ACK-4", "a frame whose msg-id is not valid"
	case what.badGzip:
		a.forbid, a.why = "CMP-6", "a message whose payload is no gzip member"
	case what.has(dissect.FlagFrag) && hasViolation(f, "FRG-3"):
		a.forbid, a.why = "FLG-5", "a malformed fragment"
	case !what.has(dissect.FlagFrag):
		a.asked++
	}
}

func hasViolation(f dissect.Frame, requirement string) bool {
	for _, v := range f.Violations {
		if v.Requirement == requirement {
			return true
		}
	}
	return false
}
