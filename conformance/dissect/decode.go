package dissect

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"slices"
)

// Decode reads the first frame of b. Octets after it are left alone.
func Decode(b []byte, o Options) Frame {
	return read(b, o, false)
}

// DecodeDatagram reads b as a datagram, the whole of which is to be one frame.
// Octets that are missing [UDP-2] or left over [UDP-3] are violations, and the
// rules for what may be sent over UDP are among the soft ones.
func DecodeDatagram(b []byte, o Options) Frame {
	return read(b, o, true)
}

// pass is one walk over the octets, from the first to the last.
type pass struct {
	b        []byte
	at       int // octets walked over
	datagram bool
	limit    int64
	f        *Frame
}

func read(b []byte, o Options, datagram bool) Frame {
	f := Frame{names: names{o.Registry}}
	p := pass{b: b, datagram: datagram, limit: o.MaxFrame, f: &f}
	if p.limit <= 0 {
		p.limit = DefaultMaxFrame
	}

	if p.fixedPart() {
		p.size()
		if p.headerSection() {
			f.Payload, _ = p.take("PAYLOAD", f.PayloadLen, sketch)
			p.trailer()
		}
	}
	p.end()
	if f.trustworthy() {
		p.senderRules()
	}
	slices.SortStableFunc(f.Violations, func(v, w Violation) int {
		return cmp.Or(cmp.Compare(v.rank(), w.rank()), cmp.Compare(v.Offset, w.Offset))
	})
	return f
}

// take walks over the n octets of a field, or over those of them that are
// there, and notes the field. whole tells whether none was missing. A field of
// no octets is not noted.
func (p *pass) take(name string, n int64, value func([]byte) string) (octets []byte, whole bool) {
	there := min(n, int64(len(p.b)-p.at))
	end := p.at + int(there)
	octets = p.b[p.at:end:end]
	whole = there == n
	if there > 0 {
		field := Field{Name: name, Offset: p.at, Length: int(there)}
		if whole {
			field.Value = value(octets)
		} else {
			field.Value = fmt.Sprintf("cut short: %s of %s octets", count(there), count(n))
		}
		p.f.Fields = append(p.f.Fields, field)
	}
	p.at = end
	return octets, whole
}

// octet walks over a field of one octet.
func (p *pass) octet(name string, value func(byte) string) (byte, bool) {
	octets, whole := p.take(name, 1, func(b []byte) string { return value(b[0]) })
	if !whole {
		return 0, false
	}
	return octets[0], true
}

func (p *pass) violate(class, requirement string, offset, length int, format string, args ...any) {
	p.f.Violations = append(p.f.Violations, Violation{
		Class: class, Requirement: requirement,
		Offset: offset, Length: length, Text: fmt.Sprintf(format, args...),
	})
}

// fixedPart walks over the eleven octets that every frame begins with and tells
// whether all are there.
func (p *pass) fixedPart() bool {
	f := p.f
	magic, ok := p.take("MAGIC", 2, quote)
	if !ok {
		return false
	}
	if string(magic) != "VT" {
		p.violate("InvalidMagic", "FRM-2", 0, 2, "MAGIC is % x, not 56 54", magic)
	}

	if f.Version, ok = p.octet("VERSION", decimal); !ok {
		return false
	}
	if f.Version != 1 {
		p.violate("InvalidVersion", "FRM-2", 2, 1, "VERSION is %d, not 1", f.Version)
	}

	f.Type, ok = p.octet("TYPE", func(value byte) string {
		if name, known := f.names.typeName(value); known {
			return name
		}
		return "unknown"
	})
	if !ok {
		return false
	}
	if _, known := f.names.typeName(f.Type); !known {
		p.violate("InvalidFrameType", "TYP-2", 3, 1, "TYPE is 0x%02x, which is neither 1 to 8 nor in the registry", f.Type)
	}

	if f.Flags, ok = p.octet("FLAGS", f.names.flags); !ok {
		return false
	}

	// The two lengths are in different byte orders. [FRM-3] [FRM-4]
	length, ok := p.take("HDR_LEN", 2, func(b []byte) string {
		return plural(int64(binary.LittleEndian.Uint16(b)), "octet") + " of headers"
	})
	if !ok {
		return false
	}
	f.HeaderLen = int(binary.LittleEndian.Uint16(length))

	length, ok = p.take("PAY_LEN", 4, func(b []byte) string {
		return plural(int64(binary.BigEndian.Uint32(b)), "octet") + " of payload"
	})
	if !ok {
		return false
	}
	f.PayloadLen = int64(binary.BigEndian.Uint32(length))
	f.Total = overhead + int64(f.HeaderLen) + f.PayloadLen
	return true
}

