package vectors

import (
	"bytes"
	"encoding/binary"
)

const (
	fixedLen = 11 // octets from MAGIC to PAY_LEN
	overhead = 15 // the same with the trailer
)

// readFrame reads what is expected of octets of the family frame, and compares
// it with the lengths that stand in them. Nothing else is decoded: whether the
// octets deserve the verdict is for decoders to say.
func (v *Vector) readFrame(expect map[string]node) {
	switch v.Expect.Result {
	case ResultReject:
		v.Expect.Error, _ = expect["error"].oneOf(frameErrors...)
	case ResultIncomplete:
		needed, ok := expect["needed"].integer(fixedLen, 1<<33)
		if !ok {
			return
		}
		if want := declared(v.Octets); needed != want {
			expect["needed"].fail("is %d, but the octets tell of %d", needed, want)
		}
		if needed <= int64(len(v.Octets)) {
			expect["needed"].fail("is %d, and there are %d octets: nothing is missing", needed, len(v.Octets))
		}
		v.Expect.Needed = int(needed)
	case ResultAccept:
		v.readConsumed(expect["consumed"])
		v.Expect.Frame = readContent(expect["frame"])
		if v.Expect.Frame != nil {
			v.compare(expect)
		}
	}
}

// declared returns how many octets a frame takes as far as its beginning tells.
func declared(octets []byte) int64 {
	if len(octets) < fixedLen {
		return fixedLen
	}
	return overhead + int64(binary.LittleEndian.Uint16(octets[5:7])) + int64(binary.BigEndian.Uint32(octets[7:11]))
}

// readContent reads a frame field by field.
func readContent(n node) *Frame {
	fields, ok := n.object(frameFields...)
	if !ok || !n.has(fields, frameFields...) {
		return nil
	}
	var f Frame
	whole := true
	for _, octet := range []struct {
		name string
		to   *uint8
	}{{"version", &f.Version}, {"type", &f.Type}, {"flags", &f.Flags}} {
		value, ok := fields[octet.name].integer(0, 255)
		*octet.to = uint8(value)
		whole = whole && ok
	}
	if f.Payload, ok = fields["payload"].octets(); !ok {
		whole = false
	}
	headers, ok := fields["headers"].array()
	whole = whole && ok
	f.Headers = [][2][]byte{}
	for _, h := range headers {
		whole = f.addHeaders(h) && whole
	}
	if !whole {
		return nil
	}
	return &f
}

// maxHeaders is how many headers fit into a section of 65,535 octets.
const maxHeaders = 32767

// addHeaders reads [KEY, VALUE] or, for a header that stands several times in a
// row, [KEY, VALUE, TIMES].
func (f *Frame) addHeaders(n node) bool {
	parts, ok := n.array()
	if !ok {
		return false
	}
	if len(parts) != 2 && len(parts) != 3 {
		n.fail("a header is [KEY, VALUE] or [KEY, VALUE, TIMES], not an array of %d", len(parts))
		return false
	}
	key, keyOK := parts[0].octets()
	value, valueOK := parts[1].octets()
	if !keyOK || !valueOK {
		return false
	}
	times := int64(1)
	if len(parts) == 3 {
		if times, ok = parts[2].integer(2, maxHeaders); !ok {
			return false
		}
	}
	for range times {
		f.Headers = append(f.Headers, [2][]byte{key, value})
	}
	return true
}

// compare holds a frame against the octets that it is to come from.
func (v *Vector) compare(expect map[string]node) {
	f, octets := v.Expect.Frame, v.Octets
	var section []byte
	for _, h := range f.Headers {
		if len(h[0]) > 255 || len(h[1]) > 255 {
			expect["frame"].fail("a header has a key of %d and a value of %d octets, more than 255", len(h[0]), len(h[1]))
			return
		}
		section = append(section, byte(len(h[0])), byte(len(h[1])))
		section = append(append(section, h[0]...), h[1]...)
	}
	total := overhead + len(section) + len(f.Payload)
	switch {
	case v.Expect.Consumed != total:
		expect["consumed"].fail("is %d, but the frame takes %d octets", v.Expect.Consumed, total)
	case declared(octets) != int64(total):
		expect["frame"].fail("takes %d octets, but the lengths in the octets declare %d", total, declared(octets))
	case int(binary.LittleEndian.Uint16(octets[5:7])) != len(section):
		expect["frame"].fail("has headers of %d octets, but HDR_LEN says %d", len(section), binary.LittleEndian.Uint16(octets[5:7]))
	case octets[2] != f.Version || octets[3] != f.Type || octets[4] != f.Flags:
		expect["frame"].fail("has version %d, type %d and flags %d, but the octets have %d, %d and %d",
			f.Version, f.Type, f.Flags, octets[2], octets[3], octets[4])
	case !bytes.Equal(octets[fixedLen:fixedLen+len(section)], section):
		expect["frame"].fail("has other headers than the octets")
	case !bytes.Equal(octets[fixedLen+len(section):total-4], f.Payload):
		expect["frame"].fail("has another payload than the octets")
	}
}
