package wire

import "encoding/binary"

// Offsets of the fixed fields, in octets from the start of the frame.
const (
	offMagic   = 0
	offVersion = 2
	offType    = 3
	offFlags   = 4
	offHdrLen  = 5
	offPayLen  = 7
)

// Parse decodes the first frame of b. It returns the frame and n, the octets that
// it takes; octets behind it are left alone.
//
// The frame aliases b: it is valid while b is not changed. Its slices are capped.
// A header section or payload of length zero is nil.
//
// While b is a proper prefix of an acceptable frame, the error is ErrShort and n
// is the total known to be needed, in octets: 11 until the fixed part is there,
// then the size of the frame. Wrong octets are reported as soon as they are there:
// MAGIC with the second octet, VERSION with the third, a size above the limit with
// the eleventh.
//
// Any other error is a *DecodeError. If its Reason is InvalidFrameType or
// Protocol, sizes and CRC32 were right, and n is the size of the frame refused, so
// that a caller may go on behind it; otherwise n is 0, for there is no telling
// where the next frame starts.
//
// "A decoder that holds a proper prefix of an acceptable frame MUST report that
// it needs more octets, neither consuming any nor raising an error." [FRM-7]
//
// "Of several faults in a frame a receiver MUST report only the one that comes
// first in the order MAGIC, VERSION, size limit, completeness, CRC32, TYPE,
// header section, flag semantics, decompression." [FRM-9]
func Parse(b []byte, lim Limits) (f Frame, n int, err error) {
	n, err = ParseInto(&f, b, lim)
	return f, n, err
}

// ParseInto is Parse into a frame of the caller's, which is left as it was on any
// error. Parse is no other decoder, only this one with a result to assign.
//
// A loop that uses one frame over and over saves about a fifth of the time that a
// frame of 1 KiB takes: a Frame is too large for registers, so that Parse has it
// cleared and copied in units of 16 octets around the moment at which its fields of 8
// were written, and the processor has to wait for one to catch up with the other.
func ParseInto(f *Frame, b []byte, lim Limits) (n int, err error) {
	// MAGIC (2): 0x56 0x54.
	if len(b) < offVersion {
		return FixedLen, ErrShort
	}
	if b[offMagic] != magic0 || b[offMagic+1] != magic1 {
		return 0, fault(offMagic, InvalidMagic)
	}
	// VERSION (1): 0x01.
	if len(b) < offType {
		return FixedLen, ErrShort
	}
	if b[offVersion] != Version {
		return 0, fault(offVersion, InvalidVersion)
	}
	if len(b) < FixedLen {
		return FixedLen, ErrShort
	}
	// HDR_LEN (2, little-endian): octets in HEADERS [FRM-3].
	hdrLen := binary.LittleEndian.Uint16(b[offHdrLen:])
	// PAY_LEN (4, big-endian): octets in PAYLOAD [FRM-4].
	payLen := binary.BigEndian.Uint32(b[offPayLen:])

	// Size limit. The sum of the largest lengths does not fit 32 bits; behind this
	// check the total fits an int, because the limit does.
	size := Overhead + uint64(hdrLen) + uint64(payLen)
	if size > uint64(lim.maxFrame()) {
		return 0, fault(offHdrLen, FrameTooLarge)
	}
	// Completeness.
	total := int(size)
	if len(b) < total {
		return total, ErrShort
	}

	hdrEnd := FixedLen + int(hdrLen)
	payEnd := total - TrailerLen

	// CRC32 (4, big-endian): over every octet from MAGIC to PAYLOAD, whatever the
	// CRC flag says [CRC-5].
	if binary.BigEndian.Uint32(b[payEnd:total]) != Checksum(b[:payEnd]) {
		return 0, fault(payEnd, CrcMismatch)
	}
	// TYPE (1): known here? Not asked before CRC32 has vouched for it.
	typ := Type(b[offType])
	if !lim.Types.Has(typ) {
		return total, fault(offType, InvalidFrameType)
	}
	// HEADERS (HDR_LEN): whole headers, and nothing left over [HDR-6] [HDR-7].
	section := region(b, FixedLen, hdrEnd)
	if at, ok := checkSection(section); !ok {
		return total, fault(FixedLen+at, Protocol)
	}
	// FLAGS (1): kept whole; reserved bits are ignored [FLG-3].
	flags := Flags(b[offFlags])
	// PAYLOAD (PAY_LEN): opaque.
	payload := region(b, hdrEnd, payEnd)

	f.Type, f.Flags, f.Headers, f.Payload = typ, flags, Headers{section}, payload
	return total, nil
}

// region cuts b[from:to] out of b, capped, so that appending to it cannot
// overwrite what follows. It is nil where there is nothing.
func region(b []byte, from, to int) []byte {
	if from == to {
		return nil
	}
	return b[from:to:to]
}
