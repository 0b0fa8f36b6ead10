package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/spec"
)

// A Named report is one under the name of its implementation.
type Named struct {
	Name   string
	Report *conformance.Report
}

// A matrix is implementations by requirements.
type matrix struct {
	Columns []matrixColumn
	Rows    []matrixRow
}

type matrixColumn struct{ Name, Word, Tone, Tally string }

type matrixRow struct {
	spec.Requirement
	Cells []matrixCell
}

type matrixCell struct{ Sign, Verdict, Tone, Tally string }

// noCase is the cell of a requirement that no case of a run is about.
var noCase = matrixCell{Sign: "·", Verdict: "no case", Tone: "mute"}

func matrixOf(all []Named) matrix {
	var m matrix
	verdicts := make([]map[string]matrixCell, len(all))
	known := map[string]spec.Requirement{}
	var order []string
	for _, r := range spec.Requirements() {
		order = append(order, r.ID)
	}
	for i, n := range all {
		c := conclude(n.Report, conformance.ExitOptions{})
		m.Columns = append(m.Columns, matrixColumn{oneLine(n.Name), c.word, tone(c.like), tally(n.Report.Results)})
		verdicts[i] = map[string]matrixCell{}
		for _, s := range standings(n.Report) {
			verdicts[i][s.ID] = matrixCell{signs[s.Verdict], string(s.Verdict), tone(s.Verdict), tally(s.Cases)}
			known[s.ID] = s.Requirement
			if !slices.Contains(order, s.ID) {
				order = append(order, s.ID)
			}
		}
	}
	for _, id := range order {
		r, ok := known[id]
		if !ok {
			continue
		}
		row := matrixRow{Requirement: r}
		for i := range all {
			cell, ok := verdicts[i][id]
			if !ok {
				cell = noCase
			}
			row.Cells = append(row.Cells, cell)
		}
		m.Rows = append(m.Rows, row)
	}
	return m
}

// WriteMatrix writes implementations by requirements as a table in Markdown.
func WriteMatrix(w io.Writer, all []Named) error {
	m := matrixOf(all)
	var b strings.Builder
	head, rule, words := "| requirement | level |", "|---|---|", "| | |"
	for _, c := range m.Columns {
		head += " " + text(c.Name) + " |"
		rule += "---|"
		words += " " + c.Word + " |"
	}
	fmt.Fprintf(&b, "# VSTP conformance, by requirement\n\n%s\n%s\n%s\n", head, rule, words)
	for _, r := range m.Rows {
		fmt.Fprintf(&b, "| %s | %s |", r.ID, r.Level)
		for _, c := range r.Cells {
			fmt.Fprintf(&b, " %s %s |", c.Sign, c.Verdict)
		}
		b.WriteByte('\n')
	}
	_, err := io.WriteString(w, b.String())
	return err
}

var (
	//go:embed page/matrix.html.tmpl
	matrixText string

	matrixTemplate = template.Must(template.New("matrix").Parse(matrixText))
)

// WriteMatrixHTML writes implementations by requirements as one page that needs
// nothing beside itself.
func WriteMatrixHTML(w io.Writer, all []Named) error {
	return matrixTemplate.Execute(w, struct {
		matrix
		CSS template.CSS
	}{matrixOf(all), template.CSS(pageCSS)})
}
