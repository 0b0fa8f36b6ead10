package selftest

import (
	"cmp"
	"slices"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/conformance/report"
	"github.com/vstp-project/vstp/spec"
)

// A Judged is a mutant with what became of it.
type Judged struct {
	Mutant Mutant
	Result MutantResult
	Err    error // why it could not be built or judged
}

// Matrix sets the requirements, in each role in which they can be seen, against mutants.
// Judged are those of one run, which need not be all that there are: a requirement of which
// none is among them is not proved.
func Matrix(judged []Judged, timeScale float64) (report.KillMatrix, error) {
	cases, err := casesAbout()
	if err != nil {
		return report.KillMatrix{}, err
	}
	catalogue := Mutants()
	m := report.KillMatrix{
		Suite: conformance.Version, Spec: spec.Version, TimeScale: timeScale,
		Catalogue: len(catalogue), Requirements: []report.KillRow{}, Mutants: []report.KillMutant{},
	}
	mutants := map[Claim][]string{}
	for _, mutant := range catalogue {
		mutants[mutant.claim()] = append(mutants[mutant.claim()], mutant.Name)
	}
	proved := map[Claim]bool{}
	for _, j := range judged {
		m.Mutants = append(m.Mutants, line(j))
		if j.Err == nil && j.Result.Killed() {
			proved[j.Mutant.claim()] = true
		}
	}
	for _, r := range spec.Requirements() {
		for _, role := range seenIn(r, mutants) {
			claim := Claim{r.ID, role}
			row := report.KillRow{
				ID: r.ID, Level: r.Level, Profile: r.Profile, Role: role, Text: r.Text,
				Cases: cases[claim], Mutants: append([]string{}, mutants[claim]...),
			}
			switch {
			case !r.Testable:
				row.Standing, row.Reason = report.Excluded, r.Reason
			case proved[claim]:
				row.Standing = report.Proved
			case cases[claim] > 0:
				row.Standing = report.Exercised
			default:
				row.Standing = report.Uncovered
			}
			m.Requirements = append(m.Requirements, row)
		}
	}
	return m, nil
}

// seenIn are the roles in which a requirement shows, and those in which there is a mutant
// of it all the same: a codec reads compressed payloads that no requirement makes it read.
func seenIn(r spec.Requirement, mutants map[Claim][]string) []string {
	roles := slices.Clone(r.Roles)
	for _, role := range conformance.Roles() {
		if !slices.Contains(roles, role) && len(mutants[Claim{r.ID, role}]) > 0 {
			roles = append(roles, role)
		}
	}
	return roles
}

func line(j Judged) report.KillMutant {
	k := report.KillMutant{
		Name: j.Mutant.Name, Requirement: j.Mutant.Requirement, Role: j.Mutant.claim().Role,
		Sentence: j.Mutant.Sentence, File: j.Mutant.File, Killers: []string{}, Cached: j.Result.Cached,
	}
	switch {
	case j.Err != nil:
		k.Outcome, k.Problem = report.Broken, j.Err.Error()
	case !j.Result.Killed():
		k.Outcome = report.Survived
	default:
		k.Outcome, k.Killers = report.Killed, j.Result.Killers
		b := j.Result.Blame
		k.Blame = &report.KillBlame{Case: b.Case, Names: b.Names, Precise: b.Precise}
	}
	return k
}

// claim is what a mutant violates, and the role in which it does.
func (m Mutant) claim() Claim {
	return Claim{m.Requirement, cmp.Or(m.Role, conformance.RoleServer)}
}

// casesAbout counts the cases that are tagged with a requirement, for each role.
func casesAbout() (map[Claim]int, error) {
	n := map[Claim]int{}
	for _, role := range conformance.Roles() {
		cases, err := conformance.Cases(conformance.Options{Role: role, Profile: "strict"})
		if err != nil {
			return nil, err
		}
		for _, c := range cases {
			for _, id := range slices.Compact(slices.Sorted(slices.Values(c.Requirements))) {
				n[Claim{id, role}]++
			}
		}
	}
	return n, nil
}

// Unproved lists what has a case but no mutant in the same role: a case that has
// never been seen to fail proves nothing.
func Unproved() ([]Claim, error) {
	cases, err := casesAbout()
	if err != nil {
		return nil, err
	}
	mutated := map[Claim]bool{}
	for _, m := range Mutants() {
		mutated[m.claim()] = true
	}
	unproved := []Claim{}
	for _, r := range spec.Requirements() {
		for _, role := range r.Roles {
			claim := Claim{r.ID, role}
			if r.Testable && cases[claim] > 0 && !mutated[claim] {
				unproved = append(unproved, claim)
			}
		}
	}
	return unproved, nil
}
