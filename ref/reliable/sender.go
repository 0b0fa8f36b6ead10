package reliable

import (
	"net/netip"
	"slices"
	"time"

	"github.com/vstp-project/vstp/ref/frag"
	"github.com/vstp-project/vstp/ref/wire"
)

// maxIdle is how many destinations a Sender remembers to which nothing is on its
// way, so that their next frag-id differs from their latest [FRG-8] and their window
// fits the path.
const maxIdle = 4096

// Sender takes messages to their destinations. It is not safe for concurrent use.
//
// Its owner calls Send for each message, and then, whenever something has happened
// and at the latest at NextTimeout, Advance and Poll until there is nothing more.
// The now of each call must not be before that of an earlier one.
type Sender struct {
	cfg   Config
	msgID uint64 // the next one

	outstanding map[message]*Transfer // those that wait for an ACK or will
	waits       agenda[*Transfer]

	plain   []*Transfer // messages in one datagram that are to be sent; some may have ended
	plainAt time.Time   // since when there are any

	dests          map[netip.AddrPort]*destination
	paced          agenda[*destination] // those with fragments to send
	opening        agenda[*gate]        // those whose window opens in time
	oldest, newest *destination
}

// message is by what an ACK names a message.
type message struct {
	to    netip.AddrPort
	msgID uint64
}

// NewSender returns a Sender. The settings must be such that Config.Check has
// nothing to say.
func NewSender(cfg Config) *Sender {
	cfg = cfg.withDefaults()
	return &Sender{
		cfg:         cfg,
		msgID:       cfg.FirstMsgID,
		outstanding: make(map[message]*Transfer),
		dests:       make(map[netip.AddrPort]*destination),
	}
}

// Send begins the transfer of f, an application's frame without msg-id, to a
// destination. Acknowledged, it asks for an ACK and repeats f until there is one;
// otherwise f is sent once. f gets a msg-id if it is acknowledged or has to be cut;
// it is aliased and must not change before the transfer has ended. An acknowledged
// message in one datagram begins when the window to its destination has room, see
// WindowConfig; all others begin at once.
//
// What cannot be sent is refused with a *wire.EncodeError, and nothing is sent of
// it: with Reason FrameTooLarge what does not fit a datagram and may not be cut,
// or not into 255 pieces; with Reason Protocol frames with a msg-id or a fragment
// header of their own, and those that wire.Frame.AppendBinary refuses.
//
// "A sender MUST split into fragments every DATA message sent over UDP, a server's
// answers included, whose payload after any compression exceeds 1,200 octets."
// [FRG-1]
//
// "A sender MUST send unfragmented any message whose encoding as a single frame has
// at most 1,200 octets." [FRG-2]
//
// "A sender MUST give distinct msg-id values to distinct messages that it sends to
// the same destination." [ACK-11]
func (s *Sender) Send(now time.Time, to netip.AddrPort, f wire.Frame, acknowledged bool) (*Transfer, error) {
	to = netip.AddrPortFrom(to.Addr().Unmap(), to.Port())
	t := &Transfer{to: to, acknowledged: acknowledged, msgID: s.msgID}
	if f.Headers.Count(wire.KeyMsgID) > 0 {
		return nil, &wire.EncodeError{Reason: wire.Protocol, Detail: "the header msg-id is the sender's to give, leave it out [HDR-11]"}
	}
	var err error
	if acknowledged {
		f.Flags |= wire.FlagReqAck
		if f, err = s.name(f); err != nil {
			return nil, err
		}
	}
	if f.EncodedLen() <= frag.MaxDatagram {
		if t.whole, err = f.AppendBinary(make([]byte, 0, f.EncodedLen())); err != nil {
			return nil, err
		}
		s.begin(t)
		if !acknowledged || s.cfg.Window.Off {
			s.schedule(now, t)
			return t, nil
		}
		t.state = held
		t.dest = s.destination(now, to)
		if t.dest.window == nil {
			t.dest.window = newWindow(s.cfg.Window)
		}
		t.dest.held = append(t.dest.held, t)
		s.admit(now, t.dest)
		return t, nil
	}
	if t.pieces, err = s.cut(f); err != nil {
		return nil, err
	}
	s.begin(t)
	t.dest = s.destination(now, to)
	t.dest.naming = append(t.dest.naming, t)
	s.nameNext(now, t.dest)
	return t, nil
}

