package spec_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/spec"
)

// guideRow is one line of the table from the guide to this repository.
type guideRow struct {
	line                         int
	heading                      string
	requirements, where, remarks string
	status                       string
}

var (
	guideID      = regexp.MustCompile(`\b[A-Z]{3,4}-[0-9]+\b`)
	guideErratum = regexp.MustCompile(`\bC-[0-9]{2}\b|\bRuling [0-9]+\b`)
	guidePath    = regexp.MustCompile("`([^`]+)`")
	guideStatus  = regexp.MustCompile(`^(judged|changed|tested|ahead|planned|dropped|context)\b`)
)

// guideRows reads the tables of guide.md, but for the first, which explains the words.
func guideRows(t *testing.T) (rows []guideRow) {
	t.Helper()
	b, err := os.ReadFile("guide.md")
	require.NoError(t, err)
	in := false
	for i, line := range strings.Split(string(b), "\n") {
		switch {
		case line == "| Guide | Requirements | Where | Status |":
			in = true
		case !strings.HasPrefix(line, "|"):
			in = false
		case in && !strings.HasPrefix(line, "|---"):
			cells := strings.Split(strings.Trim(line, "|"), "|")
			require.Len(t, cells, 4, "guide.md:%d", i+1)
			for j := range cells {
				cells[j] = strings.TrimSpace(cells[j])
			}
			rows = append(rows, guideRow{
				line: i + 1, heading: cells[0], requirements: cells[1], where: cells[2],
				status: guideStatus.FindString(cells[3]), remarks: cells[3],
			})
		}
	}
	require.NotEmpty(t, rows)
	return rows
}

// guideHeadings are the headings of the guide, without symbols.
func guideHeadings(t *testing.T) (headings []string) {
	t.Helper()
	b, err := os.ReadFile("testdata/guide-headings.txt")
	require.NoError(t, err)
	for line := range strings.Lines(string(b)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			headings = append(headings, line)
		}
	}
	require.NotEmpty(t, headings)
	return headings
}

func TestGuideTableNamesEverySection(t *testing.T) {
	headings := guideHeadings(t)
	named := map[string]bool{}
	for _, row := range guideRows(t) {
		i := slices.IndexFunc(headings, func(h string) bool {
			rest, ok := strings.CutPrefix(row.heading, h)
			return ok && (rest == "" || strings.HasPrefix(rest, ": "))
		})
		if assert.GreaterOrEqual(t, i, 0, "guide.md:%d: the guide has no section %q", row.line, row.heading) {
			named[headings[i]] = true
		}
	}
	for _, h := range headings {
		assert.True(t, named[h], "guide.md does not mention the guide's section %q", h)
	}
}

func TestGuideTableNamesWhatExists(t *testing.T) {
	errata, err := os.ReadFile("errata.md")
	require.NoError(t, err)
	uncovered, err := spec.Uncovered()
	require.NoError(t, err)
	for _, row := range guideRows(t) {
		assert.NotEmpty(t, row.status, "guide.md:%d: %q begins with no status", row.line, row.remarks)
		seen := false // from outside
		ids := guideID.FindAllString(row.requirements, -1)
		assert.True(t, row.requirements == "–" || strings.Join(ids, ", ") == row.requirements, "guide.md:%d: %q is no list of requirements", row.line, row.requirements)
		for _, id := range slices.Concat(ids, guideID.FindAllString(row.remarks, -1)) {
			req, ok := spec.Lookup(id)
			assert.True(t, ok, "guide.md:%d: there is no requirement %s", row.line, id)
			seen = seen || req.Testable
		}
		var paths []string
		for _, m := range guidePath.FindAllStringSubmatch(row.where+row.remarks, -1) {
			paths = append(paths, m[1])
			_, err := os.Stat(filepath.Join("..", filepath.FromSlash(m[1])))
			assert.NoError(t, err, "guide.md:%d", row.line)
		}
		numbers := guideErratum.FindAllString(row.remarks, -1)
		for _, number := range numbers {
			assert.Regexp(t, `(?m)^### `+number+`[. ]`, string(errata), "guide.md:%d", row.line)
		}
		switch row.status {
		case "judged", "changed":
			if row.status == "judged" {
				assert.True(t, seen, "guide.md:%d: none of its requirements can be seen from outside", row.line)
			} else {
				assert.NotEmpty(t, ids, "guide.md:%d: what carries it?", row.line)
				assert.NotEmpty(t, numbers, "guide.md:%d: it names no erratum", row.line)
			}
			for _, e := range uncovered {
				assert.NotContains(t, ids, e.ID, "guide.md:%d: no case is about it", row.line)
			}
		case "tested", "ahead":
			assert.NotEmpty(t, paths, "guide.md:%d: where?", row.line)
		case "planned", "context", "dropped":
		}
	}
}
