package steps

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// maxPlain is how many octets the judge decompresses at most.
const maxPlain = 64 << 20

// gzipOf is plain as one gzip member.
func gzipOf(plain []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write(plain)
	if err = errors.Join(err, w.Close()); err != nil {
		panic(err) // a buffer takes everything
	}
	return b.Bytes()
}

// plainOf is what the one gzip member holds that b has to be. The reader of
// compress/gzip is too lenient for that in some things and too strict in others:
// the reserved bits of FLG say that what follows cannot be known, and a name may
// have any length.
func plainOf(b []byte) ([]byte, error) {
	blocks, err := skipMemberHeader(b)
	if err != nil {
		return nil, err
	}
	source := bytes.NewReader(b[blocks:]) // read octet by octet, never beyond the last block
	plain, err := io.ReadAll(io.LimitReader(flate.NewReader(source), maxPlain+1))
	switch trailer := b[len(b)-source.Len():]; {
	case err != nil:
		return nil, err
	case len(plain) > maxPlain:
		return nil, fmt.Errorf("it holds more than %d octets", maxPlain)
	case len(trailer) < 8:
		return nil, errors.New("its trailer is cut")
	case binary.LittleEndian.Uint32(trailer) != crc32.ChecksumIEEE(plain):
		return nil, errors.New("its CRC-32 is wrong")
	case binary.LittleEndian.Uint32(trailer[4:]) != uint32(len(plain)):
		return nil, errors.New("its ISIZE is wrong")
	case len(trailer) > 8:
		return nil, fmt.Errorf("%d octets stand behind it", len(trailer)-8)
	}
	return plain, nil
}

// skipMemberHeader is where the blocks of a member begin.
func skipMemberHeader(b []byte) (int, error) {
	cut := errors.New("its header is cut")
	if len(b) < 10 {
		return 0, cut
	}
	if b[0] != 0x1f || b[1] != 0x8b || b[2] != 8 {
		return 0, fmt.Errorf("it begins with %x", b[:3])
	}
	flags, at := b[3], 10
	if flags&0xe0 != 0 {
		return 0, fmt.Errorf("FLG is 0x%02x", flags)
	}
	if flags&0x04 != 0 { // FEXTRA
		if len(b) < at+2 {
			return 0, cut
		}
		at += 2 + int(binary.LittleEndian.Uint16(b[at:]))
	}
	for _, text := range []byte{0x08, 0x10} { // FNAME, FCOMMENT
		if flags&text == 0 {
			continue
		}
		end := -1
		if at <= len(b) {
			end = bytes.IndexByte(b[at:], 0)
		}
		if end < 0 {
			return 0, cut
		}
		at += end + 1
	}
	if flags&0x02 != 0 { // FHCRC
		if len(b) < at+2 {
			return 0, cut
		}
		if binary.LittleEndian.Uint16(b[at:]) != uint16(crc32.ChecksumIEEE(b[:at])) {
			return 0, errors.New("the checksum of its header is wrong")
		}
		at += 2
	}
	if at > len(b) {
		return 0, cut
	}
	return at, nil
}
