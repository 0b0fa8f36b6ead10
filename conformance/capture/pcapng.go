package capture

import (
	"encoding/binary"
	"math"
	"math/bits"
	"time"
)

// The blocks of pcapng that hold something for us.
const (
	blockSection   = magicPcapng
	blockInterface = 1
	blockSimple    = 3
	blockEnhanced  = 6
)

// The options in use.
const (
	optionEnd         = 0
	optionComment     = 1
	optionApplication = 4  // of a section
	optionResolution  = 9  // of an interface
	optionOffset      = 14 // of an interface
)

// an iface is an interface of a section.
type iface struct {
	link   LinkType
	snap   uint32
	units  uint64 // in a second
	offset int64  // seconds to add to each time
}

type pcapngReader struct {
	order   binary.ByteOrder
	ifaces  []iface
	packets []Packet
}

func readPcapng(file []byte) ([]Packet, error) {
	r := pcapngReader{order: binary.LittleEndian}
	for at := 0; at < len(file); {
		const least = 12
		if len(file)-at < least {
			return r.packets, formatf(at, "the file is cut short in the header of a block")
		}
		if binary.LittleEndian.Uint32(file[at:]) == blockSection {
			switch uint32(byteOrder) {
			case binary.LittleEndian.Uint32(file[at+8:]):
				r.order = binary.LittleEndian
			case binary.BigEndian.Uint32(file[at+8:]):
				r.order = binary.BigEndian
			default:
				return r.packets, formatf(at+8, "a section whose byte order cannot be told")
			}
			r.ifaces = nil
		}
		length := int64(r.order.Uint32(file[at+4:]))
		if length < least || length%4 != 0 {
			return r.packets, formatf(at+4, "a block of %d octets, which is no length of a block", length)
		}
		if int64(len(file)-at) < length {
			return r.packets, formatf(at, "the file is cut short in a block: %d of %d octets", len(file)-at, length)
		}
		kind, body := r.order.Uint32(file[at:]), file[at+8:at+int(length)-4]
		if problem := r.block(kind, body); problem != "" {
			return r.packets, formatf(at, "%s", problem)
		}
		at += int(length)
	}
	return r.packets, nil
}

// block reads the body of a block and returns what is wrong with it. Blocks that
// hold no packets are left out.
func (r *pcapngReader) block(kind uint32, body []byte) (problem string) {
	switch kind {
	case blockInterface:
		if len(body) < 8 {
			return "a description of an interface that is too short"
		}
		i := iface{link: LinkType(r.order.Uint16(body)), snap: r.order.Uint32(body[4:]), units: 1e6}
		for code, value := range r.options(body[8:]) {
			switch {
			case code == optionResolution && len(value) >= 1:
				i.units = unitsPerSecond(value[0])
			case code == optionOffset && len(value) >= 8:
				i.offset = int64(r.order.Uint64(value))
			}
		}
		r.ifaces = append(r.ifaces, i)
	case blockEnhanced:
		if len(body) < 20 {
			return "a packet that is too short"
		}
		number := r.order.Uint32(body)
		if uint64(number) >= uint64(len(r.ifaces)) {
			return "a packet of an interface that is not described"
		}
		i := r.ifaces[number]
		kept := int64(r.order.Uint32(body[12:]))
		if kept > int64(len(body)-20) {
			return "a packet that is longer than its block"
		}
		p := Packet{
			Number: len(r.packets) + 1, Link: i.link, Octets: body[20 : 20+kept : 20+kept], Length: int(r.order.Uint32(body[16:])),
			Time: i.time(uint64(r.order.Uint32(body[4:]))<<32 | uint64(r.order.Uint32(body[8:]))),
		}
		for code, value := range r.options(body[min(20+int(kept+3)/4*4, len(body)):]) {
			if code == optionComment {
				p.Comments = append(p.Comments, string(value))
			}
		}
		r.packets = append(r.packets, p)
	case blockSimple:
		if len(body) < 4 || len(r.ifaces) == 0 {
			return "a packet without length or interface"
		}
		length := int64(r.order.Uint32(body))
		kept := min(length, int64(len(body)-4))
		if snap := int64(r.ifaces[0].snap); snap > 0 {
			kept = min(kept, snap)
		}
		r.packets = append(r.packets, Packet{
			Number: len(r.packets) + 1, Link: r.ifaces[0].link, Octets: body[4 : 4+kept : 4+kept], Length: int(length),
		})
	}
	return ""
}

// options goes through a list of options as far as it is whole.
func (r *pcapngReader) options(b []byte) func(yield func(code uint16, value []byte) bool) {
	return func(yield func(uint16, []byte) bool) {
		for len(b) >= 4 {
			code, length := r.order.Uint16(b), int(r.order.Uint16(b[2:]))
			if code == optionEnd || len(b)-4 < length || !yield(code, b[4:4+length]) {
				return
			}
			b = b[min(4+(length+3)/4*4, len(b)):]
		}
	}
}

// unitsPerSecond reads the resolution of times: a power of ten, or of two where
// the highest bit is set. What no clock has is taken for the finest.
func unitsPerSecond(octet byte) uint64 {
	power := octet & 0x7f
	if octet&0x80 != 0 {
		return 1 << min(power, 63)
	}
	units := uint64(1)
	for range min(power, 19) {
		units *= 10
	}
	return units
}

func (i iface) time(stamp uint64) time.Time {
	high, low := bits.Mul64(stamp%i.units, uint64(time.Second))
	nanoseconds, _ := bits.Div64(high, low, i.units) // the quotient is below 10^9
	seconds := min(stamp/i.units, math.MaxInt32*4)
	return time.Unix(int64(seconds)+i.offset, int64(nanoseconds)).UTC()
}
