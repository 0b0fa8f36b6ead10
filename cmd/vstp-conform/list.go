package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/vstp-project/vstp/conformance"
)

func newList(s streams) *cobra.Command {
	var (
		sel          selection
		mat          material
		requirements bool
		asJSON       bool
		role         string
	)
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the cases, or the requirements",
		Long: `list prints the cases, one per line, in the order of the specification: ID, the
requirement that it judges, level, profile, transport, title. With --requirements it
prints the requirements of the specification instead, and what stands behind each: how
many cases of servers and codecs judge it, how many vectors are for it and, inside a
checkout of the project, how many places in code and in tests cite it. With --json they
are named.`,
		Example: `  vstp-conform list
  vstp-conform list --run 'tcp/*' --profile core
  vstp-conform list --tags '@FRM-6'
  vstp-conform list --role codec --run 'vector/varint/*'
  vstp-conform list --requirements --json`,
		Args: exactly(0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			for _, name := range append([]string{"profile", "role"}, selectFlags...) {
				if requirements && cmd.Flags().Changed(name) {
					return usagef("--%s selects cases: it does not go with --requirements", name)
				}
			}
			opts := sel.options()
			opts.Role = role
			if err := mat.apply(&opts); err != nil {
				return err
			}
			if requirements {
				rows, err := trace(opts)
				switch {
				case err != nil:
					return err
				case asJSON:
					return writeJSON(s.out, rows)
				}
				return listRequirements(s.out, rows)
			}
			cases, err := conformance.Cases(opts)
			switch {
			case err != nil:
				return err
			case asJSON:
				return writeJSON(s.out, caseRows(cases))
			}
			return listCases(s.out, cases)
		},
	}
	sel.register(cmd, "strict", "")
	mat.register(cmd)
	cmd.Flags().BoolVar(&requirements, "requirements", false, "list the requirements instead of the cases")
	cmd.Flags().StringVar(&role, "role", conformance.RoleServer, "list the cases of this `ROLE`: server, client or codec")
	mustComplete(cmd, "role", conformance.Roles)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// A caseRow is a case in JSON.
type caseRow struct {
	ID           string   `json:"id"`
	Title        string   `json:"title"`
	Requirements []string `json:"requirements"`
	Level        string   `json:"level"`
	Profile      string   `json:"profile"`
	Roles        []string `json:"roles"`
	Transport    string   `json:"transport,omitempty"`
	Tags         []string `json:"tags"`
	Source       string   `json:"source"`
	WaitMS       int64    `json:"wait_ms"`
	Exclusive    bool     `json:"exclusive"`
	Hostile      bool     `json:"hostile"`
}

func caseRows(cases []conformance.Case) []caseRow {
	rows := make([]caseRow, len(cases))
	for i, c := range cases {
		rows[i] = caseRow{
			ID: c.ID, Title: c.Title, Requirements: c.Requirements, Level: c.Level, Profile: c.Profile,
			Roles: c.Roles, Transport: c.Transport, Tags: c.Tags, Source: c.Source,
			WaitMS: int64(c.Wait / time.Millisecond), Exclusive: c.Exclusive, Hostile: c.Hostile,
		}
	}
	return rows
}

// casesOf are the cases whose first requirement it is: those that judge it.
func casesOf(id string, cases []conformance.Case) []conformance.Case {
	var of []conformance.Case
	for _, c := range cases {
		if c.Requirements[0] == id {
			of = append(of, c)
		}
	}
	return of
}

func listCases(w io.Writer, cases []conformance.Case) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, c := range cases {
		transport := c.Transport
		if transport == "" {
			transport = "-"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", c.ID, c.Requirements[0], c.Level, c.Profile, transport, c.Title)
	}
	return table.Flush()
}

func list(words []string) string {
	if len(words) == 0 {
		return "none"
	}
	return strings.Join(words, ", ")
}
