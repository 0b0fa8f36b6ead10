package wire

import (
	"encoding/binary"
	"unicode/utf8"
)

const (
	stringLengthLen = 2     // octets of the length field
	maxString       = 65535 // what it can express
)

// AppendString appends s to b as a binary string and returns the longer slice.
// Binary strings are a utility for payloads: no field of the frame is one.
//
// It refuses a string longer than 65,535 octets or that is not valid UTF-8 with
// an *EncodeError of Reason Protocol; b is returned unchanged then.
//
// "A binary string MUST be encoded as the number of its octets in 2 octets with
// the least significant first, followed by those octets in UTF-8." [STR-1]
//
// "A binary-string encoder MUST refuse a string of more than 65,535 octets."
// [STR-2]
func AppendString(b []byte, s string) ([]byte, error) {
	if len(s) > maxString {
		return b, refuse(Protocol, "string of %d octets, at most %d fit [STR-2]", len(s), maxString)
	}
	if !utf8.ValidString(s) {
		return b, refuse(Protocol, "string is not valid UTF-8 [STR-1]")
	}
	b = binary.LittleEndian.AppendUint16(b, uint16(len(s)))
	return append(b, s...), nil
}

// ParseString decodes the binary string at the start of b and returns it with the
// octets it takes, its length field included. The string is a copy.
//
// Truncated input gives ErrShort with n the octets known to be needed, text that
// is not valid UTF-8 a *DecodeError of Reason Protocol.
//
// "A binary-string decoder MUST reject truncated input and octets that are not
// valid UTF-8." [STR-3]
func ParseString(b []byte) (s string, n int, err error) {
	if len(b) < stringLengthLen {
		return "", stringLengthLen, ErrShort
	}
	n = stringLengthLen + int(binary.LittleEndian.Uint16(b))
	if len(b) < n {
		return "", n, ErrShort
	}
	text := b[stringLengthLen:n]
	if !utf8.Valid(text) {
		return "", 0, fault(stringLengthLen, Protocol)
	}
	return string(text), n, nil
}
