package stranger

import (
	"bytes"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/vstp-project/vstp/conformance/dissect"
	"github.com/vstp-project/vstp/conformance/forge"
)

const (
	maxDatagram = 2400 // what is taken, in octets [UDP-10]
	maxPayload  = 1200 // of what goes out in one datagram, in octets [FRG-1] [FRG-6]
	maxFrames   = 255  // to a message [FRG-7]
	maxPartial  = 1000 // incomplete messages [RAS-12]
	maxWhole    = 65_507
)

// A partKey names an incomplete message. [RAS-2]
type partKey struct {
	from netip.AddrPort
	id   uint64
}

// A partial is an incomplete message.
type partial struct {
	pieces  [][]byte // by frag-index, nil where missing
	missing int
	first   dissect.Frame // the fragment with index 0, whose headers are those of the message
	ends    time.Time
}

// post is what is remembered from datagram to datagram. The partials belong to take alone.
type post struct {
	partials map[partKey]*partial

	mu     sync.Mutex // guards fragID
	fragID uint8
}

// A datagram is what came, and from where.
type datagram struct {
	octets []byte
	from   netip.AddrPort
}

// waiting is how many datagrams may wait, so that the system need not keep them.
const waiting = 1 << 15

// receive takes in datagrams as fast as they come.
func (s *Server) receive() {
	came := make(chan datagram, waiting)
	defer close(came)
	s.running.Go(func() {
		for d := range came {
			s.take(d)
		}
	})
	b := make([]byte, 1<<16)
	for {
		n, from, err := s.udp.ReadFromUDPAddrPort(b)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err == nil && n <= maxDatagram {
			came <- datagram{bytes.Clone(b[:n]), from}
		}
	}
}

// take acts on a datagram if it is, or begins with, one sound frame. [UDP-2] [UDP-4]
func (s *Server) take(d datagram) {
	f := dissect.Decode(d.octets, dissect.Options{})
	if f.Class() != "" {
		return
	}
	from := d.from
	switch f.Type {
	case dissect.TypeHello:
		s.datagramTo(from, forge.Frame{Type: dissect.TypeWelcome, Headers: forge.KV(dissect.KeySessionID, "7")})
	case dissect.TypePing:
		s.datagramTo(from, forge.Frame{Type: dissect.TypePong}) // [UDP-8]
	case dissect.TypeData:
		m, whole := messageOf(f), f
		if f.Flags&dissect.FlagFrag != 0 {
			var ok bool
			if m, whole, ok = s.fragment(f, from); !ok {
				return
			}
		}
		if whole.Flags&dissect.FlagComp != 0 {
			return // [CMP-11]
		}
		s.deliver(m, whole, from)
	}
}

// fragment takes in a fragment. Once its message is whole it is returned, beside a frame
// that has its flags and its msg-id.
func (s *Server) fragment(f dissect.Frame, from netip.AddrPort) (message, dissect.Frame, bool) {
	var n [3]uint64
	for i, key := range []string{dissect.KeyFragID, dissect.KeyFragIndex, dissect.KeyFragTotal} {
		value, _ := f.Header(key)
		var ok bool
		if n[i], ok = decimal(value, 8); !ok {
			return message{}, f, false
		}
	}
	id, index, total := n[0], n[1], n[2]
	if index >= total {
		return message{}, f, false // [RAS-6]
	}
	now, key := time.Now(), partKey{from, id}
	p := s.post.partials[key]
	if p != nil && (now.After(p.ends) || uint64(len(p.pieces)) != total) {
		delete(s.post.partials, key) // [RAS-8]
		p = nil
	}
	if p == nil {
		if s.post.expire(now); len(s.post.partials) >= maxPartial {
			return message{}, f, false
		}
		p = &partial{pieces: make([][]byte, total), missing: int(total), ends: now.Add(s.lifetime)}
		s.post.partials[key] = p
	}
	if p.pieces[index] != nil {
		return message{}, f, false // [RAS-4]
	}
	p.pieces[index] = append([]byte{}, f.Payload...)
	p.missing--
	if index == 0 {
		p.first = f
	}
	if p.missing > 0 {
		return message{}, f, false
	}
	delete(s.post.partials, key)
	m := messageOf(p.first)
	m.payload = slices.Concat(p.pieces...) // [RAS-3]
	return m, p.first, true
}

// expire forgets what has been incomplete for too long, if room is wanted.
func (p *post) expire(now time.Time) {
	if len(p.partials) < maxPartial {
		return
	}
	for key, partial := range p.partials {
		if now.After(partial.ends) {
			delete(p.partials, key)
		}
	}
}

// deliver lets the application answer, and acknowledges behind that. One that is to wait
// does not keep others.
func (s *Server) deliver(m message, f dissect.Frame, from netip.AddrPort) {
	answer, delay := m.echo()
	acknowledge := func() {
		if id, ok := msgID(f); ok && f.Flags&dissect.FlagReqAck != 0 {
			s.datagramTo(from, forge.Frame{Type: dissect.TypeAck, Headers: forge.KV(dissect.KeyMsgID, id)}) // [ACK-1]
		}
	}
	if delay > 0 {
		acknowledge()
		s.running.Go(func() {
			if s.pause(delay) {
				s.sendMessage(answer, from)
			}
		})
		return
	}
	s.sendMessage(answer, from)
	acknowledge()
}

// sendMessage sends a message whole if its payload fits, and otherwise in fragments, the
// last one first. One that would take too many is dropped.
func (s *Server) sendMessage(m message, to netip.AddrPort) {
	if len(m.payload) <= maxPayload {
		s.datagramTo(to, forge.Frame{Type: dissect.TypeData, Headers: m.headers, Payload: m.payload})
		return
	}
	pieces := cut(m.payload)
	if len(pieces) > maxFrames {
		return // [FRG-7]
	}
	s.post.mu.Lock()
	s.post.fragID -= 3 // [FRG-8]
	id := s.post.fragID
	s.post.mu.Unlock()
	for i, piece := range slices.Backward(pieces) {
		f := forge.Frame{
			Type: dissect.TypeData, Flags: dissect.FlagFrag, Payload: piece,
			Headers: forge.KV(
				dissect.KeyFragTotal, strconv.Itoa(len(pieces)),
				dissect.KeyFragID, strconv.Itoa(int(id)),
				dissect.KeyFragIndex, strconv.Itoa(i),
			),
		}
		if i == 0 {
			f.Headers = append(f.Headers, m.headers...)
		}
		s.datagramTo(to, f)
	}
}

// cut divides a payload into unequal pieces as long as that leaves few enough of them.
func cut(payload []byte) (pieces [][]byte) {
	small := len(payload) < 100_000
	for len(payload) > 0 {
		size := maxPayload
		if small && len(pieces)%2 == 0 {
			size = 400
		}
		n := min(size, len(payload))
		pieces = append(pieces, payload[:n])
		payload = payload[n:]
	}
	return pieces
}

func (s *Server) datagramTo(to netip.AddrPort, f forge.Frame) {
	if b := marked(f).Bytes(); len(b) <= maxWhole {
		_, _ = s.udp.WriteToUDPAddrPort(b, to) // a datagram may be lost
	}
}
