package report

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/conformance/dissect"
	"github.com/vstp-project/vstp/conformance/probe"
)

const (
	maxPageFields = 64 // rows of a frame, beyond which the middle is left out
	maxPageOctets = 32 // octets of a field
)

// A pageFrame is a frame of an exchange, field by field.
type pageFrame struct {
	Arrow, Time, Summary, Label string
	Remark                      *pageRemark
	Open                        bool
	Rows                        []pageField
}

type pageRemark struct{ Tone, Text string }

// A pageField is a field, a rule that it breaks, or what is left out.
type pageField struct {
	Offset        int
	Octets        []pageOctets
	More          int // octets of the field that are not shown
	Name, Meaning string

	Fault, Requirement string
	Left               string
}

type pageOctets struct {
	Hex string
	Bad bool
}

// pageFrames shows at most most of the frames of an exchange: those of the event at
// which the verdict became clear, then those before it, then those after.
func pageFrames(res conformance.Result, most int) (shown []pageFrame, note string) {
	decisive := shownDecisive(res)
	type found struct {
		event int
		frame dissect.Frame
	}
	var all []found
	last := 0 // frames up to the end of the decisive event
	for i, e := range res.Exchange {
		for _, f := range e.Frames() {
			all = append(all, found{i, f})
		}
		if i == decisive || decisive < 0 {
			last = len(all)
		}
	}
	begin := max(min(last, len(all))-most, 0)
	end := min(begin+most, len(all))
	for _, f := range all[begin:end] {
		shown = append(shown, frameRows(res.Exchange[f.event], f.frame, f.event == decisive))
	}
	if left := len(all) - (end - begin); left > 0 {
		note = plural(left, "frame") + " more in this exchange, not shown here."
	}
	return shown, note
}

func frameRows(e probe.Event, f dissect.Frame, decisive bool) pageFrame {
	p := pageFrame{Arrow: arrows[e.Kind], Time: at(e), Summary: oneLine(e.Channel + " " + f.String()), Open: decisive}
	p.Label = "Fields of " + p.Summary
	cutShort := len(e.Octets) < e.Length
	switch {
	case isDrop(e):
		p.Remark = &pageRemark{"warn", "lost on the link" + because(e)}
	case cutShort:
		p.Remark = &pageRemark{"mute", fmt.Sprintf("only the first %s of %s were kept", count(len(e.Octets)), plural(e.Length, "octet"))}
	case e.Link != nil && len(e.Link.Altered) > 0:
		p.Remark = &pageRemark{"warn", "the link: " + linkDid(e)}
	case len(f.Violations) > 0 && fromJudge(e):
		p.Remark = &pageRemark{"mute", "sent by the judge: what is wrong with it is meant to be"}
	case len(f.Violations) > 0:
		p.Remark = &pageRemark{"bad", "breaks " + plural(len(f.Violations), "rule")}
	case decisive:
		p.Remark = &pageRemark{"bad", "here the verdict became clear"}
	}
	bad := make([]bool, len(f.Raw))
	for _, v := range f.Violations {
		for i := max(v.Offset, 0); i < min(v.Offset+v.Length, len(bad)); i++ {
			bad[i] = true
		}
	}
	pending := slices.SortedStableFunc(slices.Values(f.Violations), func(v, w dissect.Violation) int { return cmp.Compare(v.Offset, w.Offset) })
	head, tail := len(f.Fields), len(f.Fields)
	if len(f.Fields) > maxPageFields {
		head, tail = maxPageFields*3/4, len(f.Fields)-maxPageFields/4
	}
	for i, field := range f.Fields {
		n := 0
		for n < len(pending) && pending[n].Offset < field.Offset+field.Length {
			n++
		}
		if i == head {
			p.Rows = append(p.Rows, pageField{Left: plural(tail-head, "field")})
		}
		if i < head || i >= tail || n > 0 {
			p.Rows = append(p.Rows, fieldRow(f, field, bad))
		}
		p.Rows = append(p.Rows, faultRows(pending[:n])...)
		pending = pending[n:]
	}
	p.Rows = append(p.Rows, faultRows(pending)...)
	return p
}

// because is why the link dropped a datagram, where that is known.
func because(e probe.Event) string {
	if did := linkActed(e); did != "" {
		return ": " + did
	}
	return ""
}

func fieldRow(f dissect.Frame, field dissect.Field, bad []bool) pageField {
	row := pageField{Offset: field.Offset, Name: field.Name, Meaning: oneLine(field.Value)}
	end := field.Offset + min(field.Length, maxPageOctets)
	row.More = field.Offset + field.Length - end
	for at := field.Offset; at < end; {
		to := at + 1
		for to < end && bad[to] == bad[at] {
			to++
		}
		row.Octets = append(row.Octets, pageOctets{spaced(f.Raw[at:to]), bad[at]})
		at = to
	}
	return row
}

func faultRows(violations []dissect.Violation) []pageField {
	var rows []pageField
	for _, v := range violations {
		kind := v.Class
		if v.Soft {
			kind = "sender"
		}
		rows = append(rows, pageField{Offset: v.Offset, Requirement: v.Requirement, Fault: oneLine(kind + ": " + v.Text)})
	}
	return rows
}

// spaced writes octets in hex with blanks between them.
func spaced(b []byte) string {
	var out strings.Builder
	for i := range b {
		if i > 0 {
			out.WriteByte(' ')
		}
		out.WriteString(hex.EncodeToString(b[i : i+1]))
	}
	return out.String()
}
