package report

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/spec"
)

var (
	//go:embed page/killmatrix.html.tmpl
	killMatrixText string

	killMatrixTemplate = template.Must(template.New("kill matrix").Parse(killMatrixText))
)

// What the blame of a killed mutant is worth, in a word.
const (
	precise   = "precise"
	imprecise = "imprecise"
)

// A killTone is how the page shows a standing or an outcome.
type killTone struct{ Tone, Sign string }

var killTones = map[string]killTone{
	string(Proved): {"good", "✓"}, string(Exercised): {"warn", "!"}, string(Excluded): {"mute", "–"}, string(Uncovered): {"bad", "✗"},
	string(Killed): {"good", "✓"}, string(Survived): {"bad", "✗"}, string(Broken): {"bad", "?"},
	precise: {"good", "✓"}, imprecise: {"warn", "!"},
}

type killPage struct {
	Policy, Tone, Word, Rest, Suite string

	CSS              template.CSS
	JS               template.JS
	Facts            [][2]string
	Levels           []string
	Standings, Chips []pageCount
	Rows             []killPageRow
	Mutants          []killPageMutant
}

type killPageRow struct {
	KillRow
	killTone
	Search string
}

type killPageMutant struct {
	KillMutant
	killTone
	Has, Level, Text, Search string
}

// WriteKillMatrixHTML writes the matrix as one page that needs nothing beside itself: the
// requirements with their standings, and the mutants with the cases that caught them.
func WriteKillMatrixHTML(w io.Writer, m KillMatrix) error {
	sum, s := sha256.Sum256([]byte(pageJS)), m.Summary()
	p := killPage{
		Policy: "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'",
		Suite:  m.Suite, CSS: template.CSS(pageCSS), JS: template.JS(pageJS), Levels: levels,
		Facts: [][2]string{
			{"specification", "VSTP " + m.Spec},
			{"mutants", fmt.Sprintf("%s in the catalogue, %s judged, %s of them known from an earlier run", count(s.Catalogue), count(s.Judged), count(s.Cached))},
			{"blame", fmt.Sprintf("the broken rule is blamed first for %s of %s killed mutants, %.1f %%", count(s.Precise), count(s.Killed), 100*s.Share())},
			{"time scale", fmt.Sprint(m.TimeScale)},
		},
	}
	p.Word, p.Rest, p.Tone = killConclusion(m)
	chip := func(name string, n int) pageCount {
		return pageCount{name, killTones[name].Tone, killTones[name].Sign, n}
	}
	for _, standing := range Standings() {
		if n := s.Standings[standing]; n > 0 {
			p.Standings = append(p.Standings, chip(string(standing), n))
		}
	}
	p.Chips = append(p.Chips, p.Standings...)
	for _, c := range []pageCount{
		chip(string(Killed), s.Killed), chip(string(Survived), s.Survived), chip(string(Broken), s.Broken),
		chip(imprecise, s.Killed-s.Precise),
	} {
		if c.N > 0 {
			p.Chips = append(p.Chips, c)
		}
	}
	for _, r := range m.Requirements {
		p.Rows = append(p.Rows, killPageRow{r, killTones[string(r.Standing)], searchable(r.ID, r.Role, r.Text, r.Reason)})
	}
	for _, k := range m.Mutants {
		req, _ := spec.Lookup(k.Requirement)
		mutant := killPageMutant{
			KillMutant: k, killTone: killTones[string(k.Outcome)], Has: string(k.Outcome), Level: req.Level, Text: req.Text,
			Search: searchable(append([]string{k.Name, k.Requirement, k.Role, k.Sentence, k.File}, k.Killers...)...),
		}
		if k.Blame != nil && !k.Blame.Precise {
			mutant.Has += " " + imprecise
		}
		p.Mutants = append(p.Mutants, mutant)
	}
	return killMatrixTemplate.Execute(w, p)
}

// killConclusion is what a matrix comes to.
func killConclusion(m KillMatrix) (word, rest, like string) {
	s, uncovered := m.Summary(), m.Uncovered()
	testable := s.Standings[Proved] + s.Standings[Exercised] + s.Standings[Uncovered]
	rest = fmt.Sprintf("%s of %s in the roles in which they show are proved.", count(s.Standings[Proved]), plural(testable, "testable requirement"))
	switch {
	case s.Survived+s.Broken+len(uncovered) > 0:
		var faults []string
		for _, f := range []struct {
			n    int
			what string
		}{{s.Survived, "survived"}, {s.Broken, "could not be judged"}} {
			if f.n > 0 {
				faults = append(faults, fmt.Sprintf("%s %s", plural(f.n, "mutant"), f.what))
			}
		}
		if len(uncovered) > 0 {
			faults = append(faults, "no case is about "+strings.Join(uncovered, ", "))
		}
		return "NOT PROVED", strings.Join(faults, "; ") + ". " + rest, tone(conformance.Fail)
	case s.Judged < s.Catalogue:
		return "A SAMPLE", fmt.Sprintf("%s of %s were judged, and all of them were caught. ", count(s.Judged), plural(s.Catalogue, "mutant")) + rest, tone(conformance.Warn)
	case s.Standings[Proved] < testable:
		return "NOT PROVED", rest, tone(conformance.Fail)
	}
	return "PROVED", rest, tone(conformance.Pass)
}

func searchable(words ...string) string { return strings.ToLower(strings.Join(words, " ")) }
