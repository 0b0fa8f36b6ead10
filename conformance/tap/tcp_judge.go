package tap

import (
	"slices"
	"time"

	"github.com/vstp-project/vstp/conformance/dissect"
)

// judge judges a whole frame by what came before it.
func (c *tcpConversation) judge(now time.Time, by Side, f dissect.Frame, what fact, at place) {
	s := &c.sides[by]
	c.order(now, by, s, what, at)
	if f.Flags&dissect.FlagFrag != 0 {
		flagged := at
		flagged.offset, flagged.length = 4, 1
		c.find(now, by, "FRG-16", flagged, "FRAG is set on a frame over TCP")
	}
	switch f.Type {
	case dissect.TypeHello:
		s.hello = true
	case dissect.TypeWelcome:
		c.welcome(now, by, f, at)
	case dissect.TypeData:
		if by == Client && !s.hello && !c.late {
			s.hello = true // said once
			c.find(now, by, "TCP-2", at, "DATA is sent before any HELLO")
		}
		c.data(now, by, s, f, what, at)
	case dissect.TypePong:
		c.pong(now, by, &s.received, what, at)
	case dissect.TypeAck:
		c.ack(now, by, &s.received, what, at)
	case dissect.TypeErr:
		c.errFrame(&s.received, what)
	case dissect.TypeBye:
		s.left = s.left || !s.bye && !s.received.bye && !s.received.end
		s.bye = true
	}
}

// order judges whether a frame may come at all where it does.
func (c *tcpConversation) order(now time.Time, by Side, s *tcpSide, what fact, at place) {
	d := &s.received
	if s.early != nil { // a second frame: the ERR before it has ended nothing
		c.find(now, by, "TCP-4", *s.early, "the server sends ERR before it has received a complete frame, and goes on afterwards")
		s.early = nil
	}
	if by == Server && !c.late && d.frames == 0 && s.frames == 1 {
		if what.typ == dissect.TypeErr {
			kept := at
			kept.octets = slices.Clone(at.octets[:min(len(at.octets), keptOctets)])
			s.early = &kept
		} else {
			c.find(now, by, "TCP-4", at, "the server sends a frame before it has received a complete one")
		}
	}
	if s.bye {
		requirement := "TCP-10"
		if by == Server {
			requirement = "PRI-3"
		}
		c.find(now, by, requirement, at, "the %v goes on after its BYE", by)
	}
	if d.fatalErr {
		c.find(now, by, "TCP-16", at, "the %v goes on after the ERR for a fatal error (%s)", by, d.fatal)
	}
	if s.fatal != "" {
		return
	}
	s.lastErr = fact{}
	if what.typ == dissect.TypeErr {
		s.lastErr = what
	}
}

// errFrame takes an ERR off what is owed.
func (c *tcpConversation) errFrame(d *duties, what fact) {
	if !what.hasCode {
		return
	}
	if code, ok := fatalCodes[d.fatal]; ok && code == what.code && !slices.ContainsFunc(d.errs, func(o owedErr) bool { return slices.Contains(o.codes, code) }) {
		d.fatalErr = true
		return
	}
	if i := slices.IndexFunc(d.errs, func(o owedErr) bool { return slices.Contains(o.codes, what.code) }); i >= 0 {
		d.errs = slices.Delete(d.errs, i, i+1)
		c.free(costFact)
	}
}

func (c *tcpConversation) welcome(now time.Time, by Side, f dissect.Frame, at place) {
	if by == Client {
		c.note(now, "the client sends WELCOME, which is the server's to send")
		return
	}
	if value, ok := f.Header(dissect.KeySessionID); ok {
		switch id := string(value); {
		case !c.greeted:
			c.greeted, c.session = true, id
			c.unique(now, at)
		case id != c.session:
			c.find(now, by, "SES-3", at, "the session-id is %.40q, and that of the first WELCOME was %.40q", id, c.session)
		}
	}
	if c.late {
		return
	}
	d := &c.sides[by].received
	i := slices.IndexFunc(d.owed, func(o duty) bool { return o.hello })
	if i < 0 {
		c.find(now, by, "TCP-1", at, "a WELCOME that no HELLO asks for: %d HELLO have arrived", d.hellos)
		return
	}
	d.owed = slices.Delete(d.owed, i, i+1)
	c.free(costFact)
}

// unique compares a session identifier with those of the other live connections of
// the server. [SES-1]
func (c *tcpConversation) unique(now time.Time, at place) {
	for _, other := range c.tap.tcp {
		live := other != c && !other.givenUp && !other.reset && !other.sides[Client].fin && !other.sides[Server].fin
		if live && other.greeted && other.server == c.server && other.session == c.session {
			c.find(now, Server, "SES-1", at, "the session-id %.40q is also that of the live connection %s", c.session, other.name)
			return
		}
	}
}

