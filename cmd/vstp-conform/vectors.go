package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/vstp-project/vstp/vectors"
)

func newVectors(s streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "vectors",
		Short: "List, check, copy and write vectors",
		Long: `vectors is about the vectors: octets, and what is to be made of them. They are JSON
files, one for each family, that any program can read; "vectors copy" writes them into
a folder together with the description of their format.`,
		Example: `  vstp-conform vectors list --family frame
  vstp-conform vectors verify my-vectors
  vstp-conform vectors copy my-vectors
  vstp-conform vectors new frame/ping-of-mine 5654010400000000000000d8429a00 --requirement FRM-5`,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usagef("there is no command %q; there are list, verify, copy and new", args[0])
			}
			return usagef("a command is missing: list, verify, copy or new")
		},
	}
	cmd.AddCommand(newVectorsList(s), newVectorsVerify(s), newVectorsCopy(s), newVectorsNew(s))
	return cmd
}

func newVectorsList(s streams) *cobra.Command {
	var family, dir string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the vectors",
		Long: `list prints the vectors, one per line: ID, what is expected, the requirements that it
is for, and what is special about it. "explain ID" shows one of them in full.`,
		Example: `  vstp-conform vectors list
  vstp-conform vectors list --family frame
  vstp-conform vectors list --family varint --json`,
		Args: exactly(0, ""),
		RunE: func(*cobra.Command, []string) error {
			fsys, err := directory("vectors", dir)
			if err != nil {
				return err
			}
			set, err := loadVectors(fsys)
			if err != nil {
				return err
			}
			list, err := ofFamily(set.All(), family)
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(s.out, vectorRows(list))
			}
			return listVectors(s.out, list)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&family, "family", "", "only the vectors of this `FAMILY`")
	flags.StringVar(&dir, "vectors", "", "list the vectors in `DIR` in place of those built in")
	flags.BoolVar(&asJSON, "json", false, "print JSON")
	markDirname(cmd, "vectors")
	mustComplete(cmd, "family", vectors.Families)
	return cmd
}

// ofFamily are the vectors of a family, all of them where it is not named.
func ofFamily(all []vectors.Vector, family string) ([]vectors.Vector, error) {
	if family == "" {
		return all, nil
	}
	var list []vectors.Vector
	for _, v := range all {
		if v.Family == family {
			list = append(list, v)
		}
	}
	if len(list) == 0 {
		return nil, usagef("--family: there is no vector of a family %q; the families are %s", family, strings.Join(vectors.Families(), ", "))
	}
	return list, nil
}

// A vectorRow is a vector in JSON.
type vectorRow struct {
	ID           string   `json:"id"`
	Result       string   `json:"result"`
	Error        string   `json:"error,omitempty"`
	Requirements []string `json:"requirements"`
	Comment      string   `json:"comment"`
	Origin       string   `json:"origin"`
	Tags         []string `json:"tags"`
}

func vectorRows(list []vectors.Vector) []vectorRow {
	rows := make([]vectorRow, len(list))
	for i, v := range list {
		rows[i] = vectorRow{
			ID: v.ID(), Result: v.Expect.Result, Error: v.Expect.Error,
			Requirements: v.Requirements, Comment: v.Comment, Origin: v.Origin, Tags: append([]string{}, v.Tags...),
		}
	}
	return rows
}

func listVectors(w io.Writer, list []vectors.Vector) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, v := range list {
		result := v.Expect.Result
		if v.Expect.Error != "" {
			result += " " + v.Expect.Error
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", v.ID(), result, strings.Join(v.Requirements, " "), v.Comment)
	}
	return table.Flush()
}
