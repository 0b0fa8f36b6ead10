package selftest

import (
	"context"
	"fmt"
	"slices"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/conformance/target"
	"github.com/vstp-project/vstp/spec"
)

// A Blame is the first case, in the order of the specification, that fails with a
// mutant.
type Blame struct {
	Case string `json:"case"`
	// Names are the requirements that it names: those that it is about, and the one
	// that it found violated where that is another.
	Names []string `json:"names"`
	// Precise says that the requirement that the mutant violates is among them.
	Precise bool `json:"precise"`
}

// maxSuspects bounds the cases that are run again to learn whether they blame another
// rule than the broken one for good reason.
const maxSuspects = 40

// upTo are the IDs of the cases up to those that judge a requirement, in the order of the
// specification, and of the others that are about it.
func upTo(requirement string, opts conformance.Options) ([]string, error) {
	cases, err := conformance.Cases(opts)
	if err != nil {
		return nil, err
	}
	place := map[string]int{}
	for i, r := range spec.Requirements() {
		place[r.ID] = i
	}
	var ids []string
	for _, c := range cases {
		if place[c.Requirements[0]] <= place[requirement] || slices.Contains(c.Requirements, requirement) {
			ids = append(ids, c.ID)
		}
	}
	return ids, nil
}

// blame finds the first case in a report that fails. Where that names
// another requirement than the violated one, the cases up to the first that names it are
// run again: what failed by chance or under load is not held against the suite.
func blame(ctx context.Context, peer target.Target, m Mutant, report *conformance.Report, opts conformance.Options) (Blame, error) {
	failing := failures(report, m)
	end := slices.IndexFunc(failing, func(b Blame) bool { return b.Precise })
	if end == 0 {
		return failing[0], nil
	}
	if end < 0 {
		end = len(failing) - 1
	}
	opts.Run = nil
	for _, b := range failing[:min(end+1, maxSuspects)] {
		opts.Run = append(opts.Run, b.Case)
	}
	again, err := conformance.Run(ctx, peer, opts)
	if err != nil {
		return Blame{}, fmt.Errorf("mutant %s: %w", m.Name, err)
	}
	if sure := failures(again, m); len(sure) > 0 {
		return sure[0], nil
	}
	return failing[end], nil
}

// failures are the cases of a report that speak against a mutant, in their order.
func failures(report *conformance.Report, m Mutant) []Blame {
	var all []Blame
	for _, res := range report.Results {
		if !caught(res, m.Requirement) {
			continue
		}
		b := Blame{Case: res.ID, Names: slices.Clone(res.Requirements)}
		if v := res.Violation; v != nil && v.Requirement != "" && !slices.Contains(b.Names, v.Requirement) {
			b.Names = append(b.Names, v.Requirement)
		}
		b.Precise = slices.Contains(b.Names, m.Requirement)
		all = append(all, b)
	}
	return all
}
