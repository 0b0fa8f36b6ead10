package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/spec"
)

// maxMarkdown is how many results a Markdown report explains: the place where it
// is shown, the summary of a job, has an end.
const maxMarkdown = 50

// WriteMarkdown writes the report as Markdown of GitHub's kind: what the run comes
// to, what did not go well with the sentences of the specification, and a table
// of the requirements.
func WriteMarkdown(w io.Writer, rep *conformance.Report, o conformance.ExitOptions) error {
	m := markdown{rep: rep}
	c := conclude(rep, o)
	m.line("# VSTP conformance: %s", c.word)
	m.line("")
	m.line("%s.", text(c.rest))
	m.line("")
	m.facts()
	m.counts()
	m.begin()
	m.failures()
	m.open()
	m.requirements()
	_, err := io.WriteString(w, m.String())
	return err
}

type markdown struct {
	strings.Builder
	rep *conformance.Report
}

func (m *markdown) line(format string, args ...any) { fmt.Fprintf(m, format+"\n", args...) }

func (m *markdown) facts() {
	m.line("| | |")
	m.line("|---|---|")
	for _, fact := range facts(m.rep) {
		value := text(fact[1])
		if fact[0] == "repeat with" {
			value = code(fact[1])
		}
		m.line("| %s | %s |", fact[0], cell(value))
	}
	m.line("")
}

func (m *markdown) counts() {
	m.line("| verdict | cases |")
	m.line("|---|---:|")
	for _, v := range conformance.Verdicts() {
		if n := m.rep.Count(v); n > 0 {
			m.line("| %s %s | %s |", signs[v], v, count(n))
		}
	}
	m.line("| total | %s |", count(len(m.rep.Results)))
	m.line("")
}

func (m *markdown) begin() {
	begin, more := places(m.rep)
	if len(begin) == 0 {
		return
	}
	m.line("## Where to begin")
	m.line("")
	for i, c := range begin {
		m.line("%d. **%s**: %s", i+1, text(c.tally()), text(observed(c.lead)))
		m.line("")
		if advice := c.advice(); advice != "" {
			m.line("   %s", text(advice))
			m.line("")
		}
		if m.rep.CaseCommand != "" {
			m.line("   %s", code(m.rep.CaseCommand+" "+c.lead.ID))
			m.line("")
		}
	}
	if more > 0 {
		m.line("%s did not go well for other reasons.", plural(more, "case"))
		m.line("")
	}
}

func (m *markdown) failures() {
	groups := explanations(m.rep)
	if len(groups) == 0 {
		return
	}
	m.line("## What did not go well")
	m.line("")
	for _, g := range groups[:min(len(groups), maxMarkdown)] {
		m.failure(g)
	}
	if more := len(groups) - maxMarkdown; more > 0 {
		m.line("%s more are in `report.html` and `junit.xml`.", count(more))
		m.line("")
	}
}

func (m *markdown) failure(g cause) {
	res := g.lead
	m.line("### %s %s: %s", signs[res.Verdict], res.Verdict, code(res.ID))
	m.line("")
	if res.Title != "" {
		m.line("%s", text(res.Title))
		m.line("")
	}
	id := violated(res)
	if r, ok := spec.Lookup(id); ok {
		m.line("> **[%s]** %s", id, text(r.Text))
		m.line(">")
		m.line("> *%s · %s*", r.Level, r.Profile)
		m.line("")
	} else if id != "" {
		m.line("> **[%s]** *%s · %s*", text(id), res.Level, res.Profile)
		m.line("")
	}
	for _, entry := range entries(res) {
		m.line("- **%s**: %s", entry[0], text(entry[1]))
	}
	if others := g.others(); others != "" {
		m.line("- **the same in**: %s", text(others))
	}
	if m.rep.CaseCommand != "" {
		m.line("- **alone**: %s", code(m.rep.CaseCommand+" "+res.ID))
	}
	m.line("")
	if len(res.Exchange) > 0 {
		b := block{width: defaultWidth}
		b.ladder(res.Exchange)
		m.line("<details><summary>exchange</summary>")
		m.line("")
		m.fenced(strings.TrimRight(b.String(), "\n"))
		m.line("")
		m.line("</details>")
		m.line("")
	}
}

// fenced is a block of code whatever stands in it.
func (m *markdown) fenced(body string) {
	fence := "```"
	for strings.Contains(body, fence) {
		fence += "`"
	}
	m.line("%stext", fence)
	m.line("%s", body)
	m.line("%s", fence)
}

