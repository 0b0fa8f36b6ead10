package report

import (
	"cmp"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/vstp-project/vstp/conformance"
)

// maxBlocks is how many failures are explained at length unless everything is
// wanted; the others get a line each.
const maxBlocks = 20

// groupIndent is where the reason of a group of cases begins.
const groupIndent = 23

// TextOptions shape a text report.
type TextOptions struct {
	Color bool // use the colours of a terminal
	Width int  // characters in a line; zero means 100

	// Progress, where it is not nil, is a terminal that shows one line which is
	// written over and over. The report itself then has a line only for cases
	// that did not go well, instead of one for each.
	Progress io.Writer
	// Elapsed is the time since the run began, from which the progress line
	// estimates the rest; nil means no estimate.
	Elapsed func() time.Duration

	Verbose bool // a line for each case in any event with a log of its frames, and nothing grouped or shortened
	Quiet   bool // failures and the last line only

	// Command is the command line that repeats the whole run, and CaseCommand the
	// one that, followed by the ID of a case, runs that case alone.
	Command     string
	CaseCommand string
	// ReplayCommand is the command line that repeats the fates of a link from the record
	// that the run writes; empty where it writes none.
	ReplayCommand string

	Exit conformance.ExitOptions // what the last line goes by
}

// Text writes a report for people, as the run goes on. Its methods can be called
// from several goroutines.
type Text struct {
	w     io.Writer
	o     TextOptions
	paint paint

	mu     sync.Mutex
	err    error // the first of w
	counts map[conformance.Verdict]int
	shown  bool // a progress line stands on the terminal
}

// NewText returns a Text that writes to w.
func NewText(w io.Writer, o TextOptions) *Text {
	o.Width = cmp.Or(o.Width, defaultWidth)
	if o.Quiet {
		o.Progress, o.Verbose = nil, false
	}
	return &Text{w: w, o: o, paint: paint(o.Color), counts: map[conformance.Verdict]int{}}
}

// Header says what is about to be judged and how. Of the report only the fields
// that are known before a run are used.
func (t *Text) Header(rep *conformance.Report) {
	if t.o.Quiet {
		return
	}
	b := t.block()
	b.line(0, b.paint.bold(fmt.Sprintf("vstp-conform %s judges VSTP %s, profile %s", rep.Suite, rep.Spec, rep.Profile)))
	b.entry("target", rep.Target)
	b.entry("seed", strconv.FormatUint(rep.Seed, 10))
	b.entry("time scale", strconv.FormatFloat(rep.TimeScale, 'g', -1, 64))
	if rep.Link != "" {
		b.entry("link", fmt.Sprintf("%s, seed %d; over TCP it acts by delay, rate, cuts, stalls and resets only", rep.Link, rep.Seed))
	}
	b.command("repeat", t.o.Command)
	b.command("replay", t.o.ReplayCommand)
	b.line(0, "")
	t.mu.Lock()
	defer t.mu.Unlock()
	t.write(b)
}

// command is an entry that stays on one line, so that it can be copied.
func (b *block) command(label, command string) {
	if command != "" {
		b.line(2, b.paint.bold(pad(label, entryIndent-2))+command)
	}
}

// OnStart tells of a case that begins, for [conformance.Options].
func (t *Text) OnStart(id string, done, total int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.progress(id, done, total)
}

// OnResult tells of a case that has ended, for [conformance.Options].
func (t *Text) OnResult(res conformance.Result, done, total int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts[res.Verdict]++
	if t.worthALine(res) {
		b := t.block()
		b.line(0, t.caseLine(res))
		if t.o.Verbose {
			b.log(res.Exchange)
		}
		t.write(b)
	}
	t.progress(res.ID, done, total)
}

func (t *Text) worthALine(res conformance.Result) bool {
	switch {
	case t.o.Quiet:
		return false
	case t.o.Verbose, t.o.Progress == nil:
		return true
	}
	return res.Verdict.Bad() || res.Verdict == conformance.HarnessError
}

// caseLine is a result in one line: verdict, case, requirement, time, and what
// there is to say about it.
func (t *Text) caseLine(res conformance.Result) string {
	line := t.paint.verdict(res.Verdict, pad(string(res.Verdict), 15)) + "  " + pad(res.ID, 44) + "  " +
		pad(violated(res), 7) + "  " + fmt.Sprintf("%9s", span(res.Duration))
	if res.Message != "" {
		line += "  " + t.paint.dim(oneLine(res.Message))
	}
	if res.Datagrams > 0 {
		line += "  " + t.paint.dim(dropped(res.Drops, res.Datagrams))
	}
	return line
}

