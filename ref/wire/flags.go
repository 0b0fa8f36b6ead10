package wire

import (
	"fmt"
	"strings"
)

// Flags is the FLAGS octet of a frame.
//
// The bits 0x04, 0x08, 0x40 and 0x80 are reserved. Decoding keeps the octet as it
// came, with whatever reserved bits; encoding refuses a frame that has one.
//
// "A receiver MUST ignore the reserved FLAGS bits while honouring the defined
// bits of the same octet." [FLG-3]
//
// "A sender MUST transmit the reserved FLAGS bits 0x04, 0x08, 0x40 and 0x80 as
// zero." [FLG-2]
type Flags uint8

// The defined flags [FLG-1].
const (
	FlagReqAck Flags = 0x01 // the sender asks for an ACK
	FlagCRC    Flags = 0x02 // advisory: the trailer is always there and always verified [CRC-4] [CRC-5]
	FlagFrag   Flags = 0x10 // the frame is a fragment of a message
	FlagComp   Flags = 0x20 // the payload is compressed
)

const reservedFlags = ^(FlagReqAck | FlagCRC | FlagFrag | FlagComp)

var flagNames = [...]struct {
	flag Flags
	name string
}{
	{FlagReqAck, "REQ_ACK"},
	{FlagCRC, "CRC"},
	{FlagFrag, "FRAG"},
	{FlagComp, "COMP"},
}

// Has reports whether every bit of want is set.
func (f Flags) Has(want Flags) bool { return f&want == want }

// String returns the names of the flags that are set, lowest bit first and
// joined by "|", reserved bits last and together in hex: "REQ_ACK|FRAG|0x80".
// Without any bit set it is "0".
func (f Flags) String() string {
	var names []string
	for _, n := range flagNames {
		if f.Has(n.flag) {
			names = append(names, n.name)
		}
	}
	if reserved := f & reservedFlags; reserved != 0 {
		names = append(names, fmt.Sprintf("0x%02x", uint8(reserved)))
	}
	if len(names) == 0 {
		return "0"
	}
	return strings.Join(names, "|")
}
