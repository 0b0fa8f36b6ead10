package report_test

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/conformance/capture"
	"github.com/vstp-project/vstp/conformance/probe"
	"github.com/vstp-project/vstp/conformance/report"
)

func ids(changes []report.Change) string {
	var list []string
	for _, c := range changes {
		list = append(list, c.ID)
	}
	return strings.Join(list, " ")
}

func TestCompare(t *testing.T) {
	older, newer := sample(), sample()
	set := func(rep *conformance.Report, id string, v conformance.Verdict) {
		for i := range rep.Results {
			if rep.Results[i].ID == id {
				rep.Results[i].Verdict, rep.Results[i].Cause = v, ""
				return
			}
		}
		require.Fail(t, "there is no case "+id)
	}
	set(newer, "sample/pass", conformance.Fail)
	set(newer, "sample/info", conformance.NotExercised)
	set(newer, "sample/fail", conformance.Pass)
	set(newer, "sample/hang", conformance.NotExercised)
	set(newer, "sample/crash", conformance.Fail)
	set(newer, "sample/warn", conformance.Pass)
	set(newer, "sample/other-requirement", conformance.NotApplicable)
	newer.Results = newer.Results[:len(newer.Results)-1]
	extra := newer.Results[0]
	extra.ID = "sample/extra-fail"
	newer.Results = append(newer.Results, extra)
	extra.ID, extra.Verdict = "sample/extra-pass", conformance.Pass
	newer.Results = append(newer.Results, extra)
	newer.Seed, newer.Interrupted = 1, true

	d := report.Compare(older, newer)
	assert.Equal(t, "sample/pass sample/extra-fail", ids(d.Failures))
	assert.Equal(t, "sample/fail", ids(d.Fixed))
	assert.Equal(t, "sample/info sample/hang", ids(d.Open))
	assert.Equal(t, "sample/warn sample/other-requirement sample/crash", ids(d.Other))
	assert.Equal(t, "sample/extra-pass", ids(d.Added))
	assert.Equal(t, "sample/no-udp-2", ids(d.Removed))
	assert.Equal(t, []string{"seed: 4711, then 1", "the newer run was interrupted"}, d.Notes)

	out := text(t, func(w io.Writer) error { return report.WriteDiff(w, d, false) })
	assert.Contains(t, out, "new failures\n  pass → fail ")
	assert.True(t, strings.HasSuffix(out, "\n2 new failures, 1 fixed, 2 newly without an outcome, 3 other changes, 1 new case, 1 gone\n"))
	assert.Contains(t, text(t, func(w io.Writer) error { return report.WriteDiff(w, d, true) }), "\x1b[1m\x1b[31m")

	same := report.Compare(older, older)
	assert.Equal(t, "0 new failures, 0 fixed, 0 newly without an outcome, 0 other changes, 0 new cases, 0 gone\n",
		text(t, func(w io.Writer) error { return report.WriteDiff(w, same, false) }))
}

func TestDiffShortensWhatIsLong(t *testing.T) {
	older, newer := sample(), sample()
	for len(older.Results) < 100 {
		older.Results = append(older.Results, older.Results...)
	}
	for i := range older.Results {
		older.Results[i].ID += strings.Repeat("x", i)
	}
	newer.Results = nil
	out := text(t, func(w io.Writer) error { return report.WriteDiff(w, report.Compare(older, newer), false) })
	assert.Contains(t, out, "… and 106 more\n")
}

