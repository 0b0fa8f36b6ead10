package compress

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
)

// The fixed part of a member's header: ID1, ID2, CM, FLG, MTIME (4), XFL, OS.
const fixedLen = 10

const (
	id1           = 0x1f
	id2           = 0x8b
	methodDeflate = 8 // the only CM
)

// The bits of FLG. FTEXT, 0x01, is a hint that changes nothing.
const (
	flagHCRC     = 0x02
	flagExtra    = 0x04
	flagName     = 0x08
	flagComment  = 0x10
	flagReserved = 0xe0
)

// skipHeader returns where the compressed blocks of a member start, behind its
// header, or where the first field starts that is missing or wrong.
func skipHeader(b []byte) (at int, ok bool) {
	switch {
	case len(b) < 2 || b[0] != id1 || b[1] != id2:
		return 0, false
	case len(b) < 3 || b[2] != methodDeflate:
		return 2, false
	case len(b) < 4 || b[3]&flagReserved != 0:
		return 3, false
	case len(b) < fixedLen:
		return 4, false
	}
	flags := b[3]
	at = fixedLen
	if flags&flagExtra != 0 {
		// XLEN (2, little-endian), then as many octets.
		if len(b)-at < 2 {
			return at, false
		}
		end := at + 2 + int(binary.LittleEndian.Uint16(b[at:]))
		if end > len(b) {
			return at, false
		}
		at = end
	}
	for _, field := range [...]byte{flagName, flagComment} {
		if flags&field == 0 {
			continue
		}
		// Any octets, then a zero.
		n := bytes.IndexByte(b[at:], 0)
		if n < 0 {
			return at, false
		}
		at += n + 1
	}
	if flags&flagHCRC != 0 {
		// The lower half (2, little-endian) of the CRC-32 of all octets before it.
		if len(b)-at < 2 || binary.LittleEndian.Uint16(b[at:]) != uint16(crc32.ChecksumIEEE(b[:at])) {
			return at, false
		}
		at += 2
	}
	return at, true
}
