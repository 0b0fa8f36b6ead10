package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/conformance/report"
)

func newReport(s streams) *cobra.Command {
	var schema string
	cmd := &cobra.Command{
		Use:   "report",
		Short: "Make reports from results, compare and join results",
		Long: `report works on the results that the judging commands write with --out DIR:
result.json, or result.jsonl, which is written while the run goes on and holds the
exchanges of all cases. Where a result is expected, the name of a directory stands for
the result.jsonl in it, or the result.json where there is no other.

A result that is cut short, or none of this program, is refused (exit status 2).`,
		Example: `  vstp-conform report render results --out page
  vstp-conform report diff old/result.json new/result.json
  vstp-conform report --schema result`,
		Args: exactly(0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !cmd.Flags().Changed("schema") {
				return usagef("a command is missing: render, diff, merge, matrix or choices; or --schema NAME")
			}
			doc, ok := report.Schema(schema)
			if !ok {
				return usagef("--schema %s: there are %s", schema, strings.Join(report.Schemas(), ", "))
			}
			_, err := s.out.Write(doc)
			return err
		},
	}
	cmd.Flags().StringVar(&schema, "schema", "", "print the JSON Schema `NAME`: "+strings.Join(report.Schemas(), ", "))
	mustComplete(cmd, "schema", report.Schemas)
	cmd.AddCommand(newRender(s), newDiff(s), newMerge(s), newMatrix(s), newChoices(s))
	return cmd
}

// renderFlags are the flags of what writes reports.
type renderFlags struct {
	out, pcap                string
	warningsFail, requireAll bool
}

func (f *renderFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVarP(&f.out, "out", "o", "", "write the reports into the directory `DIR`")
	flags.StringVar(&f.pcap, "pcap", pcapFailures, "`WHICH` cases get frames and pcap: failures or all")
	flags.BoolVar(&f.warningsFail, "warnings-fail", false, "a violated SHOULD makes the target non-conformant")
	flags.BoolVar(&f.requireAll, "require-all", false, "a case that the surroundings kept from running makes the run incomplete")
	markDirname(cmd, "out")
	mustComplete(cmd, "pcap", func() []string { return pcapChoices })
}

func (f *renderFlags) exit() conformance.ExitOptions {
	return conformance.ExitOptions{WarningsFail: f.warningsFail, RequireAll: f.requireAll}
}

func (f *renderFlags) write(rep *conformance.Report) error {
	if err := os.MkdirAll(f.out, 0o777); err != nil {
		return usagef("--out: %v", err)
	}
	return writeReports(f.out, rep, report.FileOptions{Exit: f.exit(), All: f.pcap == pcapAll})
}

func newRender(s streams) *cobra.Command {
	var f renderFlags
	partial := false
	cmd := &cobra.Command{
		Use:   "render RESULT",
		Short: "Make every report from a result",
		Long: `render writes what a judging command writes with --out, from its result:
result.json, junit.xml, report.tap, report.md, report.html, badge.json, and for each
case that did not go well frames/CASE.txt and pcap/CASE.pcapng.

With --partial it takes a result.jsonl that was cut short, as when the judge was killed:
the cases without a result are not-exercised, and the run counts as interrupted.

Frame types of a registry of one's own are shown as unknown.`,
		Example: `  vstp-conform report render result.json --out page
  vstp-conform report render killed/result.jsonl --partial --pcap all --out page`,
		Args: exactly(1, "the name of a result"),
		RunE: func(_ *cobra.Command, args []string) error {
			if f.out == "" {
				return usagef("--out DIR is missing: where to write the reports")
			}
			if err := checkPcap(f.pcap); err != nil {
				return err
			}
			rep, err := readReport(args[0], partial)
			if err != nil {
				return err
			}
			if err := f.write(rep); err != nil {
				return err
			}
			_, err = fmt.Fprintln(s.out, filepath.Join(f.out, "report.html"))
			return err
		},
	}
	f.register(cmd)
	cmd.Flags().BoolVar(&partial, "partial", false, "take a result.jsonl that was cut short")
	return cmd
}

// readReport reads a result.json or result.jsonl, or the one in a directory.
func readReport(name string, partial bool) (*conformance.Report, error) {
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		if name, err = resultIn(name); err != nil {
			return nil, err
		}
	}
	doc, err := os.ReadFile(name)
	if err != nil {
		return nil, usagef("%v", err)
	}
	rep, err := report.Read(doc)
	if cutShort := (*report.TruncatedError)(nil); errors.As(err, &cutShort) {
		if partial {
			return cutShort.Report, nil
		}
		return nil, usagef(`%s: %v ("report render --partial" shows them)`, name, err)
	}
	if err != nil {
		return nil, usagef("%s: %v", name, err)
	}
	return rep, nil
}

// resultIn is the result in a directory.
func resultIn(dir string) (string, error) {
	for _, name := range []string{streamName, "result.json"} {
		name = filepath.Join(dir, name)
		if _, err := os.Stat(name); err == nil {
			return name, nil
		}
	}
	return "", usagef("%s: there is neither a %s nor a result.json in this directory", dir, streamName)
}

// comparable refuses results of which one has to differ from the other.
func comparable(args []string, older, newer *conformance.Report, anySuite bool) error {
	switch {
	case older.Role != newer.Role && older.Role != "" && newer.Role != "":
		return usagef("%s is about a %s and %s about a %s: they have no case in common", args[0], older.Role, args[1], newer.Role)
	case older.Suite != newer.Suite && !anySuite:
		return usagef("%s was made by the suite %s and %s by %s, whose cases may differ: --any-suite compares them all the same", args[0], older.Suite, args[1], newer.Suite)
	}
	return nil
}

