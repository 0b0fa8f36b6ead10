package report_test

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance/report"
)

// killMatrix is a matrix in which each standing and each outcome occurs.
func killMatrix() report.KillMatrix {
	return report.KillMatrix{
		Suite: "0.1.0", Spec: "1.0", TimeScale: 0.1, Catalogue: 4,
		Requirements: []report.KillRow{
			{ID: "FRM-1", Level: "MUST", Profile: "core", Role: "server", Standing: report.Proved, Cases: 3, Mutants: []string{"a-mutant", "another"}, Text: "The octets MUST be in order."},
			{ID: "FRM-2", Level: "MUST", Profile: "core", Role: "client", Standing: report.Exercised, Cases: 1, Mutants: []string{"a-survivor"}, Text: "It MUST begin."},
			{ID: "PRI-1", Level: "MUST", Profile: "core", Role: "library", Standing: report.Excluded, Reason: "it never travels", Mutants: []string{}, Text: "A priority MUST be a number."},
			{ID: "EASY-1", Level: "SHOULD", Profile: "strict", Role: "server", Standing: report.Uncovered, Mutants: []string{}, Text: "It SHOULD be easy."},
		},
		Mutants: []report.KillMutant{
			{
				Name: "a-mutant", Requirement: "FRM-1", Role: "server", Sentence: "Fields are swapped.", File: "ref/wire/parse.go", Outcome: report.Killed,
				Killers: []string{"framing/one"}, Blame: &report.KillBlame{Case: "framing/one", Names: []string{"FRM-1"}, Precise: true}, Cached: true,
			},
			{
				Name: "another", Requirement: "FRM-1", Role: "server", Sentence: "A field is missing.", File: "ref/wire/parse.go", Outcome: report.Killed,
				Killers: []string{"framing/one", "framing/two"}, Blame: &report.KillBlame{Case: "framing/zero", Names: []string{"FRM-9", "CRC-5"}},
			},
			{Name: "a-survivor", Requirement: "FRM-2", Role: "client", Sentence: "It begins otherwise.", File: "ref/wire/frame.go", Outcome: report.Survived, Killers: []string{}},
			{Name: "a-wreck", Requirement: "FRM-2", Role: "client", Sentence: "It does not build.", File: "ref/wire/frame.go", Outcome: report.Broken, Killers: []string{}, Problem: "syntax\nerror"},
		},
	}
}

func killSchema(t *testing.T) *jsonschema.Schema {
	raw, ok := report.Schema("kill-matrix")
	require.True(t, ok)
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	require.NoError(t, c.AddResource("kill-matrix.schema.json", doc))
	s, err := c.Compile("kill-matrix.schema.json")
	require.NoError(t, err)
	return s
}

func TestKillMatrixIsWhatItsSchemaSays(t *testing.T) {
	s := killSchema(t)
	matrixDoc := func(m report.KillMatrix) []byte {
		var out bytes.Buffer
		require.NoError(t, report.WriteKillMatrixJSON(&out, m))
		return out.Bytes()
	}
	assert.NoError(t, validate(t, s, matrixDoc(killMatrix())))
	for name, change := range map[string]func(*report.KillMatrix){
		"a standing that does not exist":  func(m *report.KillMatrix) { m.Requirements[0].Standing = "likely" },
		"an exclusion without a reason":   func(m *report.KillMatrix) { m.Requirements[2].Reason = "" },
		"a kill without a killer":         func(m *report.KillMatrix) { m.Mutants[0].Killers = []string{} },
		"a kill without blame":            func(m *report.KillMatrix) { m.Mutants[0].Blame = nil },
		"a survivor from an earlier run":  func(m *report.KillMatrix) { m.Mutants[2].Cached = true },
		"a mutant outside the reference":  func(m *report.KillMatrix) { m.Mutants[0].File = "conformance/run.go" },
		"a requirement that is no ID":     func(m *report.KillMatrix) { m.Requirements[0].ID = "frames" },
		"a role in which nobody is asked": func(m *report.KillMatrix) { m.Mutants[0].Role = "library" },
	} {
		m := killMatrix()
		change(&m)
		assert.Error(t, validate(t, s, matrixDoc(m)), name)
	}
}

