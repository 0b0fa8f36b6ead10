package spec_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/spec"
)

// Annex D of the text shows the registry to people; here it is held against
// registry.json, row by row.
func TestAnnexDShowsTheRegistry(t *testing.T) {
	r := spec.DefaultRegistry()
	yes := map[bool]string{true: "yes", false: "no"}
	var types, ranges, flags, keys, codes, limits, timers [][]string
	for _, e := range r.Types {
		types = append(types, []string{strconv.Itoa(int(e.Value)), e.Name, strconv.Itoa(e.Priority), yes[e.Control], e.Description, e.Reference})
	}
	for _, e := range r.TypeRanges {
		span := fmt.Sprintf("0x%02X", e.First)
		if e.Last != e.First {
			span += fmt.Sprintf(" to 0x%02X", e.Last)
		}
		ranges = append(ranges, []string{span, e.Status, e.Policy})
	}
	for _, e := range r.Flags {
		flags = append(flags, []string{fmt.Sprintf("0x%02X", e.Mask), e.Name, e.Description, e.Reference})
	}
	for _, e := range r.HeaderKeys {
		keys = append(keys, []string{"`" + e.Name + "`", e.Value, strconv.Itoa(e.Bits), strings.Join(e.Types, ", "), e.Description, e.Reference})
	}
	for _, e := range r.ErrorCodes {
		codes = append(codes, []string{strconv.Itoa(e.Code), e.Name, yes[e.OnWire], yes[e.OverUDP], e.Description})
	}
	for _, e := range r.Limits {
		limits = append(limits, []string{e.Name, thousands(e.Value), e.Unit, e.Requirement, e.Description})
	}
	for _, e := range r.Timers {
		timers = append(timers, []string{e.Name, thousands(e.DefaultMS), yes[e.Scaled], e.Start, e.Stop, e.Requirement})
	}
	for _, c := range []struct {
		heading string
		tables  [][][]string // in the order in which they stand
	}{
		{"D.1 Frame types", [][][]string{types, ranges}},
		{"D.2 Flags", [][][]string{flags}},
		{"D.3 Header keys", [][][]string{keys}},
		{"D.4 Error codes", [][][]string{codes}},
		{"D.5 Limits", [][][]string{limits}},
		{"D.6 Timers", [][][]string{timers}},
	} {
		assert.Equal(t, c.tables, tablesOf(t, spec.Text(), c.heading),
			"vstp.md, %s: the table is not that of registry.json", c.heading)
	}
}

// tablesOf returns the Markdown tables of the section with a given heading,
// each as its rows below the head.
func tablesOf(t *testing.T, text, heading string) [][][]string {
	t.Helper()
	_, section, found := strings.Cut(text, "\n### "+heading+"\n")
	require.True(t, found, "vstp.md has no section %s", heading)
	section, _, _ = strings.Cut(section, "\n#")
	var tables [][][]string
	rows := 0
	for _, l := range strings.Split(section, "\n") {
		inner, ok := strings.CutPrefix(l, "| ")
		if !ok && !strings.HasPrefix(l, "|-") {
			rows = 0
			continue
		}
		rows++
		switch {
		case rows == 1:
			tables = append(tables, nil)
		case rows > 2:
			row := strings.Split(strings.TrimSuffix(inner, " |"), " | ")
			tables[len(tables)-1] = append(tables[len(tables)-1], row)
		}
	}
	return tables
}

// thousands writes a number as the text does, with commas.
func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