func newDiff(s streams) *cobra.Command {
	anySuite := false
	cmd := &cobra.Command{
		Use:   "diff OLD NEW",
		Short: "Say what a run says differently from an earlier one",
		Long: `diff lists the cases whose verdict changed: new failures first, then those that no
longer have an outcome, those that are fixed, and the rest. A case that is new and fails
is a new failure.

Results of different roles are refused, and those of different versions of the suite
unless --any-suite is given.

Exit status: 1 where there are new failures, 0 where there are none, 2 where a result
cannot be read, or the two cannot be compared.`,
		Example: `  vstp-conform report diff main/result.json branch/result.json`,
		Args:    exactly(2, "the name of a result"),
		RunE: func(_ *cobra.Command, args []string) error {
			older, err := readReport(args[0], false)
			if err != nil {
				return err
			}
			newer, err := readReport(args[1], false)
			if err != nil {
				return err
			}
			if err := comparable(args, older, newer, anySuite); err != nil {
				return err
			}
			d := report.Compare(older, newer)
			if err := report.WriteDiff(s.out, d, colour(s.out)); err != nil {
				return err
			}
			if len(d.Failures) > 0 {
				return status(conformance.ExitNonConformant)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&anySuite, "any-suite", false, "compare results of different versions of the suite")
	return cmd
}

func newMerge(s streams) *cobra.Command {
	var f renderFlags
	cmd := &cobra.Command{
		Use:   "merge RESULT…",
		Short: "Join the results of several parts of a run",
		Long: `merge joins results that each hold some cases of one run: of the same target, role,
profile, seed, time scale and versions. Results that differ in these, or that hold the
same case twice, are refused. It prints the joined result as JSON or, with --out, writes
every report.

` + exitHelp,
		Example: `  vstp-conform report merge shard1 shard2 shard3 --out results`,
		Args:    atLeast(2, "the name of a result"),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := checkPcap(f.pcap); err != nil {
				return err
			}
			reports := make([]*conformance.Report, len(args))
			for i, name := range args {
				var err error
				if reports[i], err = readReport(name, false); err != nil {
					return err
				}
			}
			merged, err := report.Merge(reports, args)
			if err != nil {
				return usagef("%v", err)
			}
			if f.out == "" {
				err = report.WriteJSON(s.out, merged)
			} else {
				err = f.write(merged)
			}
			if err != nil {
				return err
			}
			return status(merged.ExitCode(f.exit()))
		},
	}
	f.register(cmd)
	return cmd
}

func newMatrix(s streams) *cobra.Command {
	html := false
	cmd := &cobra.Command{
		Use:   "matrix [NAME=]RESULT…",
		Short: "Set implementations against requirements",
		Long: `matrix prints a table of implementations and requirements with the gravest verdict of
each, as Markdown or, with --html, as a page of its own. An implementation is called by
the name that is given, or else as its result describes it.`,
		Example: `  vstp-conform report matrix go=a/result.json python=b/result.json
  vstp-conform report matrix --html results/*.json > matrix.html`,
		Args: atLeast(1, "the name of a result"),
		RunE: func(_ *cobra.Command, args []string) error {
			all, err := readNamed(args)
			switch {
			case err != nil:
				return err
			case html:
				return report.WriteMatrixHTML(s.out, all)
			}
			return report.WriteMatrix(s.out, all)
		},
	}
	cmd.Flags().BoolVar(&html, "html", false, "print a page of HTML")
	return cmd
}

func newChoices(s streams) *cobra.Command {
	return &cobra.Command{
		Use:   "choices [NAME=]RESULT…",
		Short: "Show what implementations do where they may choose",
		Long: `choices prints, for each implementation, what it was seen to do where the
specification leaves a choice: each SHOULD that it follows or not, each MAY that it makes
use of, what it offers, which error codes it sends and how it closes connections. A star
marks the choices in which the implementations differ.

The exchanges of cases that passed are in result.jsonl only: from a result.json less is
seen.`,
		Example: `  vstp-conform report choices go=a/result.jsonl python=b/result.jsonl`,
		Args:    atLeast(1, "the name of a result"),
		RunE: func(_ *cobra.Command, args []string) error {
			all, err := readNamed(args)
			if err != nil {
				return err
			}
			return report.WriteChoices(s.out, all)
		},
	}
}

// readNamed reads results under names: NAME=FILE, or FILE alone.
func readNamed(args []string) ([]report.Named, error) {
	var all []report.Named
	taken := map[string]string{}
	for _, arg := range args {
		name, file, named := strings.Cut(arg, "=")
		if _, err := os.Stat(arg); !named || err == nil {
			name, file = "", arg
		}
		rep, err := readReport(file, false)
		if err != nil {
			return nil, err
		}
		if name == "" {
			name = rep.Target
		}
		if other, twice := taken[name]; twice {
			return nil, usagef("%s and %s are both called %q: tell them apart by NAME=%s", other, file, name, file)
		}
		taken[name] = file
		all = append(all, report.Named{Name: name, Report: rep})
	}
	return all, nil
}

// atLeast accepts n arguments or more.
func atLeast(n int, what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) < n {
			return fmt.Errorf("%s is missing: there have to be %d at least", what, n)
		}
		return nil
	}
}
