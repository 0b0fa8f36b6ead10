package wire

import "fmt"

// Type is the TYPE octet of a frame.
//
// Values 1 to 8 are defined by the specification, 0x10 to 0xFF are open for
// allocation in the registry [TYP-5], 0 and 9 to 0x0F are reserved.
//
// "The TYPE values MUST be 1 for HELLO, 2 for WELCOME, 3 for DATA, 4 for PING,
// 5 for PONG, 6 for BYE, 7 for ACK and 8 for ERR." [TYP-1]
type Type uint8

// The eight frame types [TYP-1].
const (
	TypeHello   Type = 1 // opens a session
	TypeWelcome Type = 2 // answers HELLO
	TypeData    Type = 3 // carries an application message
	TypePing    Type = 4 // asks for a PONG
	TypePong    Type = 5 // answers PING
	TypeBye     Type = 6 // ends a session
	TypeAck     Type = 7 // acknowledges a message
	TypeErr     Type = 8 // reports an error
)

// firstExtension is the lowest value that the registry may allocate.
const firstExtension Type = 0x10

var typeNames = [...]string{
	TypeHello:   "HELLO",
	TypeWelcome: "WELCOME",
	TypeData:    "DATA",
	TypePing:    "PING",
	TypePong:    "PONG",
	TypeBye:     "BYE",
	TypeAck:     "ACK",
	TypeErr:     "ERR",
}

// String returns the specification's name, "HELLO" to "ERR", and for any other
// value its number: "TYPE(0x10)".
func (t Type) String() string {
	if t.defined() {
		return typeNames[t]
	}
	return fmt.Sprintf("TYPE(0x%02x)", uint8(t))
}

// Priority returns how urgent a queued frame of this type is, 255 being the
// most urgent. A type beyond the eight is as urgent as DATA, so that it overtakes
// nothing.
//
// "The priority of a frame MUST be 255 for ERR, 200 for ACK, 150 for HELLO,
// WELCOME and BYE, 100 for PING and PONG and 50 for DATA." [PRI-1]
func (t Type) Priority() uint8 {
	switch t {
	case TypeErr:
		return 255
	case TypeAck:
		return 200
	case TypeHello, TypeWelcome, TypeBye:
		return 150
	case TypePing, TypePong:
		return 100
	default:
		return 50
	}
}

// IsControl reports whether frames of this type serve the protocol rather than
// carry an application message: true for every type but DATA.
func (t Type) IsControl() bool { return t != TypeData }

// defined reports whether t is one of the eight.
func (t Type) defined() bool { return TypeHello <= t && t <= TypeErr }

// reserved reports whether t can never be allocated [TYP-5].
func (t Type) reserved() bool { return t < firstExtension && !t.defined() }

// TypeSet is the set of frame types that an endpoint knows. It always holds the
// eight; the zero value holds nothing else. A set never changes, so it may be
// copied and shared.
type TypeSet struct {
	extensions *[4]uint64 // one bit per value, those below 0x10 clear; nil: none
}

// NewTypeSet returns the set of the eight types and the given ones.
//
// The reserved values 0 and 9 to 0x0F cannot be allocated and so cannot be
// members: they are left out, whoever asks for them [TYP-5].
func NewTypeSet(types ...Type) TypeSet { return TypeSet{}.With(types...) }

// With returns the set of what is in s and the given types, as NewTypeSet takes them.
func (s TypeSet) With(types ...Type) TypeSet {
	var extensions [4]uint64
	if s.extensions != nil {
		extensions = *s.extensions
	}
	for _, t := range types {
		if t >= firstExtension {
			extensions[t/64] |= 1 << (t % 64)
		}
	}
	return TypeSet{extensions: &extensions}
}

// Has reports whether t is in the set.
func (s TypeSet) Has(t Type) bool {
	return t.defined() || s.extensions != nil && s.extensions[t/64]&(1<<(t%64)) != 0
}