// dropped says how many datagrams a link dropped.
func dropped(drops, datagrams int) string {
	return fmt.Sprintf("(link: %s of %s dropped)", count(drops), plural(datagrams, "datagram"))
}

// progress replaces the progress line.
func (t *Text) progress(id string, done, total int) {
	if t.o.Progress == nil {
		return
	}
	line := fmt.Sprintf("%d/%d", done, total) + t.estimate(done, total)
	for _, v := range conformance.Verdicts() {
		if n := t.counts[v]; n > 0 {
			line += fmt.Sprintf("  %d %s", n, v)
		}
	}
	// A terminal that is narrower than the line would scroll.
	line = cut(line+"  · "+id, t.o.Width-1)
	_, _ = io.WriteString(t.o.Progress, "\r\x1b[2K"+line)
	t.shown = true
}

// estimate is how long the rest will take if it goes on as it has, once there is
// something to go by.
func (t *Text) estimate(done, total int) string {
	if t.o.Elapsed == nil || done*10 < total || done == total {
		return ""
	}
	left := time.Duration(float64(t.o.Elapsed()) / float64(done) * float64(total-done))
	if left < time.Second {
		return "  almost done"
	}
	return fmt.Sprintf("  about %v left", left.Round(time.Second))
}

// write adds to the report, and takes the progress line off the terminal first.
func (t *Text) write(b *block) {
	if t.shown {
		_, _ = io.WriteString(t.o.Progress, "\r\x1b[2K")
		t.shown = false
	}
	if _, err := io.WriteString(t.w, b.String()); err != nil && t.err == nil {
		t.err = err
	}
}

func (t *Text) block() *block { return &block{paint: t.paint, width: t.o.Width, full: t.o.Verbose} }

// Finish explains what did not go well and sums the run up. It returns the first
// error that writing the report met with.
func (t *Text) Finish(rep *conformance.Report) error {
	b := t.block()
	t.failures(b, rep)
	if !t.o.Quiet {
		t.groups(b, rep)
		t.begin(b, rep)
		t.sums(b, rep)
	}
	t.amiss(b, rep)
	t.conclusion(b, rep)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.write(b)
	return t.err
}

// explained says whether a verdict is worth a block of its own, and how soon it
// is to be read.
func explained(v conformance.Verdict) (rank int, ok bool) {
	order := []conformance.Verdict{
		conformance.HarnessError, conformance.Crash, conformance.Hang, conformance.Fail,
		conformance.UnexpectedPass, conformance.Inconclusive, conformance.Warn,
	}
	rank = slices.Index(order, v)
	return rank, rank >= 0
}

func (t *Text) failures(b *block, rep *conformance.Report) {
	groups := explanations(rep)
	blocks := maxBlocks
	if t.o.Verbose {
		groups = singly(groups)
		blocks = len(groups)
	}
	if len(groups) > 0 && !t.o.Quiet {
		b.line(0, "")
	}
	for _, g := range groups[:min(blocks, len(groups))] {
		b.failure(g.lead)
		b.entry("the same in", g.others())
		if t.o.CaseCommand != "" {
			b.command("alone", oneLine(t.o.CaseCommand+" "+g.lead.ID))
		}
		b.line(0, "")
	}
	if len(groups) <= blocks {
		return
	}
	b.line(0, fmt.Sprintf("%s more, explained with -v:", count(len(groups)-blocks)))
	for _, g := range groups[blocks:] {
		b.line(2, t.caseLine(g.lead))
		if others := g.others(); others != "" {
			b.line(groupIndent, t.paint.dim("the same in "+others))
		}
	}
	b.line(0, "")
}

