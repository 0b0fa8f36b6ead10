package report

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// A KillMatrix sets requirements against the mutants of the reference peer, each of which
// breaks one: it shows which requirements are proved, that is, have been seen to catch a
// violation. Package selftest makes it.
type KillMatrix struct {
	Suite, Spec  string
	TimeScale    float64
	Catalogue    int          // how many mutants there are
	Requirements []KillRow    // in the order of the specification
	Mutants      []KillMutant // those that were judged, in the order of the requirements that they violate
}

// A Standing says what speaks for a requirement in a role.
type Standing string

// The standings.
const (
	Proved    Standing = "proved"    // a case about it caught a mutant that violates it
	Exercised Standing = "exercised" // it has a case, which has caught no mutant in this run
	Excluded  Standing = "excluded"  // it cannot be observed from outside
	Uncovered Standing = "uncovered" // it could be, and no case is about it
)

// Standings are all of them, the best first.
func Standings() []Standing { return []Standing{Proved, Exercised, Excluded, Uncovered} }

// A KillRow is a requirement in one role.
type KillRow struct {
	ID       string   `json:"id"`
	Level    string   `json:"level"`
	Profile  string   `json:"profile"`
	Role     string   `json:"role"` // server, client or codec; library where it is not judged
	Standing Standing `json:"standing"`
	Reason   string   `json:"reason,omitempty"` // why it is excluded
	Cases    int      `json:"cases"`            // that are about it, first or beside others
	Mutants  []string `json:"mutants"`          // of the catalogue, that violate it in this role
	Text     string   `json:"text"`             // its sentence
}

// An Outcome is what became of a mutant.
type Outcome string

// The outcomes.
const (
	Killed   Outcome = "killed"   // a case about the violated requirement failed
	Survived Outcome = "survived" // none did
	Broken   Outcome = "broken"   // it could not be built or judged
)

// A KillMutant is a mutant that was judged.
type KillMutant struct {
	Name        string     `json:"name"`
	Requirement string     `json:"requirement"`
	Role        string     `json:"role"`
	Sentence    string     `json:"sentence"` // what it does
	File        string     `json:"file"`
	Outcome     Outcome    `json:"outcome"`
	Killers     []string   `json:"killers"`         // the cases about the requirement that caught it
	Blame       *KillBlame `json:"blame,omitempty"` // of a killed one
	Cached      bool       `json:"cached"`          // it is known from an earlier run
	Problem     string     `json:"problem,omitempty"`
}

// A KillBlame is the first case of the whole suite, in the order of the specification,
// that failed with a mutant.
type KillBlame struct {
	Case    string   `json:"case"`
	Names   []string `json:"names"`   // the requirements that it names
	Precise bool     `json:"precise"` // the violated one is among them
}

// A KillSummary counts.
type KillSummary struct {
	Standings map[Standing]int `json:"standings"`
	Catalogue int              `json:"catalogue"` // how many mutants there are
	Judged    int              `json:"judged"`
	Killed    int              `json:"killed"`
	Survived  int              `json:"survived"`
	Broken    int              `json:"broken"`
	Cached    int              `json:"cached"`
	Precise   int              `json:"precise"` // of the killed ones, those with the right rule blamed first
}

// Summary counts what is in the matrix.
func (m KillMatrix) Summary() KillSummary {
	s := KillSummary{Standings: map[Standing]int{}, Catalogue: m.Catalogue, Judged: len(m.Mutants)}
	for _, standing := range Standings() {
		s.Standings[standing] = 0
	}
	for _, r := range m.Requirements {
		s.Standings[r.Standing]++
	}
	for _, k := range m.Mutants {
		switch k.Outcome {
		case Killed:
			s.Killed++
		case Survived:
			s.Survived++
		case Broken:
			s.Broken++
		}
		if k.Cached {
			s.Cached++
		}
		if k.Blame != nil && k.Blame.Precise {
			s.Precise++
		}
	}
	return s
}