// open lists what was not judged.
func (m *markdown) open() {
	var lines []string
	for _, res := range m.rep.Results {
		if res.Verdict == conformance.NotExercised {
			lines = append(lines, fmt.Sprintf("- %s (%s, %s): %s", code(res.ID), violated(res), res.Cause, text(res.Message)))
		}
	}
	if len(lines) == 0 {
		return
	}
	m.line("## Not exercised")
	m.line("")
	m.line("<details><summary>%s</summary>", plural(len(lines), "case"))
	m.line("")
	m.line("%s", strings.Join(lines, "\n"))
	m.line("")
	m.line("</details>")
	m.line("")
}

func (m *markdown) requirements() {
	all := standings(m.rep)
	m.line("## Requirements")
	m.line("")
	m.line("| requirement | level | profile | verdict | cases |")
	m.line("|---|---|---|---|---|")
	for _, s := range all {
		m.line("| %s | %s | %s | %s %s | %s |", s.ID, s.Level, s.Profile, signs[s.Verdict], s.Verdict, tally(s.Cases))
	}
	m.line("")
	m.line("%s of the specification stand behind no case of this run.", plural(len(unjudged(all)), "requirement"))
}

// signs stand before a verdict where there are no colours.
var signs = map[conformance.Verdict]string{
	conformance.Pass: "✓", conformance.Info: "✓", conformance.Warn: "⚠", conformance.Fail: "✗", conformance.Crash: "✗",
	conformance.Hang: "✗", conformance.HarnessError: "‼", conformance.Inconclusive: "?", conformance.NotExercised: "○",
	conformance.NotApplicable: "–", conformance.ExpectedFail: "✗", conformance.UnexpectedPass: "✗",
}

// tally counts verdicts: "3 pass, 1 fail".
func tally(results []conformance.Result) string {
	var parts []string
	for _, v := range conformance.Verdicts() {
		n := 0
		for _, res := range results {
			if res.Verdict == v {
				n++
			}
		}
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, v))
		}
	}
	return strings.Join(parts, ", ")
}

// facts are what there is to know about a run, as pairs.
func facts(rep *conformance.Report) [][2]string {
	list := [][2]string{{"target", oneLine(rep.Target)}}
	add := func(name, value string) {
		if value != "" {
			list = append(list, [2]string{name, value})
		}
	}
	if !rep.Addrs.Empty() {
		add("at", oneLine(rep.Addrs.String()))
	}
	add("role", rep.Role)
	add("profile", rep.Profile)
	add("specification", "VSTP "+rep.Spec)
	add("suite", "vstp-conform "+rep.Suite)
	add("seed", fmt.Sprint(rep.Seed))
	add("time scale", fmt.Sprint(rep.TimeScale))
	if rep.Link != "" {
		add("link", fmt.Sprintf("%s; %s of %s dropped", oneLine(rep.Link), count(rep.Drops()), plural(entered(rep), "datagram")))
	}
	add("started", rep.Started.UTC().Format("2006-01-02 15:04:05 UTC"))
	add("took", span(rep.Duration))
	add("timers of the host", "up to "+span(rep.Jitter)+" late")
	add("repeat with", oneLine(rep.Command))
	return list
}

// entries are what there is to say about a result that did not go well.
func entries(res conformance.Result) [][2]string {
	var list [][2]string
	add := func(name, value string) {
		if value = oneLine(value); value != "" {
			list = append(list, [2]string{name, value})
		}
	}
	add("step", res.Step)
	// What the case saw of a target that was dying says nothing about the
	// requirement.
	died := res.Verdict == conformance.Crash || res.Verdict == conformance.Hang
	if v := res.Violation; v != nil && !died {
		add("expected", v.Want)
		add("got", v.Got)
	}
	if res.Violation == nil || res.Message != res.Violation.Error() {
		add("message", res.Message)
	}
	if _, ok := explained(res.Verdict); ok {
		add("hint", hint(res))
	}
	add("ended with", res.Exit)
	if id := violated(res); len(res.Requirements) > 0 && res.Requirements[0] != id {
		add("judging", res.Requirements[0])
	}
	return list
}

var markdownEscapes = strings.NewReplacer(
	`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", "&lt;", ">", "&gt;", "&", "&amp;",
	"#", `\#`, "|", `\|`, "~", `\~`, "@", "&#64;", "://", "&#58;//", "www.", "www&#46;", "!", `\!`,
)

// text is prose in which nothing is Markdown, a link or somebody's name.
func text(s string) string { return markdownEscapes.Replace(oneLine(s)) }

// code is a span of code whatever stands in it.
func code(s string) string {
	s = oneLine(s)
	fence := "`"
	for strings.Contains(s, fence) {
		fence += "`"
	}
	if fence != "`" {
		s = " " + s + " "
	}
	return fence + s + fence
}

// cell makes text fit for a cell of a table: a bar would end it, in code as well.
func cell(s string) string {
	if strings.HasPrefix(s, "`") {
		return strings.ReplaceAll(s, "|", `\|`)
	}
	return s
}
