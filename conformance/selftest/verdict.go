package selftest

import (
	"slices"
	"strings"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/spec"
)

// A MutantResult is what the suite made of a mutant.
type MutantResult struct {
	Mutant Mutant
	// Killers are the cases about the violated requirement that caught it, in the order
	// of the specification.
	Killers []string
	// Blame says which rule the suite blames first; it is empty for a survivor.
	Blame Blame
	// About are the results of the cases about the violated requirement, without the
	// exchanges. A result that was kept from an earlier run has none.
	About []conformance.Result
	// Cached says that the result is that of an earlier run.
	Cached bool
}

// Killed says whether a case about the violated requirement caught the mutant.
func (r *MutantResult) Killed() bool { return len(r.Killers) > 0 }

// judge finds the cases about the violated requirement that caught the mutant. Where
// no case of the role has that requirement first, those that also have it count.
func (r *MutantResult) judge(report *conformance.Report) {
	r.Killers, r.About = nil, nil
	id := r.Mutant.Requirement
	first := func(res conformance.Result) bool { return res.Requirements[0] == id }
	is := first
	if !slices.ContainsFunc(report.Results, first) {
		is = func(res conformance.Result) bool { return slices.Contains(res.Requirements, id) }
	}
	for _, res := range report.Results {
		if !is(res) {
			continue
		}
		res.Exchange = nil
		r.About = append(r.About, res)
		if caught(res, id) {
			r.Killers = append(r.Killers, res.ID)
		}
	}
}

// caught says whether a result speaks against a peer that breaks a requirement: a
// SHOULD that is not followed is warned of.
func caught(res conformance.Result, id string) bool {
	req, _ := spec.Lookup(id)
	return res.Verdict.Bad() || (res.Verdict == conformance.Warn && strings.HasPrefix(req.Level, "SHOULD"))
}
