package main

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/conformance/selftest"
	"github.com/vstp-project/vstp/spec"
	"github.com/vstp-project/vstp/spec/cite"
	"github.com/vstp-project/vstp/vectors"
)

// A traceRow is a requirement with everything that stands behind it.
type traceRow struct {
	spec.Requirement
	Cases   []string `json:"cases"`   // that judge it: it is their first requirement
	Vectors []string `json:"vectors"` // that are for it
	// Code and Tests are the places that cite it, as file:line. They are null
	// outside a checkout of the project.
	Code      []string `json:"code"`
	Tests     []string `json:"tests"`
	Uncovered string   `json:"uncovered,omitempty"` // the reason of spec/uncovered.txt
}

// trace joins the requirements with cases, vectors and citations.
func trace(opts conformance.Options) ([]traceRow, error) {
	cases, err := everyCase(opts)
	if err != nil {
		return nil, err
	}
	set, err := loadVectors(opts.Vectors)
	if err != nil {
		return nil, err
	}
	uncovered, err := spec.Uncovered()
	if err != nil {
		return nil, err
	}
	code, tests, err := citations()
	if err != nil {
		return nil, err
	}
	var rows []traceRow
	for _, r := range spec.Requirements() {
		row := traceRow{Requirement: r, Cases: []string{}, Vectors: []string{}, Code: code[r.ID], Tests: tests[r.ID]}
		for _, c := range casesOf(r.ID, cases) {
			row.Cases = append(row.Cases, c.ID)
		}
		for _, v := range set.All() {
			if slices.Contains(v.Requirements, r.ID) {
				row.Vectors = append(row.Vectors, v.ID())
			}
		}
		for _, u := range uncovered {
			if u.ID == r.ID {
				row.Uncovered = u.Reason
			}
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// loadVectors loads the vectors of a folder, nil for those built in.
func loadVectors(dir fs.FS) (vectors.Set, error) {
	if dir == nil {
		return vectors.Load()
	}
	set, err := vectors.LoadFS(dir)
	if err != nil {
		return vectors.Set{}, usagef("%v", err)
	}
	return set, nil
}

// everyCase is the cases of all roles, of the profile strict, whatever else opts
// selects.
func everyCase(opts conformance.Options) ([]conformance.Case, error) {
	var all []conformance.Case
	for _, role := range conformance.Roles() {
		cases, err := conformance.Cases(conformance.Options{
			Role: role, Profile: "strict", Registry: opts.Registry, Vectors: opts.Vectors, Features: opts.Features,
		})
		if err != nil {
			return nil, err
		}
		all = append(all, cases...)
	}
	return all, nil
}

// citations are the places in the code and in the tests of this checkout that cite
// a requirement, by its ID; nil outside a checkout.
func citations() (code, tests map[string][]string, err error) {
	root, ok := selftest.Source()
	if !ok {
		return nil, nil, nil
	}
	sentences := map[string]string{}
	for _, r := range spec.Requirements() {
		sentences[r.ID] = r.Text
	}
	report, err := cite.Check(os.DirFS(root), sentences)
	if err != nil {
		return nil, nil, fmt.Errorf("reading the checkout at %s: %w", root, err)
	}
	code, tests = map[string][]string{}, map[string][]string{}
	for _, p := range report.Places {
		place := fmt.Sprintf("%s:%d", p.File, p.Line)
		switch {
		case strings.HasSuffix(p.File, "_test.go"):
			tests[p.ID] = append(tests[p.ID], place)
		case strings.HasSuffix(p.File, ".go"):
			code[p.ID] = append(code[p.ID], place)
		}
	}
	return code, tests, nil
}

func listRequirements(w io.Writer, rows []traceRow) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tlevel\tprofile\troles\ttransports\tcases\tvectors\tcode\ttests\tsentence")
	for _, r := range rows {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%d\t%s\t%s\t%s\n", r.ID, r.Level, r.Profile,
			list(r.Roles), list(r.Transports), cover(r), len(r.Vectors), places(r.Code), places(r.Tests), r.Text)
	}
	return table.Flush()
}

// cover says how a requirement is judged.
func cover(r traceRow) string {
	switch {
	case len(r.Cases) > 0:
		return fmt.Sprint(len(r.Cases))
	case !r.Testable:
		return "unit"
	case r.Uncovered != "":
		return "none yet"
	}
	return "0"
}

// places counts citations, where they are known.
func places(at []string) string {
	if len(at) == 0 {
		if _, ok := selftest.Source(); !ok {
			return "?"
		}
	}
	return fmt.Sprint(len(at))
}
