package frag

import (
	"fmt"

	"github.com/vstp-project/vstp/ref/wire"
)

// fragmentHeaders is the octets that the three fragment headers take at most, with
// values of three digits each.
const fragmentHeaders = 3*2 + len(wire.KeyFragID) + len(wire.KeyFragIndex) + len(wire.KeyFragTotal) + 3*3

// Fragments is a message that has been cut. The cut is the same each time it is
// asked for, octet for octet, so that a retransmission repeats the datagrams of
// the original [RTX-7] [RTX-10]. It is not safe for concurrent use.
type Fragments struct {
	message wire.Frame // aliased, not copied
	id      uint8
	chunk   int // octets of payload in each fragment but the last
	total   int
	section []byte // the own headers, and behind them room for those of one fragment
	own     int    // octets of the own headers
}

// Split cuts the payload of m, a DATA message as it would be sent whole, into
// fragments under the given frag-id. A fragment has TYPE, FLAGS and headers of m,
// the FRAG flag and behind its own headers the fragment headers; each has as much
// payload as fits a datagram of limit octets along with the longest fragment
// headers, and the last what is left. Zero means a limit of MaxDatagram.
//
// Whether m needs to be cut is for the caller to say: a short message makes one
// fragment [FRG-2].
//
// The fragments alias m, which must not change while they are in use. What cannot
// be cut is refused with a *wire.EncodeError: with Reason FrameTooLarge a message
// of another TYPE, one whose headers leave no room, and one that takes more than
// MaxFragments; with Reason Protocol a message that has no valid msg-id, or
// already has the FRAG flag or a fragment header.
//
// "A sender MUST fragment DATA frames only." [FRG-12]
//
// "A sender MUST repeat TYPE, FLAGS and all headers other than the fragment
// headers identically in every fragment of a message." [FRG-10]
//
// "A sender MUST put a msg-id header into every fragmented message, whether or not
// REQ_ACK is set." [FRG-11]
//
// "A sender MUST refuse locally, transmitting nothing, a message that would need
// more than 255 fragments." [FRG-7]
func Split(m wire.Frame, id uint8, limit int) (*Fragments, error) {
	if limit <= 0 {
		limit = MaxDatagram
	}
	if m.Type != wire.TypeData {
		return nil, refuse(wire.FrameTooLarge, "%v of %d octets, and only DATA may be cut to fit a datagram of %d [FRG-12]", m.Type, m.EncodedLen(), limit)
	}
	if _, ok := MsgID(m.Headers); !ok {
		return nil, refuse(wire.Protocol, "a message to be cut has no valid msg-id, give it one [FRG-11]")
	}
	if m.Flags.Has(wire.FlagFrag) {
		return nil, refuse(wire.Protocol, "a fragment cannot be cut again, leave out the flag FRAG [FRG-3]")
	}
	for key := range m.Headers.All() {
		if isFragmentKey(key) {
			return nil, refuse(wire.Protocol, "the header %s is the fragments' own, leave it out [FRG-3]", key)
		}
	}
	own := m.Headers.Size()
	chunk := min(limit-wire.Overhead-own-fragmentHeaders, MaxPayload)
	if chunk < 1 {
		return nil, refuse(wire.FrameTooLarge, "headers of %d octets leave no room for payload in a fragment of %d [UDP-9]", own, limit)
	}
	total := max((len(m.Payload)+chunk-1)/chunk, 1)
	if total > MaxFragments {
		return nil, refuse(wire.FrameTooLarge, "payload of %d octets takes %d fragments of %d, at most %d are sent [FRG-7]", len(m.Payload), total, chunk, MaxFragments)
	}
	section := make([]byte, own, own+fragmentHeaders)
	copy(section, m.Headers.Bytes())
	return &Fragments{message: m, id: id, chunk: chunk, total: total, section: section, own: own}, nil
}

// refuse makes the error of a message that is not cut.
func refuse(r wire.Reason, format string, args ...any) *wire.EncodeError {
	return &wire.EncodeError{Reason: r, Detail: fmt.Sprintf(format, args...)}
}

// Len returns the number of fragments, 1 to MaxFragments.
func (s *Fragments) Len() int { return s.total }

// ID returns their frag-id.
func (s *Fragments) ID() uint8 { return s.id }

// SetID changes the frag-id, before any fragment has been sent.
func (s *Fragments) SetID(id uint8) { s.id = id }

// Frame returns fragment i, from 0. Its payload aliases the message, its headers
// are valid until the next call of Frame or AppendBinary.
//
// "Every fragment MUST be a complete frame with lengths and CRC32 of its own, the
// FRAG flag set, and exactly one frag-id, one frag-index and one frag-total
// header." [FRG-3]
func (s *Fragments) Frame(i int) wire.Frame {
	var digits [3]byte
	section := s.section[:s.own]
	section = appendHeader(section, wire.KeyFragID, wire.AppendDecimal(digits[:0], uint64(s.id)))
	section = appendHeader(section, wire.KeyFragIndex, wire.AppendDecimal(digits[:0], uint64(i)))
	section = appendHeader(section, wire.KeyFragTotal, wire.AppendDecimal(digits[:0], uint64(s.total)))
	headers, err := wire.ParseHeaders(section)
	if err != nil {
		panic(err) // own headers that were well-formed and three more
	}
	f := s.message
	f.Flags |= wire.FlagFrag
	f.Headers = headers
	f.Payload = f.Payload[i*s.chunk : min((i+1)*s.chunk, len(f.Payload))]
	return f
}

// AppendBinary appends the datagram of fragment i, from 0, to b and returns the
// longer slice. It fails as wire.Frame.AppendBinary does.
func (s *Fragments) AppendBinary(b []byte, i int) ([]byte, error) {
	return s.Frame(i).AppendBinary(b)
}
