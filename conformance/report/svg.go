package report

import (
	"fmt"
	"strings"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/conformance/probe"
)

// The measures of a ladder diagram, in units of its view box.
const (
	svgWidth   = 860
	svgTimeX   = 88
	svgJudge   = 112
	svgTarget  = 830
	svgMiddle  = (svgJudge + svgTarget) / 2
	svgIndent  = 18 // of a label
	svgRow     = 36
	svgRemark  = 22
	svgHead    = 40
	svgLabel   = 92  // characters
	svgCross   = 6   // half of a cross
	svgArrow   = 9   // length of an arrow head
	svgGapFrom = 100 // milliseconds of silence that are shown
)

// A drawing is the ladder diagram of an exchange: what the judge and the target
// did, one below the other, with times.
type drawing struct {
	Width, Height, Judge, Target, LabelX, TimeX, Span int

	Label string // for those who do not see it
	Note  string
	Rows  []rung
}

// A rung is an event, or the silence between two.
type rung struct {
	Class                          string
	Gap                            string // not empty for a silence
	Time, Label                    string
	Why                            string // stands below the line
	Y, TextY, WhyY, Top, High      int
	Line, Cross                    bool
	From, To                       int
	CrossL, CrossR, CrossT, CrossB int
	Points                         string
}

// draw draws head and tail of an exchange of at most most events.
func draw(res conformance.Result, most int) *drawing {
	if len(res.Exchange) == 0 {
		return nil
	}
	d := &drawing{
		Width: svgWidth, Judge: svgJudge, Target: svgTarget, LabelX: svgJudge + svgIndent, TimeX: svgTimeX, Span: svgTarget - svgJudge,
		Label: fmt.Sprintf("%s between judge and target; the frames follow as text", plural(len(res.Exchange), "event")),
	}
	events := res.Exchange
	head, tail := len(events), len(events)
	if len(events) > most {
		head, tail = most/3, len(events)-(most-most/3)
		d.Note = fmt.Sprintf("%s of %s left out.", count(tail-head), plural(len(events), "event"))
	}
	decisive, again := shownDecisive(res), repetitions(events)
	y := svgHead
	for i, e := range events {
		if i >= head && i < tail {
			if i == head {
				d.Rows = append(d.Rows, rung{Class: "silence", Gap: plural(tail-head, "event") + " left out", Y: y})
				y += svgRemark
			}
			continue
		}
		if i > 0 && i != tail {
			if silence := e.At - events[i-1].At; silence.Milliseconds() >= svgGapFrom {
				d.Rows = append(d.Rows, rung{Class: "silence", Gap: span(silence) + " later", Y: y})
				y += svgRemark
			}
		}
		r, high := row(e, y)
		if again[i] != "" {
			r.Class += " again"
			r.Why = "↻ " + again[i]
		}
		if did := linkActed(e); did != "" {
			r.Class += " linked"
			r.Why = strings.TrimSpace(r.Why + "  ⚡ link: " + did)
		}
		if i == decisive {
			r.Class += " decisive"
			if v := res.Violation; v != nil {
				r.Why = cut(strings.TrimSpace(r.Why+"  ✗ expected "+oneLine(v.Want)), svgLabel)
			}
		}
		if r.Why != "" {
			r.WhyY, r.Top, r.High = r.Y+16, r.TextY-14, svgRow+6
			high += 18
		}
		d.Rows = append(d.Rows, r)
		y += high
	}
	if what := absent(res); what != "" {
		d.Rows = append(d.Rows, absence(what, y))
		y += svgRow
	}
	d.Height = y
	return d
}

// rungClasses are the kinds of events for the style sheet.
var rungClasses = map[string]string{
	probe.EventOpen: "open", probe.EventSend: "send", probe.EventRecv: "recv", probe.EventClose: "close",
	probe.EventDropSend: "drop", probe.EventDropRecv: "drop", probe.EventNote: "note",
}

// row is an event at y, and how much room it takes.
func row(e probe.Event, y int) (r rung, high int) {
	r = rung{Class: rungClasses[e.Kind], Time: at(e), Label: cut(eventLabel(e), svgLabel), TextY: y, Y: y + 8, Line: true}
	left, right := svgJudge+4, svgTarget-4
	r.From, r.To = left, right
	if !fromJudge(e) && e.Kind != probe.EventOpen {
		r.From, r.To = right, left
	}
	switch {
	case e.Kind == probe.EventNote, rungClasses[e.Kind] == "", e.Channel == "" && e.Kind != probe.EventSend && e.Kind != probe.EventRecv:
		r.Line, r.Y = false, y
		return r, svgRemark
	case isDrop(e):
		r.To = svgMiddle
		r.cross(r.To)
	case e.Kind == probe.EventClose:
		r.cross(r.To)
	}
	if !r.Cross {
		r.arrow()
	}
	return r, svgRow
}

// arrow puts a head on the line.
func (r *rung) arrow() {
	tail := r.To - svgArrow
	if r.To < r.From {
		tail = r.To + svgArrow
	}
	r.Points = fmt.Sprintf("%d,%d %d,%d %d,%d", r.To, r.Y, tail, r.Y-4, tail, r.Y+4)
}

// absence is what never came from the target: half a line that nobody has sent.
func absence(what string, y int) rung {
	r := rung{Class: "absent decisive", Label: cut("✗ "+what, svgLabel), TextY: y, Y: y + 8, Line: true, From: svgMiddle, To: svgJudge + 4}
	r.arrow()
	return r
}

func (r *rung) cross(x int) {
	r.Cross = true
	r.CrossL, r.CrossR, r.CrossT, r.CrossB = x-svgCross, x+svgCross, r.Y-svgCross, r.Y+svgCross
}

// eventLabel is an event in one line.
func eventLabel(e probe.Event) string {
	label := e.Text
	if label == "" && len(e.Octets) > 0 {
		for i, l := range frameLines(e) {
			if i > 0 {
				label += ", "
			}
			label += l
		}
	}
	if isDrop(e) {
		label = "lost: " + label
	}
	if e.Channel != "" {
		label = e.Channel + " · " + label
	}
	return oneLine(label)
}
