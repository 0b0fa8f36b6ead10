package baseline

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/conformance/probe"
)

// The states of an entry.
const (
	Known    = "known"    // the implementation is at fault, and that is known
	Disputed = "disputed" // the implementation holds that the case is wrong
)

// NoReason is the reason of an entry that nobody has looked at yet.
const NoReason = "not looked at yet"

// An Entry is one case that is known not to pass.
type Entry struct {
	Case        string              `json:"case"`
	Verdict     conformance.Verdict `json:"verdict"` // fail, crash, hang, warn or not-exercised
	Fingerprint string              `json:"fingerprint"`
	Failure     string              `json:"failure,omitempty"` // what the case said; for people
	Reason      string              `json:"reason"`
	Link        string              `json:"link,omitempty"`
	State       string              `json:"state,omitempty"`   // Known, also where it is empty, or Disputed
	Expires     string              `json:"expires,omitempty"` // the last day on which it counts, as 2006-01-02 in UTC

	line int // in its file; 0 for one that was not read
}

// A Baseline is what a target is known to fail in one role.
type Baseline struct {
	Role    string
	Entries []Entry

	// Now is the time by which entries expire; the zero value means the present.
	Now time.Time

	name string // of the file
}

// New returns a baseline without entries.
func New(name, role string) *Baseline { return &Baseline{Role: role, name: name} }

// where is the place of an entry, for people.
func (b *Baseline) where(e *Entry) string {
	if e.line == 0 {
		return b.name
	}
	return fmt.Sprintf("%s:%d", b.name, e.line)
}

func (b *Baseline) entry(id string) *Entry {
	for i := range b.Entries {
		if b.Entries[i].Case == id {
			return &b.Entries[i]
		}
	}
	return nil
}

func (b *Baseline) expired(e *Entry) bool {
	if e.Expires == "" {
		return false
	}
	now := b.Now
	if now.IsZero() {
		now = time.Now()
	}
	return now.UTC().Format(time.DateOnly) > e.Expires
}

// noOutcome says of a verdict that it leaves open whether the case fails.
func noOutcome(v conformance.Verdict) bool {
	return v == conformance.Inconclusive || v == conformance.NotExercised || v == conformance.HarnessError
}

// passed says of a verdict that nothing was found wrong.
func passed(v conformance.Verdict) bool { return v == conformance.Pass || v == conformance.Info }

// agrees says whether a result is the failure that an entry describes.
func (e *Entry) agrees(res conformance.Result) bool {
	return res.Verdict == e.Verdict && Fingerprint(res) == e.Fingerprint
}

// Judge returns a result as it counts beside the baseline: as expected-fail, as
// unexpected-pass, or as it is.
func (b *Baseline) Judge(res conformance.Result) conformance.Result {
	e := b.entry(res.ID)
	if e == nil {
		return res
	}
	switch {
	case passed(res.Verdict):
		res.Verdict = conformance.UnexpectedPass
		res.Message = fmt.Sprintf("it passed, and %s has it as %s: %s", b.where(e), e.Verdict, e.Reason)
	case e.agrees(res) && !b.expired(e):
		word := "known"
		if e.State == Disputed {
			word = "disputed"
		}
		res.Verdict = conformance.ExpectedFail
		res.Message = fmt.Sprintf("%s (%s, %s: %s)", res.Message, word, b.where(e), e.Reason)
	}
	return res
}

// Stale says, in a sentence for each, which entries no longer tell the truth. The
// results are those of the run itself, before [Baseline.Judge]. An entry whose case
// did not run, or came to no outcome, is let be.
func (b *Baseline) Stale(results []conformance.Result) []string {
	var faults []string
	for _, res := range results {
		e := b.entry(res.ID)
		if e == nil {
			continue
		}
		if fault := b.fault(e, res); fault != "" {
			faults = append(faults, fmt.Sprintf("%s: %s", b.where(e), fault))
		}
	}
	return faults
}

