package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/conformance/dissect"
	"github.com/vstp-project/vstp/spec"
	"github.com/vstp-project/vstp/vectors"
)

func newExplain(s streams) *cobra.Command {
	var mat material
	cmd := &cobra.Command{
		Use:   "explain ID",
		Short: "Explain a requirement, a case or a vector",
		Long: `explain prints what belongs to an ID.

For a requirement: its sentence, profile, roles and section, the cases that judge it
and the vectors that are made for it. For a case: what it is about, its requirements
with their sentences, where it is written, and how to run it alone. For a vector: its
octets taken apart, and what is expected of a decoder.`,
		Example: `  vstp-conform explain FRM-6
  vstp-conform explain tcp/hello-is-welcomed
  vstp-conform explain frame/magic-http`,
		Args: exactly(1, "the ID of a requirement, a case or a vector"),
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			known, err := loadKnown(mat)
			if err != nil {
				return nil, cobra.ShellCompDirectiveError
			}
			return known.ids(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			known, err := loadKnown(mat)
			if err != nil {
				return err
			}
			return known.explain(s.out, args[0])
		},
	}
	mat.register(cmd)
	return cmd
}

// known is everything that can be explained.
type known struct {
	requirements []spec.Requirement
	cases        []conformance.Case
	vectors      vectors.Set
	registry     *spec.Registry // nil for the one built in
}

func loadKnown(mat material) (known, error) {
	var opts conformance.Options
	if err := mat.apply(&opts); err != nil {
		return known{}, err
	}
	cases, err := everyCase(opts)
	if err != nil {
		return known{}, err
	}
	set, err := loadVectors(opts.Vectors)
	if err != nil {
		return known{}, err
	}
	return known{spec.Requirements(), cases, set, opts.Registry}, nil
}

func (k known) ids() []string {
	var ids []string
	for _, r := range k.requirements {
		ids = append(ids, r.ID)
	}
	for _, c := range k.cases {
		ids = append(ids, c.ID)
	}
	for _, v := range k.vectors.All() {
		ids = append(ids, v.ID())
	}
	return ids
}

func (k known) explain(w io.Writer, id string) error {
	for _, r := range k.requirements {
		if strings.EqualFold(r.ID, id) {
			return k.requirement(w, r)
		}
	}
	for _, c := range k.cases {
		if c.ID == id {
			return k.oneCase(w, c)
		}
	}
	if v, ok := k.vectors.Lookup(id); ok {
		return k.vector(w, v)
	}
	problem := fmt.Sprintf("there is no requirement, case or vector %q", id)
	if near := nearest(id, k.ids(), 5); len(near) > 0 {
		problem += "; did you mean " + strings.Join(near, ", ") + "?"
	}
	return usagef("%s", problem)
}

func (k known) requirement(w io.Writer, r spec.Requirement) error {
	p := printer{w: w}
	p.line("[%s] %s · %s · %s · %s", r.ID, r.Level, r.Profile, list(r.Roles), list(r.Transports))
	p.line("")
	p.line("  %s", r.Text)
	p.line("")
	p.line("section   %s", r.Section)
	if !r.Testable {
		p.line("judged    not from outside: %s", r.Reason)
	}
	p.cases("judged by", casesOf(r.ID, k.cases))
	var touched []conformance.Case
	for _, c := range k.cases {
		if slices.Contains(c.Requirements[1:], r.ID) {
			touched = append(touched, c)
		}
	}
	p.cases("touched by", touched)
	var ids []string
	for _, v := range k.vectors.All() {
		if slices.Contains(v.Requirements, r.ID) {
			ids = append(ids, v.ID())
		}
	}
	p.column("vectors", ids)
	return p.err
}

func (k known) oneCase(w io.Writer, c conformance.Case) error {
	p := printer{w: w}
	p.line("%s", c.ID)
	p.line("")
	p.line("  %s", c.Title)
	for i, id := range c.Requirements {
		what := "judges"
		if i > 0 {
			what = "touches"
		}
		p.line("")
		r, ok := spec.Lookup(id)
		if !ok {
			p.line("%s [%s]", what, id)
			continue
		}
		p.line("%s [%s] %s · %s", what, r.ID, r.Level, r.Profile)
		p.line("  %s", r.Text)
	}
	p.line("")
	p.line("written in  %s", c.Source)
	p.line("tags        %s", strings.Join(c.Tags, " "))
	if c.Wait > 0 {
		p.line("waits       %v for timers of the server, before scaling", c.Wait)
	}
	if c.Exclusive {
		p.line("runs alone  it fills a limit of the whole server")
	}
	profile := ""
	if c.Profile == "strict" {
		profile = " --profile strict"
	}
	p.line("run it      %s %s%s --run %s", program(), c.Roles[0], profile, quote(c.ID))
	return p.err
}

func (k known) vector(w io.Writer, v vectors.Vector) error {
	p := printer{w: w}
	p.line("%s", v.ID())
	p.line("")
	p.line("  %s", v.Comment)
	p.line("")
	p.line("requirements  %s", strings.Join(v.Requirements, ", "))
	p.line("expected      %s", expectation(v.Expect))
	if v.Limit > 0 {
		p.line("limit         a decoder that takes frames of at most %d octets", v.Limit)
	}
	p.line("octets        %d", len(v.Octets))
	if v.Family == vectors.FamilyFrame {
		p.line("")
		p.text(dissect.Decode(v.Octets, dissect.Options{MaxFrame: int64(v.Limit), Registry: k.registry}).Dump())
	} else if len(v.Octets) > 0 {
		p.line("hex           %x", v.Octets)
	}
	var cases []conformance.Case
	for _, c := range k.cases {
		if strings.HasPrefix(c.ID, "vector/"+v.ID()+"@") {
			cases = append(cases, c)
		}
	}
	p.cases("sent in", cases)
	return p.err
}

// expectation says what a decoder is to make of a vector.
func expectation(e vectors.Expect) string {
	switch {
	case e.Error != "":
		return e.Result + " as " + e.Error
	case e.Result == vectors.ResultIncomplete:
		return fmt.Sprintf("%s: %d octets are needed in all", e.Result, e.Needed)
	}
	return e.Result
}

// A printer remembers the first error of its writer.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) text(s string) {
	if p.err == nil {
		_, p.err = io.WriteString(p.w, s)
	}
}

func (p *printer) line(format string, args ...any) {
	p.text(fmt.Sprintf(format, args...) + "\n")
}

func (p *printer) cases(label string, cases []conformance.Case) {
	var lines []string
	for _, c := range cases {
		lines = append(lines, c.ID+"  "+c.Title)
	}
	p.column(label, lines)
}

// column prints lines under a label, nothing where there are none.
func (p *printer) column(label string, lines []string) {
	if len(lines) == 0 {
		return
	}
	p.line("")
	p.line("%s", label)
	for _, l := range lines {
		p.line("  %s", l)
	}
}
