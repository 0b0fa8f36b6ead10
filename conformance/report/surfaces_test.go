package report_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/conformance/probe"
	"github.com/vstp-project/vstp/conformance/report"
)

var none = conformance.ExitOptions{}

// having is the sample with the results alone that have one of the verdicts.
func having(verdicts ...conformance.Verdict) *conformance.Report {
	rep := sample()
	only(verdicts...)(rep)
	return rep
}

func text(t *testing.T, write func(io.Writer) error) string {
	var out bytes.Buffer
	require.NoError(t, write(&out))
	return out.String()
}

type junit struct {
	Tests    int `xml:"tests,attr"`
	Failures int `xml:"failures,attr"`
	Errors   int `xml:"errors,attr"`
	Skipped  int `xml:"skipped,attr"`
	Suite    struct {
		Cases []struct {
			Name       string `xml:"name,attr"`
			Class      string `xml:"classname,attr"`
			Properties []struct {
				Name  string `xml:"name,attr"`
				Value string `xml:"value,attr"`
			} `xml:"properties>property"`
			Failure *struct {
				Type string `xml:"type,attr"`
				Text string `xml:",chardata"`
			} `xml:"failure"`
			Error *struct {
				Type string `xml:"type,attr"`
			} `xml:"error"`
			Skipped *struct {
				Message string `xml:"message,attr"`
			} `xml:"skipped"`
			Output string `xml:"system-out"`
		} `xml:"testcase"`
	} `xml:"testsuite"`
}

func readJUnit(t *testing.T, rep *conformance.Report, o conformance.ExitOptions) junit {
	var doc junit
	require.NoError(t, xml.Unmarshal([]byte(text(t, func(w io.Writer) error { return report.WriteJUnit(w, rep, o) })), &doc))
	return doc
}

func TestJUnit(t *testing.T) {
	rep := sample()
	doc := readJUnit(t, rep, none)
	assert.Equal(t, len(rep.Results), doc.Tests)
	kinds := map[string]string{}
	counts := map[string]int{}
	for _, c := range doc.Suite.Cases {
		kind := "pass"
		switch {
		case c.Failure != nil:
			kind = "failure " + c.Failure.Type
		case c.Error != nil:
			kind = "error " + c.Error.Type
		case c.Skipped != nil:
			kind = "skipped " + strings.SplitN(c.Skipped.Message, ":", 2)[0]
		case c.Output != "":
			kind = "pass with " + strings.SplitN(c.Output, ":", 2)[0]
		}
		kinds[c.Name] = kind
		counts[strings.Fields(kind)[0]]++
		assert.Equal(t, "vstp.sample", c.Class)
		properties := map[string]string{}
		for _, p := range c.Properties {
			properties[p.Name] = p.Value
		}
		assert.Equal(t, "4711", properties["seed"])
		assert.NotEmpty(t, properties["level"])
		assert.NotEmpty(t, properties["requirement"])
	}
	assert.Equal(t, map[string]string{
		"sample/pass": "pass", "sample/warn": "pass with warn", "sample/info": "pass with info",
		"sample/fail": "failure fail", "sample/other-requirement": "failure fail", "sample/unexpected-pass": "failure unexpected-pass",
		"sample/crash": "error crash", "sample/hang": "error hang", "sample/harness": "error harness-error",
		"sample/inconclusive": "error inconclusive", "sample/expected": "skipped expected-fail",
		"sample/unreached-1": "error not-exercised", "sample/unreached-2": "error not-exercised", "sample/unreached-3": "error not-exercised",
		"sample/no-loopback": "skipped not-exercised (surroundings)",
		"sample/no-udp-1":    "skipped not-applicable", "sample/no-udp-2": "skipped not-applicable",
	}, kinds)
	assert.Equal(t, counts["failure"], doc.Failures)
	assert.Equal(t, counts["error"], doc.Errors)
	assert.Equal(t, counts["skipped"], doc.Skipped)
	assert.Contains(t, doc.Suite.Cases[3].Failure.Text, "Then the frame is not echoed")

	strict := readJUnit(t, having(conformance.Warn, conformance.NotExercised), conformance.ExitOptions{WarningsFail: true, RequireAll: true})
	assert.Equal(t, 1, strict.Failures)
	assert.Equal(t, 4, strict.Errors)
}