func (b *Baseline) fault(e *Entry, res conformance.Result) string {
	switch {
	case passed(res.Verdict):
		return fmt.Sprintf("%s passes now: take the entry out", e.Case)
	case res.Verdict == conformance.NotApplicable:
		return fmt.Sprintf("%s is not applicable now (%s): take the entry out", e.Case, res.Message)
	case e.agrees(res) && !b.expired(e):
		return ""
	case b.expired(e):
		return fmt.Sprintf("the entry for %s expired after %s and the case comes to %s: put it right, or decide on a new date", e.Case, e.Expires, res.Verdict)
	case noOutcome(res.Verdict) && res.Verdict != e.Verdict:
		return ""
	case res.Verdict != e.Verdict:
		return fmt.Sprintf("the entry for %s is stale: it has the verdict %s, and the case came to %s (%s)", e.Case, e.Verdict, res.Verdict, res.Message)
	}
	return fmt.Sprintf("the entry for %s is stale: the case fails in another way than %s, now %s (%s)", e.Case, e.Fingerprint, Fingerprint(res), res.Message)
}

// A Change counts what [Baseline.Update] did to the entries.
type Change struct{ Added, Renewed, Removed, Kept int }

func (c Change) String() string {
	return fmt.Sprintf("%d added, %d renewed, %d taken out, %d as they were", c.Added, c.Renewed, c.Removed, c.Kept)
}

// Update makes the entries those of the run: it adds what fails without one, takes
// out what passes or is not applicable, and renews the verdict and fingerprint of
// what fails in another way, of which the reason is to be looked at again. An entry
// whose case did not run, or came to no outcome, stays. The results are those of
// the run itself, before [Baseline.Judge]. With warnings, a warn is a failure too.
func (b *Baseline) Update(results []conformance.Result, warnings bool) Change {
	var c Change
	gone := map[string]bool{}
	for _, res := range results {
		e := b.entry(res.ID)
		bad := fails(res, warnings || e != nil)
		switch {
		case e == nil && bad:
			b.Entries = append(b.Entries, Entry{
				Case: res.ID, Verdict: res.Verdict, Fingerprint: Fingerprint(res), Failure: oneLine(res.Message), Reason: NoReason,
			})
			c.Added++
		case e == nil:
		case passed(res.Verdict), res.Verdict == conformance.NotApplicable:
			gone[res.ID] = true
			c.Removed++
		case bad && !e.agrees(res):
			e.Verdict, e.Fingerprint, e.Failure = res.Verdict, Fingerprint(res), oneLine(res.Message)
			if !strings.HasPrefix(e.Reason, renewed) {
				e.Reason = renewed + e.Reason
			}
			c.Renewed++
		default:
			c.Kept++
		}
	}
	b.Entries = slices.DeleteFunc(b.Entries, func(e Entry) bool { return gone[e.Case] })
	slices.SortFunc(b.Entries, func(x, y Entry) int { return cmp.Compare(x.Case, y.Case) })
	return c
}

// fails says whether a result keeps a target from being conformant. A case that did
// not run at all says nothing about the target.
func fails(res conformance.Result, warnings bool) bool {
	switch res.Verdict {
	case conformance.Warn:
		return warnings
	case conformance.NotExercised:
		must := res.Level == "MUST" || res.Level == "MUST NOT"
		return must && res.Cause == probe.CauseTarget && res.Duration > 0
	}
	return res.Verdict.Bad()
}

// renewed marks the reason of an entry that was written for another failure.
const renewed = "to be looked at again, it fails in another way: "

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// Unexplained counts the entries that nobody has given a reason for.
func (b *Baseline) Unexplained() int {
	n := 0
	for _, e := range b.Entries {
		if e.Reason == NoReason || strings.HasPrefix(e.Reason, renewed) {
			n++
		}
	}
	return n
}

// Text is the baseline as a file, in the form that [Parse] reads.
func (b *Baseline) Text() ([]byte, error) {
	entries := b.Entries
	if entries == nil {
		entries = []Entry{}
	}
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(struct {
		Schema  string  `json:"schema"`
		Role    string  `json:"role"`
		Entries []Entry `json:"entries"`
	}{Format, b.Role, entries})
	return text.Bytes(), err
}
