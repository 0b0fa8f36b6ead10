package capture

import (
	"encoding/binary"
	"fmt"
	"net/netip"
)

// A Protocol is what carries the payload.
type Protocol string

// The protocols that are taken apart.
const (
	UDP Protocol = "udp"
	TCP Protocol = "tcp"
)

// A Flow is a direction: from one end to the other.
type Flow struct {
	Protocol Protocol
	From, To netip.AddrPort
}

// Reverse is the other direction.
func (f Flow) Reverse() Flow { return Flow{f.Protocol, f.To, f.From} }

func (f Flow) String() string { return fmt.Sprintf("%s %v → %v", f.Protocol, f.From, f.To) }

// Inside is what a packet carries.
type Inside struct {
	Flow
	Payload  []byte // aliases the packet
	Missing  int    // octets of the payload that were not captured
	Sequence uint32 // of TCP, that of the first octet of the payload
	Syn, Fin bool   // of TCP
	Rst      bool
}

// A Reason says why a packet is not taken apart. It is no fault of the capture.
type Reason string

// The reasons.
const (
	OtherLink     Reason = "another link type"
	OtherNetwork  Reason = "not IP"
	OtherProtocol Reason = "neither UDP nor TCP"
	IPFragment    Reason = "a fragment of an IP packet"
	Malformed     Reason = "cut short or malformed"
)

// Decode takes link layer, IP and UDP or TCP off a packet. Where reason is not
// empty, there is nothing inside.
func (p Packet) Decode() (inside Inside, reason Reason) {
	ip, reason := p.network()
	if reason != "" {
		return Inside{}, reason
	}
	if len(ip) == 0 {
		return Inside{}, Malformed
	}
	switch ip[0] >> 4 {
	case 4:
		return ipv4(ip)
	case 6:
		return ipv6(ip)
	}
	return Inside{}, OtherNetwork
}

const (
	etherIPv4 = 0x0800
	etherIPv6 = 0x86dd
)

// vlanTags are the EtherTypes of tags, after which another EtherType comes.
var vlanTags = map[uint16]bool{0x8100: true, 0x88a8: true, 0x9100: true}

// network takes the link layer off.
func (p Packet) network() (ip []byte, reason Reason) {
	b := p.Octets
	at := 0 // where the EtherType stands
	switch p.Link {
	case LinkRaw, LinkRawBSD, LinkIPv4, LinkIPv6:
		return b, ""
	case LinkNull, LinkLoop:
		// The family differs from system to system; the version of IP does not.
		if len(b) < 4 {
			return nil, Malformed
		}
		return b[4:], ""
	case LinkEthernet:
		at = 12
		for len(b) >= at+2 && vlanTags[binary.BigEndian.Uint16(b[at:])] {
			at += 4
		}
	case LinkSLL:
		at = 14
	case LinkSLL2:
		if len(b) < 20 {
			return nil, Malformed
		}
		if t := binary.BigEndian.Uint16(b); t != etherIPv4 && t != etherIPv6 {
			return nil, OtherNetwork
		}
		return b[20:], ""
	default:
		return nil, OtherLink
	}
	if len(b) < at+2 {
		return nil, Malformed
	}
	if t := binary.BigEndian.Uint16(b[at:]); t != etherIPv4 && t != etherIPv6 {
		return nil, OtherNetwork
	}
	return b[at+2:], ""
}

const (
	protocolTCP = 6
	protocolUDP = 17
)

func ipv4(b []byte) (Inside, Reason) {
	if len(b) < 20 {
		return Inside{}, Malformed
	}
	head, total := int(b[0]&15)*4, int(binary.BigEndian.Uint16(b[2:]))
	if total == 0 {
		total = len(b) // left to the network card to fill in
	}
	if head < 20 || head > len(b) || total < head {
		return Inside{}, Malformed
	}
	if fragment := binary.BigEndian.Uint16(b[6:]); fragment&0x3fff != 0 {
		return Inside{}, IPFragment
	}
	from, _ := netip.AddrFromSlice(b[12:16])
	to, _ := netip.AddrFromSlice(b[16:20])
	return transport(b[9], from, to, b[head:min(total, len(b))], total-head)
}

// extensions are the headers of IPv6 that can stand before UDP or TCP.
var extensions = map[byte]bool{0: true, 43: true, 60: true}

const fragmentExtension = 44

func ipv6(b []byte) (Inside, Reason) {
	const head = 40
	if len(b) < head {
		return Inside{}, Malformed
	}
	next, total := b[6], head+int(binary.BigEndian.Uint16(b[4:]))
	from, _ := netip.AddrFromSlice(b[8:24])
	to, _ := netip.AddrFromSlice(b[24:40])
	at := head
	for extensions[next] {
		if len(b) < at+8 {
			return Inside{}, Malformed
		}
		next, at = b[at], at+8+int(b[at+1])*8
	}
	switch {
	case next == fragmentExtension:
		return Inside{}, IPFragment
	case at > len(b) || at > total:
		return Inside{}, Malformed
	}
	return transport(next, from, to, b[at:min(total, len(b))], total-at)
}

// transport takes UDP or TCP off b, of which declared octets were on the wire.
func transport(protocol byte, from, to netip.Addr, b []byte, declared int) (Inside, Reason) {
	ends := func(p Protocol) Flow {
		return Flow{
			p, netip.AddrPortFrom(from, binary.BigEndian.Uint16(b)),
			netip.AddrPortFrom(to, binary.BigEndian.Uint16(b[2:])),
		}
	}
	switch protocol {
	case protocolUDP:
		if len(b) < 8 {
			return Inside{}, Malformed
		}
		length := int(binary.BigEndian.Uint16(b[4:]))
		if length < 8 || length > declared {
			return Inside{}, Malformed
		}
		payload := b[8:min(length, len(b))]
		return Inside{Flow: ends(UDP), Payload: payload, Missing: length - 8 - len(payload)}, ""
	case protocolTCP:
		if len(b) < 20 {
			return Inside{}, Malformed
		}
		head := int(b[12]>>4) * 4
		if head < 20 || head > declared {
			return Inside{}, Malformed
		}
		payload := b[min(head, len(b)):]
		return Inside{
			Flow: ends(TCP), Payload: payload, Missing: declared - head - len(payload),
			Sequence: binary.BigEndian.Uint32(b[4:]),
			Fin:      b[13]&1 != 0, Syn: b[13]&2 != 0, Rst: b[13]&4 != 0,
		}, ""
	}
	return Inside{}, OtherProtocol
}
