package wire

import "math/bits"

// maxUvarintLen is the octets that 64 bits in groups of 7 take at most.
const maxUvarintLen = 10

// AppendUvarint appends v to b as a varint and returns the longer slice.
//
// Varints are a utility for payloads: no field of the frame is one [VAR-5].
//
// "A varint encoder MUST write the value as groups of 7 bits with the least
// significant group first, one group to an octet and bit 0x80 set in every
// octet but the last, in the fewest octets possible." [VAR-1]
func AppendUvarint(b []byte, v uint64) []byte {
	for v >= 0x80 {
		b = append(b, byte(v)|0x80)
		v >>= 7
	}
	return append(b, byte(v))
}

// UvarintLen returns how many octets AppendUvarint appends for v: 1 to 10.
func UvarintLen(v uint64) int {
	// Zero has no significant bit and takes an octet all the same.
	return (bits.Len64(v|1) + 6) / 7
}

// Uvarint decodes the varint at the start of b and returns its value and the
// octets it takes; octets behind it are left alone [VAR-2].
//
// An unterminated varint gives ErrShort with n the octets known to be needed. One
// that runs beyond 10 octets or exceeds 2^64-1 gives a *DecodeError with Reason
// Protocol. An encoding longer than needed, 0x80 0x00 for 0, is accepted: being
// shortest is asked of encoders only [VAR-1].
//
// "A varint decoder MUST reject input that ends within a varint and a varint of
// more than 10 octets." [VAR-3]
//
// "A varint decoder MUST reject an encoding whose value exceeds 2^64 - 1."
// [VAR-4]
func Uvarint(b []byte) (v uint64, n int, err error) {
	for i, c := range b {
		// Nine groups hold 63 bits: the tenth octet has room for one more bit and
		// can be followed by no other.
		if i == maxUvarintLen-1 && c > 1 {
			return 0, 0, fault(i, Protocol)
		}
		v |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			return v, i + 1, nil
		}
	}
	return 0, len(b) + 1, ErrShort
}
