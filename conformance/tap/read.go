package tap

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/vstp-project/vstp/conformance/capture"
)

// Read shows a tap the packets of a capture in their order. A conversation is taken
// for VSTP in which a datagram or a stream begins with 56 54, and whatever goes to or
// from one of the ports, which then are those of servers. It returns how many packets
// were left out, by reason.
//
// Where the capture does not show who opened a TCP connection, and over UDP, the end
// with one of the ports is the server; failing that, it is the end with the lower port
// on TCP, and the one that was addressed first on UDP.
func (t *Tap) Read(packets []capture.Packet, ports []uint) (skipped map[capture.Reason]int) {
	items, skipped := capture.Items(packets)
	r := reader{tap: t, packets: packets, ports: ports, wanted: map[capture.Flow]bool{}, clients: map[capture.Flow]capture.Flow{}}
	for _, item := range items {
		octets := item.Datagram
		if item.Stream != nil {
			octets = item.Stream.Octets
		}
		if bytes.HasPrefix(octets, []byte("VT")) || r.listed(item.Flow.From.Port()) || r.listed(item.Flow.To.Port()) {
			r.wanted[together(item.Flow)] = true
		}
	}
	r.endings()
	streams := map[capture.Flow][]*capture.Stream{}
	for _, item := range items {
		switch {
		case !r.wanted[together(item.Flow)]:
		case item.Stream == nil:
			r.datagram(item)
		default:
			streams[item.Flow] = append(streams[item.Flow], item.Stream)
		}
	}
	for _, item := range items {
		if n := len(streams[item.Flow]); item.Stream != nil && n > 0 {
			r.connections(streams, item.Flow)
		}
	}
	slices.SortStableFunc(r.events, func(a, b event) int { return cmp.Compare(a.packet, b.packet) })
	for _, e := range r.events {
		e.happen(packets[e.packet].Time)
	}
	return skipped
}

// event is something that a tap is shown at the time of a packet.
type event struct {
	packet int
	happen func(now time.Time)
}

// ending is what the packets of a direction say of its end.
type ending struct{ fins, resets []int }

type reader struct {
	tap     *Tap
	packets []capture.Packet
	ports   []uint
	wanted  map[capture.Flow]bool
	clients map[capture.Flow]capture.Flow // the direction from the client, of conversations over UDP
	ends    map[capture.Flow]*ending
	events  []event
}

func (r *reader) listed(port uint16) bool { return slices.Contains(r.ports, uint(port)) }

// together is the same for both directions of a conversation.
func together(f capture.Flow) capture.Flow {
	if f.From.Compare(f.To) > 0 {
		return f.Reverse()
	}
	return f
}

func (r *reader) at(packet int, happen func(time.Time)) {
	r.events = append(r.events, event{packet, happen})
}

func (r *reader) datagram(item capture.Item) {
	both := together(item.Flow)
	from, known := r.clients[both]
	if !known {
		from = item.Flow
		if r.listed(from.From.Port()) && !r.listed(from.To.Port()) {
			from = from.Reverse()
		}
		r.clients[both] = from
	}
	if item.Missing > 0 {
		return // what was not captured cannot be judged
	}
	d := Datagram{Conversation: from.String(), From: Client, Octets: item.Datagram, Exact: true}
	if item.Flow != from {
		d.From = Server
	}
	r.at(item.Packet, func(now time.Time) {
		r.tap.DatagramSent(now, d)
		r.tap.DatagramArrived(now, d)
	})
}

// endings looks for the packets with which directions of connections end.
func (r *reader) endings() {
	r.ends = map[capture.Flow]*ending{}
	for i, p := range r.packets {
		in, reason := p.Decode()
		if reason != "" || !in.Fin && !in.Rst {
			continue
		}
		e := r.ends[in.Flow]
		if e == nil {
			e = &ending{}
			r.ends[in.Flow] = e
		}
		if in.Fin {
			e.fins = append(e.fins, i)
		} else {
			e.resets = append(e.resets, i)
		}
	}
}