func TestMerge(t *testing.T) {
	whole := sample()
	// The parts are joined in the order of the specification, not in theirs.
	a, b := *whole, *whole
	a.Results, b.Results = whole.Results[:8], whole.Results[8:]
	b.Started, b.Duration, b.Interrupted = whole.Started.Add(-time.Hour), whole.Duration*2, true
	b.Addrs.TCP = "127.0.0.1:5000"
	a.Command = "one part"
	merged, err := report.Merge([]*conformance.Report{&a, &b}, []string{"a", "b"})
	require.NoError(t, err)
	assert.Len(t, merged.Results, len(whole.Results))
	assert.Equal(t, b.Started, merged.Started)
	assert.Equal(t, b.Duration, merged.Duration)
	assert.True(t, merged.Interrupted)
	assert.Empty(t, merged.Command)
	other, err := report.Merge([]*conformance.Report{&b, &a}, []string{"b", "a"})
	require.NoError(t, err)
	assert.Equal(t, merged.Results, other.Results)

	_, err = report.Merge([]*conformance.Report{&a, &b, &a}, []string{"a", "b", "c"})
	assert.EqualError(t, err, "a and c overlap: both have a result for the case sample/pass")
	for problem, change := range map[string]func(*conformance.Report){
		"target: command":    func(r *conformance.Report) { r.Target = "another" },
		"profile: strict":    func(r *conformance.Report) { r.Profile = "core" },
		"seed: 4711, then 1": func(r *conformance.Report) { r.Seed = 1 },
		"role: , then codec": func(r *conformance.Report) { r.Role = "codec" },
		"time scale: 0.1":    func(r *conformance.Report) { r.TimeScale = 1 },
		"suite: 0.1.0":       func(r *conformance.Report) { r.Suite = "9" },
	} {
		c := b
		change(&c)
		_, err := report.Merge([]*conformance.Report{&a, &c}, []string{"a", "b"})
		assert.ErrorContains(t, err, "a and b are not parts of one run: they differ in "+problem)
	}
}

func TestMatrix(t *testing.T) {
	all := []report.Named{{"go|one", having(conformance.Pass, conformance.Fail)}, {"two", having(conformance.Info)}}
	md := text(t, func(w io.Writer) error { return report.WriteMatrix(w, all) })
	assert.Equal(t, "# VSTP conformance, by requirement\n\n"+
		"| requirement | level | go\\|one | two |\n|---|---|---|---|\n| | | NOT CONFORMANT | CONFORMANT |\n"+
		"| TST-1 | MAY | ✗ fail | ✓ info |\n| TST-9 | MUST | ✗ fail | · no case |\n", md)
	html := text(t, func(w io.Writer) error { return report.WriteMatrixHTML(w, all) })
	assert.Contains(t, html, `<th scope="col">go|one</th>`)
	assert.Contains(t, html, `<span class="badge mute">· no case</span>`)
}

func TestChoices(t *testing.T) {
	erring := unhex("565401080c000000000008026572722d636f6465313300000000")
	copy(erring[len(erring)-4:], unhex("00000000"))
	warn, good := having(conformance.Warn), having(conformance.Warn)
	good.Results[0].Verdict = conformance.Pass
	good.Results[0].Exchange = []probe.Event{
		{Channel: "tcp A", Kind: probe.EventClose, Text: "the target closed the connection"},
		{Channel: "tcp A", Kind: probe.EventClose, Text: "we reset the connection"},
		{Channel: "tcp A", Kind: probe.EventRecv, Octets: erring, Length: len(erring)}, // of no use: its checksum is wrong
	}
	out := text(t, func(w io.Writer) error {
		return report.WriteChoices(w, []report.Named{{"a", warn}, {"b", good}})
	})
	assert.Equal(t, []string{
		"  choice                         a             b",
		"* [TST-1] SHOULD                 not followed  followed",
		"  listeners                      tcp, udp      tcp, udp",
		"* how it closes TCP connections  not seen      FIN",
		"",
	}, strings.Split(out, "\n"))
}

