package vectors

import (
	"bytes"
	"encoding/binary"
	"slices"
)

const (
	fixedLen = 11 // octets from MAGIC to PAY_LEN
	overhead = 15 // the same with the trailer
)

// frameFields are the fields of a frame, and messageFields those of a message,
// whose type is DATA unless it says otherwise.
var (
	frameFields   = []string{"version", "type", "flags", "headers", "payload"}
	messageFields = []string{"type", "flags", "headers", "payload"}
)

// readAccepted reads what an accepted frame holds, and compares it with the
// lengths that stand in its octets. Nothing else is decoded: whether the octets
// deserve the verdict is for decoders to say.
func (v *Vector) readAccepted(expect map[string]*node) {
	v.readConsumed(expect["consumed"])
	v.Expect.Frame = readContent(expect["frame"])
	if v.Expect.Frame != nil {
		v.compare(expect)
	}
}

func (v *Vector) readIncomplete(expect map[string]*node) {
	v.Expect.Needed = readNeeded(expect["needed"], v.Octets)
}

// readNeeded reads how many octets an incomplete frame takes, of which there are
// these.
func readNeeded(n *node, octets []byte) int {
	needed, ok := n.integer(fixedLen, 1<<33)
	if !ok {
		return 0
	}
	if want := declared(octets); needed != want {
		n.fail("is %d, but the octets tell of %d", needed, want)
	}
	if needed <= int64(len(octets)) {
		n.fail("is %d, and there are %d octets: nothing is missing", needed, len(octets))
	}
	return int(needed)
}

func (v *Vector) readConsumed(n *node) {
	consumed, _ := n.integer(0, int64(len(v.Octets)))
	v.Expect.Consumed = int(consumed)
}

// declared returns how many octets a frame takes as far as its beginning tells.
func declared(octets []byte) int64 {
	if len(octets) < fixedLen {
		return fixedLen
	}
	return overhead + int64(binary.LittleEndian.Uint16(octets[5:7])) + int64(binary.BigEndian.Uint32(octets[7:11]))
}

// readContent reads a frame field by field.
func readContent(n *node) *Frame {
	fields, ok := n.object(frameFields...)
	if !ok || !n.has(fields, frameFields...) {
		return nil
	}
	var f Frame
	version, typ := true, true
	f.Version, version = fields["version"].octet()
	f.Type, typ = fields["type"].octet()
	if !f.read(fields) || !version || !typ {
		return nil
	}
	return &f
}

// readMessage reads what an application sends or is handed.
func readMessage(n *node) *Frame {
	fields, ok := n.object(messageFields...)
	if !ok || !n.has(fields, "flags", "headers", "payload") {
		return nil
	}
	f := Frame{Version: 1, Type: 3}
	if typ, given := fields["type"]; given {
		f.Type, ok = typ.octet()
	}
	if !f.read(fields) || !ok {
		return nil
	}
	return &f
}

// read reads the fields that a frame has in common with a message.
func (f *Frame) read(fields map[string]*node) bool {
	var flags, payload, headers bool
	f.Flags, flags = fields["flags"].octet()
	f.Payload, payload = fields["payload"].octets()
	f.Headers, headers = readHeaders(fields["headers"])
	return flags && payload && headers
}

// maxTimes is how often a header can stand in a row: one more often than an empty
// one fits into a section of 65,535 octets.
const maxTimes = 32768

// readHeaders reads a list of [KEY, VALUE] or, for a header that stands several
// times in a row, [KEY, VALUE, TIMES].
func readHeaders(n *node) ([][2][]byte, bool) {
	elements, whole := n.array()
	headers := make([][2][]byte, 0, len(elements))
	for _, element := range elements {
		header, times, ok := readHeader(element)
		whole = whole && ok
		headers = slices.Grow(headers, int(times))
		for range times {
			headers = append(headers, header)
		}
	}
	return headers, whole
}

func readHeader(n *node) (header [2][]byte, times int64, ok bool) {
	parts, ok := n.array()
	if !ok {
		return header, 0, false
	}
	if len(parts) != 2 && len(parts) != 3 {
		n.fail("a header is [KEY, VALUE] or [KEY, VALUE, TIMES], not an array of %d", len(parts))
		return header, 0, false
	}
	key, keyOK := parts[0].octets()
	value, valueOK := parts[1].octets()
	if !keyOK || !valueOK {
		return header, 0, false
	}
	times = 1
	if len(parts) == 3 {
		if times, ok = parts[2].integer(2, maxTimes); !ok {
			return header, 0, false
		}
	}
	return [2][]byte{key, value}, times, true
}

