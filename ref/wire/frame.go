package wire

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
)

// Version is the only VERSION of this specification [FRM-2].
const Version = 1

// MAGIC, the first two octets of every frame: "VT" [FRM-2].
const (
	magic0 = 0x56
	magic1 = 0x54
)

// Frame is one frame. Lengths, VERSION and CRC32 are not fields of it: they
// follow from the rest.
//
// A decoded frame aliases the buffer that it was decoded from; see Parse and
// Reader.ReadFrame for how long it is valid.
type Frame struct {
	Type    Type
	Flags   Flags   // as transmitted, reserved bits included
	Headers Headers // in wire order
	Payload []byte  // as transmitted: compressed if FlagComp is set, one fragment's part if FlagFrag is
}

// EncodedLen returns the octets that AppendBinary appends: 15 + HDR_LEN +
// PAY_LEN.
func (f Frame) EncodedLen() int { return Overhead + f.Headers.Size() + len(f.Payload) }

// AppendBinary appends the frame in its wire form to b and returns the longer
// slice. It allocates only if b lacks room for EncodedLen octets. b must not
// overlap the frame's own memory.
//
// It refuses, with an *EncodeError, a TYPE that cannot be allocated and reserved
// bits in FLAGS, both of Reason Protocol, and a payload longer than PAY_LEN can
// express, of Reason FrameTooLarge; b is returned unchanged then. A configured
// size limit and the set of known types are the Writer's business.
//
// "The octets of a frame MUST be MAGIC (2), VERSION (1), TYPE (1), FLAGS (1),
// HDR_LEN (2), PAY_LEN (4), HEADERS (HDR_LEN), PAYLOAD (PAY_LEN) and CRC32 (4),
// in that order and with nothing between them, 15 + HDR_LEN + PAY_LEN in
// number." [FRM-1]
//
// "A sender MUST transmit the reserved FLAGS bits 0x04, 0x08, 0x40 and 0x80 as
// zero." [FLG-2]
//
// "A sender MUST NOT emit a TYPE value that is neither 1 to 8 nor allocated in
// the registry." [TYP-2]
func (f Frame) AppendBinary(b []byte) ([]byte, error) {
	section, payload := f.Headers.section, f.Payload
	if err := checkSendable(f.Type, f.Flags, len(payload)); err != nil {
		return b, err
	}
	start := len(b)
	b = slices.Grow(b, Overhead+len(section)+len(payload))

	// MAGIC (2), VERSION (1), TYPE (1), FLAGS (1).
	b = append(b, magic0, magic1, Version, byte(f.Type), byte(f.Flags))
	// HDR_LEN (2, little-endian): octets in HEADERS [FRM-3].
	b = binary.LittleEndian.AppendUint16(b, uint16(len(section)))
	// PAY_LEN (4, big-endian): octets in PAYLOAD [FRM-4].
	b = binary.BigEndian.AppendUint32(b, uint32(len(payload)))
	// HEADERS (HDR_LEN).
	b = append(b, section...)
	// PAYLOAD (PAY_LEN).
	b = append(b, payload...)
	// CRC32 (4, big-endian): over every octet from MAGIC to PAYLOAD [CRC-2] [CRC-3].
	b = binary.BigEndian.AppendUint32(b, Checksum(b[start:]))
	return b, nil
}

// checkSendable says what, if anything, forbids sending such a frame. The header
// section is not asked for: a Headers is well-formed and short enough by
// construction.
func checkSendable(t Type, flags Flags, payloadLen int) error {
	if t.reserved() {
		return refuse(Protocol, "TYPE 0x%02x is reserved, use 1 to 8 or an allocated value from 0x10 on [TYP-2]", uint8(t))
	}
	if reserved := flags & reservedFlags; reserved != 0 {
		return refuse(Protocol, "FLAGS 0x%02x has the reserved bits 0x%02x set, send them as zero [FLG-2]", uint8(flags), uint8(reserved))
	}
	if uint64(payloadLen) > math.MaxUint32 {
		return refuse(FrameTooLarge, "payload of %d octets, PAY_LEN expresses at most %d [FRM-4]", payloadLen, uint32(math.MaxUint32))
	}
	return nil
}

// Clone returns a copy that shares no memory with f, for keeping a frame longer
// than the buffer that it aliases.
func (f Frame) Clone() Frame {
	f.Headers = f.Headers.clone()
	f.Payload = bytes.Clone(f.Payload)
	return f
}