// pong takes a PONG off what is owed.
func (c *tcpConversation) pong(now time.Time, by Side, d *duties, what fact, at place) {
	if c.late {
		return
	}
	pings := 0
	for i, o := range d.owed {
		if o.hello {
			continue
		}
		pings++
		if o.ping.payload != what.payload {
			continue
		}
		if by == Server {
			if pings > 1 {
				c.find(now, by, "TCP-6", at, "this PONG answers PING number %d of those that wait, before the first", pings)
			}
			if slices.ContainsFunc(d.owed[:i], func(o duty) bool { return o.hello }) {
				c.find(now, by, "TCP-1", at, "a PONG goes ahead of the WELCOME for an earlier HELLO")
			}
			d.owed = slices.Delete(d.owed, i, i+1)
			c.free(costFact)
		} else { // a client need not answer all of them
			d.owed = d.owed[i+1:]
			c.free(costFact * int64(i+1))
		}
		d.lastPong, d.answered = o.ping, true
		return
	}
	switch {
	case d.ghosts[what.payload]:
		c.find(now, by, "TCP-14", at, "a PING is answered that came after a fatal error (%s)", d.fatal)
	case pings > 0:
		c.find(now, by, "TCP-7", at, "a PONG with another payload than any of the %d PING that wait for one", pings)
		i := slices.IndexFunc(d.owed, func(o duty) bool { return !o.hello })
		d.owed = slices.Delete(d.owed, i, i+1)
		c.free(costFact)
	case by == Server && d.answered && !what.empty && d.lastPong.payload == what.payload:
		c.find(now, by, "TCP-6", at, "a PING is answered a second time")
	}
}

func (c *tcpConversation) ack(now time.Time, by Side, d *duties, what fact, at place) {
	if c.late || d.forgot {
		return
	}
	if what.id == "" {
		if d.idless == 0 {
			c.find(now, by, "ACK-3", at, "an ACK without msg-id, and nothing that asks for one has arrived")
		}
		return
	}
	switch a := d.acks[what.id]; {
	case a == nil:
		c.find(now, by, "ACK-3", at, "an ACK for msg-id %.40q, under which nothing has arrived", what.id)
	case a.asked == 0:
		c.find(now, by, a.forbid, at, "an ACK for %s (msg-id %.40q)", a.why, what.id)
	}
}

// data judges the msg-id of a message. [ACK-11] [RTX-12]
func (c *tcpConversation) data(now time.Time, by Side, s *tcpSide, f dissect.Frame, what fact, at place) {
	if !what.validID {
		return
	}
	this := sent{digestOf(f.Raw), what.has(dissect.FlagReqAck)}
	before, known := s.ids[what.id]
	switch {
	case !known:
	case before.frame == this.frame && this.asked:
		c.find(now, by, "RTX-12", at, "the frame with msg-id %s is sent a second time", what.id)
	default:
		c.find(now, by, "ACK-11", at, "the msg-id %s is that of an earlier message", what.id)
	}
	if !known {
		if len(s.order) >= maxIDs {
			delete(s.ids, s.order[0])
			s.order = s.order[1:]
			c.free(costID)
		}
		if !c.hold(now, costID) {
			return
		}
		if s.ids == nil {
			s.ids = map[string]sent{}
		}
		s.order = append(s.order, what.id)
	}
	s.ids[what.id] = this
}

// ended judges a side at the end of what it sends.
func (c *tcpConversation) ended(now time.Time, by Side) {
	s, peer := &c.sides[by], &c.sides[by.Other()]
	s.fin = true
	if c.reset {
		return
	}
	d := &s.received
	// Whom the other side has stopped needs not come to an end in good order.
	undisturbed := !peer.fin && !peer.bye && d.fatal == "" && s.fatal == "" && peer.fatal == "" && peer.lastErr.typ == 0
	if len(s.buf) > 0 && undisturbed {
		f := dissect.Decode(s.buf, c.tap.decodeOptions())
		at := place{number: s.frames + 1, position: s.position}
		c.frame(now, by, f, factOf(f), at)
	}
	if by == Client && undisturbed && !s.bye && s.frames > 0 && len(s.buf) == 0 && !s.blind {
		c.find(now, by, "TCP-10", place{}, "the client closes its sending direction without BYE")
	}
	c.settle(now, by, s, d)
}

// settle judges what a side owed and has not sent when it ended in good order: the
// other side had nothing more to say, and this one has said so far.
func (c *tcpConversation) settle(now time.Time, by Side, s *tcpSide, d *duties) {
	if c.late || s.blind || s.skip > 0 || d.forgot {
		return
	}
	if code, ok := fatalCodes[d.fatal]; ok && !d.fatalErr && !s.bye {
		if s.lastErr.code == code && s.lastErr.hasCode {
			return
		}
		c.find(now, by, "TCP-16", place{}, "the %v ends the connection for a fatal error (%s) without an ERR with code %d as its last frame", by, d.fatal, code)
	}
	if !c.tap.o.Complete || by != Server || s.left || !d.bye && !d.end {
		return
	}
	for _, o := range d.owed {
		if o.hello {
			c.find(now, by, "TCP-1", place{}, "a HELLO was never answered with WELCOME")
		} else {
			c.find(now, by, "TCP-6", place{}, "a PING was never answered with PONG")
		}
	}
	for _, o := range d.errs {
		c.find(now, by, o.requirement, place{}, "%s was never answered with ERR code %d", o.what, o.codes[0])
	}
}
