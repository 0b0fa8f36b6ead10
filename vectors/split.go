package vectors

import "strconv"

const (
	maxDatagram  = 1200 // octets of a datagram that a strict sender sends
	maxFragments = 255
)

// readMessage reads a message that is to be sent over UDP, and the identifiers
// that it is to have.
func (v *Vector) readMessage(fields map[string]*node) bool {
	v.Frame = readMessage(fields["message"])
	if v.Frame == nil || oversized(fields["message"], v.Frame.Headers) {
		return false
	}
	ok := true
	if id, given := fields["msg_id"]; given {
		v.MsgID, ok = id.id()
	}
	if id, given := fields["frag_id"]; given && ok {
		v.FragID, ok = id.fragID()
	}
	return ok
}

// own returns the headers that every datagram of the message carries.
func (v *Vector) own() [][2][]byte {
	headers := v.Frame.Headers[:len(v.Frame.Headers):len(v.Frame.Headers)]
	if v.MsgID != "" {
		headers = append(headers, [2][]byte{[]byte("msg-id"), []byte(v.MsgID)})
	}
	return headers
}

// fragmentHeaders returns the three headers of a fragment.
func (v *Vector) fragmentHeaders(index, total int) [][2][]byte {
	return [][2][]byte{
		{[]byte("frag-id"), []byte(v.FragID)},
		{[]byte("frag-index"), []byte(strconv.Itoa(index))},
		{[]byte("frag-total"), []byte(strconv.Itoa(total))},
	}
}

// whole tells whether the message fits into one datagram. [FRG-2]
func (v *Vector) whole() bool {
	return overhead+len(section(v.own()))+len(v.Frame.Payload) <= maxDatagram
}

// fewest returns the smallest number of fragments that hold the payload, and 0 if
// 255 do not. [FRG-7] [UDP-9]
func (v *Vector) fewest() int {
	// The room beside headers whose frag-index and frag-total have no digits.
	room := maxDatagram - overhead - len(section(v.own())) - len(section(v.fragmentHeaders(0, 0))) + 2
	for total := 2; total <= maxFragments; total++ {
		holds := 0
		for index := range total {
			holds += max(0, room-digits(index)-digits(total))
		}
		if holds >= len(v.Frame.Payload) {
			return total
		}
	}
	return 0
}

// digits returns how many digits a number below 1,000 has.
func digits(n int) int {
	switch {
	case n < 10:
		return 1
	case n < 100:
		return 2
	}
	return 3
}

// readSplit reads how many datagrams a message takes and, where they are given,
// these. It compares both with the sizes of the message.
func (v *Vector) readSplit(expect map[string]*node) {
	if free, given := expect["free"]; given {
		v.Expect.Free = free.sentence()
	}
	bounds, ok := expect["count"].array()
	if !ok {
		return
	}
	if len(bounds) != 2 {
		expect["count"].fail("is [LEAST, MOST], not an array of %d", len(bounds))
		return
	}
	least, leastOK := bounds[0].integer(1, maxFragments)
	most, mostOK := bounds[1].integer(1, maxFragments)
	if !leastOK || !mostOK {
		return
	}
	v.Expect.MinCount, v.Expect.MaxCount = int(least), int(most)
	switch fewest := v.fewest(); {
	case v.whole():
		if least != 1 || most != 1 {
			expect["count"].fail("is [%d, %d], but the message fits into one datagram", least, most)
			return
		}
	case v.Frame.Type != 3:
		expect["count"].fail("only DATA is split, and this message does not fit into one datagram")
		return
	case v.MsgID == "" || v.FragID == "":
		expect["count"].fail("a message that is split has a msg_id and a frag_id")
		return
	case fewest == 0:
		expect["count"].fail("255 fragments do not hold the message")
		return
	case int(least) != fewest || most != maxFragments:
		expect["count"].fail("is [%d, %d], but the message takes at least %d and at most %d fragments", least, most, fewest, maxFragments)
		return
	}
	if datagrams, given := expect["datagrams"]; given {
		v.readDatagrams(datagrams)
	}
}

// readDatagrams reads the datagrams of a message, and puts it together again.
func (v *Vector) readDatagrams(n *node) {
	elements, _ := n.array()
	if len(elements) < v.Expect.MinCount || len(elements) > v.Expect.MaxCount {
		n.fail("are %d, not %d to %d", len(elements), v.Expect.MinCount, v.Expect.MaxCount)
		return
	}
	flags := v.Frame.Flags
	if v.Expect.MaxCount > 1 {
		flags |= 0x10
	}
	rest := v.Frame.Payload
	for i, element := range elements {
		octets, ok := element.octets()
		if !ok {
			return
		}
		f := Frame{Version: 1, Type: v.Frame.Type, Flags: flags, Headers: v.own()}
		if v.Expect.MaxCount > 1 {
			f.Headers = append(f.Headers, v.fragmentHeaders(i, len(elements))...)
		}
		size := len(octets) - overhead - len(section(f.Headers))
		switch {
		case len(octets) > maxDatagram:
			element.fail("has %d octets, more than %d", len(octets), maxDatagram)
			return
		case size < 0 || size > len(rest):
			element.fail("has %d octets of payload, and of the message's %d are left", size, len(rest))
			return
		}
		f.Payload = rest[:size]
		faults := len(n.source.faults)
		if f.compare(element, octets); len(n.source.faults) > faults {
			return
		}
		rest = rest[size:]
		v.Expect.Datagrams = append(v.Expect.Datagrams, octets)
	}
	if len(rest) > 0 {
		n.fail("leave out the last %d octets of the payload", len(rest))
	}
}

// readSplitRefused reads a refusal, and checks that there is a reason for it.
func (v *Vector) readSplitRefused(expect map[string]*node) {
	v.Expect.Error, _ = expect["error"].oneOf("FrameTooLarge")
	if v.whole() || (v.Frame.Type == 3 && v.FragID != "" && v.fewest() > 0) {
		expect["error"].fail("the message fits into at most 255 datagrams, so there is nothing to refuse")
	}
}
