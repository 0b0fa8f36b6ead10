package udp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/vstp-project/vstp/ref/reliable"
	"github.com/vstp-project/vstp/ref/session"
	"github.com/vstp-project/vstp/ref/wire"
)

// outgoing is a message that the transmitting goroutine sends, or several along one
// path.
type outgoing struct {
	path path
	done chan error // has room for the result of each
}

// message sends a message of the application's along p and returns when it has left,
// or, acknowledged, when its ACK has come. f is not used after that.
func (s *Server) message(ctx context.Context, f wire.Frame, p path, acknowledged bool) error {
	if s.cfg.CRCFlag {
		f.Flags |= wire.FlagCRC
	}
	if err := ctx.Err(); err != nil && s.ctx.Err() == nil {
		return err
	}
	if !acknowledged && f.EncodedLen() <= session.MaxDatagram {
		return s.send(f, p)
	}
	own := &outgoing{path: p, done: make(chan error, 1)}
	t, err := s.begin(f, own, acknowledged)
	if err != nil {
		return err
	}
	select {
	case err := <-own.done:
		if errors.Is(err, wire.Timeout) {
			s.cfg.Log.Info("udp: a message was not acknowledged", "peer", p.peer, "err", err)
		}
		return err
	case <-ctx.Done():
		err = ctx.Err()
	case <-s.ctx.Done():
	}
	if s.ctx.Err() != nil {
		err = net.ErrClosed
	}
	s.mu.Lock()
	s.sender.Cancel(time.Now(), t)
	s.mu.Unlock()
	select {
	case err := <-own.done: // it has come at the same time
		return err
	default:
		return err
	}
}

// begin hands a message over to the transmitting goroutine.
func (s *Server) begin(f wire.Frame, own *outgoing, acknowledged bool) (*reliable.Transfer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.sender.Send(time.Now(), own.path.peer, f, acknowledged)
	if err != nil {
		var refused *wire.EncodeError
		if errors.As(err, &refused) {
			err = &session.LocalError{Reason: refused.Reason, Detail: refused.Detail}
		}
		return nil, err
	}
	t.Owner = own
	s.poke()
	return t, nil
}

// transmit sends what is due, when it is due, until the server is closed. It also
// sees to it that what has expired is let go of.
func (s *Server) transmit() {
	b := newBatch(s.sock)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for s.ctx.Err() == nil {
		if s.due(b); len(b.list) > 0 {
			s.post(b)
			continue
		}
		s.mu.Lock()
		next := s.nextTimeout()
		s.armed = next
		s.mu.Unlock()
		var expired <-chan time.Time
		if !next.IsZero() {
			timer.Reset(time.Until(next))
			expired = timer.C
		}
		select {
		case <-expired:
		case <-s.wake:
		case <-s.ctx.Done():
		}
	}
}

// due moves the time on and collects the datagrams that are to be sent now, as far as
// they find room in b.
func (s *Server) due(b *batch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	before := s.fragments.Sessions()
	s.fragments.Advance(now)
	if expired := before - s.fragments.Sessions(); expired > 0 {
		s.cfg.Log.Info("udp: messages were given up of which fragments did not come in time", "messages", expired)
		s.countSessions(s.fragments.Sessions())
	}
	s.duplicates.Advance(now)
	for _, t := range s.sender.Advance(now) {
		t.Owner.(*outgoing).done <- &session.LocalError{
			Reason: wire.Timeout,
			Detail: fmt.Sprintf("%v has acknowledged none of the transmissions [RTX-5]", t.To()),
		}
	}
	b.reset()
	for b.room() {
		t, datagram := s.sender.Poll(now, b.space())
		if t == nil {
			return
		}
		b.add(t, datagram)
	}
}

// post sends the datagrams of b, those together that may leave in one call.
func (s *Server) post(b *batch) {
	for at := 0; at < len(b.list); {
		n := b.alike(at)
		if n > 1 && s.sock.sendTogether(b.octets(at, n), b.list[at].size, b.list[at].path) {
			for _, d := range b.list[at : at+n] {
				s.transmitted(d.t, d.last, nil)
			}
			at += n
			continue
		}
		for end := at + n; at < min(end, len(b.list)); at++ {
			d := b.list[at]
			err := s.sock.send(b.octets(at, 1), d.path)
			if err != nil && !d.t.Acknowledged() {
				b.drop(d.t, at)
			}
			s.transmitted(d.t, d.last, err)
		}
	}
}

// transmitted takes note of what became of a datagram.
//
// "An ICMP error or a failed send call MUST NOT end an acknowledged send before its
// last wait has run out." [RTX-13]
func (s *Server) transmitted(t *reliable.Transfer, last bool, err error) {
	switch {
	case t.Acknowledged():
		if err != nil {
			s.cfg.Log.Debug("udp: a datagram could not be sent", "peer", t.To(), "err", err)
		}
	case err != nil:
		s.mu.Lock()
		s.sender.Cancel(time.Now(), t)
		s.mu.Unlock()
		t.Owner.(*outgoing).done <- err
	case last:
		t.Owner.(*outgoing).done <- nil
	}
}

// settle ends the message that an ACK or ERR names. An ERR that names none is
// reported.
func (s *Server) settle(r session.Reaction, p path) {
	var refusal *session.PeerError
	errors.As(r.Err, &refusal)
	if r.Settles {
		s.mu.Lock()
		var t *reliable.Transfer
		if refusal == nil {
			t = s.sender.Acknowledge(time.Now(), p.peer, r.MsgID)
		} else {
			t = s.sender.Refuse(time.Now(), p.peer, r.MsgID)
		}
		s.poke()
		s.mu.Unlock()
		if t != nil {
			t.Owner.(*outgoing).done <- errorOf(refusal)
			return
		}
	}
	if refusal != nil {
		s.report(refusal, p)
	}
}

// errorOf keeps a nil pointer from becoming an error.
func errorOf(refusal *session.PeerError) error {
	if refusal == nil {
		return nil
	}
	return refusal
}

// nextTimeout returns when something is to be done, or the zero time if never. The
// caller holds the lock.
func (s *Server) nextTimeout() time.Time {
	next := s.sender.NextTimeout()
	for _, t := range []time.Time{s.fragments.NextTimeout(), s.duplicates.NextTimeout()} {
		if next.IsZero() || !t.IsZero() && t.Before(next) {
			next = t
		}
	}
	return next
}

// poke wakes the transmitting goroutine if it would look too late. The caller holds
// the lock.
func (s *Server) poke() {
	next := s.nextTimeout()
	if next.IsZero() || !s.armed.IsZero() && !next.Before(s.armed) {
		return
	}
	select {
	case s.wake <- struct{}{}:
	default: // it has been woken
	}
}