// Share is the part of the killed mutants for which the right rule is blamed first.
func (s KillSummary) Share() float64 { return float64(s.Precise) / float64(max(s.Killed, 1)) }

// Uncovered are the requirements that could be observed from outside in some role, and
// that no case is about in any.
func (m KillMatrix) Uncovered() []string {
	var all, covered []string
	for _, r := range m.Requirements {
		if r.Standing != Uncovered {
			covered = append(covered, r.ID)
		} else if !slices.Contains(all, r.ID) {
			all = append(all, r.ID)
		}
	}
	return slices.DeleteFunc(all, func(id string) bool { return slices.Contains(covered, id) })
}

// WriteKillMatrixJSON writes kill-matrix.json, of which [Schema] has the JSON Schema.
func WriteKillMatrixJSON(w io.Writer, m KillMatrix) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(struct {
		Schema       string       `json:"schema"`
		Suite        string       `json:"suite"`
		Spec         string       `json:"spec"`
		TimeScale    float64      `json:"time_scale"`
		Summary      KillSummary  `json:"summary"`
		Requirements []KillRow    `json:"requirements"`
		Mutants      []KillMutant `json:"mutants"`
	}{"vstp-kill-matrix/1", m.Suite, m.Spec, m.TimeScale, m.Summary(), m.Requirements, m.Mutants})
}

// WriteKillMatrix writes what the matrix comes to as Markdown: how many requirements
// stand how in each role, what is not proved, what survived, and for which mutants
// another rule is blamed first.
func WriteKillMatrix(w io.Writer, m KillMatrix) error {
	var b strings.Builder
	s := m.Summary()
	fmt.Fprintf(&b, "# VSTP kill matrix\n\n%d of %s judged: %s killed, %d survived, %d broken. The right rule is blamed first for %s of the killed ones, %.1f %%.\n\n",
		s.Judged, plural(s.Catalogue, "mutant"), count(s.Killed), s.Survived, s.Broken, count(s.Precise), 100*s.Share())
	b.WriteString("| role |")
	for _, standing := range Standings() {
		fmt.Fprintf(&b, " %s |", standing)
	}
	b.WriteString("\n|---|" + strings.Repeat("---:|", len(Standings())) + "\n")
	for _, role := range []string{"server", "client", "codec", "library"} {
		fmt.Fprintf(&b, "| %s |", role)
		for _, standing := range Standings() {
			n := 0
			for _, r := range m.Requirements {
				if r.Role == role && r.Standing == standing {
					n++
				}
			}
			fmt.Fprintf(&b, " %d |", n)
		}
		b.WriteByte('\n')
	}
	section := func(title string, lines []string) {
		if len(lines) > 0 {
			fmt.Fprintf(&b, "\n## %s\n\n", title)
			for _, line := range lines {
				fmt.Fprintf(&b, "* %s\n", line)
			}
		}
	}
	var uncovered, exercised, survived, broken, blamed []string
	for _, r := range m.Requirements {
		switch line := fmt.Sprintf("%s, %s: %s", r.ID, r.Role, text(r.Text)); r.Standing {
		case Uncovered:
			uncovered = append(uncovered, line)
		case Exercised:
			exercised = append(exercised, line)
		}
	}
	for _, k := range m.Mutants {
		what := fmt.Sprintf("%s, %s, `%s`", k.Requirement, k.Role, k.Name)
		switch {
		case k.Outcome == Survived:
			survived = append(survived, what+": "+text(k.Sentence))
		case k.Outcome == Broken:
			broken = append(broken, what+": "+text(oneLine(k.Problem)))
		case !k.Blame.Precise:
			blamed = append(blamed, fmt.Sprintf("%s: `%s` names %s", what, k.Blame.Case, strings.Join(k.Blame.Names, ", ")))
		}
	}
	section("Survived", survived)
	section("Broken", broken)
	section("Uncovered", uncovered)
	if s.Judged == s.Catalogue {
		section("Exercised, and not proved", exercised)
	}
	section("Another rule is blamed first", blamed)
	_, err := io.WriteString(w, b.String())
	return err
}
