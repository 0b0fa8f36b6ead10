package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"
)

// cellOf finds a cell.
func (m *interopMatrix) cellOf(client, server, transport, scenario string) (interopCell, bool) {
	for _, c := range m.Cells {
		if c.Client == client && c.Server == server && c.Transport == transport && c.Scenario == scenario {
			return c, true
		}
	}
	return interopCell{}, false
}

// short is a cell in the matrix.
func (c interopCell) short() string {
	if c.Outcome != outcomeViolations && len(c.Violations) == 0 {
		return c.Outcome
	}
	var ids []string
	for _, v := range c.Violations {
		ids = append(ids, v.Requirement)
	}
	return c.Outcome + " (" + strings.Join(ids, " ") + ")"
}

// lines are what is to be said about cells below the matrix, once for each text, with the
// first cell that it is about and how many there are besides.
func (m *interopMatrix) lines() []string {
	type remark struct {
		where, text string
		more        int
	}
	var remarks []*remark
	known := map[string]*remark{}
	say := func(c interopCell, text string) {
		if r := known[text]; r != nil {
			r.more++
			return
		}
		r := &remark{where: fmt.Sprintf("%s to %s, %s, %s", c.Client, c.Server, c.Transport, c.Scenario), text: text}
		known[text] = r
		remarks = append(remarks, r)
	}
	for _, c := range m.Cells {
		if c.Detail != "" && c.Outcome != outcomeNotOffered {
			say(c, c.Outcome+": "+c.Detail)
		}
		for _, v := range c.Violations {
			times := ""
			if v.Times > 1 {
				times = fmt.Sprintf(" (%d times)", v.Times)
			}
			say(c, fmt.Sprintf("%s %s by %s, the %s%s: %s", v.Level, v.Requirement, v.By, v.Side, times, v.Text))
		}
	}
	var lines []string
	for _, r := range remarks {
		if r.more > 0 {
			r.where += fmt.Sprintf(", and %d more", r.more)
		}
		lines = append(lines, r.where+": "+r.text)
	}
	return lines
}

func (m *interopMatrix) title() string {
	return fmt.Sprintf("VSTP %s, profile %s, suite %s, link %s, seed %d, time scale %v", m.Spec, m.Profile, m.Suite, m.Link, m.Seed, m.TimeScale)
}

func (m *interopMatrix) counts() string {
	var parts []string
	for _, outcome := range interopOutcomes {
		if n := m.Summary[outcome]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, outcome))
		}
	}
	return strings.Join(parts, ", ")
}

// rows are the cells of a transport: the first row names the columns.
func (m *interopMatrix) rows(transport string) [][]string {
	head := []string{"client", "server"}
	for _, s := range scenariosOf(transport) {
		head = append(head, s.name)
	}
	rows := [][]string{head}
	for _, client := range m.Clients {
		for _, server := range m.Servers {
			row := []string{client, server}
			for _, s := range scenariosOf(transport) {
				c, _ := m.cellOf(client, server, transport, s.name)
				row = append(row, c.short())
			}
			rows = append(rows, row)
		}
	}
	return rows
}

// text is the matrix for a terminal.
func (m *interopMatrix) text() []byte {
	var b bytes.Buffer
	fmt.Fprintln(&b, m.title())
	for _, transport := range []string{"tcp", "udp"} {
		fmt.Fprintf(&b, "\nover %s\n", transport)
		table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
		for _, row := range m.rows(transport) {
			fmt.Fprintln(table, strings.Join(row, "\t"))
		}
		_ = table.Flush() // a buffer takes everything
	}
	fmt.Fprintln(&b)
	for _, line := range m.lines() {
		fmt.Fprintln(&b, line)
	}
	fmt.Fprintln(&b, m.counts())
	return b.Bytes()
}

// markdownEscapes keep a text from being read as Markdown.
var markdownEscapes = strings.NewReplacer("|", `\|`, "\n", " ", "<", "&lt;", "*", `\*`, "`", "\\`", "_", `\_`)

// markdown is the matrix for a page.
func (m *interopMatrix) markdown() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Interoperability\n\n%s: %s.\n", markdownEscapes.Replace(m.title()), m.counts())
	for _, transport := range []string{"tcp", "udp"} {
		fmt.Fprintf(&b, "\n## Over %s\n\n", transport)
		for i, row := range m.rows(transport) {
			for j, cell := range row {
				row[j] = markdownEscapes.Replace(cell)
			}
			fmt.Fprintf(&b, "| %s |\n", strings.Join(row, " | "))
			if i == 0 {
				fmt.Fprintf(&b, "|%s\n", strings.Repeat("---|", len(row)))
			}
		}
	}
	if lines := m.lines(); len(lines) > 0 {
		fmt.Fprint(&b, "\n## What happened\n\n")
		for _, line := range lines {
			fmt.Fprintf(&b, "* %s\n", markdownEscapes.Replace(line))
		}
	}
	return b.Bytes()
}

// write writes the files of --out.
func (m *interopMatrix) write(dir string) error {
	if dir == "" {
		return nil
	}
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	for _, f := range []struct {
		name    string
		content []byte
	}{{"interop.json", append(text, '\n')}, {"interop.md", m.markdown()}, {"interop.txt", m.text()}} {
		if err := replaceFile(dir, f.name, f.content); err != nil {
			return err
		}
	}
	return nil
}
