package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/conformance/probe"
	"github.com/vstp-project/vstp/spec"
)

// WriteFrames writes the exchange of a case as text, each frame field by field
// with every rule that it breaks.
func WriteFrames(w io.Writer, rep *conformance.Report, res conformance.Result) error {
	b := block{width: defaultWidth, full: true}
	b.line(0, fmt.Sprintf("%s  %s", strings.ToUpper(string(res.Verdict)), oneLine(res.ID)))
	b.prose(2, res.Title)
	b.requirement(res)
	for _, entry := range entries(res) {
		b.entry(entry[0], entry[1])
	}
	b.entry("target", rep.Target)
	b.entry("run with", fmt.Sprintf("profile %s, seed %d, time scale %v", rep.Profile, rep.Seed, rep.TimeScale))
	if rep.CaseCommand != "" {
		b.command("alone", oneLine(rep.CaseCommand+" "+res.ID))
	}
	again := repetitions(res.Exchange)
	for i, e := range res.Exchange {
		b.line(0, "")
		b.eventFrames(i, e, again[i])
	}
	if len(res.Exchange) == 0 {
		b.line(0, "")
		b.line(0, "No exchange was recorded.")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (b *block) eventFrames(i int, e probe.Event, again string) {
	head := fmt.Sprintf("#%d  %s  %s  %s", i+1, at(e), oneLine(e.Channel), kindWords[e.Kind])
	if e.Length > 0 {
		head += ", " + plural(e.Length, "octet")
	}
	if again != "" {
		head += ", " + again
	}
	if did := linkDid(e); did != "" {
		head += "; the link: " + did
	}
	b.line(0, head)
	if len(e.Octets) == 0 {
		b.prose(4, e.Text)
		return
	}
	if !strings.HasSuffix(e.Text, "octets)") || e.Datagram() {
		b.prose(4, e.Text) // more than the line that a dissection begins with
	}
	for _, f := range e.Frames() {
		for l := range strings.Lines(f.Dump()) {
			b.line(4, clean(strings.TrimRight(l, "\n")))
		}
	}
	if e.Length > len(e.Octets) {
		b.line(4, fmt.Sprintf("only the first %s of %s were kept", count(len(e.Octets)), plural(e.Length, "octet")))
	}
}

// kindWords are the kinds of events in words.
var kindWords = map[string]string{
	probe.EventOpen:     "opened",
	probe.EventSend:     "judge → target",
	probe.EventRecv:     "judge ← target",
	probe.EventClose:    "closed",
	probe.EventNote:     "remark",
	probe.EventDropSend: "judge → target, lost on the link",
	probe.EventDropRecv: "judge ← target, lost on the link",
}

// repetitions tells, by index, of datagrams that are the same as an earlier one in
// their direction: those that were sent again.
func repetitions(events []probe.Event) map[int]string {
	again := map[int]string{}
	type datagram struct {
		channel, octets string
		fromJudge       bool
	}
	first := map[datagram]int{}
	for i, e := range events {
		if !e.Datagram() || len(e.Octets) == 0 || len(e.Octets) != e.Length {
			continue
		}
		d := datagram{e.Channel, string(e.Octets), fromJudge(e)}
		if before, ok := first[d]; ok {
			again[i] = fmt.Sprintf("the same again as #%d, %s later", before+1, span(e.At-events[before].At))
		} else {
			first[d] = i
		}
	}
	return again
}

// sentenceOf is the requirement with its sentence.
func sentenceOf(id string) string {
	r, ok := spec.Lookup(id)
	if !ok {
		return "[" + id + "]"
	}
	return fmt.Sprintf("[%s] %s", id, r.Text)
}
