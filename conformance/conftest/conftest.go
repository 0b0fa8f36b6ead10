// Package conftest runs the conformance suite inside go test: each case is a
// subtest named by its ID.
package conftest

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/conformance/report"
	"github.com/vstp-project/vstp/conformance/target"
)

// Run judges the target and reports each case as a subtest of t. A fail, crash,
// hang, unexpected pass or harness error fails the subtest with the same text that
// vstp-conform prints; a case that was not exercised because of the target does
// too. What is not applicable, or not exercised because of the surroundings, is
// skipped and says why. A timing that was too close to call on this host is
// logged with the jitter that was measured. A stale baseline, and a declared capability
// that no case could exercise, fail t itself. It returns the report.
func Run(t *testing.T, tgt target.Target, opts conformance.Options) *conformance.Report {
	t.Helper()
	rep, err := conformance.Run(t.Context(), tgt, opts)
	if unreachable := (*target.UnreachableError)(nil); errors.As(err, &unreachable) {
		t.Fatalf("no verdict: %v", unreachable)
	}
	if err != nil {
		t.Fatal(err)
	}
	if len(rep.Results) == 0 {
		t.Fatal("no case ran")
	}
	for _, res := range rep.Results {
		t.Run(res.ID, func(t *testing.T) { judge(t, rep, res) })
	}
	for _, fault := range rep.Stale {
		t.Errorf("baseline: %s", fault)
	}
	for _, capability := range rep.Unexercised {
		t.Errorf("the capability %s is declared, and no case could exercise it", capability)
	}
	return rep
}

func judge(t *testing.T, rep *conformance.Report, res conformance.Result) {
	t.Helper()
	switch res.Verdict {
	case conformance.Pass, conformance.Info, conformance.ExpectedFail:
	case conformance.Warn:
		t.Logf("warning: %s: %s", strings.Join(res.Requirements, ", "), res.Message)
	case conformance.Inconclusive:
		t.Logf("inconclusive: %s (this host's timers were up to %v late)", res.Message, res.Jitter.Round(time.Microsecond))
	case conformance.NotApplicable:
		t.Skipf("not applicable: %s", res.Message)
	case conformance.NotExercised:
		if res.Cause == "surroundings" {
			t.Skipf("not exercised, because of the surroundings: %s", res.Message)
		}
		t.Errorf("not exercised: %s", res.Message)
	default:
		t.Error(report.Explain(rep, res))
	}
}