// What was written as packets is read back with the addresses, times and octets of
// the record.
func TestPcapng(t *testing.T) {
	rep := sample()
	fail := rep.Results[3]
	for i := range fail.Exchange {
		if fail.Exchange[i].Channel != "" {
			fail.Exchange[i].Channel = "tcp A"
		}
	}
	fail.Exchange[5].Text = "the target closed the connection"
	ping := unhex("5654010400000000000000d8429a00")
	udp := func(kind string, at float64, text string) probe.Event {
		return probe.Event{At: ms(at), Channel: "udp B", Kind: kind, Text: text, Octets: ping, Length: len(ping)}
	}
	fail.Exchange = append(fail.Exchange,
		probe.Event{At: ms(2001), Channel: "udp B", Kind: probe.EventOpen, Text: "127.1.0.1:4000 → 127.0.0.1:4001"},
		udp(probe.EventSend, 2002, "PING (15 octets)"),
		udp(probe.EventRecv, 2003, "from 127.0.0.9:4002: PING (15 octets)"),
		udp(probe.EventDropRecv, 2004, "from 127.0.0.1:4001: PING (15 octets)"),
		probe.Event{At: ms(2005), Channel: "tcp A", Kind: probe.EventClose, Text: "we reset the connection"},
	)
	packets, err := capture.Read(report.Pcapng(rep, fail))
	require.NoError(t, err)
	items, skipped := capture.Items(packets)
	assert.Empty(t, skipped)
	require.Len(t, items, 5)

	hello, data := fail.Exchange[1].Octets, fail.Exchange[2].Octets
	out, back := items[0].Stream, items[1].Stream
	assert.Equal(t, "tcp 127.0.0.1:50000 → 127.0.0.1:4000", out.Flow.String())
	assert.Equal(t, append(append([]byte{}, hello...), fail.Exchange[3].Octets...), out.Octets)
	assert.Equal(t, 5000-len(fail.Exchange[3].Octets), out.Gap, "what was not kept is missing")
	assert.Equal(t, data, back.Octets)
	assert.True(t, back.Ended)
	assert.Equal(t, "udp 127.1.0.1:4000 → 127.0.0.1:4001", items[2].Flow.String())
	assert.Equal(t, "udp 127.0.0.9:4002 → 127.1.0.1:4000", items[3].Flow.String(), "where it really came from")
	assert.Equal(t, ping, items[4].Datagram)

	assert.Equal(t, rep.Started.Add(ms(0.3)), packets[3].Time)
	comment := packets[3].Comments[0]
	assert.Equal(t, "Case sample/fail, requirement TST-1\ntcp A: HELLO (15 octets)", comment)
	last := packets[items[3].Packet].Comments[0]
	assert.Contains(t, last, "Verdict: fail: expected that the connection is closed")
	assert.Contains(t, packets[items[4].Packet].Comments[0], "lost on the link")
	for _, p := range packets {
		if in, _ := p.Decode(); len(in.Payload) > 0 {
			assert.NotEmpty(t, p.Comments, "packet %d", p.Number)
		}
	}

	assert.Nil(t, report.Pcapng(rep, rep.Results[6]), "remarks alone")
	assert.Nil(t, report.Pcapng(rep, rep.Results[1]), "no exchange at all")
}

func TestEstimate(t *testing.T) {
	var terminal strings.Builder
	elapsed := time.Duration(0)
	text := report.NewText(io.Discard, report.TextOptions{Progress: &terminal, Elapsed: func() time.Duration { return elapsed }})
	told := func(done int) string {
		terminal.Reset()
		text.OnStart("case", done, 100)
		return terminal.String()
	}
	elapsed = 5 * time.Second
	assert.NotContains(t, told(5), "left")
	assert.Contains(t, told(50), "50/100  about 5s left")
	assert.Contains(t, told(90), "90/100  almost done")
	assert.NotContains(t, told(100), "done")
}

// A case can see that the target has closed before it looks at what came before that.
func TestPcapngHasTheEndLast(t *testing.T) {
	rep := sample()
	res := rep.Results[3]
	hello := res.Exchange[1].Octets
	res.Exchange = []probe.Event{
		{At: ms(0), Channel: "tcp A", Kind: probe.EventOpen, Text: "127.0.0.1:50000 → 127.0.0.1:4000"},
		{At: ms(1), Channel: "tcp A", Kind: probe.EventClose, Text: "the target closed the connection"},
		{At: ms(2), Channel: "tcp A", Kind: probe.EventRecv, Octets: hello, Length: len(hello)},
	}
	packets, err := capture.Read(report.Pcapng(rep, res))
	require.NoError(t, err)
	items, _ := capture.Items(packets)
	require.NotEmpty(t, items)
	back := items[len(items)-1].Stream
	assert.Equal(t, hello, back.Octets)
	assert.Zero(t, back.Gap)
	assert.True(t, back.Ended)
	assert.False(t, packets[len(packets)-1].Time.Before(packets[len(packets)-2].Time))
}