func TestTAP(t *testing.T) {
	rep := sample()
	rep.Results[0].ID = `sample/a # SKIP \ pass`
	rep.Interrupted = true
	tap := text(t, func(w io.Writer) error { return report.WriteTAP(w, rep, none) })
	lines := map[string]bool{}
	for line := range strings.Lines(tap) {
		lines[strings.TrimSuffix(line, "\n")] = true
	}
	for _, want := range []string{
		"TAP version 14", "1..17",
		`ok 1 - sample/a \# SKIP \\ pass`,
		"not ok 2 - sample/warn # TODO warn: expected one datagram, got two",
		"ok 3 - sample/info",
		"not ok 4 - sample/fail",
		"not ok 6 - sample/crash",
		"not ok 9 - sample/inconclusive",
		"not ok 10 - sample/expected # TODO expected-fail",
		"not ok 11 - sample/unexpected-pass",
		"not ok 12 - sample/unreached-1",
		"ok 15 - sample/no-loopback # SKIP not-exercised (surroundings): this host has no address 127.0.0.2",
		"ok 16 - sample/no-udp-1 # SKIP not-applicable: the target offers no udp listener",
		`  message: "the target ended: signal: segmentation fault"`,
		`  requirement: "TST-9"`,
		"Bail out! the run was interrupted",
	} {
		assert.True(t, lines[want], want)
	}
}

func TestBadge(t *testing.T) {
	s := compile(t, "badge")
	for _, c := range []struct {
		rep            *conformance.Report
		message, color string
	}{
		{having(conformance.Pass, conformance.Warn), "conformant, 2 cases", "brightgreen"},
		{having(conformance.Pass, conformance.Fail, conformance.Hang), "2 fail, 1 hang", "red"},
		{having(conformance.Pass, conformance.NotExercised), "incomplete", "yellow"},
		{having(conformance.NotApplicable), "incomplete", "yellow"},
		{having(conformance.Pass, conformance.Inconclusive), "incomplete", "yellow"},
		{having(conformance.Pass, conformance.HarnessError), "no verdict", "lightgrey"},
	} {
		doc := text(t, func(w io.Writer) error { return report.WriteBadge(w, c.rep, none) })
		assert.NoError(t, validate(t, s, []byte(doc)))
		var badge struct{ Label, Message, Color string }
		require.NoError(t, json.Unmarshal([]byte(doc), &badge))
		assert.Equal(t, "VSTP 1.0 strict", badge.Label)
		assert.Equal(t, c.message, badge.Message)
		assert.Equal(t, c.color, badge.Color)
	}
	interrupted := having(conformance.Pass)
	interrupted.Interrupted = true
	assert.Contains(t, text(t, func(w io.Writer) error { return report.WriteBadge(w, interrupted, none) }), `"message": "interrupted"`)
}

func TestMarkdown(t *testing.T) {
	rep := sample()
	rep.CaseCommand = "vstp-conform server --run"
	golden(t, "report.md", text(t, func(w io.Writer) error {
		rep := *rep
		rep.Results = rep.Results[:4]
		return report.WriteMarkdown(w, &rep, none)
	}))
	md := text(t, func(w io.Writer) error { return report.WriteMarkdown(w, rep, none) })
	assert.Contains(t, md, "# VSTP conformance: NO VERDICT")
	assert.Contains(t, md, "- `sample/no-loopback` (TST-1, surroundings): this host has no address 127.0.0.2")
	assert.NotContains(t, md, "\x1b")
}

