package report_test

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/conformance/probe"
	"github.com/vstp-project/vstp/conformance/report"
	"github.com/vstp-project/vstp/spec"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, name, got string) {
	file := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, string(want), got)
}

// replay gives a report to a Text as a run would.
func replay(w *bytes.Buffer, rep *conformance.Report, o report.TextOptions) error {
	text := report.NewText(w, o)
	text.Header(rep)
	for i, res := range rep.Results {
		text.OnStart(res.ID, i, len(rep.Results))
		text.OnResult(res, i+1, len(rep.Results))
	}
	return text.Finish(rep)
}

var commands = report.TextOptions{
	Command:     "vstp-conform server --exec 'srv --tcp {tcp}' --seed 4711",
	CaseCommand: "vstp-conform server --exec 'srv --tcp {tcp}' --seed 4711 --run",
}

func TestTextPlain(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, replay(&out, sample(), commands))
	golden(t, "plain.txt", out.String())
	assert.NotContains(t, out.String(), "\x1b")
}

func TestTextColour(t *testing.T) {
	var out bytes.Buffer
	o := commands
	o.Color = true
	require.NoError(t, replay(&out, sample(), o))
	golden(t, "colour.txt", out.String())

	// Colours are all that they add.
	plain := out.String()
	for _, esc := range []string{"0", "1", "2", "31", "32", "33", "36"} {
		plain = strings.ReplaceAll(plain, "\x1b["+esc+"m", "")
	}
	var want bytes.Buffer
	require.NoError(t, replay(&want, sample(), commands))
	assert.Equal(t, want.String(), plain)
}

func TestTextVerbose(t *testing.T) {
	var out bytes.Buffer
	o := commands
	o.Verbose = true
	require.NoError(t, replay(&out, sample(), o))
	assert.NotContains(t, out.String(), "-v lists them")
	assert.NotContains(t, out.String(), "left out")
	assert.Contains(t, out.String(), "\n    │ line 1\n")
	assert.Contains(t, out.String(), "event 13\n")
	for _, res := range sample().Results {
		assert.Contains(t, out.String(), res.ID)
	}
}

func TestTextQuiet(t *testing.T) {
	var out, terminal bytes.Buffer
	o := commands
	o.Quiet, o.Verbose, o.Progress = true, true, &terminal
	require.NoError(t, replay(&out, sample(), o))
	assert.Empty(t, terminal.String())
	assert.True(t, strings.HasPrefix(out.String(), "HARNESS-ERROR  sample/harness"))
	assert.Contains(t, out.String(), "FAIL  sample/fail")
	assert.NotContains(t, out.String(), "sample/pass")

	out.Reset()
	good := sample()
	good.Results = good.Results[:1]
	require.NoError(t, replay(&out, good, o))
	assert.Equal(t, "CONFORMANT  VSTP 1.0, profile strict, suite 0.1.0: nothing speaks against the target in 1 case\n", out.String())
}

func TestTextProgress(t *testing.T) {
	var out, terminal bytes.Buffer
	o := commands
	o.Progress, o.Width = &terminal, 60
	rep := sample()
	require.NoError(t, replay(&out, rep, o))

	// The report has lines for what went wrong only.
	lines := out.String()[:strings.Index(out.String(), "HARNESS-ERROR")]
	assert.Contains(t, lines, "fail             sample/fail")
	assert.Contains(t, lines, "crash            sample/crash")
	assert.NotContains(t, lines, "sample/pass")
	assert.NotContains(t, lines, "sample/warn")

	shown := strings.Split(terminal.String(), "\r\x1b[2K")
	assert.Empty(t, shown[0])
	assert.Equal(t, "0/17  · sample/pass", shown[1])
	assert.Equal(t, "1/17  1 pass  · sample/pass", shown[2])
	assert.Contains(t, terminal.String(), "4/17  1 pass  1 warn  1 info  1 fail  · sample/fail")
	assert.Empty(t, shown[len(shown)-1], "the last line is taken off the terminal")
	for _, line := range shown {
		assert.Less(t, utf8.RuneCountInString(line), 60, "it would scroll")
	}
}

