package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/vstp-project/vstp/conformance/tap"
)

// tapPrinter prints what a tap finds, as text or as JSON lines.
type tapPrinter struct {
	w                  io.Writer
	json, quiet, color bool
	err                error
}

func newTapPrinter(w io.Writer, asJSON, quiet, color bool) *tapPrinter {
	return &tapPrinter{w: w, json: asJSON, quiet: quiet, color: color}
}

// handlers pass everything to all printers.
func handlers(printers []*tapPrinter) tap.Handler {
	return tap.Handler{
		Finding: func(f tap.Finding) {
			for _, p := range printers {
				p.finding(f)
			}
		},
		Note: func(n tap.Note) {
			for _, p := range printers {
				p.note(n)
			}
		},
	}
}

// The JSON lines. Each has a kind: violation, warning, note, or summary, the last.
type (
	tapFindingJSON struct {
		Kind         string    `json:"kind"`
		Time         time.Time `json:"time"`
		Conversation string    `json:"conversation"`
		Transport    string    `json:"transport"`
		By           string    `json:"by"` // client or server
		Requirement  string    `json:"requirement"`
		Level        string    `json:"level"`
		Profile      string    `json:"profile"`
		Text         string    `json:"text"`
		Frame        int       `json:"frame,omitempty"` // number among those of its sender, from 1
		Position     int64     `json:"position"`        // of the frame in its stream
		Offset       int       `json:"offset"`          // of what is at fault in the frame
		Length       int       `json:"length"`
		Hex          string    `json:"hex"` // the frame, at most 4,096 octets
	}
	tapNoteJSON struct {
		Kind         string    `json:"kind"`
		Time         time.Time `json:"time"`
		Conversation string    `json:"conversation"`
		Text         string    `json:"text"`
	}
	tapSummaryJSON struct {
		Kind          string         `json:"kind"`
		Conversations int            `json:"conversations"`
		Frames        int            `json:"frames"`
		Datagrams     int            `json:"datagrams"`
		Octets        int64          `json:"octets"`
		Violations    int            `json:"violations"`
		Warnings      int            `json:"warnings"`
		Strict        int            `json:"strict_left_out"`
		Notes         int            `json:"notes"`
		Unwatched     int            `json:"unwatched"`
		GivenUp       int            `json:"given_up"`
		Counts        []tapCountJSON `json:"counts"`
	}
	tapCountJSON struct {
		Requirement string `json:"requirement"`
		Level       string `json:"level"`
		By          string `json:"by"`
		Times       int    `json:"times"`
	}
)

func kindOf(f tap.Finding) string {
	if f.Warning() {
		return "warning"
	}
	return "violation"
}

func (p *tapPrinter) encode(value any) {
	if p.err == nil {
		p.err = json.NewEncoder(p.w).Encode(value)
	}
}

func (p *tapPrinter) printf(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format, args...)
	}
}

const tapTime = "15:04:05.000000"

func (p *tapPrinter) finding(f tap.Finding) {
	switch {
	case p.quiet:
	case p.json:
		p.encode(tapFindingJSON{
			Kind: kindOf(f), Time: f.Time, Conversation: f.Conversation, Transport: f.Transport, By: f.By.String(),
			Requirement: f.Requirement, Level: f.Level, Profile: f.Profile, Text: f.Text,
			Frame: f.Number, Position: f.Position, Offset: f.Offset, Length: f.Length, Hex: hex.EncodeToString(f.Octets),
		})
	default:
		where := ""
		if f.Number > 0 {
			where = fmt.Sprintf(", its frame %d", f.Number)
			if f.Transport == "tcp" {
				where += fmt.Sprintf(" at octet %d", f.Position)
			}
		}
		p.printf("%s  %s  %s %s by the %v%s: %s\n", f.Time.Format(tapTime), f.Conversation, f.Level, p.strong(f.Requirement), f.By, where, f.Text)
		if len(f.Octets) > 0 {
			p.printf("    %s\n", marked(f))
		}
	}
}

func (p *tapPrinter) strong(text string) string {
	if p.color {
		return "\x1b[1;31m" + text + "\x1b[0m"
	}
	return text
}

// shownOctets is how many octets before and from what is at fault are printed.
const shownOctets = 24

// marked is the octets around what is at fault, which stands in brackets.
func marked(f tap.Finding) string {
	offset := min(f.Offset, len(f.Octets))
	end := min(offset+f.Length, len(f.Octets))
	from := max(offset-shownOctets, 0)
	shownEnd := min(end, offset+shownOctets)
	to := min(max(shownEnd, from+2*shownOctets), len(f.Octets))
	var b strings.Builder
	if from > 0 {
		b.WriteString("… ")
	}
	fmt.Fprintf(&b, "% x", f.Octets[from:offset])
	if f.Length > 0 {
		if offset > from {
			b.WriteByte(' ')
		}
		fmt.Fprintf(&b, "[% x", f.Octets[offset:shownEnd])
		if shownEnd < end {
			b.WriteString(" …")
		}
		b.WriteByte(']')
		if shownEnd < end {
			return b.String()
		}
	}
	if to > shownEnd {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		fmt.Fprintf(&b, "% x", f.Octets[shownEnd:to])
	}
	if to < len(f.Octets) {
		b.WriteString(" …")
	}
	return b.String()
}

func (p *tapPrinter) note(n tap.Note) {
	switch {
	case p.quiet:
	case p.json:
		p.encode(tapNoteJSON{"note", n.Time, n.Conversation, n.Text})
	default:
		p.printf("%s  %s  note: %s\n", n.Time.Format(tapTime), n.Conversation, n.Text)
	}
}

func (p *tapPrinter) summary(s tap.Summary) {
	if p.json {
		out := tapSummaryJSON{
			Kind: "summary", Conversations: s.Conversations, Frames: s.Frames, Datagrams: s.Datagrams, Octets: s.Octets,
			Violations: s.Violations, Warnings: s.Warnings, Strict: s.Strict, Notes: s.Notes,
			Unwatched: s.Unwatched, GivenUp: s.GivenUp, Counts: []tapCountJSON{},
		}
		for _, c := range s.Counts() {
			out.Counts = append(out.Counts, tapCountJSON{c.Requirement, c.Level, c.By.String(), c.Times})
		}
		p.encode(out)
		return
	}
	if counts := s.Counts(); len(counts) > 0 && p.err == nil {
		table := tabwriter.NewWriter(p.w, 0, 0, 2, ' ', 0)
		for _, c := range counts {
			fmt.Fprintf(table, "%s\t%s\t%v\t%d\n", c.Requirement, c.Level, c.By, c.Times)
		}
		p.err = table.Flush()
	}
	p.printf("conversations %d, frames %d, violations %d, warnings %d\n", s.Conversations, s.Frames, s.Violations, s.Warnings)
	if s.Strict > 0 {
		p.printf("left out, because only the profile strict has the rule: %d (--profile strict shows them)\n", s.Strict)
	}
	if s.GivenUp > 0 {
		p.printf("conversations given up: %d\n", s.GivenUp)
	}
	if s.Unwatched > 0 {
		p.printf("passed over, because there were too many conversations: %d\n", s.Unwatched)
	}
}
