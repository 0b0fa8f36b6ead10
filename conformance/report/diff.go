package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/spec"
)

// A Change is a case whose verdict differs between two runs.
type Change struct {
	ID       string
	Old, New conformance.Verdict // empty where the run has no such case
	Result   conformance.Result  // the new one, where there is one, else the old one
}

// A Diff is what a newer run says differently from an older one. Each case stands
// in one list at most.
type Diff struct {
	Failures []Change // fail, crash or hang now, and not before
	Fixed    []Change // fail, crash or hang before, and good now
	Open     []Change // had an outcome before, and none now: not exercised, inconclusive, a fault of the judge
	Other    []Change // any other change of a verdict
	Added    []Change // not in the older run, and not a failure
	Removed  []Change
	Notes    []string // in what the runs differ, beside their results
}

// Compare compares two runs.
func Compare(older, newer *conformance.Report) Diff {
	var d Diff
	before := map[string]conformance.Result{}
	for _, res := range older.Results {
		before[res.ID] = res
	}
	now := map[string]bool{}
	for _, res := range newer.Results {
		now[res.ID] = true
		old, known := before[res.ID]
		d.add(Change{ID: res.ID, Old: old.Verdict, New: res.Verdict, Result: res}, known)
	}
	for _, res := range older.Results {
		if !now[res.ID] {
			d.Removed = append(d.Removed, Change{ID: res.ID, Old: res.Verdict, Result: res})
		}
	}
	d.Notes = differences(older, newer)
	return d
}

func (d *Diff) add(c Change, known bool) {
	switch {
	case c.Old == c.New:
	case c.New.Bad() && !c.Old.Bad():
		d.Failures = append(d.Failures, c)
	case !known:
		d.Added = append(d.Added, c)
	case c.Old.Bad() && c.New.Good() && c.New != conformance.NotApplicable:
		d.Fixed = append(d.Fixed, c)
	case open(c.New) && !open(c.Old):
		d.Open = append(d.Open, c)
	default:
		d.Other = append(d.Other, c)
	}
}

// open says whether a verdict leaves a case without an outcome.
func open(v conformance.Verdict) bool {
	return v == conformance.NotExercised || v == conformance.Inconclusive || v == conformance.HarnessError
}

// differences are the circumstances in which two runs differ, as pairs of words.
func differences(a, b *conformance.Report) []string {
	var list []string
	for _, f := range []struct {
		name string
		a, b any
	}{
		{"target", oneLine(a.Target), oneLine(b.Target)},
		{"role", a.Role, b.Role},
		{"specification", a.Spec, b.Spec},
		{"suite", a.Suite, b.Suite},
		{"profile", a.Profile, b.Profile},
		{"seed", a.Seed, b.Seed},
		{"time scale", a.TimeScale, b.TimeScale},
		{"link", a.Link, b.Link},
	} {
		if f.a != f.b {
			list = append(list, fmt.Sprintf("%s: %v, then %v", f.name, f.a, f.b))
		}
	}
	for i, rep := range []*conformance.Report{a, b} {
		if rep.Interrupted {
			list = append(list, []string{"the older run was interrupted", "the newer run was interrupted"}[i])
		}
	}
	return list
}

// maxChanges is how many cases of a list are shown; new failures all are.
const maxChanges = 30

// WriteDiff writes a diff as text, the gravest first, with a line of numbers at the
// end.
func WriteDiff(w io.Writer, d Diff, color bool) error {
	b := block{width: defaultWidth, paint: paint(color)}
	for _, note := range d.Notes {
		b.line(0, b.paint.dim("note  "+note))
	}
	for i, list := range []struct {
		title   string
		changes []Change
	}{
		{"new failures", d.Failures},
		{"newly without an outcome", d.Open},
		{"fixed", d.Fixed},
		{"other changes", d.Other},
		{"new cases", d.Added},
		{"cases that are gone", d.Removed},
	} {
		if len(list.changes) == 0 {
			continue
		}
		b.line(0, b.paint.bold(list.title))
		shown := list.changes
		if len(shown) > maxChanges && i > 0 {
			shown = shown[:maxChanges]
		}
		for _, c := range shown {
			b.change(c)
		}
		if more := len(list.changes) - len(shown); more > 0 {
			b.line(2, b.paint.dim(fmt.Sprintf("… and %s more", count(more))))
		}
	}
	b.line(0, fmt.Sprintf("%s, %d fixed, %d newly without an outcome, %d other changes, %s, %d gone",
		plural(len(d.Failures), "new failure"), len(d.Fixed), len(d.Open), len(d.Other), plural(len(d.Added), "new case"), len(d.Removed)))
	_, err := io.WriteString(w, b.String())
	return err
}

func (b *block) change(c Change) {
	what := string(c.New)
	switch {
	case c.Old != "" && c.New != "":
		what = fmt.Sprintf("%s → %s", c.Old, c.New)
	case c.New == "":
		what = "was " + string(c.Old)
	}
	line := pad(what, 32) + "  " + pad(oneLine(c.ID), 44) + "  " + violated(c.Result)
	b.line(2, b.paint.verdict(cmp.Or(c.New, c.Old), line))
	if c.New != "" && c.New != conformance.Pass {
		b.prose(4, oneLine(c.Result.Message))
	}
}

// Merge puts the results of several runs together that each judged some cases of
// one target. It refuses runs that differ in what they judged or by what, and runs
// that judged the same case: names are what to call them then.
func Merge(reports []*conformance.Report, names []string) (*conformance.Report, error) {
	merged := *reports[0]
	// No command line repeats all parts.
	merged.Results, merged.Command = nil, ""
	owner := map[string]int{}
	for i, rep := range reports {
		alike := *rep
		alike.Interrupted = false
		first := *reports[0]
		first.Interrupted = false
		if d := differences(&first, &alike); len(d) > 0 {
			return nil, formatf("%s and %s are not parts of one run: they differ in %s", names[0], names[i], d[0])
		}
		for _, res := range rep.Results {
			if other, twice := owner[res.ID]; twice {
				return nil, formatf("%s and %s overlap: both have a result for the case %s", names[other], names[i], res.ID)
			}
			owner[res.ID] = i
		}
		merged.Results = append(merged.Results, rep.Results...)
		merged.Interrupted = merged.Interrupted || rep.Interrupted
		merged.Duration, merged.Jitter = max(merged.Duration, rep.Duration), max(merged.Jitter, rep.Jitter)
		if rep.Started.Before(merged.Started) {
			merged.Started = rep.Started
		}
	}
	place := map[string]int{}
	for i, r := range spec.Requirements() {
		place[r.ID] = i
	}
	slices.SortStableFunc(merged.Results, func(a, b conformance.Result) int {
		return cmp.Or(cmp.Compare(place[a.Requirements[0]], place[b.Requirements[0]]), cmp.Compare(a.ID, b.ID))
	})
	return &merged, nil
}
