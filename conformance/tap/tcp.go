package tap

import (
	"time"

	"github.com/vstp-project/vstp/conformance/dissect"
)

const (
	// maxFlying bounds the frames of one direction that were sent and have not arrived,
	// and what a side owes.
	maxFlying = 1 << 16
	// maxIDs is how many of the latest msg-id of a direction are remembered.
	maxIDs = 8192

	costFact = 160
	costID   = 96
)

// tcpConversation is one connection.
type tcpConversation struct {
	conversation
	server  string // what is served there, for session identifiers
	late    bool   // its beginning was not seen
	reset   bool   // it did not come to an orderly end
	sides   [2]tcpSide
	session string // the session-id of its first WELCOME
	greeted bool   // there was one
}

// tcpSide is one side of a connection: what it has sent, and what it has received.
type tcpSide struct {
	buf      []byte
	position int64 // of the first octet of buf in the stream
	skip     int64 // octets of a frame that is too large to look into
	blind    bool  // where the next frame begins is not known
	frames   int   // that were whole
	hello    bool  // it has sent HELLO
	bye      bool  // it has sent BYE
	left     bool  // of its own accord, before the other side had ended anything
	lastErr  fact  // the latest frame, if that is an ERR
	early    *place
	fatal    string // the first fatal fault in what it has sent, by its class
	fin      bool
	flying   []fact          // sent, and not arrived
	ids      map[string]sent // of its DATA
	order    []string        // of ids, oldest first
	spoke    bool            // any octets

	received duties
}

// sent is a DATA frame that was sent under a msg-id.
type sent struct {
	frame digest
	asked bool // for an ACK
}

// duties are what a side has received, as far as it bears on what it may send.
type duties struct {
	octets   int64 // that have arrived
	frames   int   // that were whole
	hellos   int
	owed     []duty
	lastPong fact // the latest PING that was answered
	answered bool
	acks     map[string]*ackable
	idless   int // frames that ask for an ACK and have no valid msg-id
	ackOrder []string
	forgot   bool // acks does not have all of them any more
	fatal    string
	fatalErr bool // the ERR for the fatal fault has been sent
	ghosts   map[digest]bool
	bye, end bool
	errs     []owedErr
}

// duty is a WELCOME or PONG that is owed.
type duty struct {
	hello bool
	ping  fact
}

// owedErr is an ERR that is owed, by the requirement and the codes that will do.
type owedErr struct {
	requirement, what string
	codes             []uint64
}

// ackable is what was received under a msg-id.
type ackable struct {
	asked  int    // frames that ask for an ACK and can be acknowledged
	acked  int    // ACKs
	forbid string // the requirement by which what did come is not acknowledged
	why    string
}

// Sent takes octets that a side of a TCP connection has sent. server names what is
// served, and is the same for all connections to one server. The octets are not kept.
func (t *Tap) Sent(now time.Time, name, server string, by Side, octets []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if c := t.connection(now, name, server); c != nil {
		t.summary.Octets += int64(len(octets))
		c.sent(now, by, octets)
	}
}

// Arrived takes the number of octets of a TCP connection that have arrived at a side,
// in addition to those before, out of those that the other side has sent.
func (t *Tap) Arrived(now time.Time, name string, to Side, octets int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if c := t.tcp[name]; c != nil && !c.givenUp {
		c.arrived(now, to, int64(octets))
	}
}

// Ended takes the end of what a side of a TCP connection sends, its FIN.
func (t *Tap) Ended(now time.Time, name string, by Side) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if c := t.tcp[name]; c != nil && !c.givenUp && !c.sides[by].fin {
		c.ended(now, by)
	}
}

// EndArrived takes the arrival of the FIN of the other side at a side.
func (t *Tap) EndArrived(_ time.Time, name string, to Side) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if c := t.tcp[name]; c != nil {
		c.sides[to].received.end = true
	}
}

// Late says that the beginning of a TCP connection was not seen, before any of its
// octets are passed in.
func (t *Tap) Late(now time.Time, name, server string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if c := t.connection(now, name, server); c != nil && !c.late {
		c.late = true
		c.note(now, "the beginning was not seen: what follows from it is not judged")
	}
}

// Reset takes the abortion of a TCP connection: nothing is owed on it any more.
func (t *Tap) Reset(_ time.Time, name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if c := t.tcp[name]; c != nil {
		c.reset = true
	}
}

