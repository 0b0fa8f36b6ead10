package main

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/vstp-project/vstp/conformance"
)

const (
	// maxAnnotations is how many of a kind GitHub shows for a step.
	maxAnnotations = 10
	// maxSummaryRows keeps the summary far below the 1 MiB that a step may write.
	maxSummaryRows = 200
	maxCell        = 400 // characters
)

// A github speaks to the runner of GitHub Actions, by workflow commands on the
// output and by the summary file. The nil one says nothing.
//
// What a target writes is hostile: while the report is printed, a line of it that
// looks like a workflow command must not be carried out. Commands are stopped by
// a word that nobody can guess.
type github struct {
	w     io.Writer
	token string // empty while commands are carried out
}

// newGithub stops workflow commands on w until resume. It returns nil unless it is
// wanted.
func newGithub(wanted bool, w io.Writer) *github {
	if !wanted {
		return nil
	}
	random := make([]byte, 16)
	_, _ = rand.Read(random) // never fails
	g := &github{w: w, token: hex.EncodeToString(random)}
	g.command("stop-commands", "", g.token)
	return g
}

// resume lets workflow commands be carried out again.
func (g *github) resume() {
	if g == nil || g.token == "" {
		return
	}
	_, _ = fmt.Fprintf(g.w, "::%s::\n", g.token)
	g.token = ""
}

var (
	escapeMessage  = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	escapeProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

// command writes a workflow command. One that cannot be written is missed by
// nobody but its reader.
func (g *github) command(name, title, message string) {
	if title != "" {
		name += " title=" + escapeProperty.Replace(title)
	}
	_, _ = fmt.Fprintf(g.w, "::%s::%s\n", name, escapeMessage.Replace(message))
}

// noVerdict annotates a run that came to no result.
func (g *github) noVerdict(err error) {
	if g == nil {
		return
	}
	g.resume()
	g.command("error", "vstp-conform", err.Error())
}

// annotation is the kind of annotation that a result is worth: error, warning or
// none.
func annotation(res conformance.Result, o conformance.ExitOptions) string {
	must := res.Level == "MUST" || res.Level == "MUST NOT"
	switch v := res.Verdict; {
	case v.Bad(), v == conformance.HarnessError, v == conformance.Warn && o.WarningsFail:
		return "error"
	case v == conformance.Warn, v == conformance.Inconclusive, v == conformance.NotExercised && must:
		return "warning"
	}
	return ""
}

// report annotates what is not as it should be, and adds to the step summary.
func (g *github) report(role string, rep *conformance.Report, o conformance.ExitOptions) error {
	if g == nil {
		return nil
	}
	g.resume()
	counts := map[string]int{}
	say := func(kind, title, message string) {
		if counts[kind]++; counts[kind] <= maxAnnotations {
			g.command(kind, title, message)
		}
	}
	for _, fault := range rep.Stale {
		say("error", "baseline", fault)
	}
	for _, capability := range rep.Unexercised {
		say("warning", "capability "+capability, "it is declared, and no case could exercise it")
	}
	for _, res := range rep.Results {
		if kind := annotation(res, o); kind != "" {
			say(kind, fmt.Sprintf("%s %s", res.Verdict, res.ID), strings.Join(res.Requirements, ", ")+": "+res.Message)
		}
	}
	for _, kind := range []string{"error", "warning"} {
		if n := counts[kind] - maxAnnotations; n > 0 {
			g.command("notice", "vstp-conform", fmt.Sprintf("%d more of the kind %s stand in the step summary", n, kind))
		}
	}
	path := os.Getenv("GITHUB_STEP_SUMMARY")
	if path == "" {
		return nil
	}
	return appendFile(path, summaryMarkdown(role, rep, o))
}

func appendFile(path, text string) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("the step summary: %w", err)
	}
	_, err = f.WriteString(text)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return fmt.Errorf("the step summary: %w", err)
	}
	return nil
}

// outcomes are the exit statuses in words.
var outcomes = map[int]string{
	conformance.ExitConformant:    "conformant",
	conformance.ExitNonConformant: "not conformant",
	conformance.ExitUsage:         "not run: usage",
	conformance.ExitIncomplete:    "incomplete",
	conformance.ExitHarness:       "no verdict: the judge's own fault",
	conformance.ExitInterrupted:   "interrupted",
}

// summaryMarkdown is the run on one page.
func summaryMarkdown(role string, rep *conformance.Report, o conformance.ExitOptions) string {
	var b strings.Builder
	outcome := outcomes[rep.ExitCode(o)]
	if n := rep.Count(conformance.ExpectedFail); n > 0 && rep.ExitCode(o) == conformance.ExitConformant {
		outcome = "as the baseline expects"
	}
	fmt.Fprintf(&b, "## VSTP %s, %s: %s\n\n", rep.Spec, role, outcome)
	fmt.Fprintf(&b, "%s, profile %s, seed %d, time scale %v, suite %s\n\n", cell(rep.Target), rep.Profile, rep.Seed, rep.TimeScale, rep.Suite)
	b.WriteString("| verdict | cases |\n|---|---:|\n")
	for _, v := range conformance.Verdicts() {
		if n := rep.Count(v); n > 0 {
			fmt.Fprintf(&b, "| %s | %d |\n", v, n)
		}
	}
	fmt.Fprintf(&b, "| total | %d |\n\n", len(rep.Results))
	for _, fault := range rep.Stale {
		fmt.Fprintf(&b, "- baseline: %s\n", cell(fault))
	}
	for _, capability := range rep.Unexercised {
		fmt.Fprintf(&b, "- capability %s: declared, and no case could exercise it\n", cell(capability))
	}
	if len(rep.Stale)+len(rep.Unexercised) > 0 {
		b.WriteString("\n")
	}
	rows := slices.DeleteFunc(slices.Clone(rep.Results), func(res conformance.Result) bool { return annotation(res, o) == "" })
	if len(rows) == 0 {
		return b.String()
	}
	b.WriteString("| verdict | case | requirement | what happened |\n|---|---|---|---|\n")
	for _, res := range rows[:min(len(rows), maxSummaryRows)] {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", res.Verdict, cell(res.ID), strings.Join(res.Requirements, " "), cell(res.Message))
	}
	if n := len(rows) - maxSummaryRows; n > 0 {
		fmt.Fprintf(&b, "\n%d more stand in result.json (--out).\n", n)
	}
	b.WriteString("\n")
	return b.String()
}

// cell is text that a target had a hand in, for one cell of a table: neither
// Markdown nor HTML.
func cell(text string) string {
	runes := []rune(strings.Join(strings.Fields(text), " "))
	if len(runes) > maxCell {
		runes = append(runes[:maxCell], '…')
	}
	var b strings.Builder
	for _, r := range runes {
		switch {
		case r < 0x20 || r == 0x7f:
			fmt.Fprintf(&b, "&#92;x%02x", r)
		case strings.ContainsRune("\\`*_{}[]<>()#+!|~&@$:", r):
			fmt.Fprintf(&b, "&#%d;", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
