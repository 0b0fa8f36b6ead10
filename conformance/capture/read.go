package capture

import (
	"encoding/binary"
	"fmt"
	"time"
)

// A Packet is one packet of a capture.
type Packet struct {
	Number   int       // from 1, as Wireshark counts
	Time     time.Time // UTC; zero where the capture gives none
	Link     LinkType
	Octets   []byte // as captured; they alias what was read
	Length   int    // of the packet on the wire, in octets: more than was captured where it was cut
	Comments []string
}

// A LinkType says what the octets of a packet begin with, by the numbers of the
// pcap formats.
type LinkType int

// The link types that [Packet.Decode] knows.
const (
	LinkNull     LinkType = 0   // loopback of BSD: address family in the byte order of the host
	LinkEthernet LinkType = 1   // Ethernet II, with VLAN tags or without
	LinkRawBSD   LinkType = 12  // IP, in captures of some systems
	LinkRaw      LinkType = 101 // IP
	LinkLoop     LinkType = 108 // loopback of OpenBSD: address family in network byte order
	LinkSLL      LinkType = 113 // Linux, any device
	LinkIPv4     LinkType = 228
	LinkIPv6     LinkType = 229
	LinkSLL2     LinkType = 276 // Linux, any device, second form
)

// A FormatError says where octets stop being a capture.
type FormatError struct {
	Offset  int // in octets from the beginning of the file
	Problem string
}

func (e *FormatError) Error() string { return fmt.Sprintf("octet %d: %s", e.Offset, e.Problem) }

func formatf(offset int, format string, args ...any) error {
	return &FormatError{offset, fmt.Sprintf(format, args...)}
}

// The first octets of a file.
const (
	magicMicro  = 0xa1b2c3d4
	magicNano   = 0xa1b23c4d
	magicPcapng = 0x0a0d0d0a // reads the same in both byte orders
	byteOrder   = 0x1a2b3c4d
)

// Is says whether a file begins like a capture.
func Is(file []byte) bool {
	if len(file) < 4 {
		return false
	}
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		switch order.Uint32(file) {
		case magicMicro, magicNano, magicPcapng:
			return true
		}
	}
	return false
}

// Read reads a whole capture in one of the formats pcap and pcapng. It fails with
// a *FormatError; the packets before the fault are returned with it.
func Read(file []byte) ([]Packet, error) {
	if !Is(file) {
		return nil, formatf(0, "neither a pcap nor a pcapng file")
	}
	if binary.LittleEndian.Uint32(file) == magicPcapng {
		return readPcapng(file)
	}
	return readPcap(file)
}

const (
	pcapHeader = 24
	pcapRecord = 16
	// maxPacket is more than any packet has: a length above it is a fault.
	maxPacket = 64 << 20
)

func readPcap(file []byte) ([]Packet, error) {
	var order binary.ByteOrder = binary.LittleEndian
	if magic := order.Uint32(file); magic != magicMicro && magic != magicNano {
		order = binary.BigEndian
	}
	if len(file) < pcapHeader {
		return nil, formatf(len(file), "the header of the pcap file is cut short: %d of %d octets", len(file), pcapHeader)
	}
	fraction := time.Microsecond
	if order.Uint32(file) == magicNano {
		fraction = time.Nanosecond
	}
	link := LinkType(order.Uint32(file[20:]) & 0x0fffffff) // the upper bits tell of a checksum at the end
	var packets []Packet
	for at := pcapHeader; at < len(file); {
		if len(file)-at < pcapRecord {
			return packets, formatf(at, "the file is cut short in the header of packet %d", len(packets)+1)
		}
		record := file[at:]
		kept, length := int64(order.Uint32(record[8:])), int64(order.Uint32(record[12:]))
		if kept > maxPacket {
			return packets, formatf(at+8, "packet %d claims %d octets, which no packet has", len(packets)+1, kept)
		}
		at += pcapRecord
		if int64(len(file)-at) < kept {
			return packets, formatf(at, "the file is cut short in packet %d: %d of %d octets", len(packets)+1, len(file)-at, kept)
		}
		packets = append(packets, Packet{
			Number: len(packets) + 1, Link: link, Octets: file[at : at+int(kept) : at+int(kept)], Length: int(length),
			Time: time.Unix(int64(order.Uint32(record)), 0).Add(time.Duration(order.Uint32(record[4:])) * fraction).UTC(),
		})
		at += int(kept)
	}
	return packets, nil
}