// Closed takes the end of a TCP connection in both directions. Its name can be used
// for another one then.
func (t *Tap) Closed(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if c := t.tcp[name]; c != nil {
		if !c.givenUp {
			c.free(c.held)
		}
		delete(t.tcp, name)
	}
}

// connection finds or begins a conversation; nil if it is not watched.
func (t *Tap) connection(now time.Time, name, server string) *tcpConversation {
	c := t.tcp[name]
	if c == nil {
		if len(t.tcp)+len(t.udp) >= t.o.MaxConversations {
			t.summary.Unwatched++
			return nil
		}
		c = &tcpConversation{conversation: conversation{tap: t, name: name, transport: "tcp"}, server: server}
		t.tcp[name] = c
		t.summary.Conversations++
	}
	if c.givenUp {
		return nil
	}
	c.last = now
	return c
}

// abandon gives the conversation up, and lets go of what it holds.
func (c *tcpConversation) abandon() {
	if !c.givenUp {
		c.giveUp()
	}
	c.sides = [2]tcpSide{}
}

func (c *tcpConversation) hold(now time.Time, n int64) bool {
	if !c.conversation.hold(now, n) {
		c.sides = [2]tcpSide{}
		return false
	}
	return true
}

// sent takes octets apart into frames.
func (c *tcpConversation) sent(now time.Time, by Side, octets []byte) {
	s := &c.sides[by]
	if s.blind || len(octets) == 0 {
		return
	}
	if !s.spoke {
		s.spoke = true
		if octets[0] == 0x16 && by == Client {
			c.note(now, "the client begins like TLS, which cannot be looked into: this conversation is not judged")
			c.abandon()
			return
		}
		if c.late && octets[0] != 'V' {
			c.note(now, "the first octets of the %v that were seen are not those of a frame: what it sends is not judged", by)
			s.blind = true
			return
		}
	}
	if s.skip > 0 {
		passed := min(s.skip, int64(len(octets)))
		s.skip, s.position = s.skip-passed, s.position+passed
		octets = octets[passed:]
	}
	if !c.hold(now, int64(len(octets))) {
		return
	}
	s.buf = append(s.buf, octets...)
	for len(s.buf) > 0 && !s.blind && !c.givenUp {
		if c.cut(now, by, s) {
			break
		}
	}
}

// cut takes one frame from what a side has sent, and says whether there is none.
func (c *tcpConversation) cut(now time.Time, by Side, s *tcpSide) (none bool) {
	if size := s.whole(); size > int64(len(s.buf)) {
		if size > c.tap.o.MaxFrame {
			c.note(now, "a frame of %d octets of the %v, which is too large to look into, is passed over", size, by)
			s.frames++
			s.skip = size - int64(len(s.buf))
			s.flying = append(s.flying, fact{end: s.position + size, typ: s.buf[3], flags: s.buf[4], known: true, class: "FrameTooLarge"})
			c.drop(s, len(s.buf))
		}
		return true
	}
	f := dissect.Decode(s.buf, c.tap.decodeOptions())
	class := f.Class()
	if class == "Incomplete" {
		return true
	}
	what := factOf(f)
	at := place{number: s.frames + 1, position: s.position}
	what.end = s.position + f.Total
	switch class {
	case "InvalidMagic", "InvalidVersion":
		at.octets = s.buf
		what.end = s.position + int64(min(len(s.buf), 3))
		c.frame(now, by, f, what, at)
		s.blind = true
	default:
		at.octets = f.Raw
		s.frames++
		c.tap.summary.frame(by, what)
		c.frame(now, by, f, what, at)
		c.judge(now, by, f, what, at)
		if c.givenUp {
			return true
		}
	}
	if len(s.flying) >= maxFlying || !c.hold(now, costFact) {
		c.abandon()
		return true
	}
	s.flying = append(s.flying, what)
	if s.fatal == "" && isFatal(class) {
		s.fatal = class
	}
	if s.blind {
		c.drop(s, len(s.buf))
		return true
	}
	c.drop(s, int(f.Total))
	return false
}

// whole is how many octets the frame at the beginning of the buffer takes, as far as
// that is known; 0 if it does not begin like a frame.
func (s *tcpSide) whole() int64 {
	b := s.buf
	if len(b) < 11 || b[0] != 'V' || b[1] != 'T' || b[2] != 1 {
		return 0
	}
	return 15 + int64(b[5]) + int64(b[6])<<8 + int64(b[7])<<24 + int64(b[8])<<16 + int64(b[9])<<8 + int64(b[10])
}

