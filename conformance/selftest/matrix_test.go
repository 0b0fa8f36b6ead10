package selftest_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance/report"
	"github.com/vstp-project/vstp/conformance/selftest"
	"github.com/vstp-project/vstp/spec"
)

func mutantCalled(t *testing.T, name string) selftest.Mutant {
	for _, m := range selftest.Mutants() {
		if m.Name == name {
			return m
		}
	}
	require.Fail(t, "there is no mutant "+name)
	return selftest.Mutant{}
}

func TestMatrixProvesWhatWasSeenToFail(t *testing.T) {
	killed := selftest.MutantResult{Killers: []string{"framing/x"}, Blame: selftest.Blame{Case: "framing/x", Names: []string{"FRM-1"}, Precise: true}}
	judged := []selftest.Judged{
		{Mutant: mutantCalled(t, "payload-before-headers"), Result: killed},
		{Mutant: mutantCalled(t, "version-zero-accepted")},
		{Mutant: mutantCalled(t, "crc-checked-only-with-the-flag"), Result: killed, Err: errors.New("it does not build")},
	}
	m, err := selftest.Matrix(judged, 0.1)
	require.NoError(t, err)
	standing := map[selftest.Claim]report.Standing{}
	for _, r := range m.Requirements {
		standing[selftest.Claim{Requirement: r.ID, Role: r.Role}] = r.Standing
	}
	for claim, want := range map[selftest.Claim]report.Standing{
		{Requirement: "FRM-1", Role: "server"}:  report.Proved,
		{Requirement: "FRM-1", Role: "client"}:  report.Exercised,
		{Requirement: "FRM-2", Role: "server"}:  report.Exercised,
		{Requirement: "CRC-5", Role: "server"}:  report.Exercised,
		{Requirement: "PRI-1", Role: "library"}: report.Excluded,
	} {
		assert.Equal(t, want, standing[claim], claim)
	}
	require.Len(t, m.Mutants, 3)
	assert.Equal(t, report.Killed, m.Mutants[0].Outcome)
	assert.Equal(t, report.Survived, m.Mutants[1].Outcome)
	assert.Equal(t, report.Broken, m.Mutants[2].Outcome)
	assert.Equal(t, len(selftest.Mutants()), m.Catalogue)
}

// Every requirement is in the matrix in each of its roles, and what cannot be observed
// says why.
func TestMatrixHoldsEveryRequirement(t *testing.T) {
	m, err := selftest.Matrix(nil, 0.1)
	require.NoError(t, err)
	rows := map[selftest.Claim]report.KillRow{}
	for _, r := range m.Requirements {
		rows[selftest.Claim{Requirement: r.ID, Role: r.Role}] = r
	}
	assert.Len(t, rows, len(m.Requirements), "each stands there once")
	for _, r := range spec.Requirements() {
		for _, role := range r.Roles {
			row, ok := rows[selftest.Claim{Requirement: r.ID, Role: role}]
			require.True(t, ok, "%s in the role %s", r.ID, role)
			assert.Equal(t, !r.Testable, row.Standing == report.Excluded, r.ID)
			assert.Equal(t, r.Reason, row.Reason)
		}
	}
}

// A MAY cannot be violated, so that no mutant proves it: one that can be observed needs a
// contrarian that makes use of it.
func TestPermissionsThatShowHaveAContrarian(t *testing.T) {
	used := map[string]bool{}
	for _, c := range selftest.Contrarians() {
		used[c.Where] = true
	}
	for _, r := range spec.Requirements() {
		if r.Level == "MAY" && r.Testable {
			assert.True(t, used[r.ID], "no contrarian makes use of %s", r.ID)
		}
	}
}