// size compares what the lengths declare with the limit.
func (p *pass) size() {
	if p.f.Total > p.limit {
		p.violate("FrameTooLarge", "LIM-2", 5, 6, "the lengths declare a frame of %s octets, the limit is %s%s",
			count(p.f.Total), count(p.limit), p.swapped())
	}
}

// headerSection walks over the headers and tells whether the whole section is
// there. It reads nothing beyond the section, whatever the headers declare.
func (p *pass) headerSection() bool {
	end := fixedLen + p.f.HeaderLen
	for p.at < min(end, len(p.b)) {
		start := p.at
		if end-start == 1 {
			p.violate("Protocol", "HDR-7", start, 1, "the header section ends with one octet, too few for KEY_LEN and VALUE_LEN")
			p.take("UNPARSED", 1, sketch)
			break
		}
		keyLen, ok := p.octet("KEY_LEN", decimal)
		if !ok {
			return false
		}
		valueLen, ok := p.octet("VALUE_LEN", decimal)
		if !ok {
			return false
		}
		if over := p.at + int(keyLen) + int(valueLen) - end; over > 0 {
			p.violate("Protocol", "HDR-6", start, 2, "a header with a key of %d and a value of %d octets ends %s past the header section",
				keyLen, valueLen, plural(int64(over), "octet"))
			p.take("UNPARSED", int64(end-p.at), sketch)
			break
		}
		key, ok := p.take("KEY", int64(keyLen), quote)
		if !ok {
			return false
		}
		value, ok := p.take("VALUE", int64(valueLen), quote)
		if !ok {
			return false
		}
		p.f.Headers = append(p.f.Headers, Header{Key: key, Value: value, Offset: start})
	}
	return p.at == end
}

// trailer walks over the checksum and compares it if all octets before it are
// there too. [CRC-5]
func (p *pass) trailer() {
	f, start := p.f, p.at
	trailer, whole := p.take("CRC32", trailerLen, func(b []byte) string { return fmt.Sprintf("%08x", b) })
	if !whole {
		return
	}
	body := p.b[:start]
	f.CRC, f.WantCRC = binary.BigEndian.Uint32(trailer), crc32.ChecksumIEEE(body)
	field := &f.Fields[len(f.Fields)-1]
	if f.CRC == f.WantCRC {
		field.Value += ", right"
		return
	}
	field.Value += fmt.Sprintf(", not the %08x of the octets before it", f.WantCRC)
	requirement, text := explainCRC(body, int(f.PayloadLen), f.CRC, f.WantCRC)
	p.violate("CrcMismatch", requirement, start, trailerLen, "%s", text)
}

// end compares the octets that are there with those that are needed.
func (p *pass) end() {
	f, there := p.f, len(p.b)
	f.Raw = p.b[:there:there]
	switch requirement := "FRM-1"; {
	case f.Total > int64(there) || f.Total == 0:
		if p.datagram {
			requirement = "UDP-2"
		}
		if f.Total == 0 {
			p.violate("Incomplete", requirement, there, 0, "%s of the %d that come before the headers", plural(int64(there), "octet"), fixedLen)
			return
		}
		p.violate("Incomplete", requirement, there, 0, "%s of the %s declared: %s missing%s",
			plural(int64(there), "octet"), count(f.Total), count(f.Total-int64(there)), p.swapped())
	case !p.datagram:
		f.Raw = p.b[:f.Total:f.Total]
	case f.Total < int64(there):
		extra := there - int(f.Total)
		p.violate("Protocol", "UDP-3", int(f.Total), extra, "the datagram goes on for %s after its frame", plural(int64(extra), "octet"))
		p.take("TRAILING", int64(extra), sketch)
	}
}

// trustworthy tells whether the octets can be taken for what their sender meant:
// a frame of this version that arrived whole and unharmed.
func (f Frame) trustworthy() bool {
	switch f.Class() {
	case "", "InvalidFrameType", "Protocol":
		return true
	}
	return false
}

// wellFormed tells whether the header section was read to its end.
func (f Frame) wellFormed() bool {
	return !slices.ContainsFunc(f.Violations, func(v Violation) bool {
		return v.Requirement == "HDR-6" || v.Requirement == "HDR-7"
	})
}
