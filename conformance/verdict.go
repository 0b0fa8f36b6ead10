package conformance

import "slices"

// A Verdict is the outcome of one case. A violated MUST is a [Fail], a violated
// SHOULD a [Warn], a MAY that was seen an [Info].
type Verdict string

// The verdicts.
const (
	Pass           Verdict = "pass"            // the requirement was exercised and kept
	Warn           Verdict = "warn"            // a SHOULD was not followed
	Info           Verdict = "info"            // a MAY was seen
	Fail           Verdict = "fail"            // a MUST was violated
	Crash          Verdict = "crash"           // the target ended while this case ran
	Hang           Verdict = "hang"            // the target stopped serving anybody while this case ran
	HarnessError   Verdict = "harness-error"   // the judge is at fault
	Inconclusive   Verdict = "inconclusive"    // measured, but too close to call on this host
	NotExercised   Verdict = "not-exercised"   // the requirement's situation never arose; Cause says through whom
	NotApplicable  Verdict = "not-applicable"  // the target does not offer what the case is about
	ExpectedFail   Verdict = "expected-fail"   // failed, as the baseline says
	UnexpectedPass Verdict = "unexpected-pass" // passed, although the baseline says that it fails
)

// Verdicts lists every verdict in the order in which summaries show them.
func Verdicts() []Verdict {
	return []Verdict{
		Pass, Warn, Info, Fail, Crash, Hang, HarnessError, Inconclusive,
		NotExercised, NotApplicable, ExpectedFail, UnexpectedPass,
	}
}

// Good says whether the verdict, by itself, leaves a run conformant.
func (v Verdict) Good() bool {
	return slices.Contains([]Verdict{Pass, Warn, Info, NotApplicable, ExpectedFail}, v)
}

// Bad says whether the verdict is one that the target is to blame for.
func (v Verdict) Bad() bool {
	return slices.Contains([]Verdict{Fail, Crash, Hang, UnexpectedPass}, v)
}