// name gives f the next msg-id.
func (s *Sender) name(f wire.Frame) (wire.Frame, error) {
	var digits [20]byte
	h, err := f.Headers.Append([]byte(wire.KeyMsgID), wire.AppendDecimal(digits[:0], s.msgID))
	f.Headers = h
	return f, err
}

// cut cuts f, which is too long for a datagram. The frag-id is still to be chosen.
func (s *Sender) cut(f wire.Frame) (*frag.Fragments, error) {
	if s.cfg.NoFragmentation {
		return nil, &wire.EncodeError{Reason: wire.FrameTooLarge, Detail: "the message does not fit a datagram of 1200 octets, and fragmentation is switched off [FRG-15]"}
	}
	// What every fragment would be refused for.
	if _, err := (wire.Frame{Type: f.Type, Flags: f.Flags}).AppendBinary(nil); err != nil {
		return nil, err
	}
	if f.Headers.Count(wire.KeyMsgID) == 0 {
		var err error
		if f, err = s.name(f); err != nil {
			return nil, err
		}
	}
	return frag.Split(f, 0, frag.MaxDatagram)
}

// begin enters a transfer that is not refused.
func (s *Sender) begin(t *Transfer) {
	if _, ok := t.MsgID(); ok {
		s.msgID++
	}
	if t.acknowledged {
		s.outstanding[message{t.to, t.msgID}] = t
	}
}

// admit begins those messages for which the window has room.
func (s *Sender) admit(now time.Time, d *destination) {
	for len(d.held) > 0 {
		if t := d.held[0]; t.state == held {
			if !d.window.ready(now) {
				break
			}
			d.window.begin(now, t)
			s.schedule(now, t)
		}
		d.held[0] = nil
		d.held = d.held[1:]
	}
	if d.gate.queued {
		d.gate.queued = false
		s.opening.remove(&d.gate)
	}
	if len(d.held) == 0 {
		d.held = nil
	} else if d.gate.opens = d.window.opens(now); !d.gate.opens.IsZero() {
		d.gate.queued = true
		s.opening.add(&d.gate)
	}
}

// schedule begins the next transmission.
func (s *Sender) schedule(now time.Time, t *Transfer) {
	t.state = transmitting
	t.transmission++
	t.next = 0
	if t.pieces != nil {
		t.dest.queue = append(t.dest.queue, t)
		s.pace(now, t.dest)
		return
	}
	if len(s.plain) == 0 {
		s.plainAt = now
	}
	s.plain = append(s.plain, t)
}

// pace puts a destination in its place among those with fragments to send.
func (s *Sender) pace(now time.Time, d *destination) {
	if d.queued || d.current() == nil {
		return
	}
	d.ready = d.pacer.Next()
	if d.ready.Before(now) {
		d.ready = now
	}
	d.queued = true
	s.paced.add(d)
}

// Poll returns the next datagram that is to be sent at now, and the transfer that
// it belongs to, or nil if there is none. The datagram is counted as sent. Fragments
// are written to b, which is used anew as far as it has room; the datagram is valid
// until b is used again, and not to be changed.
//
// Fragments are paced for each destination apart: it is the receive buffer at their
// destination that they could overflow, and one that is sent much must not slow the
// others down. "A sender SHOULD pace fragments so that no 10 ms contain more than 64
// of them." [FRG-13]
//
// When the last datagram of a message leaves that is not acknowledged, its transfer
// has ended.
func (s *Sender) Poll(now time.Time, b []byte) (t *Transfer, datagram []byte) {
	for len(s.plain) > 0 {
		t := s.plain[0]
		s.plain[0] = nil
		if s.plain = s.plain[1:]; len(s.plain) == 0 {
			s.plain = nil
		}
		if t.state == transmitting {
			s.sent(now, t)
			return t, t.whole
		}
	}
	for {
		d := s.paced.due(now)
		if d == nil {
			return nil, nil
		}
		d.queued = false
		t := d.current()
		if t == nil {
			continue
		}
		datagram, err := t.pieces.AppendBinary(b[:0], t.next)
		if err != nil {
			panic(err) // Send has tried TYPE and FLAGS, and a payload has its length
		}
		d.pacer.Sent(now)
		s.sent(now, t)
		s.pace(now, d)
		return t, datagram
	}
}

