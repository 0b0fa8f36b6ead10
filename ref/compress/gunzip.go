package compress

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"hash/crc32"
	"io"
	"math"
	"sync"

	"github.com/vstp-project/vstp/ref/wire"
)

// The trailer of a member: CRC-32 and ISIZE.
const trailerLen = 8

// What a member's output gets room for.
const (
	minRoom = 512
	// trust is up to how many times the size of a member its ISIZE is believed. Few
	// messages unfold to more; a lie costs no more than that.
	trust = 32
)

// inflater is what decompresses. It is kept for the next member, since its tables
// and its window are 40 KB.
type inflater struct {
	source bytes.Reader
	blocks io.ReadCloser // reads source, octet by octet: never beyond the last block
}

var inflaters = sync.Pool{New: func() any {
	in := new(inflater)
	in.blocks = flate.NewReader(&in.source)
	return in
}}

// Gunzip returns what the one gzip member holds that member consists of, in memory
// of its own, never nil. Zero or less means a limit of wire.DefaultMaxFrame. The
// member itself may have any length.
//
// Octets that are not exactly one valid member give a *wire.DecodeError of Reason
// BadCompression, more than limit octets inside one of Reason FrameTooLarge,
// whatever else is wrong further on. Its Offset, from the start of member, is where
// the field at fault starts, or how far the compressed blocks had been read.
//
// At no time is room held for more than twice limit, nor for more than limit and
// one octet when it returns. What the member declares of itself counts for no more
// than thirty-two times the octets that are there.
//
// "A receiver MUST NOT deliver or acknowledge a message whose COMP payload is not a
// valid gzip member." [CMP-6]
//
// "A receiver MUST reject a COMP payload that is empty or has octets after its first
// gzip member." [CMP-7]
//
// "A receiver MUST stop decompressing and reject the message, on TCP with ERR code
// 8, as soon as the output exceeds its maximum frame size." [CMP-8]
func Gunzip(member []byte, limit int) ([]byte, error) {
	if limit <= 0 {
		limit = wire.DefaultMaxFrame
	}
	blocks, ok := skipHeader(member)
	if !ok {
		return nil, fault(blocks, wire.BadCompression)
	}
	in := inflaters.Get().(*inflater)
	defer inflaters.Put(in)
	plain, read, reason := in.inflate(member[blocks:], limit)
	in.source.Reset(nil) // so that the pool does not keep the member
	at := blocks + read
	if reason != 0 {
		return nil, fault(at, reason)
	}
	trailer := member[at:]
	switch {
	case len(trailer) < trailerLen,
		binary.LittleEndian.Uint32(trailer) != crc32.ChecksumIEEE(plain):
		return nil, fault(at, wire.BadCompression)
	case binary.LittleEndian.Uint32(trailer[4:]) != uint32(len(plain)):
		return nil, fault(at+4, wire.BadCompression)
	case len(trailer) > trailerLen:
		return nil, fault(at+trailerLen, wire.BadCompression)
	}
	return plain, nil
}

// inflate decompresses the blocks at the start of source. It returns how many
// octets of source they are, or have been read when it stopped for the reason given.
func (in *inflater) inflate(source []byte, limit int) (plain []byte, read int, reason wire.Reason) {
	in.source.Reset(source)
	if err := in.blocks.(flate.Resetter).Reset(&in.source, nil); err != nil {
		panic(err) // it cannot fail without a dictionary
	}
	// One octet of room beyond the limit shows that there is one too many.
	most := min(limit, math.MaxInt-1) + 1
	plain = make([]byte, 0, min(firstRoom(source), most))
	for {
		n, err := in.blocks.Read(plain[len(plain):cap(plain)])
		plain = plain[:len(plain)+n]
		read = len(source) - in.source.Len()
		switch {
		case len(plain) > limit:
			return nil, read, wire.FrameTooLarge
		case err == io.EOF:
			return plain, read, 0
		case err != nil:
			return nil, read, wire.BadCompression
		case len(plain) == cap(plain):
			room := most
			if cap(plain) < most/2 {
				room = 2 * cap(plain)
			}
			plain = append(make([]byte, 0, room), plain...)
		}
	}
}

// firstRoom returns for how many octets of output there is room at first: one more
// than what the member declares, as far as that is believed.
func firstRoom(source []byte) int {
	if len(source) < trailerLen {
		return minRoom
	}
	declared := uint64(binary.LittleEndian.Uint32(source[len(source)-4:]))
	return max(int(min(declared, trust*uint64(len(source))))+1, minRoom)
}