func TestTextConclusion(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*conformance.Report)
		exit   conformance.ExitOptions
		want   string
	}{
		{"not one case", func(r *conformance.Report) { r.Results = nil }, conformance.ExitOptions{}, "INCOMPLETE  VSTP 1.0, profile strict, suite 0.1.0: no case ran"},
		{"harness", func(*conformance.Report) {}, conformance.ExitOptions{}, "NO VERDICT  the judge itself failed in 1 case"},
		{"interrupted", func(r *conformance.Report) { r.Interrupted = true }, conformance.ExitOptions{}, "INTERRUPTED  9 of 17 cases had been judged"},
		{"bad", only(conformance.Pass, conformance.Fail, conformance.Crash, conformance.Warn), conformance.ExitOptions{}, "NOT CONFORMANT  VSTP 1.0, profile strict, suite 0.1.0: 2 fail, 1 crash"},
		{"warn", only(conformance.Pass, conformance.Warn), conformance.ExitOptions{}, "CONFORMANT  VSTP 1.0, profile strict, suite 0.1.0: nothing speaks against the target in 2 cases"},
		{"warn fails", only(conformance.Pass, conformance.Warn), conformance.ExitOptions{WarningsFail: true}, "NOT CONFORMANT  VSTP 1.0, profile strict, suite 0.1.0: 1 warn"},
		{"missing", only(conformance.Pass, conformance.Inconclusive, conformance.NotExercised), conformance.ExitOptions{}, "INCOMPLETE  VSTP 1.0, profile strict, suite 0.1.0: 4 cases that the profile demands had no outcome"},
		{"missing, all", only(conformance.Pass, conformance.NotExercised), conformance.ExitOptions{RequireAll: true}, "INCOMPLETE  VSTP 1.0, profile strict, suite 0.1.0: 4 cases that the profile demands had no outcome"},
	} {
		var out bytes.Buffer
		rep := sample()
		c.change(rep)
		require.NoError(t, report.NewText(&out, report.TextOptions{Quiet: true, Exit: c.exit}).Finish(rep), c.name)
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		assert.Equal(t, c.want, lines[len(lines)-1], c.name)
	}
}

// only leaves the results with the given verdicts.
func only(verdicts ...conformance.Verdict) func(*conformance.Report) {
	return func(r *conformance.Report) {
		var kept []conformance.Result
		for _, res := range r.Results {
			for _, v := range verdicts {
				if res.Verdict == v {
					kept = append(kept, res)
				}
			}
		}
		r.Results = kept
	}
}

func TestTextShortensManyFailures(t *testing.T) {
	rep := sample()
	only(conformance.Fail)(rep)
	for len(rep.Results) < 50 { // each of which shows something else
		res := rep.Results[1]
		res.Message = "expected it, got " + strings.Repeat("x", len(rep.Results))
		rep.Results = append(rep.Results, res)
	}
	var short, long bytes.Buffer
	require.NoError(t, report.NewText(&short, report.TextOptions{}).Finish(rep))
	assert.Equal(t, 20, strings.Count(short.String(), "FAIL  "))
	assert.Contains(t, short.String(), "30 more, explained with -v:\n")
	require.NoError(t, report.NewText(&long, report.TextOptions{Verbose: true}).Finish(rep))
	assert.Equal(t, 50, strings.Count(long.String(), "FAIL  "))
}

// sameFault is a report of many cases that show two faults.
func sameFault() *conformance.Report {
	rep := sample()
	fail := rep.Results[3]
	rep.Results = nil
	add := func(n int, v conformance.Verdict, message, got string) {
		for i := range n {
			res := fail
			res.ID, res.Verdict, res.Exchange = fmt.Sprintf("sample/%s-%d", got, i+1), v, fail.Exchange[:2+i%2]
			res.Violation = &probe.Violation{Want: "that", Got: got}
			res.Message = fmt.Sprintf(message, i)
			if v == conformance.NotExercised {
				res.Cause, res.Violation, res.Requirements = probe.CauseTarget, nil, []string{"CMP-1"}
			}
			rep.Results = append(rep.Results, res)
		}
	}
	add(2, conformance.Fail, "expected DATA 'x%d', got frag-index=2", "rare")
	add(3, conformance.Fail, "expected the echo of DATA 'greeting-4e%d' within 1s, got nothing", "echo")
	add(8, conformance.NotExercised, "the exchange before it failed, at \"a step\": expected the echo of DATA 'greeting-%d' within 1s, got nothing", "none")
	add(1, conformance.Crash, "the target ended: exit status %d", "crash")
	add(1, conformance.Fail, "expected CMP %d", "unlike")
	add(1, conformance.Warn, "should not have %d", "warned")
	return rep
}