// begin says which few failures to look at first, where there are many.
func (t *Text) begin(b *block, rep *conformance.Report) {
	begin, more := places(rep)
	if len(begin) == 0 {
		return
	}
	b.line(0, t.paint.bold("where to begin"))
	for i, c := range begin {
		head := fmt.Sprintf("%d. %s: ", i+1, c.tally())
		for j, l := range wrap(clean(head+observed(c.lead)), max(b.width-5, minText)) {
			indent := 2
			if j > 0 {
				indent = 5
			}
			b.line(indent, l)
		}
		b.prose(5, c.advice())
		if t.o.CaseCommand != "" {
			b.line(5, t.paint.dim(oneLine(t.o.CaseCommand+" "+c.lead.ID)))
		}
	}
	if more > 0 {
		b.line(2, fmt.Sprintf("and %s for other reasons", plural(more, "case")))
	}
	b.line(0, "")
}

// drawn are the parts of a reason that differ from case to case: numbers, and
// what a case draws for itself.
var drawn = regexp.MustCompile(`[0-9a-f]*[0-9][0-9a-f]*`)

// groups lists what was not judged, equal reasons together.
func (t *Text) groups(b *block, rep *conformance.Report) {
	type group struct {
		verdict conformance.Verdict
		reason  string
		ids     []string
	}
	var groups []*group
	byReason := map[string]*group{}
	for _, res := range rep.Results {
		if res.Verdict != conformance.NotExercised && res.Verdict != conformance.NotApplicable {
			continue
		}
		reason := oneLine(res.Message)
		if res.Cause != "" {
			reason = fmt.Sprintf("(%s) %s", res.Cause, reason)
		}
		key := string(res.Verdict) + drawn.ReplaceAllString(reason, "#")
		if byReason[key] == nil {
			byReason[key] = &group{verdict: res.Verdict, reason: reason}
			groups = append(groups, byReason[key])
		}
		byReason[key].ids = append(byReason[key].ids, res.ID)
	}
	if len(groups) == 0 {
		return
	}
	hidden := false
	for _, g := range groups {
		lead := t.paint.verdict(g.verdict, pad(string(g.verdict), 15)) + fmt.Sprintf("  %4d  ", len(g.ids))
		for i, l := range wrap(g.reason, max(b.width-groupIndent, minText)) {
			if i == 0 {
				b.line(0, lead+l)
			} else {
				b.line(groupIndent, l)
			}
		}
		if len(g.ids) == 1 || t.o.Verbose {
			for _, id := range g.ids {
				b.line(groupIndent, t.paint.dim(id))
			}
		} else {
			hidden = true
		}
	}
	if hidden {
		b.line(groupIndent, t.paint.dim("-v lists them"))
	}
	b.line(0, "")
}

// amiss says what is wrong beside the results: with the baseline, and with what the
// target declared.
func (t *Text) amiss(b *block, rep *conformance.Report) {
	for _, fault := range rep.Stale {
		b.entry("baseline", fault)
	}
	for _, capability := range rep.Unexercised {
		b.entry("capability", fmt.Sprintf("%s is declared, and no case could exercise it", capability))
	}
	if len(rep.Stale)+len(rep.Unexercised) > 0 {
		b.line(0, "")
	}
}

// sums counts the verdicts.
func (t *Text) sums(b *block, rep *conformance.Report) {
	var parts []string
	for _, v := range conformance.Verdicts() {
		if n := rep.Count(v); n > 0 {
			parts = append(parts, t.paint.verdict(v, fmt.Sprintf("%d %s", n, v)))
		}
	}
	b.line(0, fmt.Sprintf("%s in %s: %s", plural(len(rep.Results), "case"), span(rep.Duration), strings.Join(parts, ", ")))
	if n, of := rep.Drops(), entered(rep); of > 0 {
		b.line(0, t.paint.dim(fmt.Sprintf("the links dropped %s of %s", count(n), plural(of, "datagram"))))
	}
	where := ""
	if !rep.Addrs.Empty() && rep.Addrs.String() != rep.Target {
		where = " at " + rep.Addrs.String()
	}
	b.line(0, t.paint.dim(fmt.Sprintf("against %s%s; the timers of this host were up to %s late",
		clean(rep.Target), clean(where), span(rep.Jitter.Round(100*time.Microsecond)))))
}

// entered counts the datagrams that entered the links of all cases.
func entered(rep *conformance.Report) int {
	n := 0
	for i := range rep.Results {
		n += rep.Results[i].Datagrams
	}
	return n
}

// conclusion says in one line what the run comes to.
func (t *Text) conclusion(b *block, rep *conformance.Report) {
	c := conclude(rep, t.o.Exit)
	b.line(0, t.paint.verdict(c.like, c.word)+"  "+c.rest)
}
