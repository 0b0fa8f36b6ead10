package report

import "github.com/vstp-project/vstp/conformance"

// A bearing is what a result means to a tool that knows less verdicts than there
// are. Nothing that was not judged bears the look of a pass.
type bearing int

const (
	bearsPass bearing = iota
	bearsPassWithRemark
	bearsFailure // the target is to blame
	bearsError   // it died, the judge is at fault, or what has to be judged was not
	bearsSkip    // there is nothing to judge, or these surroundings do not let it be judged
	bearsKnown   // failed, as expected
)

func bearingOf(res conformance.Result, o conformance.ExitOptions) bearing {
	switch res.Verdict {
	case conformance.Pass:
		return bearsPass
	case conformance.Info:
		return bearsPassWithRemark
	case conformance.Warn:
		if o.WarningsFail {
			return bearsFailure
		}
		return bearsPassWithRemark
	case conformance.Fail, conformance.UnexpectedPass:
		return bearsFailure
	case conformance.ExpectedFail:
		return bearsKnown
	case conformance.NotApplicable:
		return bearsSkip
	case conformance.NotExercised, conformance.Inconclusive:
		if !leavesOpen(res, o) {
			return bearsSkip
		}
	}
	return bearsError
}

// reason is what a result has to say in one line, with its verdict.
func reason(res conformance.Result) string {
	text := string(res.Verdict)
	if res.Cause != "" {
		text += " (" + string(res.Cause) + ")"
	}
	if res.Message != "" {
		text += ": " + oneLine(res.Message)
	}
	return text
}