// Nothing that a target says becomes markup, in any format.
func TestHostileText(t *testing.T) {
	nasty := "</template></details><script>alert(1)</script><img src=x onerror=alert(1)> ]]> ``` | @everyone https://x.example \x00\x1b[2J\u202e\xff 'a' \"b\" {{.}}"
	rep := sample()
	fail := rep.Results[3]
	fail.ID, fail.Title, fail.Message, fail.Step, fail.Output = "a/"+nasty, nasty, nasty, nasty, nasty
	fail.Violation = &probe.Violation{Want: nasty, Got: nasty}
	fail.Exchange = []probe.Event{
		{Channel: "tcp " + nasty, Kind: probe.EventOpen, Text: nasty},
		{Channel: "tcp A", Kind: nasty, Text: nasty},
		{Channel: "tcp A", Kind: probe.EventRecv, Text: nasty, Octets: []byte(nasty), Length: len(nasty)},
	}
	rep.Results = []conformance.Result{fail}
	rep.Target, rep.Command, rep.CaseCommand = nasty, nasty, nasty
	for name, write := range map[string]func(io.Writer) error{
		"html":   func(w io.Writer) error { return report.WriteHTML(w, rep, none) },
		"md":     func(w io.Writer) error { return report.WriteMarkdown(w, rep, none) },
		"junit":  func(w io.Writer) error { return report.WriteJUnit(w, rep, none) },
		"tap":    func(w io.Writer) error { return report.WriteTAP(w, rep, none) },
		"frames": func(w io.Writer) error { return report.WriteFrames(w, rep, fail) },
		"matrix": func(w io.Writer) error {
			return report.WriteMatrix(w, []report.Named{{Name: nasty, Report: rep}})
		},
		"matrix html": func(w io.Writer) error {
			return report.WriteMatrixHTML(w, []report.Named{{Name: nasty, Report: rep}})
		},
		"choices": func(w io.Writer) error {
			return report.WriteChoices(w, []report.Named{{Name: nasty, Report: rep}})
		},
	} {
		doc := text(t, write)
		assert.True(t, utf8.ValidString(doc), name)
		for _, r := range "\x1b\x00\u202e" {
			assert.NotContains(t, doc, string(r), name)
		}
		if name == "html" || name == "matrix html" || name == "matrix" || name == "junit" {
			assert.NotContains(t, doc, "<img", name)
			assert.NotContains(t, doc, "<script>alert", name)
		}
		if name == "md" {
			// Outside of code nothing of it is markup.
			prose := regexp.MustCompile("(?s)(`+)text\n.*?\n`+\n|(`+) .*? `+\n").ReplaceAllString(doc, "")
			assert.NotContains(t, prose, "<img")
			assert.NotContains(t, prose, "@everyone")
		}
	}
	html := text(t, func(w io.Writer) error { return report.WriteHTML(w, rep, none) })
	assert.Equal(t, 1, strings.Count(html, "<template>"))
	assert.Equal(t, 1, strings.Count(html, "<script>"))
	assert.Contains(t, html, "&lt;script&gt;alert(1)&lt;/script&gt;")
}

func TestHTML(t *testing.T) {
	rep := sample()
	rep.CaseCommand = "vstp-conform server --run"
	html := text(t, func(w io.Writer) error { return report.WriteHTML(w, rep, none) })
	for _, want := range []string{
		`<html lang="en">`, "<title>VSTP conformance of command", "NO VERDICT", `aria-pressed="false"`, `<svg class="ladder"`,
		"vstp-conform server --run sample/fail", "[TST-1]", `href="frames/sample/fail.txt"`, `href="pcap/sample/fail.pcapng"`,
		`data-has="not-exercised"`, "<th scope=\"row\">TST-9</th>",
	} {
		assert.Contains(t, html, want)
	}
	// Nothing comes from elsewhere, and each case is drawn only when it is opened.
	assert.NotRegexp(t, `(src|href)="?(https?:)?//`, html)
	assert.Equal(t, len(rep.Results), strings.Count(html, "<template>"))
	assert.Regexp(t, `script-src (&#39;|')sha256-`, html)
}

// However much there is, the page stays of a size that a browser opens at once,
// and what is grave is shown in full before what is not.
func TestHTMLOfManyCases(t *testing.T) {
	rep := sample()
	fail := rep.Results[3]
	for i := range fail.Exchange {
		fail.Exchange[i].Channel = "tcp A"
	}
	long := fail.Exchange
	for len(long) < 120 {
		long = append(long, fail.Exchange...)
	}
	rep.Results = nil
	for i := range 2000 {
		res := fail
		res.ID, res.Exchange = "sample/fail-"+strings.Repeat("x", i%7)+string(rune('a'+i%26)), long
		if i%2 == 0 {
			res.Verdict, res.Violation, res.Message = conformance.Pass, nil, ""
		}
		rep.Results = append(rep.Results, res)
	}
	html := text(t, func(w io.Writer) error { return report.WriteHTML(w, rep, none) })
	assert.Less(t, len(html), 14<<20)
	assert.Equal(t, 2000, strings.Count(html, "<template>"))
	assert.Contains(t, html, "this page would get too long")
	assert.Less(t, strings.Index(html, `data-has="fail"`), strings.Index(html, `data-has="pass"`))
}

