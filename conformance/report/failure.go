package report

import (
	"fmt"
	"strings"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/spec"
)

const (
	defaultWidth = 100
	minText      = 30 // characters, however narrow the terminal is

	// maxOutputLines is how much of a target's last output a text shows.
	maxOutputLines = 20
	maxOutputLine  = 200 // characters
)

// Explain is the text that a failure is printed as: the requirement with its
// sentence, the step, what was expected and what came instead, the exchange with
// its octets, and the last frame received field by field. It ends without a line
// end.
func Explain(rep *conformance.Report, res conformance.Result) string {
	b := block{width: defaultWidth}
	b.failure(res)
	b.entry("run with", fmt.Sprintf("profile %s, seed %d, time scale %v", rep.Profile, rep.Seed, rep.TimeScale))
	return strings.TrimRight(b.String(), "\n")
}

// A block is a text under construction.
type block struct {
	strings.Builder
	paint paint
	width int
	full  bool // nothing is shortened
}

func (b *block) line(indent int, text string) {
	if text != "" {
		b.WriteString(strings.Repeat(" ", indent))
		b.WriteString(text)
	}
	b.WriteByte('\n')
}

// prose is text of its own, wrapped.
func (b *block) prose(indent int, text string) {
	if text == "" {
		return
	}
	for _, l := range wrap(clean(text), max(b.width-indent, minText)) {
		b.line(indent, l)
	}
}

// entryIndent is where the text of an entry begins.
const entryIndent = 14

// entry is a label with text beside it.
func (b *block) entry(label, text string) {
	if text == "" {
		return
	}
	for i, l := range wrap(clean(text), max(b.width-entryIndent, minText)) {
		if i == 0 {
			b.line(2, b.paint.bold(pad(label, entryIndent-2))+l)
		} else {
			b.line(entryIndent, l)
		}
	}
}

// failure explains a result that is not good.
func (b *block) failure(res conformance.Result) {
	head := b.paint.verdict(res.Verdict, strings.ToUpper(string(res.Verdict))) + "  " + b.paint.bold(oneLine(res.ID))
	b.line(0, head+b.paint.dim("  ("+span(res.Duration)+")"))
	b.prose(2, res.Title)
	b.requirement(res)
	b.entry("step", res.Step)
	// What the case saw of a target that was dying says nothing about the
	// requirement.
	died := res.Verdict == conformance.Crash || res.Verdict == conformance.Hang
	if v := res.Violation; v != nil && !died {
		b.entry("expected", v.Want)
		b.entry("got", v.Got)
	}
	if res.Violation == nil || res.Message != res.Violation.Error() {
		b.entry("message", res.Message)
	}
	if res.Datagrams > 0 {
		b.entry("link", fmt.Sprintf("dropped %s of %s", count(res.Drops), plural(res.Datagrams, "datagram")))
	}
	b.entry("hint", hint(res))
	b.entry("ended with", res.Exit)
	b.output(res.Output, "its last output")
	if len(res.Exchange) == 0 {
		return
	}
	b.line(2, b.paint.bold("exchange"))
	b.ladder(res.Exchange)
	if what := absent(res); what != "" {
		b.line(4, b.paint.red(cut("✗ "+what, max(b.width-4, minText))))
	}
	// A frame without fault is not what is wrong where something did not come.
	if last, ok := lastReceived(res.Exchange); ok && res.Violation != nil && !died && (absent(res) == "" || len(last.Violations) > 0) {
		b.line(2, b.paint.bold("the last that came from the target, field by field"))
		for l := range strings.Lines(last.Dump()) {
			b.line(4, b.dumpLine(clean(strings.TrimRight(l, "\n"))))
		}
	}
}

// dumpLine marks the lines in which dissect found a fault.
func (b *block) dumpLine(l string) string {
	if strings.HasPrefix(l, "!") {
		return b.paint.red(l)
	}
	return l
}

// requirement shows the requirement that the result is about, and which one the
// case was meant to judge where that is another.
func (b *block) requirement(res conformance.Result) {
	id := violated(res)
	if id == "" {
		return
	}
	b.sentence(id, res)
	if len(res.Requirements) > 0 && res.Requirements[0] != id {
		b.entry("judging", "["+res.Requirements[0]+"]")
	}
}

// sentence shows a requirement with its sentence from the specification.
func (b *block) sentence(id string, res conformance.Result) {
	level, profile, text := res.Level, res.Profile, ""
	if r, ok := spec.Lookup(id); ok {
		level, profile, text = r.Level, r.Profile, r.Text
	}
	b.line(2, b.paint.bold("["+id+"]")+" "+level+b.paint.dim(" · "+profile))
	b.prose(6, text)
}

// output shows the last lines that a target wrote.
func (b *block) output(text, label string) {
	text = strings.TrimSpace(clean(text))
	if text == "" {
		return
	}
	lines := strings.Split(text, "\n")
	if n := len(lines) - maxOutputLines; n > 0 && !b.full {
		lines = lines[n:]
		label += fmt.Sprintf(", %s before that left out", plural(n, "line"))
	}
	b.line(2, b.paint.bold(label))
	for _, l := range lines {
		if !b.full {
			l = cut(l, maxOutputLine)
		}
		b.line(4, "│ "+l)
	}
}

// Output is the end of what a process wrote, in a form that is safe to show: as
// Explain shows it, a line end after each line. It is empty where there is none.
func Output(output []byte) string {
	b := block{width: defaultWidth}
	b.output(string(output), "its last output")
	return b.String()
}
