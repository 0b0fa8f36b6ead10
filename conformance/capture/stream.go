package capture

import (
	"slices"
)

// A Piece is some octets of a stream, and the packet that completed them.
type Piece struct {
	Offset int // in the stream
	Packet int // index into the packets that were read
}

// A Stream is what went in one direction of a TCP connection, in order.
type Stream struct {
	Flow   Flow
	Octets []byte
	Pieces []Piece // in the order of Offset; the first is at 0 where there are octets
	// Gap is how many octets are missing after Octets, of which later ones were
	// captured: what comes after a gap is given up, since nobody knows what it is
	// part of. It is 0 where nothing is missing.
	Gap int
	// Begun and Ended say whether the beginning of the connection was captured, and
	// the end of this direction, its FIN.
	Begun, Ended bool
}

// At returns the index of the packet that an octet of the stream came with.
func (s *Stream) At(offset int) int {
	i, found := slices.BinarySearchFunc(s.Pieces, offset, func(p Piece, offset int) int { return p.Offset - offset })
	if !found {
		i--
	}
	return s.Pieces[max(i, 0)].Packet
}

// maxHeld bounds the segments that wait for an earlier one, of a direction.
const maxHeld = 4096

// An assembler puts the segments of one direction in order.
type assembler struct {
	stream  *Stream
	started bool
	next    uint32 // sequence number of the octet that is due
	held    []segment
}

type segment struct {
	Inside
	packet int
}

func (a *assembler) add(in Inside, packet int) {
	if in.Syn {
		in.Sequence++ // SYN takes a number of its own
	}
	if !a.started {
		a.started, a.next, a.stream.Begun = true, in.Sequence, in.Syn
	}
	a.stream.Ended = a.stream.Ended || in.Fin
	if len(in.Payload) == 0 && in.Missing == 0 {
		return
	}
	if len(a.held) < maxHeld {
		a.held = append(a.held, segment{in, packet})
	}
	a.settle()
}

// settle takes every held segment whose turn it is.
func (a *assembler) settle() {
	for again := true; again; {
		again = false
		a.held = slices.DeleteFunc(a.held, func(s segment) bool {
			behind := int(int32(a.next - s.Sequence)) // how much of it has come before
			switch {
			case behind < 0, again:
				return false
			case behind >= len(s.Payload) && s.Missing == 0:
				return true // sent again
			case behind > len(s.Payload):
				return false
			}
			fresh := s.Payload[behind:]
			if len(fresh) > 0 {
				a.stream.Pieces = append(a.stream.Pieces, Piece{len(a.stream.Octets), s.packet})
				a.stream.Octets = append(a.stream.Octets, fresh...)
				a.next += uint32(len(fresh))
				again = true
			}
			// What was not captured of a segment leaves a gap behind it.
			return s.Missing == 0
		})
	}
}

// gap is how many octets are missing before the next that were captured.
func (a *assembler) gap() int {
	least := 0
	for _, s := range a.held {
		ahead := int(int32(s.Sequence - a.next))
		if ahead < 0 {
			ahead = len(s.Payload) + s.Missing + ahead // the missing end of a segment
		}
		if ahead > 0 && (least == 0 || ahead < least) {
			least = ahead
		}
	}
	return least
}

// An Item is what a capture holds for a reader of protocols: a datagram, or one
// direction of a TCP connection.
type Item struct {
	Flow     Flow
	Datagram []byte // of UDP
	Missing  int    // octets of the datagram that were not captured
	Packet   int    // index of the packet with the datagram, or with the first octets of the stream
	Stream   *Stream
}

// Items sorts packets into datagrams and streams, in the order in which they
// begin. skipped counts the packets that hold neither, by reason. A connection
// that begins anew with the same ends is a stream of its own.
func Items(packets []Packet) (items []Item, skipped map[Reason]int) {
	skipped = map[Reason]int{}
	directions := map[Flow]*assembler{}
	var all []*assembler
	for i, p := range packets {
		in, reason := p.Decode()
		if reason != "" {
			skipped[reason]++
			continue
		}
		if in.Protocol == UDP {
			items = append(items, Item{Flow: in.Flow, Datagram: in.Payload, Missing: in.Missing, Packet: i})
			continue
		}
		a := directions[in.Flow]
		if a == nil || in.Syn && len(a.stream.Octets) > 0 {
			a = &assembler{stream: &Stream{Flow: in.Flow}}
			directions[in.Flow] = a
			all = append(all, a)
			items = append(items, Item{Flow: in.Flow, Packet: i, Stream: a.stream})
		}
		a.add(in, i)
	}
	for _, a := range all {
		a.stream.Gap = a.gap()
	}
	return items, skipped
}