func TestKillMatrixCounts(t *testing.T) {
	m := killMatrix()
	sum := m.Summary()
	assert.Equal(t, report.KillSummary{
		Standings: map[report.Standing]int{report.Proved: 1, report.Exercised: 1, report.Excluded: 1, report.Uncovered: 1},
		Catalogue: 4, Judged: 4, Killed: 2, Survived: 1, Broken: 1, Cached: 1, Precise: 1,
	}, sum)
	assert.InDelta(t, 0.5, sum.Share(), 0)
	assert.Equal(t, []string{"EASY-1"}, m.Uncovered())
	m.Requirements = append(m.Requirements, report.KillRow{ID: "EASY-1", Role: "client", Standing: report.Exercised})
	assert.Empty(t, m.Uncovered(), "it is seen in another role")
}

func TestKillMatrixInMarkdown(t *testing.T) {
	var out strings.Builder
	require.NoError(t, report.WriteKillMatrix(&out, killMatrix()))
	assert.Equal(t, `# VSTP kill matrix

4 of 4 mutants judged: 2 killed, 1 survived, 1 broken. The right rule is blamed first for 1 of the killed ones, 50.0 %.

| role | proved | exercised | excluded | uncovered |
|---|---:|---:|---:|---:|
| server | 1 | 0 | 0 | 1 |
| client | 0 | 1 | 0 | 0 |
| codec | 0 | 0 | 0 | 0 |
| library | 0 | 0 | 1 | 0 |

## Survived

* FRM-2, client, `+"`a-survivor`"+`: It begins otherwise.

## Broken

* FRM-2, client, `+"`a-wreck`"+`: syntax error

## Uncovered

* EASY-1, server: It SHOULD be easy.

## Exercised, and not proved

* FRM-2, client: It MUST begin.

## Another rule is blamed first

* FRM-1, server, `+"`another`: `framing/zero`"+` names FRM-9, CRC-5
`, out.String())

	sample := killMatrix()
	sample.Catalogue = 500
	out.Reset()
	require.NoError(t, report.WriteKillMatrix(&out, sample))
	assert.NotContains(t, out.String(), "and not proved", "of a sample that says nothing")
}

func TestKillMatrixPageNeedsNothingElse(t *testing.T) {
	html := text(t, func(w io.Writer) error { return report.WriteKillMatrixHTML(w, killMatrix()) })
	for _, want := range []string{
		`<html lang="en">`, "NOT PROVED", "1 mutant survived; 1 mutant could not be judged; no case is about EASY-1.",
		`id="a-mutant"`, `data-has="killed imprecise"`, `data-find="FRM-1 server"`, "it never travels", `data-cases="mutants"`,
	} {
		assert.Contains(t, html, want)
	}
	assert.NotRegexp(t, `(src|href)="?(https?:)?//`, html)
	assert.Equal(t, 4, strings.Count(html, "<template>"))
	assert.Regexp(t, `script-src (&#39;|')sha256-`, html)
}

func TestKillMatrixPageShowsWhatItIsGivenAsText(t *testing.T) {
	m := killMatrix()
	m.Mutants[3].Problem = "</template><script>alert(1)</script>"
	html := text(t, func(w io.Writer) error { return report.WriteKillMatrixHTML(w, m) })
	assert.Equal(t, 1, strings.Count(html, "<script>"))
	assert.Contains(t, html, "&lt;script&gt;alert(1)&lt;/script&gt;")
}

func TestKillMatrixConcludes(t *testing.T) {
	for want, change := range map[string]func(*report.KillMatrix){
		"PROVED": func(m *report.KillMatrix) {},
		"A SAMPLE": func(m *report.KillMatrix) {
			m.Catalogue = 100
		},
		"NOT PROVED": func(m *report.KillMatrix) {
			m.Requirements = append(m.Requirements, report.KillRow{ID: "FRM-2", Role: "client", Standing: report.Exercised})
		},
	} {
		m := killMatrix()
		m.Requirements, m.Mutants, m.Catalogue = m.Requirements[:1:1], m.Mutants[:2], 2
		change(&m)
		html := text(t, func(w io.Writer) error { return report.WriteKillMatrixHTML(w, m) })
		assert.Contains(t, html, "<strong>"+want+"</strong>")
	}
}