// One fault is explained once, however many cases it shows in, and what most cases hang
// on is what to begin with.
func TestTextPutsTogetherWhatShowsTheSame(t *testing.T) {
	rep := sameFault()
	var short, quiet, long bytes.Buffer
	require.NoError(t, report.NewText(&short, report.TextOptions{CaseCommand: "judge --run"}).Finish(rep))
	require.NoError(t, report.NewText(&quiet, report.TextOptions{Quiet: true}).Finish(rep))
	require.NoError(t, report.NewText(&long, report.TextOptions{Verbose: true}).Finish(rep))
	for _, want := range []string{
		"FAIL  sample/echo-1  ",
		"  the same in sample/echo-2, sample/echo-3\n",
		"  hint        The server has to run the echo application",
		"where to begin\n" +
			"  1. 1 crash: the target ended: exit status 0\n     judge --run sample/crash-1\n" +
			"  2. 3 fail, 8 not-exercised: expected the echo of DATA 'greeting-4e0' within 1s, got nothing\n",
		"     judge --run sample/echo-1\n",
		"  and 2 cases for other reasons\n",
	} {
		assert.Contains(t, short.String(), want)
	}
	assert.NotContains(t, short.String(), "FAIL  sample/echo-2")
	assert.Less(t, strings.Index(short.String(), "FAIL  sample/echo-1"), strings.Index(short.String(), "FAIL  sample/rare-1"), "the larger group first")
	assert.NotContains(t, quiet.String(), "where to begin")
	assert.Equal(t, 6, strings.Count(long.String(), "FAIL  "))

	page := text(t, func(w io.Writer) error { return report.WriteHTML(w, rep, none) })
	assert.Contains(t, page, `<h2 id="h-begin">Where to begin</h2>`)
	assert.Contains(t, page, `<a href="#case-sample%2fecho-1">sample/echo-1</a>`)
	markdown := text(t, func(w io.Writer) error { return report.WriteMarkdown(w, rep, none) })
	assert.Contains(t, markdown, "2. **3 fail, 8 not-exercised**: ")
	assert.Contains(t, markdown, "- **the same in**: sample/echo-2, sample/echo-3\n")

	few := sample()
	few.Results = few.Results[3:5]
	var out bytes.Buffer
	require.NoError(t, report.NewText(&out, report.TextOptions{}).Finish(few))
	assert.NotContains(t, out.String(), "where to begin", "a short report says it by itself")
}

// What never came is shown as such, and no frame that did come is blamed for it.
func TestWhatNeverCameIsShown(t *testing.T) {
	rep := sample()
	res := rep.Results[3]
	res.Violation = &probe.Violation{Want: "PONG within 1s", Got: "nothing"}
	res.Message = res.Violation.Error()
	rep.Results = []conformance.Result{res}
	var out bytes.Buffer
	require.NoError(t, report.NewText(&out, report.TextOptions{}).Finish(rep))
	assert.Contains(t, out.String(), "    ✗ expected PONG within 1s, got nothing\n")
	assert.NotContains(t, out.String(), "the last that came from the target")
	page := text(t, func(w io.Writer) error { return report.WriteHTML(w, rep, none) })
	assert.Contains(t, page, `<g class="absent decisive">`)
	assert.Contains(t, page, "✗ expected PONG within 1s, got nothing</text>")
	assert.NotContains(t, page, "here the verdict became clear")
	assert.NotContains(t, page, `<g class="recv decisive">`)
}

