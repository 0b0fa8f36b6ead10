package report

import (
	"fmt"
	"strings"

	"github.com/vstp-project/vstp/conformance"
)

// A conclusion is what a run comes to: a word, and a sentence that goes with it.
type conclusion struct {
	code int                 // the exit status
	like conformance.Verdict // that it deserves the colour of
	word string
	rest string
}

func conclude(rep *conformance.Report, o conformance.ExitOptions) conclusion {
	c := conclusion{code: rep.ExitCode(o), like: conformance.Warn}
	claim := fmt.Sprintf("VSTP %s, profile %s, suite %s", rep.Spec, rep.Profile, rep.Suite)
	switch c.code {
	case conformance.ExitConformant:
		c.like, c.word = conformance.Pass, "CONFORMANT"
		c.rest = fmt.Sprintf("%s: nothing speaks against the target in %s", claim, plural(judged(rep), "case"))
		if n := rep.Count(conformance.ExpectedFail); n > 0 {
			c.word = "AS EXPECTED"
			c.rest = fmt.Sprintf("%s: %s as the baseline says, nothing else speaks against the target in %s",
				claim, plural(n, "failure"), plural(judged(rep)-n, "other case"))
		}
	case conformance.ExitNonConformant:
		c.like, c.word = conformance.Fail, "NOT CONFORMANT"
		c.rest = fmt.Sprintf("%s: %s", claim, against(rep, o))
	case conformance.ExitIncomplete:
		c.word = "INCOMPLETE"
		c.rest = fmt.Sprintf("%s: %s", claim, missing(rep, o))
	case conformance.ExitHarness:
		c.like, c.word = conformance.HarnessError, "NO VERDICT"
		c.rest = fmt.Sprintf("the judge itself failed in %s", plural(rep.Count(conformance.HarnessError), "case"))
	case conformance.ExitInterrupted:
		c.word = "INTERRUPTED"
		c.rest = fmt.Sprintf("%s of %s had been judged", count(judged(rep)), plural(len(rep.Results), "case"))
	}
	return c
}

// judged counts the cases that say something about the target.
func judged(rep *conformance.Report) int {
	return len(rep.Results) - rep.Count(conformance.NotExercised) - rep.Count(conformance.NotApplicable) -
		rep.Count(conformance.Inconclusive) - rep.Count(conformance.HarnessError)
}

// against says what speaks against the target.
func against(rep *conformance.Report, o conformance.ExitOptions) string {
	var parts []string
	for _, v := range conformance.Verdicts() {
		if n := rep.Count(v); n > 0 && (v.Bad() || v == conformance.Warn && o.WarningsFail) {
			parts = append(parts, fmt.Sprintf("%d %s", n, v))
		}
	}
	if n := len(rep.Stale); n > 0 {
		parts = append(parts, fmt.Sprintf("%d stale in the baseline", n))
	}
	return strings.Join(parts, ", ")
}

// missing says what was not judged although it would have to be.
func missing(rep *conformance.Report, o conformance.ExitOptions) string {
	if len(rep.Results) == 0 {
		return "no case ran"
	}
	n := 0
	for _, res := range rep.Results {
		if leavesOpen(res, o) {
			n++
		}
	}
	if n == 0 && len(rep.Unexercised) > 0 {
		return "declared and not exercised: " + strings.Join(rep.Unexercised, ", ")
	}
	return fmt.Sprintf("%s that the profile demands had no outcome", plural(n, "case"))
}

// leavesOpen says whether a result by itself makes a run incomplete: something
// that has to be judged was not.
func leavesOpen(res conformance.Result, o conformance.ExitOptions) bool {
	if res.Verdict != conformance.NotExercised && res.Verdict != conformance.Inconclusive {
		return false
	}
	return (&conformance.Report{Results: []conformance.Result{res}}).ExitCode(o) == conformance.ExitIncomplete
}
