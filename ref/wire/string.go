package wire

import (
	"strconv"
	"strings"
)

// How much of a frame its String shows.
const (
	shownHeaders = 8
	shownValue   = 64 // octets of a key or value
	shownPayload = 32 // octets
)

// String describes the frame on one line, for people: its type, its flags if any,
// its headers, the start of its payload if any, and its size on the wire.
//
//	DATA REQ_ACK msg-id=5 "x" (25 octets)
func (f Frame) String() string {
	var s strings.Builder
	s.WriteString(f.Type.String())
	if f.Flags != 0 {
		s.WriteString(" " + f.Flags.String())
	}
	shown := 0
	for key, value := range f.Headers.All() {
		if shown == shownHeaders {
			s.WriteString(" and " + strconv.Itoa(f.Headers.Len()-shown) + " more headers")
			break
		}
		s.WriteString(" " + word(key) + "=" + word(value))
		shown++
	}
	if len(f.Payload) > 0 {
		s.WriteString(" " + quote(f.Payload, shownPayload))
	}
	s.WriteString(" (" + strconv.Itoa(f.EncodedLen()) + " octets)")
	return s.String()
}

// word returns b as it is if it reads as one plain word, otherwise in quotes.
func word(b []byte) string {
	if len(b) == 0 || len(b) > shownValue {
		return quote(b, shownValue)
	}
	for _, c := range b {
		if c <= ' ' || c > '~' || c == '"' || c == '=' {
			return quote(b, shownValue)
		}
	}
	return string(b)
}

// quote returns the first octets of b as a Go string literal in ASCII, with "..."
// behind it where it has more than limit.
func quote(b []byte, limit int) string {
	if len(b) > limit {
		return strconv.QuoteToASCII(string(b[:limit])) + "..."
	}
	return strconv.QuoteToASCII(string(b))
}