// sent notes that the next datagram of t has left.
//
// "By default the intervals before retransmissions 1, 2 and 3 MUST be 100 ms, 200 ms
// and 400 ms, measured from the last datagram of the previous transmission, none
// shorter than nominal less 5 percent nor longer than nominal plus 20 percent and
// 20 ms." [RTX-4]
func (s *Sender) sent(now time.Time, t *Transfer) {
	if t.lastSent.IsZero() {
		t.firstSent = now
	}
	t.lastSent = now
	t.next++
	if t.windowed() {
		t.dest.window.departed(now, t)
	}
	switch {
	case t.next < t.datagrams():
		return
	case !t.acknowledged:
		s.end(now, t, false)
		return
	case t.transmission <= s.cfg.Retries:
		s.wait(t, now.Add(s.interval(t.transmission)))
	default:
		s.wait(t, now.Add(s.cfg.AckTimeout))
	}
	t.state = waiting
}

// interval returns the time between the end of transmission n, from 1, and the
// beginning of the next.
func (s *Sender) interval(n int) time.Duration {
	d := s.cfg.RetryDelay
	for ; n > 1 && d < s.cfg.MaxRetryDelay; n-- {
		d *= 2
	}
	return min(d, s.cfg.MaxRetryDelay)
}

// wait puts t in its place among those that wait.
func (s *Sender) wait(t *Transfer, until time.Time) {
	t.wake = until
	t.queued = true
	s.waits.add(t)
}

// stopWaiting takes t out of those that wait, if it is one of them.
func (s *Sender) stopWaiting(t *Transfer) {
	if t.queued {
		t.queued = false
		s.waits.remove(t)
	}
}

// Acknowledge takes an ACK. It returns the transfer that has succeeded by it, or nil
// if the ACK is to be ignored.
//
// "A sender MUST accept an ACK only if its msg-id is that of an outstanding message
// and it comes from the address to which that message was sent." [ACK-8]
//
// "On receipt of a matching ACK at any time, pauses between transmissions included,
// a sender MUST stop retransmitting and report success." [RTX-8]
func (s *Sender) Acknowledge(now time.Time, from netip.AddrPort, msgID uint64) *Transfer {
	return s.settle(now, from, msgID, true)
}

// Refuse takes an ERR that has a valid msg-id. It returns the transfer that has
// failed by it, or nil if there is none.
//
// "An ERR that comes from the destination and carries the msg-id of an unfinished
// acknowledged send MUST end that send with failure." [ACK-17]
func (s *Sender) Refuse(now time.Time, from netip.AddrPort, msgID uint64) *Transfer {
	return s.settle(now, from, msgID, false)
}

func (s *Sender) settle(now time.Time, from netip.AddrPort, msgID uint64, success bool) *Transfer {
	t := s.outstanding[message{netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), msgID}]
	if t == nil || t.lastSent.IsZero() { // nothing answers what has not been sent
		return nil
	}
	s.end(now, t, success)
	return t
}

// Cancel ends a transfer, if it has not ended: nothing more is sent of it, and it
// is returned by no other method.
func (s *Sender) Cancel(now time.Time, t *Transfer) {
	if t.state != ended {
		s.end(now, t, false)
	}
}

// CancelAll is Cancel for the acknowledged transfers of one owner.
func (s *Sender) CancelAll(now time.Time, owner any) {
	for _, t := range s.outstanding {
		if t.Owner == owner {
			s.Cancel(now, t)
		}
	}
}

