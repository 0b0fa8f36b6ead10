package report

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/vstp-project/vstp/conformance/dissect"
	"github.com/vstp-project/vstp/conformance/probe"
)

const (
	// Of a long exchange the beginning and the end are shown.
	maxLadderHead = 12
	maxLadderTail = 28

	hexPerLine   = 32 // octets
	maxHexOctets = 64 // of one event
)

// arrows are the signs before an event.
var arrows = map[string]string{
	probe.EventOpen:  "+",
	probe.EventSend:  "→",
	probe.EventRecv:  "←",
	probe.EventClose: "×",
	probe.EventNote:  "·",

	probe.EventDropSend: "⇥",
	probe.EventDropRecv: "⇤",
}

// ladder is the exchange, one event under the other: direction, time since the
// case began, channel, what it was, and its octets below.
func (b *block) ladder(events []probe.Event) {
	skipped := 0
	shown := events
	if len(events) > maxLadderHead+maxLadderTail && !b.full {
		skipped = len(events) - maxLadderHead - maxLadderTail
		shown = slices.Concat(events[:maxLadderHead], events[len(events)-maxLadderTail:])
	}
	times, channels := 0, 0
	for _, e := range shown {
		times = max(times, len(at(e)))
		channels = max(channels, len(oneLine(e.Channel)))
	}
	for i, e := range shown {
		if i == maxLadderHead && skipped > 0 {
			b.line(4, b.paint.dim(fmt.Sprintf("… %s left out", plural(skipped, "event"))))
		}
		b.event(e, times, channels)
	}
}

func at(e probe.Event) string { return fmt.Sprintf("%.1f ms", milliseconds(e.At)) }

func (b *block) event(e probe.Event, times, channels int) {
	arrow, ok := arrows[e.Kind]
	if !ok {
		arrow = "?"
	}
	lead := fmt.Sprintf("%s %*s  %s  ", arrow, times, at(e), pad(oneLine(e.Channel), channels))
	indent := 4 + len([]rune(lead))
	text := e.Text
	if text == "" && len(e.Octets) > 0 {
		text = strings.Join(frameLines(e), "\n")
	}
	lines := wrap(clean(text), max(b.width-indent, minText))
	for i, l := range lines {
		switch {
		case i > 0:
			b.line(indent, l)
		case e.Kind == probe.EventRecv || e.Kind == probe.EventSend:
			b.line(4, b.paint.cyan(lead)+l)
		default:
			b.line(4, b.paint.dim(lead+l))
		}
	}
	for _, l := range b.hexLines(e) {
		b.line(indent, b.paint.dim(l))
	}
	if did := linkDid(e); did != "" {
		b.line(indent, b.paint.yellow("link: "+did))
	}
}

// linkDid says what a link did to a datagram; empty for nothing.
func linkDid(e probe.Event) string {
	if e.Link == nil || e.Link.Late() && e.Link.Delay == 0 {
		return ""
	}
	return oneLine(e.Link.String())
}

// linkActed says what a link did to a datagram beside taking its time; empty for nothing.
func linkActed(e probe.Event) string {
	if e.Link == nil || e.Link.Late() {
		return ""
	}
	return oneLine(e.Link.String())
}

// log is the exchange with a line for each event.
func (b *block) log(events []probe.Event) {
	for _, e := range events {
		line := fmt.Sprintf("%s %9s  %s", arrows[e.Kind], at(e), eventLabel(e))
		if did := linkActed(e); did != "" {
			line += " (link: " + did + ")"
		}
		b.line(17, b.paint.dim(cut(line, max(b.width-17, minText))))
	}
}

func frameLines(e probe.Event) []string {
	var lines []string
	for _, f := range e.Frames() {
		lines = append(lines, f.String())
	}
	return lines
}

// hexLines are the octets of an event, those of a long one shortened, with their
// number.
func (b *block) hexLines(e probe.Event) []string {
	octets := e.Octets
	if len(octets) > maxHexOctets && !b.full {
		octets = octets[:maxHexOctets]
	}
	var lines []string
	for part := range slices.Chunk(octets, hexPerLine) {
		lines = append(lines, hex.EncodeToString(part))
	}
	if more := e.Length - len(octets); more > 0 && len(lines) > 0 {
		lines[len(lines)-1] += fmt.Sprintf("… %s more of %s octets", count(more), count(e.Length))
	}
	return lines
}

// lastReceived is the last frame that came from the target.
func lastReceived(events []probe.Event) (dissect.Frame, bool) {
	for _, e := range slices.Backward(events) {
		if e.Kind != probe.EventRecv || len(e.Octets) == 0 {
			continue
		}
		frames := e.Frames()
		return frames[len(frames)-1], true
	}
	return dissect.Frame{}, false
}
