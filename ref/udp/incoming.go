package udp

import (
	"errors"
	"time"

	"github.com/vstp-project/vstp/ref/session"
	"github.com/vstp-project/vstp/ref/wire"
)

// reassemble takes a fragment and returns what is to be done about it, which is
// nothing unless it completes a message. The reaction is valid until the next
// fragment is taken.
func (s *Server) reassemble(r session.Reaction, p path, octets int) session.Reaction {
	s.mu.Lock()
	m, complete, err := s.fragments.Add(time.Now(), p.peer, r.Message)
	s.countSessions(s.fragments.Sessions())
	s.poke()
	s.mu.Unlock()
	if complete {
		return s.endpoint.Message(m, octets)
	}
	r.Message, r.Err = wire.Frame{}, err
	return r
}

// limit drops a datagram of a source that sends more than configured. tell says that
// the source may hear of it.
func (s *Server) limit(b []byte, p path, tell bool) {
	if !tell {
		return
	}
	s.cfg.Log.Warn("udp: datagrams are dropped, their source sends more than configured", "peer", p.peer)
	for _, f := range s.endpoint.Limited(b).Replies {
		if err := s.send(f, p); err != nil {
			s.cfg.Log.Warn("udp: a reply could not be sent", "peer", p.peer, "type", f.Type, "err", err)
		}
	}
}

// count counts a datagram: a frame, or one that was refused for its CRC32.
func (s *Server) count(r session.Reaction) {
	switch {
	case r.Type != 0:
		s.cfg.Metrics.FrameReceived(uint8(r.Type))
	case errors.Is(r.Err, wire.CrcMismatch):
		s.cfg.Metrics.CRCError()
	}
}

// countSessions counts as many reassembly sessions as there are now. The caller holds
// the lock.
func (s *Server) countSessions(n int) {
	s.cfg.Metrics.AddFragmentationSessions(n - s.counted)
	s.counted = n
}

// take makes room for a message that was not delivered before, and remembers it as
// it was transmitted.
// It returns whether the message is to be delivered, and false for room if there is
// none: then it is as if it had never come. A copy of a message that was delivered
// takes no room.
//
// "Within 30 s of delivering a message that came over UDP a receiver MUST NOT
// deliver another with the same source, msg-id and content, unless it has delivered
// 65,536 newer messages in between." [ACK-6]
func (s *Server) take(m wire.Frame, p path, octets int) (deliver, room bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	digest, named := s.duplicates.Digest(p.peer, m)
	if named && s.duplicates.Has(now, digest) {
		return false, true
	}
	if !s.room.take(p.peer, octets) {
		return false, false
	}
	if named {
		s.duplicates.Add(now, digest)
		s.poke()
	}
	return true, true
}
