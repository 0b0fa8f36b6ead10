package frag

import (
	"bytes"
	"net/netip"
	"time"

	"github.com/vstp-project/vstp/ref/wire"
)

// key names the message that a fragment belongs to: the source, the frag-id, and
// the msg-id where there is a valid one [RAS-2] [RAS-19].
type key struct {
	source netip.AddrPort
	id     uint8
	named  bool
	msgID  uint64
}

// session is a message of which some fragments are there and some are missing.
// Beside the payload received it has a fixed size for each fragment of its total:
// of the headers it keeps no more than a digest, since the last fragment, which
// completes the message, has them as well.
type session struct {
	key      key
	source   netip.Addr // as it is limited
	recent   bool       // its key is that of a message delivered lately [RAS-23]
	deadline time.Time

	flags   wire.Flags
	total   uint8
	missing uint8
	own     uint64 // digest of the message's own headers, under the Reassembler's seed

	have   [4]uint64 // one bit for each index
	parts  []part    // by index
	blocks [][]byte  // the arena
	octets int       // of payload in it

	older, newer *session // in the order of deadlines
}

// part is where a fragment's payload lies in the arena.
type part struct {
	block, start, length uint16
}

// maxBlock is the most octets that a block of an arena has, a first large payload
// apart. Start and length in it fit part.
const maxBlock = 16 << 10

func (s *session) has(index uint8) bool { return s.have[index/64]&(1<<(index%64)) != 0 }

// payload returns what is stored under an index. It aliases the arena.
func (s *session) payload(index uint8) []byte {
	p := s.parts[index]
	if p.length == 0 {
		return nil
	}
	return s.blocks[p.block][p.start : p.start+p.length]
}

// matches reports whether a fragment may belong to the session: total, flags and
// own headers are those of the others, and what is stored under its index is what
// it carries [RAS-5].
func (s *session) matches(p place, flags wire.Flags, own uint64, payload []byte) bool {
	return s.total == p.total && s.flags == flags && s.own == own &&
		(!s.has(p.index) || bytes.Equal(s.payload(p.index), payload))
}

// store keeps a payload under an index that is missing.
//
// The arena grows by blocks that are never moved. Each is as large as what the
// session holds so far, up to maxBlock, in multiples of the payload at hand: a
// message cut into equal pieces fills its blocks to the last octet, and memory
// grows with what has come and not with what a header promises. Blocks of sessions
// that are over come first, if one has the room.
func (s *session) store(index uint8, payload []byte, spare *blocks) {
	s.have[index/64] |= 1 << (index % 64)
	stored := int(s.total) - int(s.missing)
	s.missing--
	if len(payload) == 0 {
		return
	}
	last := len(s.blocks) - 1
	if last < 0 || cap(s.blocks[last])-len(s.blocks[last]) < len(payload) {
		n := max(min(int(s.missing)+1, stored, maxBlock/len(payload)), 1)
		s.blocks = append(s.blocks, spare.take(n*len(payload)))
		last++
	}
	start := len(s.blocks[last])
	s.blocks[last] = append(s.blocks[last], payload...)
	s.parts[index] = part{block: uint16(last), start: uint16(start), length: uint16(len(payload))}
	s.octets += len(payload)
}

// appendPayload appends the payload of the message as far as it is there, in the
// order of the indexes.
func (s *session) appendPayload(b []byte) []byte {
	for index := range s.parts {
		b = append(b, s.payload(uint8(index))...)
	}
	return b
}
