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
// Room is made for what the member declares to hold, as far as that is no more than
// thirty-two times its own octets. If more comes out it is first counted, and then
// decompressed again into the room that it takes: a member that unfolds beyond the
// limit costs time up to the limit and hardly any memory, and one that declares too
// much costs no more room than its own octets allow.
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
	// One octet of room beyond the limit shows that there is one too many.
	most := min(limit, math.MaxInt-1) + 1
	plain = make([]byte, min(firstRoom(source, limit), most))
	n, err := in.fill(plain, source)
	if err == nil && n < most {
		var more int64
		more, err = io.CopyN(io.Discard, in.blocks, int64(most-n))
		n += int(more)
		if err == io.EOF {
			plain = make([]byte, n+1)
			n, err = in.fill(plain, source)
		}
	}
	read = len(source) - in.source.Len()
	switch {
	case n > limit:
		return nil, read, wire.FrameTooLarge
	case err != io.EOF:
		return nil, read, wire.BadCompression
	}
	return plain[:n], read, 0
}

// fill decompresses source from its start into plain, until that is full or the blocks
// end. It returns the octets that came out, and io.EOF if it has seen the end.
func (in *inflater) fill(plain, source []byte) (n int, err error) {
	in.source.Reset(source)
	if err := in.blocks.(flate.Resetter).Reset(&in.source, nil); err != nil {
		panic(err) // it cannot fail without a dictionary
	}
	for n < len(plain) && err == nil {
		var more int
		more, err = in.blocks.Read(plain[n:])
		n += more
	}
	return n, err
}

// firstRoom returns for how many octets of output there is room at first: one more
// than what the member declares, as far as that is believed. What declares more than
// the limit will be refused, for that or as a lie, and needs no room.
func firstRoom(source []byte, limit int) int {
	if len(source) < trailerLen {
		return minRoom
	}
	declared := uint64(binary.LittleEndian.Uint32(source[len(source)-4:]))
	if declared > uint64(limit) {
		return minRoom
	}
	return max(int(min(declared, trust*uint64(len(source))))+1, minRoom)
}
