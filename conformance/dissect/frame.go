package dissect

import (
	"fmt"
	"math"

	"github.com/vstp-project/vstp/spec"
)

// Options says what a reader knows. The zero value is the specification's
// default.
type Options struct {
	// MaxFrame is the largest frame accepted, in octets in all; 0 is DefaultMaxFrame.
	MaxFrame int64
	// Registry names types, flags, header keys and error codes; nil is the one
	// that is shipped with the specification.
	Registry *spec.Registry
}

// Field is one field, or as much of it as is there.
type Field struct {
	Name   string // the specification's name: MAGIC … CRC32; UNPARSED or TRAILING for octets that belong to none
	Value  string // what it says, for people
	Offset int    // in octets from the beginning of the frame
	Length int    // in octets, at least 1
}

// Header is one header that is wholly there.
type Header struct {
	Key, Value []byte
	Offset     int // of its KEY_LEN
}

// Violation is one rule that the octets break.
type Violation struct {
	// Class is the name of the error that a receiver meets, empty for a Soft one.
	Class string
	// Soft is true for a rule that binds the sender alone: a receiver takes the
	// frame all the same.
	Soft bool
	// Requirement is the ID of the rule.
	Requirement string
	// Offset and Length say which octets break it, or where something that is
	// missing would stand. Length is 0 for octets that never came.
	Offset, Length int
	// Text is one sentence for people, without a full stop.
	Text string
}

// Frame is what was found in some octets. Where they end early or are wrong, it
// holds as much as they say.
type Frame struct {
	Raw []byte // the frame's octets if it is complete, else all that was given

	Version, Type, Flags byte
	HeaderLen            int   // HDR_LEN as declared
	PayloadLen           int64 // PAY_LEN as declared
	Total                int64 // 15 + HDR_LEN + PAY_LEN; 0 until these lengths are there
	Headers              []Header
	Payload              []byte // the octets that are there, at most PayloadLen
	CRC                  uint32 // the trailer
	WantCRC              uint32 // what the trailer should be; 0 unless the frame is complete

	// Fields cover Raw from the first octet to the last without gap or overlap.
	Fields []Field
	// Violations are in the order in which a receiver checks; soft ones come last.
	Violations []Violation

	names names
}

// precedence is the order in which a receiver checks a frame. [FRM-9]
var precedence = [...]string{
	"InvalidMagic", "InvalidVersion", "FrameTooLarge", "Incomplete", "CrcMismatch", "InvalidFrameType", "Protocol",
}

// rank is the place of a violation in that order.
func (v Violation) rank() int {
	if !v.Soft {
		for i, class := range precedence {
			if v.Class == class {
				return i
			}
		}
	}
	return len(precedence)
}

// Class returns the name of the one error that a receiver reports for the
// octets, and "" if it accepts the frame. [FRM-9]
func (f Frame) Class() string {
	class, best := "", len(precedence)
	for _, v := range f.Violations {
		if rank := v.rank(); rank < best {
			class, best = v.Class, rank
		}
	}
	return class
}

// Needed returns, for a frame whose Class is "Incomplete", how many octets it
// takes in all as far as that is known: 11 until the lengths are there. For
// every other frame it returns 0.
func (f Frame) Needed() int {
	switch {
	case f.Class() != "Incomplete":
		return 0
	case f.Total == 0:
		return fixedLen
	case f.Total > math.MaxInt:
		return math.MaxInt
	default:
		return int(f.Total)
	}
}

// TypeName returns the name of TYPE, or "TYPE(0x09)" if it has none.
func (f Frame) TypeName() string {
	if name, ok := f.names.typeName(f.Type); ok {
		return name
	}
	return fmt.Sprintf("TYPE(0x%02x)", f.Type)
}

// FlagNames returns the names of the flags that are set, joined by a bar, with
// undefined bits as a hex number: "REQ_ACK|0x80". No flag is "0".
func (f Frame) FlagNames() string { return f.names.flags(f.Flags) }

// Header returns the value of the first header with the given key, compared
// octet for octet [HDR-10]. It aliases the frame's octets.
func (f Frame) Header(key string) ([]byte, bool) {
	for _, h := range f.Headers {
		if string(h.Key) == key {
			return h.Value, true
		}
	}
	return nil, false
}

func (f Frame) count(key string) int {
	n := 0
	for _, h := range f.Headers {
		if string(h.Key) == key {
			n++
		}
	}
	return n
}
