package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/vstp-project/vstp/conformance/capture"
	"github.com/vstp-project/vstp/conformance/dissect"
)

// A captureReader decodes what is VSTP in a capture.
type captureReader struct {
	packets []capture.Packet
	options dissect.Options
	found   dissection
}

// splitCapture finds the frames of a capture, in the order in which they were
// complete.
func splitCapture(in input, ports []uint, o dissect.Options) (dissection, error) {
	packets, err := capture.Read(in.octets)
	fault := (*capture.FormatError)(nil)
	if errors.As(err, &fault) && len(packets) == 0 {
		return dissection{}, usagef("%s: %v", in.name, err)
	}
	if len(packets) == 0 {
		return dissection{}, usagef("%s: a capture without packets", in.name)
	}
	items, skipped := capture.Items(packets)
	r := captureReader{packets: packets, options: o}
	if fault != nil {
		r.note("%s: %v; what comes before that is shown", in.name, err)
	}
	wanted := conversations(items, ports)
	any := false
	for _, item := range items {
		if !wanted[conversation(item.Flow)] {
			continue
		}
		any = true
		if item.Stream == nil {
			r.datagram(item)
		} else {
			r.stream(item.Stream)
		}
	}
	if !any {
		return dissection{}, usagef("%s: no VSTP in the %d packets of this capture: no datagram and no stream begins with 56 54%s (--port NUMBER decodes what goes to or from a port all the same)",
			in.name, len(packets), skippedText(skipped))
	}
	if text := skippedText(skipped); text != "" {
		r.note("%s: %s", in.name, strings.TrimPrefix(text, "; "))
	}
	slices.SortStableFunc(r.found.frames, func(a, b located) int { return cmp.Compare(a.packet.Packet, b.packet.Packet) })
	return r.found, nil
}

// conversation is a flow without its direction.
func conversation(f capture.Flow) capture.Flow {
	if back := f.Reverse(); f.From.Compare(f.To) > 0 {
		return back
	}
	return f
}

// conversations are those that are taken for VSTP.
func conversations(items []capture.Item, ports []uint) map[capture.Flow]bool {
	wanted := map[capture.Flow]bool{}
	for _, item := range items {
		octets := item.Datagram
		if item.Stream != nil {
			octets = item.Stream.Octets
		}
		if bytes.HasPrefix(octets, []byte("VT")) ||
			slices.Contains(ports, uint(item.Flow.From.Port())) || slices.Contains(ports, uint(item.Flow.To.Port())) {
			wanted[conversation(item.Flow)] = true
		}
	}
	return wanted
}

func skippedText(skipped map[capture.Reason]int) string {
	if len(skipped) == 0 {
		return ""
	}
	var parts []string
	for reason, n := range skipped {
		parts = append(parts, fmt.Sprintf("%d (%s)", n, reason))
	}
	slices.Sort(parts)
	return "; packets left out: " + strings.Join(parts, ", ")
}

func (r *captureReader) note(format string, args ...any) {
	r.found.notes = append(r.found.notes, fmt.Sprintf(format, args...))
}

func (r *captureReader) add(f dissect.Frame, flow capture.Flow, packet, offset int, cut bool) {
	if cut {
		// That its end is missing is the fault of the capture.
		f.Violations = slices.DeleteFunc(f.Violations, func(v dissect.Violation) bool { return v.Class == "Incomplete" })
	}
	p := r.packets[packet]
	r.found.frames = append(r.found.frames, located{f, offset, &decodedPacket{p.Number, p.Time, flow.String(), cut}})
}

func (r *captureReader) datagram(item capture.Item) {
	r.add(dissect.DecodeDatagram(item.Datagram, r.options), item.Flow, item.Packet, 0, item.Missing > 0)
}

// judgedBy is after how many octets it is known what is wrong with a frame whose end
// nobody knows, and otherwise all of them.
func judgedBy(f dissect.Frame) int {
	switch f.Class() {
	case "InvalidMagic", "InvalidVersion", "FrameTooLarge":
		for _, v := range f.Violations {
			if v.Class == f.Class() {
				return v.Offset + v.Length
			}
		}
	}
	return len(f.Raw)
}

func (r *captureReader) stream(s *capture.Stream) {
	if len(s.Octets) == 0 {
		if s.Gap > 0 {
			r.note("%v: %d octets were not captured, and nothing before them", s.Flow, s.Gap)
		}
		return
	}
	if !s.Begun && !bytes.HasPrefix(s.Octets, []byte("VT")) {
		r.note("%v: the capture begins within the connection, and its first octets are not those of a frame: left out", s.Flow)
		return
	}
	frames, rest := dissect.Split(s.Octets, r.options)
	offset := 0
	for _, f := range frames {
		r.add(f, s.Flow, s.At(offset+judgedBy(f)-1), offset, false)
		offset += len(f.Raw)
	}
	if len(rest) > 0 {
		// Where the end of the stream was captured, its sender broke off.
		cut := s.Gap > 0 || !s.Ended
		f := dissect.Decode(rest, r.options)
		r.add(f, s.Flow, s.At(offset+judgedBy(f)-1), offset, cut)
	}
	if s.Gap > 0 {
		r.note("%v: %d octets after the first %d were not captured: what comes after them is left out", s.Flow, s.Gap, len(s.Octets))
	}
}