// end ends a transfer.
func (s *Sender) end(now time.Time, t *Transfer, acknowledged bool) {
	if t.acknowledged {
		delete(s.outstanding, message{t.to, t.msgID})
	}
	s.stopWaiting(t)
	was := t.state
	t.state = ended
	d := t.dest
	if t.pieces == nil {
		if was != held && t.windowed() {
			d.window.settled(now, t, acknowledged)
			s.admit(now, d)
		}
		return
	}
	switch {
	case was == naming:
		d.naming = slices.DeleteFunc(d.naming, func(other *Transfer) bool { return other == t })
	case acknowledged || t.lastSent.IsZero():
		d.ids.Free(t.pieces.ID())
	default:
		d.ids.Rest(t.lastSent, t.pieces.ID(), s.cfg.IDWindow)
	}
	s.nameNext(now, d)
}

// nameNext gives frag-ids to those who wait for one, as far as there are any. The
// first that remains waits for the next to end its rest, if one rests; one that is
// freed before that comes with the end of another transfer.
func (s *Sender) nameNext(now time.Time, d *destination) {
	for len(d.naming) > 0 {
		t := d.naming[0]
		s.stopWaiting(t)
		id, ok := d.ids.Take(now, uint8(t.msgID))
		if !ok {
			if next := d.ids.NextFree(); !next.IsZero() {
				s.wait(t, next)
			}
			return
		}
		d.naming[0] = nil
		d.naming = d.naming[1:]
		t.pieces.SetID(id)
		s.schedule(now, t)
	}
	d.naming = nil
}

// Advance ends the waits whose time is over, and returns the transfers that have
// failed by it for want of an ACK.
//
// "A sender MUST report a Timeout error once the last permitted transmission has
// gone unacknowledged for the ACK timeout." [RTX-5]
func (s *Sender) Advance(now time.Time) (failed []*Transfer) {
	for g := s.opening.due(now); g != nil; g = s.opening.due(now) {
		g.queued = false
		s.admit(now, g.dest)
	}
	for t := s.waits.due(now); t != nil; t = s.waits.due(now) {
		t.queued = false
		switch {
		case t.state == naming:
			s.nameNext(now, t.dest)
		case t.transmission <= s.cfg.Retries:
			s.schedule(now, t)
		default:
			s.end(now, t, false)
			failed = append(failed, t)
		}
	}
	return failed
}

// NextTimeout returns when Advance or Poll has something to do, or the zero time if
// never. It is in the past if there is something now.
func (s *Sender) NextTimeout() time.Time {
	var next time.Time
	if len(s.plain) > 0 {
		next = s.plainAt
	}
	if d := s.paced.first(); d != nil && (next.IsZero() || d.ready.Before(next)) {
		next = d.ready
	}
	if g := s.opening.first(); g != nil && (next.IsZero() || g.opens.Before(next)) {
		next = g.opens
	}
	if t := s.waits.first(); t != nil && (next.IsZero() || t.wake.Before(next)) {
		next = t.wake
	}
	return next
}

// Outstanding returns the number of messages that an ACK may still come for.
func (s *Sender) Outstanding() int { return len(s.outstanding) }

// destination returns what is known about a destination, which is now the one used
// latest.
func (s *Sender) destination(now time.Time, to netip.AddrPort) *destination {
	d := s.dests[to]
	if d == nil {
		for len(s.dests) >= maxIdle && s.oldest.idle(now) {
			delete(s.dests, s.oldest.addr)
			s.unlink(s.oldest)
		}
		d = &destination{addr: to}
		d.gate.dest = d
		s.dests[to] = d
	} else {
		s.unlink(d)
	}
	d.older, d.newer = s.newest, nil
	if s.newest == nil {
		s.oldest = d
	} else {
		s.newest.newer = d
	}
	s.newest = d
	return d
}

// unlink takes d out of the order of destinations.
func (s *Sender) unlink(d *destination) {
	if d.older == nil {
		s.oldest = d.newer
	} else {
		d.older.newer = d.newer
	}
	if d.newer == nil {
		s.newest = d.older
	} else {
		d.newer.older = d.older
	}
}
