package frag

import (
	"math"

	"github.com/vstp-project/vstp/ref/wire"
)

// Sizes of fragments and of what they make up.
const (
	MaxDatagram  = 1200                      // octets of a datagram that is sent [UDP-9]
	MaxPayload   = 1200                      // octets of a fragment's payload [FRG-6] [RAS-18]
	MaxFragments = 255                       // fragments of a message [FRG-7]
	MaxMessage   = MaxFragments * MaxPayload // octets of a message's payload that any sender can send
)

// definedFlags are the flags that mean something. The others are ignored, here as
// everywhere [FLG-3].
const definedFlags = wire.FlagReqAck | wire.FlagCRC | wire.FlagFrag | wire.FlagComp

// place is what the fragment headers of a fragment say.
type place struct {
	id    uint8 // frag-id
	index uint8 // frag-index
	total uint8 // frag-total
}

// placeOf reads the fragment headers of f. It returns false unless f is DATA and
// each of the three is there exactly once, with a canonical value from 0 to 255
// [FLG-5].
func placeOf(f wire.Frame) (p place, ok bool) {
	if f.Type != wire.TypeData {
		return place{}, false
	}
	var seen [3]int
	for key, value := range f.Headers.All() {
		var number *uint8
		switch string(key) {
		case wire.KeyFragID:
			seen[0]++
			number = &p.id
		case wire.KeyFragIndex:
			seen[1]++
			number = &p.index
		case wire.KeyFragTotal:
			seen[2]++
			number = &p.total
		default:
			continue
		}
		v, canonical := wire.ParseDecimal(value)
		if !canonical || v > math.MaxUint8 {
			return place{}, false
		}
		*number = uint8(v)
	}
	return p, seen == [3]int{1, 1, 1}
}

// isFragmentKey reports whether a header places a fragment in its message. The
// other headers are the message's own.
func isFragmentKey(key []byte) bool {
	switch string(key) {
	case wire.KeyFragID, wire.KeyFragIndex, wire.KeyFragTotal:
		return true
	default:
		return false
	}
}

// AppendOwnHeaders appends to b the header section of h without the fragment
// headers: the headers of the message itself, in their order and in their wire
// form. It returns the longer slice.
func AppendOwnHeaders(b []byte, h wire.Headers) []byte {
	for key, value := range h.All() {
		if !isFragmentKey(key) {
			b = appendHeader(b, key, value)
		}
	}
	return b
}

// appendHeader appends one header: KEY_LEN (1), VALUE_LEN (1), KEY, VALUE. Both
// are known to have at most 255 octets.
func appendHeader[K, V []byte | string](b []byte, key K, value V) []byte {
	b = append(b, byte(len(key)), byte(len(value)))
	b = append(b, key...)
	return append(b, value...)
}

// MsgID returns the msg-id of a message or fragment, or false if it has none. The
// first msg-id header counts, and its value has to be canonical.
func MsgID(h wire.Headers) (id uint64, ok bool) {
	value, _ := h.Get(wire.KeyMsgID)
	return wire.ParseDecimal(value)
}
