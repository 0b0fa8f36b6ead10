package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/conformance/dissect"
)

// A dissection is what decode found.
type dissection struct {
	frames []located
	notes  []string
}

// A located frame is one with the place where it was found.
type located struct {
	frame  dissect.Frame
	offset int            // of its first octet, in the input, stream or datagram
	packet *decodedPacket // nil where the input is no capture
}

// splitOctets cuts octets into frames, what is left over being the last.
func splitOctets(octets []byte, datagram bool, o dissect.Options) dissection {
	if datagram {
		return dissection{frames: []located{{frame: dissect.DecodeDatagram(octets, o)}}}
	}
	var d dissection
	frames, rest := dissect.Split(octets, o)
	if len(rest) > 0 {
		frames = append(frames, dissect.Decode(rest, o))
	}
	offset := 0
	for _, f := range frames {
		d.frames = append(d.frames, located{frame: f, offset: offset})
		offset += len(f.Raw)
	}
	return d
}

// show prints a dissection. It returns the status for frames that break rules.
func (d dissection) show(s streams, asJSON bool) error {
	var err error
	if asJSON {
		err = writeJSON(s.out, decodedFrames(d))
	} else {
		err = d.print(s.out, colour(s.out))
		for _, note := range d.notes {
			fmt.Fprintln(s.err, "vstp-conform:", note)
		}
	}
	if err != nil {
		return err
	}
	for _, l := range d.frames {
		if len(l.frame.Violations) > 0 {
			return status(conformance.ExitNonConformant)
		}
	}
	return nil
}

func (d dissection) print(w io.Writer, color bool) error {
	p := printer{w: w}
	for i, l := range d.frames {
		if i > 0 {
			p.line("")
		}
		switch at := l.packet; {
		case at != nil:
			p.line("packet %d  %s  %s", at.Packet, at.Time.Format("15:04:05.000000"), at.Flow)
		case len(d.frames) > 1:
			p.line("frame %d, from octet %d", i+1, l.offset)
		}
		text := l.frame.Dump()
		if color {
			text = paintDump(text)
		}
		p.text(text)
		if l.packet != nil && l.packet.Cut {
			p.line("         the rest was not captured")
		}
	}
	return p.err
}

// The colours of the kinds of fields.
var fieldColours = map[string]string{
	"MAGIC": "36", "VERSION": "36", "TYPE": "1;35", "FLAGS": "35", "HDR_LEN": "34", "PAY_LEN": "34",
	"KEY_LEN": "34", "VALUE_LEN": "34", "KEY": "33", "VALUE": "32", "PAYLOAD": "32", "CRC32": "36",
	"UNPARSED": "31", "TRAILING": "31",
}

// paintDump colours the lines of a dump: each field by its kind, and what is wrong
// in red.
func paintDump(dump string) string {
	var out strings.Builder
	number := 0
	for line := range strings.Lines(dump) {
		line = strings.TrimSuffix(line, "\n")
		number++
		switch esc := fieldColour(line); {
		case number == 1:
			line = "\x1b[1m" + line + "\x1b[0m"
		case number == 2:
			line = "\x1b[2m" + line + "\x1b[0m"
		case strings.HasPrefix(line, "!"):
			line = "\x1b[1;31m" + line + "\x1b[0m"
		case esc != "":
			r := []rune(line)
			line = "\x1b[2m" + string(r[:offsetWidth]) + "\x1b[0;" + esc + "m" + string(r[offsetWidth:]) + "\x1b[0m"
		}
		out.WriteString(line)
		out.WriteByte('\n')
	}
	return out.String()
}

// offsetWidth is where the octets of a field begin in a line of a dump.
const offsetWidth = 10

// fieldColour is the colour of the field that a line of a dump is about: the first
// word of capitals.
func fieldColour(line string) string {
	for _, word := range strings.Fields(line) {
		if esc, ok := fieldColours[word]; ok {
			return esc
		}
	}
	return ""
}
