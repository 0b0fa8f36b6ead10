package forge

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// FlipBit returns a copy of b with one bit turned over. Bit n is bit n%8 of
// octet n/8, where bit 0 of an octet is its least significant one. A bit outside
// b is a slip in the calling program, and FlipBit panics.
func FlipBit(b []byte, bit int) []byte {
	if bit < 0 || bit >= 8*len(b) {
		panic(fmt.Sprintf("forge: bit %d is outside the %d bits given", bit, 8*len(b)))
	}
	edited := bytes.Clone(b)
	edited[bit/8] ^= 1 << (bit % 8)
	return edited
}

// Reseal returns a copy of frame whose last four octets are the checksum of the
// others. It is how an edited frame gets a trailer that is right again. Fewer
// than four octets have no trailer, and Reseal panics.
func Reseal(frame []byte) []byte {
	if len(frame) < 4 {
		panic(fmt.Sprintf("forge: %d octets are too few to hold a trailer of four", len(frame)))
	}
	body := frame[:len(frame)-4]
	return binary.BigEndian.AppendUint32(bytes.Clone(body), CRC(body))
}

// Concat returns the octets of all frames one after another, as a stream carries
// them.
func Concat(frames ...[]byte) []byte {
	return bytes.Join(frames, nil)
}
