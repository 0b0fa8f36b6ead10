package vectors

import (
	"encoding/binary"
	"slices"
	"strings"
	"unicode/utf8"
)

func (v *Vector) readVarint(expect map[string]*node) {
	v.readConsumed(expect["consumed"])
	v.Expect.Value, _ = expect["value"].decimal()
}

// readString reads the text of a binary string, or one that an encoder refuses.
func (v *Vector) readString(expect map[string]*node) {
	text, ok := expect["text"].text()
	if !ok {
		return
	}
	if strings.ContainsRune(text, utf8.RuneError) {
		expect["text"].fail("holds U+FFFD, which JSON readers put in the place of what is no character")
	}
	if given, ok := expect["repeat"]; ok {
		n, ok := given.integer(2, maxOctets)
		if !ok || int64(len(text)) > maxOctets/n {
			given.fail("makes a text of more than %d octets", maxOctets)
			return
		}
		text = strings.Repeat(text, int(n))
	}
	v.Expect.Text = text
	if v.Has(TagEncodeOnly) {
		return
	}
	v.readConsumed(expect["consumed"])
	if want := 2 + len(text); v.Expect.Consumed != want {
		expect["consumed"].fail("is %d, but the text takes %d octets with its length", v.Expect.Consumed, want)
	}
}

// readSection reads the headers of a section, and compares them with its octets.
func (v *Vector) readSection(expect map[string]*node) {
	headers, ok := readHeaders(expect["headers"])
	if !ok || oversized(expect["headers"], headers) {
		return
	}
	v.Expect.Headers = headers
	if string(section(headers)) != string(v.Octets) {
		expect["headers"].fail("are not those of the octets")
	}
}

// readUnencodable reads headers that no section can hold.
func (v *Vector) readUnencodable(expect map[string]*node) {
	headers, ok := readHeaders(expect["headers"])
	if !ok {
		return
	}
	v.Expect.Headers = headers
	size := 0
	for _, h := range headers {
		if len(h[0]) > 255 || len(h[1]) > 255 {
			return
		}
		size += 2 + len(h[0]) + len(h[1])
	}
	if size <= 65535 {
		expect["headers"].fail("take %d octets, with no key or value above 255: there is nothing to refuse", size)
	}
}

// readCRC reads a checksum, written as it stands in a trailer.
func (v *Vector) readCRC(expect map[string]*node) {
	trailer, ok := expect["crc"].octets()
	if !ok {
		return
	}
	if len(trailer) != 4 {
		expect["crc"].fail("a checksum has 4 octets, not %d", len(trailer))
		return
	}
	v.Expect.CRC = binary.BigEndian.Uint32(trailer)
}

// readOneOctet checks that the input is a single octet.
func (v *Vector) readOneOctet(fields map[string]*node) bool {
	if len(v.Octets) != 1 {
		fields["octets"].fail("is one octet, not %d", len(v.Octets))
		return false
	}
	return true
}

func (v *Vector) readKind(expect map[string]*node) {
	var k Kind
	k.Name = expect["name"].sentence()
	priority, _ := expect["priority"].octet()
	k.Priority = int(priority)
	k.Control, _ = expect["control"].truth()
	v.Expect.Kind = &k
}

// flagNames are the bits that have a meaning, the lowest first.
var flagNames = []struct {
	bit  uint8
	name string
}{{0x01, "REQ_ACK"}, {0x02, "CRC"}, {0x10, "FRAG"}, {0x20, "COMP"}}

// readFlagsInput reads the frame and the transport that an octet of flags came
// with.
func (v *Vector) readFlagsInput(fields map[string]*node) bool {
	if !v.readOneOctet(fields) {
		return false
	}
	typ, hasType := fields["type"]
	transport, hasTransport := fields["transport"]
	switch {
	case hasType && !hasTransport:
		typ.fail("goes with a transport: what is honoured depends on both")
		return false
	case hasTransport && !hasType:
		transport.fail("goes with a type: what is honoured depends on both")
		return false
	case !hasType:
		return true
	}
	var typeOK, transportOK bool
	v.Type, typeOK = typ.octet()
	v.Transport, transportOK = transport.oneOf("tcp", "udp")
	return typeOK && transportOK
}

// readFlags reads what an octet of flags means, and compares it with the octet.
func (v *Vector) readFlags(expect map[string]*node) {
	names, _ := expect["names"].texts()
	reserved, ok := expect["reserved"].octet()
	if !ok {
		return
	}
	var want []string
	for _, f := range flagNames {
		if v.Octets[0]&f.bit != 0 {
			want = append(want, f.name)
		}
	}
	if !slices.Equal(names, want) {
		expect["names"].fail("are [%s], but the bits are those of [%s], the lowest first", strings.Join(names, ", "), strings.Join(want, ", "))
	}
	if bits := v.Octets[0] &^ DefinedFlags; reserved != bits {
		expect["reserved"].fail("is %d, but of the octet %d have no meaning", reserved, bits)
	}
	v.Expect.Flags = &FlagSet{Names: names, Reserved: reserved}
	honoured, given := expect["honoured"]
	switch {
	case given != (v.Transport != ""):
		expect["names"].fail("what is honoured is said if, and only if, type and transport are")
	case given:
		list, elements := honoured.texts()
		for i, name := range list {
			if !slices.Contains(names, name) {
				elements[i].fail("%s is not among the names", name)
			}
		}
		v.Expect.Flags.Honoured = append([]string{}, list...)
	}
}
