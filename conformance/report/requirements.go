package report

import (
	"slices"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/spec"
)

// gravity is the order in which verdicts are to be read, the gravest first.
var gravity = []conformance.Verdict{
	conformance.HarnessError, conformance.Crash, conformance.Hang, conformance.Fail, conformance.UnexpectedPass,
	conformance.Inconclusive, conformance.NotExercised, conformance.Warn, conformance.ExpectedFail,
	conformance.NotApplicable, conformance.Info, conformance.Pass,
}

// A standing is what the cases that judge a requirement came to.
type standing struct {
	spec.Requirement
	Verdict conformance.Verdict // the gravest that its cases had; what was judged outweighs what is not applicable
	Cases   []conformance.Result
}

// standings returns the requirements that some case judges or that were violated,
// in the order of the specification; requirements that it does not have come last.
func standings(rep *conformance.Report) []standing {
	cases := map[string][]conformance.Result{}
	var order []string
	for _, r := range spec.Requirements() {
		order = append(order, r.ID)
	}
	for _, res := range rep.Results {
		// A violation of another requirement than the one that was to be judged counts
		// there; of the one that was to be judged it says nothing good either.
		ids := []string{violated(res)}
		if len(res.Requirements) > 0 && res.Requirements[0] != ids[0] {
			ids = append(ids, res.Requirements[0])
		}
		for _, id := range ids {
			cases[id] = append(cases[id], res)
			if !slices.Contains(order, id) {
				order = append(order, id)
			}
		}
	}
	var all []standing
	for _, id := range order {
		if len(cases[id]) == 0 {
			continue
		}
		r, ok := spec.Lookup(id)
		if !ok {
			r = spec.Requirement{ID: id, Level: cases[id][0].Level, Profile: cases[id][0].Profile}
		}
		all = append(all, standing{Requirement: r, Verdict: gravest(cases[id]), Cases: cases[id]})
	}
	return all
}

func gravest(results []conformance.Result) conformance.Verdict {
	verdict := conformance.NotApplicable
	judged := slices.ContainsFunc(results, func(r conformance.Result) bool { return r.Verdict != conformance.NotApplicable })
	best := len(gravity)
	for _, res := range results {
		if judged && res.Verdict == conformance.NotApplicable {
			continue
		}
		if rank := slices.Index(gravity, res.Verdict); rank >= 0 && rank < best {
			verdict, best = res.Verdict, rank
		}
	}
	return verdict
}

// unjudged are the requirements of the specification that no case of the run is
// about.
func unjudged(judged []standing) []spec.Requirement {
	var rest []spec.Requirement
	for _, r := range spec.Requirements() {
		if !slices.ContainsFunc(judged, func(s standing) bool { return s.ID == r.ID }) {
			rest = append(rest, r)
		}
	}
	return rest
}