// connections shows all connections between two ends, and takes them off the list.
func (r *reader) connections(streams map[capture.Flow][]*capture.Stream, flow capture.Flow) {
	there, back := streams[flow], streams[flow.Reverse()]
	delete(streams, flow)
	delete(streams, flow.Reverse())
	for i := range max(len(there), len(back)) {
		var pair [2]*capture.Stream
		if i < len(there) {
			pair[0] = there[i]
		}
		if i < len(back) {
			pair[1] = back[i]
		}
		r.connection(flow, pair, i, len(there) <= 1 && len(back) <= 1)
	}
}

// connection shows one connection. The first of the streams is in the direction of
// flow; one that was not captured at all is nil.
func (r *reader) connection(flow capture.Flow, pair [2]*capture.Stream, nth int, only bool) {
	// Where both beginnings are there, the packet that opens the connection comes first,
	// and so does the stream of its sender.
	opened := pair[0] != nil && pair[0].Begun && pair[1] != nil && pair[1].Begun
	swap := r.listed(flow.From.Port()) && !r.listed(flow.To.Port())
	if !opened && !r.listed(flow.To.Port()) && !swap {
		swap = flow.From.Port() < flow.To.Port()
	}
	if swap && !opened {
		pair[0], pair[1] = pair[1], pair[0]
		flow = flow.Reverse()
	}
	name := flow.String()
	if nth > 0 {
		name += fmt.Sprintf(" #%d", nth+1)
	}
	first, last := len(r.packets), 0
	for side, s := range pair {
		if s == nil || len(s.Pieces) == 0 {
			continue
		}
		first, last = min(first, s.Pieces[0].Packet), max(last, s.Pieces[len(s.Pieces)-1].Packet)
		r.stream(name, flow.To.String(), Side(side), s)
		if s.Gap > 0 {
			r.at(s.Pieces[len(s.Pieces)-1].Packet, func(now time.Time) { r.tap.hole(now, name, Side(side), s.Gap) })
		}
	}
	if first == len(r.packets) {
		return
	}
	if !opened {
		r.events = slices.Insert(r.events, 0, event{first, func(now time.Time) { r.tap.Late(now, name, flow.To.String()) }})
	}
	if !only {
		return // whose end is whose cannot be told from the packets alone
	}
	for side, s := range pair {
		end := r.ends[map[Side]capture.Flow{Client: flow, Server: flow.Reverse()}[Side(side)]]
		if end == nil || s == nil {
			continue
		}
		for _, at := range end.resets {
			r.at(at, func(now time.Time) { r.tap.Reset(now, name) })
		}
		if len(end.fins) == 0 || s.Gap > 0 {
			continue
		}
		at := end.fins[0]
		if n := len(s.Pieces); n > 0 {
			at = max(at, s.Pieces[n-1].Packet)
		}
		r.at(at, func(now time.Time) {
			r.tap.Ended(now, name, Side(side))
			r.tap.EndArrived(now, name, Side(side).Other())
		})
	}
}

// stream shows what went in one direction of a connection.
func (r *reader) stream(name, server string, by Side, s *capture.Stream) {
	for i, p := range s.Pieces {
		end := len(s.Octets)
		if i+1 < len(s.Pieces) {
			end = s.Pieces[i+1].Offset
		}
		octets := s.Octets[p.Offset:end]
		r.at(p.Packet, func(now time.Time) {
			r.tap.Sent(now, name, server, by, octets)
			r.tap.Arrived(now, name, by.Other(), len(octets))
		})
	}
}

// hole says that octets of a stream are missing, and that nothing can be said about
// what comes after them.
func (t *Tap) hole(now time.Time, name string, by Side, octets int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.tcp[name]
	if c == nil || c.givenUp {
		return
	}
	c.note(now, "%d octets of the %v were not captured: what comes after them is not judged", octets, by)
	c.sides[by].blind, c.late, c.reset = true, true, true
}