// Datagrams that were sent again and such that were lost are seen to be so.
func TestLadderOfLossyExchange(t *testing.T) {
	rep := having(conformance.Fail)
	ping := unhex("5654010400000000000000d8429a00")
	event := func(at float64, kind string) probe.Event {
		return probe.Event{At: ms(at), Channel: "udp A", Kind: kind, Octets: ping, Length: len(ping), Text: "PING (15 octets)"}
	}
	rep.Results = rep.Results[:1]
	rep.Results[0].Exchange = []probe.Event{event(0, probe.EventDropSend), event(500, probe.EventSend), event(501, probe.EventDropRecv), event(502, probe.EventRecv)}
	rep.Results[0].Exchange[0].Link = &probe.Passage{Dropped: "loss"}
	rep.Results[0].Exchange[1].Link = &probe.Passage{Delay: 20 * time.Millisecond}
	rep.Results[0].Exchange[3].Link = &probe.Passage{Altered: []int{3}, Overtaken: 2}
	html := text(t, func(w io.Writer) error { return report.WriteHTML(w, rep, none) })
	assert.Contains(t, html, "the same again as #1, 500.0 ms later")
	assert.Contains(t, html, "500.0 ms later</text>")
	assert.Equal(t, 2, strings.Count(html, `<g class="drop`))
	assert.Contains(t, html, `<g class="drop linked">`)
	assert.Contains(t, html, "⚡ link: dropped, by chance</text>")
	assert.NotContains(t, html, "⚡ link: delivered", "that something took its time is no news in a diagram")
	assert.Contains(t, html, "lost on the link: dropped, by chance</span>")
	assert.Contains(t, html, "the link: octet 3 altered, overtaken by 2</span>")
	frames := text(t, func(w io.Writer) error { return report.WriteFrames(w, rep, rep.Results[0]) })
	assert.Contains(t, frames, "#1  0.0 ms  udp A  judge → target, lost on the link, 15 octets; the link: dropped, by chance\n")
	assert.Contains(t, frames, "#2  500.0 ms  udp A  judge → target, 15 octets, the same again as #1, 500.0 ms later; the link: delivered after 20.0 ms\n")
	markdown := text(t, func(w io.Writer) error { return report.WriteMarkdown(w, rep, none) })
	assert.Contains(t, markdown, "⇥")
	assert.Contains(t, markdown, "link: delivered after 20.0 ms")
	rep.Results[0].Exchange = append([]probe.Event{
		{Channel: "udp A", Kind: probe.EventOpen, Text: "127.0.0.1:4000 → 127.0.0.1:4001"},
	}, rep.Results[0].Exchange...)
	capture := string(report.Pcapng(rep, rep.Results[0]))
	assert.Contains(t, capture, "udp A: lost on the link: PING (15 octets)\nThe link between judge and target: dropped, by chance")
	assert.Contains(t, capture, "The link between judge and target: octet 3 altered, overtaken by 2")
}

func TestFrames(t *testing.T) {
	rep := sample()
	rep.CaseCommand = "vstp-conform server --run"
	golden(t, "frames.txt", text(t, func(w io.Writer) error { return report.WriteFrames(w, rep, rep.Results[3]) }))
	assert.Contains(t, text(t, func(w io.Writer) error { return report.WriteFrames(w, rep, rep.Results[1]) }), "No exchange was recorded.")
}

func TestFiles(t *testing.T) {
	rep := sample()
	names := func(o report.FileOptions) map[string]int {
		found := map[string]int{}
		require.NoError(t, report.Files(rep, o, func(f report.File) error {
			found[f.Name] += len(f.Content)
			return nil
		}))
		return found
	}
	few := names(report.FileOptions{})
	for _, name := range report.RunFiles() {
		if name != "result.jsonl" {
			assert.NotZero(t, few[name], name)
		}
	}
	assert.NotZero(t, few["frames/sample/fail.txt"])
	assert.NotZero(t, few["pcap/sample/fail.pcapng"])
	assert.NotZero(t, few["frames/sample/hang.txt"])
	assert.NotContains(t, few, "pcap/sample/hang.pcapng", "remarks are no packets")
	assert.NotContains(t, few, "frames/sample/pass.txt")
	assert.NotZero(t, names(report.FileOptions{All: true})["pcap/sample/pass.pcapng"])
	assert.ErrorIs(t, report.Files(rep, report.FileOptions{}, func(report.File) error { return errBroken }), errBroken)
}

func TestCaseFiles(t *testing.T) {
	for id, want := range map[string]string{
		"tcp/hello":                        "tcp/hello",
		"vector/frame/crc@udp":             "vector/frame/crc@udp",
		"../../etc/passwd":                 "%2E./%2E./etc/passwd",
		"/abs//x":                          "%/abs/%/x",
		`a\b:c`:                            "a%5Cb%3Ac",
		"":                                 "%",
		"x/" + strings.Repeat("long", 100): "x/" + strings.Repeat("long", 30) + "-d753a8eb54d95d35",
	} {
		frames, pcap := report.CaseFiles(id)
		assert.Equal(t, "frames/"+want+".txt", frames)
		assert.Equal(t, "pcap/"+want+".pcapng", pcap)
	}
}
