package capture

import (
	"encoding/binary"
	"net/netip"
	"time"
)

// A Writer makes a pcapng file of IP packets, in memory. The zero value cannot be
// used: [NewWriter] makes one.
type Writer struct{ b []byte }

// NewWriter begins a file. application names the program that makes it, comment is
// what the file is about.
func NewWriter(application, comment string) *Writer {
	w := &Writer{}
	section := le32(nil, byteOrder)
	section = binary.LittleEndian.AppendUint16(section, 1) // version 1.0
	section = binary.LittleEndian.AppendUint16(section, 0)
	section = binary.LittleEndian.AppendUint64(section, ^uint64(0)) // of unknown length
	w.block(blockSection, appendOptions(section, option{optionComment, comment}, option{optionApplication, application}))
	descr := binary.LittleEndian.AppendUint16(nil, uint16(LinkRaw))
	descr = binary.LittleEndian.AppendUint16(descr, 0)
	descr = le32(descr, 0) // no limit
	w.block(blockInterface, appendOptions(descr, option{optionResolution, "\x09"}))
	return w
}

// Bytes is the file as it stands.
func (w *Writer) Bytes() []byte { return w.b }

func le32(b []byte, v uint32) []byte { return binary.LittleEndian.AppendUint32(b, v) }

func (w *Writer) block(kind uint32, body []byte) {
	length := uint32(12 + len(body))
	w.b = le32(le32(w.b, kind), length)
	w.b = append(w.b, body...)
	w.b = le32(w.b, length)
}

type option struct {
	code  uint16
	value string
}

// maxOption is the most octets that an option can have.
const maxOption = 0xffff

func appendOptions(b []byte, options ...option) []byte {
	for _, o := range options {
		if o.value == "" {
			continue
		}
		value := o.value[:min(len(o.value), maxOption)]
		b = binary.LittleEndian.AppendUint16(b, o.code)
		b = binary.LittleEndian.AppendUint16(b, uint16(len(value)))
		b = pad(append(b, value...))
	}
	return le32(b, optionEnd)
}

func pad(b []byte) []byte {
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

// packet adds an IP packet of which length octets were on the wire.
func (w *Writer) packet(at time.Time, octets []byte, length int, comment string) {
	stamp := uint64(max(at.UnixNano(), 0))
	body := le32(nil, 0)
	body = le32(le32(body, uint32(stamp>>32)), uint32(stamp))
	body = le32(le32(body, uint32(len(octets))), uint32(length))
	body = pad(append(body, octets...))
	w.block(blockEnhanced, appendOptions(body, option{optionComment, comment}))
}

// MaxDatagram is the most octets that a datagram holds over IPv4.
const MaxDatagram = 0xffff - 20 - 8

// Datagram adds a UDP datagram of length octets, of which payload is what is
// there. What is longer than a datagram can be is cut.
func (w *Writer) Datagram(at time.Time, f Flow, payload []byte, length int, comment string) {
	length = min(max(length, len(payload)), MaxDatagram)
	payload = payload[:min(len(payload), length)]
	b := binary.BigEndian.AppendUint16(nil, f.From.Port())
	b = binary.BigEndian.AppendUint16(b, f.To.Port())
	b = binary.BigEndian.AppendUint16(b, uint16(8+length))
	b = binary.BigEndian.AppendUint16(b, 0)
	b = append(b, payload...)
	if len(payload) == length {
		sum := checksum(f, protocolUDP, b)
		if sum == 0 {
			sum = 0xffff // zero means that there is none
		}
		binary.BigEndian.PutUint16(b[6:], sum)
	}
	w.packet(at, append(network(f, protocolUDP, 8+length), b...), headLen(f)+8+length, comment)
}

// Flags of TCP.
const (
	Fin = 0x01
	Syn = 0x02
	Rst = 0x04
	Psh = 0x08
	Ack = 0x10
)

// MaxSegment is the most octets that a segment holds over IPv4 and IPv6 alike.
const MaxSegment = 0xffff - 40 - 20

// Segment adds a TCP segment of length octets, at most [MaxSegment], of which
// payload is what is there.
func (w *Writer) Segment(at time.Time, f Flow, flags byte, sequence, acknowledged uint32, payload []byte, length int, comment string) {
	b := binary.BigEndian.AppendUint16(nil, f.From.Port())
	b = binary.BigEndian.AppendUint16(b, f.To.Port())
	b = binary.BigEndian.AppendUint32(b, sequence)
	b = binary.BigEndian.AppendUint32(b, acknowledged)
	b = append(b, 5<<4, flags)
	b = binary.BigEndian.AppendUint16(b, 0xffff)
	b = append(b, 0, 0, 0, 0)
	b = append(b, payload...)
	if len(payload) == length {
		binary.BigEndian.PutUint16(b[16:], checksum(f, protocolTCP, b))
	}
	w.packet(at, append(network(f, protocolTCP, 20+length), b...), headLen(f)+20+length, comment)
}

func headLen(f Flow) int {
	if f.From.Addr().Is4() {
		return 20
	}
	return 40
}

// network is the header of IP for a payload of so many octets.
func network(f Flow, protocol byte, length int) []byte {
	if !f.From.Addr().Is4() {
		b := []byte{0x60, 0, 0, 0}
		b = binary.BigEndian.AppendUint16(b, uint16(length))
		b = append(b, protocol, 64)
		return append(b, addresses(f)...)
	}
	b := []byte{0x45, 0}
	b = binary.BigEndian.AppendUint16(b, uint16(20+length))
	b = append(b, 0, 0, 0x40, 0, 64, protocol, 0, 0)
	b = append(b, addresses(f)...)
	binary.BigEndian.PutUint16(b[10:], ^fold(sum(0, b)))
	return b
}

func addresses(f Flow) []byte {
	return append(f.From.Addr().AsSlice(), f.To.Addr().AsSlice()...)
}

// checksum is that of a UDP or TCP packet whose own is zero.
func checksum(f Flow, protocol byte, b []byte) uint16 {
	s := sum(uint32(protocol)+uint32(len(b)), addresses(f))
	return ^fold(sum(s, b))
}

func sum(s uint32, b []byte) uint32 {
	for i := 0; i < len(b); i += 2 {
		word := uint32(b[i]) << 8
		if i+1 < len(b) {
			word |= uint32(b[i+1])
		}
		s = uint32(fold(s + word))
	}
	return s
}

func fold(s uint32) uint16 {
	for s > 0xffff {
		s = s&0xffff + s>>16
	}
	return uint16(s)
}

// Ends makes a flow of two addresses. They are brought to one family: an IPv4
// address beside an IPv6 one is written in the form of the latter.
func Ends(p Protocol, from, to netip.AddrPort) Flow {
	a, b := from.Addr().Unmap().WithZone(""), to.Addr().Unmap().WithZone("")
	if a.Is4() != b.Is4() {
		a, b = netip.AddrFrom16(a.As16()), netip.AddrFrom16(b.As16())
	}
	return Flow{p, netip.AddrPortFrom(a, from.Port()), netip.AddrPortFrom(b, to.Port())}
}
