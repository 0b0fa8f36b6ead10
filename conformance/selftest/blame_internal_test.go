package selftest

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/conformance/probe"
)

func TestFailuresNameWhatTheyFound(t *testing.T) {
	report := &conformance.Report{Results: []conformance.Result{
		{ID: "good", Requirements: []string{"FRM-1"}, Verdict: conformance.Pass},
		{ID: "warned", Requirements: []string{"TCP-3"}, Verdict: conformance.Warn},
		{ID: "other", Requirements: []string{"FRM-9"}, Verdict: conformance.Fail, Violation: &probe.Violation{Requirement: "CRC-1"}},
		{ID: "beside", Requirements: []string{"FRM-9", "CRC-5"}, Verdict: conformance.Crash},
		{ID: "found", Requirements: []string{"FRM-9"}, Verdict: conformance.Fail, Violation: &probe.Violation{Requirement: "CRC-5"}},
	}}
	assert.Equal(t, []Blame{
		{Case: "other", Names: []string{"FRM-9", "CRC-1"}},
		{Case: "beside", Names: []string{"FRM-9", "CRC-5"}, Precise: true},
		{Case: "found", Names: []string{"FRM-9", "CRC-5"}, Precise: true},
	}, failures(report, Mutant{Requirement: "CRC-5"}))

	of := failures(report, Mutant{Requirement: "TCP-3"})
	assert.Equal(t, "warned", of[0].Case, "a SHOULD that is not followed is warned of")
}

// What stands beside other requirements counts only where no case has it first.
func TestMutantIsKilledByACaseAboutItsRequirement(t *testing.T) {
	beside := conformance.Result{ID: "beside", Requirements: []string{"HDR-1", "VAR-5"}, Verdict: conformance.Fail}
	first := conformance.Result{ID: "first", Requirements: []string{"VAR-5"}, Verdict: conformance.Pass}
	r := MutantResult{Mutant: Mutant{Requirement: "VAR-5"}}
	r.judge(&conformance.Report{Results: []conformance.Result{beside}})
	assert.Equal(t, []string{"beside"}, r.Killers)
	r.judge(&conformance.Report{Results: []conformance.Result{beside, first}})
	assert.False(t, r.Killed())
	first.Verdict = conformance.Hang
	r.judge(&conformance.Report{Results: []conformance.Result{beside, first}})
	assert.Equal(t, []string{"first"}, r.Killers)
}