// Bad octets that were taken for good ones are put together by what is bad about them.
func TestUncheckedIsPutTogetherByRequirement(t *testing.T) {
	rep := sample()
	var results []conformance.Result
	for i, want := range []string{"that it is not delivered to the application", "that the datagram is discarded", "no DATA"} {
		for _, id := range []string{"HDR-6", "HDR-7"} {
			res := rep.Results[3]
			res.ID, res.Requirements = fmt.Sprintf("sample/%s-%d", id, i+1), []string{id}
			res.Violation = &probe.Violation{Want: want, Got: "DATA " + strings.Repeat("x", i)}
			res.Message = res.Violation.Error()
			results = append(results, res)
		}
	}
	rep.Results = results
	var out bytes.Buffer
	require.NoError(t, report.NewText(&out, report.TextOptions{}).Finish(rep))
	assert.Contains(t, out.String(), "  the same in sample/HDR-6-2, sample/HDR-6-3\n")
	assert.Contains(t, out.String(), "  1. 3 fail: expected that it is not delivered to the application, got DATA\n     [HDR-6] ")
	assert.Contains(t, out.String(), "  2. 3 fail: ")
}

func TestTextReportsTheFirstWriteError(t *testing.T) {
	text := report.NewText(broken{}, report.TextOptions{})
	text.Header(sample())
	assert.ErrorIs(t, text.Finish(sample()), errBroken)
}

func TestExplainCitesTheSpecification(t *testing.T) {
	id := spec.TestableIDs()[0]
	requirement, ok := spec.Lookup(id)
	require.True(t, ok)
	res := conformance.Result{
		ID: "sample/real", Requirements: []string{id}, Level: requirement.Level, Profile: requirement.Profile,
		Verdict: conformance.Fail, Violation: &probe.Violation{Want: "this", Got: "that"}, Message: "expected this, got that",
	}
	text := report.Explain(sample(), res)
	assert.Contains(t, text, "["+id+"] "+requirement.Level+" · "+requirement.Profile)
	assert.Contains(t, strings.Join(strings.Fields(text), " "), strings.Join(strings.Fields(requirement.Text), " "))
	assert.Contains(t, text, "profile strict, seed 4711, time scale 0.1")
	assert.NotContains(t, text, "message", "it says nothing that the violation does not say")
}

// What a target writes must not steer the terminal of who reads the report.
func TestTextShowsNoControlCharacters(t *testing.T) {
	const nasty = "a\x1b]0;title\a\x1b[2J\x00\x7f\u0085\u202e\xffb"
	rep := sample()
	res := rep.Results[0]
	res.Verdict, res.Title, res.Message, res.Step, res.Exit, res.Output = conformance.Crash, nasty, nasty, nasty, nasty, nasty
	res.Violation = &probe.Violation{Want: nasty, Got: nasty}
	res.Exchange = []probe.Event{{Channel: "tcp A", Kind: probe.EventRecv, Text: nasty, Octets: []byte(nasty), Length: len(nasty)}}
	fail := res
	fail.Verdict = conformance.Fail
	skipped := res
	skipped.Verdict, skipped.Cause = conformance.NotExercised, probe.CauseTarget
	rep.Results = []conformance.Result{res, fail, skipped}
	rep.Target = nasty
	var out bytes.Buffer
	require.NoError(t, replay(&out, rep, report.TextOptions{}))
	assert.True(t, utf8.Valid(out.Bytes()))
	for _, r := range "\x1b\a\x00\x7f\u0085\u202e" {
		assert.NotContains(t, out.String(), string(r))
	}
	assert.Contains(t, out.String(), `a\x1b]0;title\a\x1b[2J\x00\x7f\u0085\u202e\xffb`)
}

func TestOutput(t *testing.T) {
	assert.Empty(t, report.Output(nil))
	assert.Empty(t, report.Output([]byte(" \n")))
	assert.Equal(t, "  its last output\n    │ one\n    │ \\x1btwo\n", report.Output([]byte("one\n\x1btwo\n")))
	assert.Contains(t, report.Output(bytes.Repeat([]byte("line\n"), 30)), "its last output, 10 lines before that left out")
}