// section returns the encoded header section, whose headers each fit.
func section(headers [][2][]byte) []byte {
	size := 0
	for _, h := range headers {
		size += 2 + len(h[0]) + len(h[1])
	}
	octets := make([]byte, 0, size)
	for _, h := range headers {
		octets = append(octets, byte(len(h[0])), byte(len(h[1])))
		octets = append(append(octets, h[0]...), h[1]...)
	}
	return octets
}

// oversized reports headers that no encoding can hold.
func oversized(n *node, headers [][2][]byte) bool {
	for _, h := range headers {
		if len(h[0]) > 255 || len(h[1]) > 255 {
			n.fail("a header has a key of %d and a value of %d octets, more than 255", len(h[0]), len(h[1]))
			return true
		}
	}
	return false
}

// compare holds a frame against the octets that it is to come from.
func (v *Vector) compare(expect map[string]*node) {
	f := v.Expect.Frame
	if oversized(expect["frame"], f.Headers) {
		return
	}
	total := overhead + len(section(f.Headers)) + len(f.Payload)
	if v.Expect.Consumed != total {
		expect["consumed"].fail("is %d, but the frame takes %d octets", v.Expect.Consumed, total)
		return
	}
	f.compare(expect["frame"], v.Octets)
}

// compare holds a frame against the octets that begin with it.
func (f *Frame) compare(n *node, octets []byte) {
	headers := section(f.Headers)
	total := overhead + len(headers) + len(f.Payload)
	switch {
	case len(octets) < total || declared(octets) != int64(total):
		n.fail("takes %d octets, but the lengths in the octets declare %d", total, declared(octets))
	case int(binary.LittleEndian.Uint16(octets[5:7])) != len(headers):
		n.fail("has headers of %d octets, but HDR_LEN says %d", len(headers), binary.LittleEndian.Uint16(octets[5:7]))
	case octets[2] != f.Version || octets[3] != f.Type || octets[4] != f.Flags:
		n.fail("has version %d, type %d and flags %d, but the octets have %d, %d and %d",
			f.Version, f.Type, f.Flags, octets[2], octets[3], octets[4])
	case !bytes.Equal(octets[fixedLen:fixedLen+len(headers)], headers):
		n.fail("has other headers than the octets")
	case !bytes.Equal(octets[fixedLen+len(headers):total-4], f.Payload):
		n.fail("has another payload than the octets")
	}
}

// readRefused reads a frame that an encoder refuses.
func (v *Vector) readRefused(fields map[string]*node) bool {
	v.Frame = readContent(fields["frame"])
	return v.Frame != nil
}

// readStream reads what a stream holds, and compares it with its octets.
func (v *Vector) readStream(expect map[string]*node) {
	v.readConsumed(expect["consumed"])
	elements, _ := expect["frames"].array()
	rest := v.Octets[:v.Expect.Consumed]
	for _, element := range elements {
		item, ok := readItem(element)
		if !ok {
			return
		}
		v.Expect.Frames = append(v.Expect.Frames, item)
		size := declared(rest)
		if size > int64(len(rest)) {
			element.fail("the octets consumed hold no frame here: %d are left, and it takes %d", len(rest), size)
			return
		}
		if item.Frame != nil {
			if oversized(element, item.Frame.Headers) {
				return
			}
			item.Frame.compare(element, rest)
		}
		rest = rest[size:]
	}
	after := v.Octets[v.Expect.Consumed:]
	switch {
	case len(rest) > 0:
		expect["consumed"].fail("is %d, but the frames take %d octets", v.Expect.Consumed, v.Expect.Consumed-len(rest))
	case v.Expect.Result == ResultReject:
		v.Expect.Error, _ = expect["error"].oneOf("InvalidMagic", "InvalidVersion", "FrameTooLarge", "CrcMismatch", "Protocol")
		if len(after) == 0 {
			expect["error"].fail("there is no octet left that could be at fault")
		}
	case v.Expect.Result == ResultIncomplete:
		v.Expect.Needed = readNeeded(expect["needed"], after)
		if len(after) == 0 {
			expect["needed"].fail("the stream ends between two frames, so the result is accept")
		}
	case len(after) > 0:
		expect["consumed"].fail("is %d, and an accepted stream is consumed whole, all %d octets", v.Expect.Consumed, len(v.Octets))
	}
}

// readItem reads a frame, or a fault that does not end its stream.
func readItem(n *node) (Item, bool) {
	if n.kind() == "an object" && len(n.nodes) == 1 {
		fields, _ := n.object("error")
		if fields["error"] == nil {
			return Item{}, false
		}
		name, ok := fields["error"].oneOf("InvalidFrameType")
		return Item{Error: name}, ok
	}
	f := readContent(n)
	return Item{Frame: f}, f != nil
}