func (c *tcpConversation) drop(s *tcpSide, n int) {
	c.free(int64(n))
	s.position += int64(n)
	s.buf = s.buf[n:]
	if len(s.buf) == 0 {
		s.buf = nil
	}
}

// isFatal says whether a receiver ends the connection for a fault. [TCP-13] [TCP-14]
func isFatal(class string) bool {
	switch class {
	case "InvalidMagic", "InvalidVersion", "CrcMismatch", "Protocol":
		return true
	}
	return false
}

// fatalCodes are the codes of the ERR that says so. [TCP-16]
var fatalCodes = map[string]uint64{"InvalidVersion": 3, "CrcMismatch": 6, "Protocol": 2}

// arrived lets frames arrive.
func (c *tcpConversation) arrived(now time.Time, to Side, octets int64) {
	d, from := &c.sides[to].received, &c.sides[to.Other()]
	d.octets += octets
	for len(from.flying) > 0 && from.flying[0].end <= d.octets {
		f := from.flying[0]
		from.flying = from.flying[1:]
		c.free(costFact)
		d.frames++
		if !c.take(now, d, to, f) {
			return
		}
	}
	if len(from.flying) == 0 {
		from.flying = nil
	}
}

// take notes what follows from a frame that a side has received. It returns false if
// the conversation was given up.
func (c *tcpConversation) take(now time.Time, d *duties, to Side, f fact) bool {
	switch {
	case d.bye:
		return true // nobody looks at it [TCP-9]
	case d.fatal != "":
		if f.class == "" && f.typ == dissect.TypePing && !f.empty && len(d.ghosts) < maxIDs {
			if d.ghosts == nil {
				d.ghosts = map[digest]bool{}
			}
			d.ghosts[f.payload] = true
			return c.hold(now, costID)
		}
		return true
	case isFatal(f.class):
		d.fatal = f.class
		return true
	case f.class == "FrameTooLarge":
		d.forgot = true
		return true
	}
	if len(d.owed) >= maxFlying || len(d.errs) >= maxFlying {
		c.abandon()
		return false
	}
	before := len(d.owed) + len(d.errs)
	if !f.known {
		d.errs = append(d.errs, owedErr{"TYP-4", "a frame of unknown TYPE", []uint64{4}})
	}
	switch f.typ {
	case dissect.TypeHello:
		if to == Server {
			d.hellos++
			d.owed = append(d.owed, duty{hello: true})
		} else {
			d.errs = append(d.errs, owedErr{"ERR-8", "a HELLO", []uint64{13}})
		}
	case dissect.TypeWelcome:
		if to == Server {
			d.errs = append(d.errs, owedErr{"ERR-5", "a WELCOME", []uint64{13}})
		}
	case dissect.TypePing:
		d.owed = append(d.owed, duty{ping: f})
	case dissect.TypeBye:
		d.bye = true
	case dissect.TypeData:
		if f.badGzip {
			d.errs = append(d.errs, owedErr{"CMP-10", "a COMP payload that is no gzip member", []uint64{18, 19, 8}})
		}
	}
	grown := len(d.owed) + len(d.errs) - before
	return c.hold(now, costFact*int64(grown)) && c.takeID(now, d, f)
}

// takeID notes whether a frame can be acknowledged.
func (c *tcpConversation) takeID(now time.Time, d *duties, f fact) bool {
	forbid, why := "", ""
	switch {
	case !f.known:
		forbid, why = "TYP-3", "a frame of unknown TYPE"
	case f.answer():
		forbid, why = "ACK-7", "an ACK, PONG, WELCOME or ERR"
	case !f.has(dissect.FlagReqAck):
		forbid, why = "ACK-3", "a frame without REQ_ACK"
	case f.badGzip:
		forbid, why = "CMP-6", "a message whose payload is no gzip member"
	case !f.validID:
		d.idless++
	}
	if f.id == "" {
		return true
	}
	a := d.acks[f.id]
	if a == nil {
		if len(d.ackOrder) >= maxIDs {
			delete(d.acks, d.ackOrder[0])
			d.ackOrder = d.ackOrder[1:]
			c.free(costID)
			d.forgot = true
		}
		if !c.hold(now, costID) {
			return false
		}
		if d.acks == nil {
			d.acks = map[string]*ackable{}
		}
		a = &ackable{}
		d.acks[f.id] = a
		d.ackOrder = append(d.ackOrder, f.id)
	}
	if forbid == "" {
		a.asked++
	} else {
		a.forbid, a.why = forbid, why
	}
	return true
}
