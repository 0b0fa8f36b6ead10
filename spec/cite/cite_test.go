package cite_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/spec"
	"github.com/vstp-project/vstp/spec/cite"
)

// The tree itself: every citation in it holds.
func TestRepositoryCitesTheSpecificationTruly(t *testing.T) {
	sentences := map[string]string{}
	for _, r := range spec.Requirements() {
		sentences[r.ID] = r.Text
	}
	report, err := cite.Check(os.DirFS(moduleRoot(t)), sentences)
	require.NoError(t, err)
	for _, fault := range report.Faults {
		t.Error(fault)
	}
	assert.NotZero(t, report.GoFiles, "no Go file was read: the check looked in the wrong place")
	assert.NotZero(t, report.Citations, "no citation was found: the check is blind")
	t.Logf("%d citations, %d of them quotations, in %d Go, %d Markdown, %d feature and %d vector files",
		report.Citations, report.Quotations, report.GoFiles, report.MarkdownFiles, report.FeatureFiles, report.VectorFiles)
}

func moduleRoot(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	require.NoError(t, err)
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		require.NotEqual(t, parent, dir, "no go.mod above the test")
		dir = parent
	}
}

var sentences = map[string]string{
	"FRM-6": "A receiver MUST find the start of the next frame by length arithmetic alone, never by searching for MAGIC.",
	"CRC-1": `CRC32 MUST be such that "123456789" yields 0xCBF43926.`,
	"HDR-1": "HDR_LEN MUST count the octets of HEADERS.",
}

func check(t *testing.T, files map[string]string) cite.Report {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, data := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(data)}
	}
	report, err := cite.Check(fsys, sentences)
	require.NoError(t, err)
	return report
}

func faults(r cite.Report) []string {
	list := []string{}
	for _, err := range r.Faults {
		list = append(list, err.Error())
	}
	return list
}

func TestCheckAcceptsTrueCitations(t *testing.T) {
	for name, c := range map[string]struct {
		comment    string
		quotations int
	}{
		"bare":                      {`// find splits a stream [FRM-6].`, 0},
		"several in one bracket":    {`// find obeys [FRM-6, HDR-1].`, 0},
		"two brackets":              {`// find obeys [FRM-6][HDR-1].`, 0},
		"whole sentence":            {"// find.\n//\n// \"A receiver MUST find the start of the next frame by length\n// arithmetic alone, never by searching for MAGIC.\" [FRM-6]", 1},
		"ID on the next line":       {"// \"A receiver MUST find the start of the next frame\"\n// [FRM-6]", 1},
		"part of a sentence":        {`// "never by searching for MAGIC" [FRM-6]`, 1},
		"part within a line":        {`// It goes on "by length arithmetic alone" [FRM-6] and so on.`, 1},
		"in parentheses":            {`// It goes on ("by length arithmetic alone" [FRM-6]).`, 1},
		"sentence with quotes":      {`// "CRC32 MUST be such that "123456789" yields 0xCBF43926." [CRC-1]`, 1},
		"quotes at a line's edge":   {"// \"CRC32 MUST be such that\n// \"123456789\" yields 0xCBF43926.\" [CRC-1]", 1},
		"two quotations":            {"// \"HDR_LEN MUST count\" [HDR-1] and \"the next frame\" [FRM-6]", 2},
		"two quotations, two lines": {"// \"HDR_LEN MUST count\" [HDR-1]\n// \"A receiver MUST find\" [FRM-6]", 2},
		"code marks":                {"// \"`HDR_LEN` MUST count the octets of `HEADERS`.\" [HDR-1]", 1},
		"block comment":             {"/* find.\n\n   \"A receiver MUST find the start\n   of the next frame\" [FRM-6] */", 1},
		"quotes of another kind":    {`// "x" is a name; see [FRM-6] and the key "y".`, 0},
		"word in quotes":            {`// the first two octets: "VT" [FRM-6]`, 0},
	} {
		t.Run(name, func(t *testing.T) {
			r := check(t, map[string]string{"a.go": "package a\n\n" + c.comment + "\nfunc find() {}\n"})
			assert.Empty(t, faults(r))
			assert.NotZero(t, r.Citations)
			assert.Equal(t, c.quotations, r.Quotations)
			assert.Equal(t, 1, r.GoFiles)
		})
	}
}

func TestCheckReportsFalseCitations(t *testing.T) {
	for name, c := range map[string]struct{ comment, want string }{
		"unknown ID":            {`// find obeys [FRM-7].`, "a.go:3: cites FRM-7, which no requirement has"},
		"unknown among several": {"// find obeys\n// [FRM-6,\n// FRM-7].", "a.go:4: cites FRM-7, which no requirement has"},
		"unknown with quotation": {
			`// "A receiver MUST find" [FRM-7]`, "a.go:3: cites FRM-7, which no requirement has",
		},
		"changed word": {
			"// find.\n//\n// \"A receiver MUST find the end\n// of the next frame.\" [FRM-6]",
			`a.go:5: not the sentence of FRM-6 nor a part of it: "A receiver MUST find the end of the next frame."`,
		},
		"sentence of another": {
			`// "HDR_LEN MUST count" [FRM-6]`,
			`a.go:3: not the sentence of FRM-6 nor a part of it: "HDR_LEN MUST count"`,
		},
		"elision": {
			`// "A receiver MUST find ... MAGIC." [FRM-6]`,
			`a.go:3: not the sentence of FRM-6 nor a part of it: "A receiver MUST find ... MAGIC."`,
		},
		"half a word at the end":   {`// "A receiver MU" [FRM-6]`, `a.go:3: not the sentence of FRM-6 nor a part of it: "A receiver MU"`},
		"half a word at the start": {`// "LEN MUST count" [HDR-1]`, `a.go:3: not the sentence of HDR-1 nor a part of it: "LEN MUST count"`},
		"inner quotes do not hide": {
			`// "CRC64 MUST be such that "123456789" yields 0xCBF43926." [CRC-1]`,
			`a.go:3: not the sentence of CRC-1 nor a part of it: "CRC64 MUST be such that \"123456789\" yields 0xCBF43926."`,
		},
		"quotation of two": {
			`// "of HEADERS" [FRM-6, HDR-1]`, "a.go:3: a quotation belongs to one requirement, not to FRM-6, HDR-1",
		},
		"no beginning": {"// find.\n//\n// the next frame\" [FRM-6]", "a.go:5: a quotation of FRM-6 ends here and begins nowhere"},
		"comment after code": {
			"var x = 1 // [FRM-8]", "a.go:3: cites FRM-8, which no requirement has",
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := check(t, map[string]string{"a.go": "package a\n\n" + c.comment + "\nfunc find() {}\n"})
			assert.Equal(t, []string{c.want}, faults(r))
			var fault *cite.Fault
			assert.ErrorAs(t, r.Faults[0], &fault)
		})
	}
}

func TestCheckLeavesCodeAlone(t *testing.T) {
	r := check(t, map[string]string{"a.go": "package a\n\nvar s = `// [FRM-99]`\n"})
	assert.Empty(t, faults(r))
	assert.Zero(t, r.Citations)
}

func TestCheckReportsWhatIsNotGo(t *testing.T) {
	r := check(t, map[string]string{"a.go": "package a\n\nfunc {\n"})
	require.Len(t, r.Faults, 1)
	assert.Contains(t, r.Faults[0].Error(), "a.go:3: not a Go file: ")
}

func TestCheckReadsMarkdown(t *testing.T) {
	r := check(t, map[string]string{"a.md": "> **[FRM-6]** A receiver.\n\nSee [FRM-7] and FRM-8.\n\n" +
		"```go\n// \"A receiver MUST find the start\n// of the next frame\" [FRM-6]\n// \"A receiver MUST lose it\" [FRM-6]\n```\n"})
	assert.Equal(t, []string{
		"a.md:3: cites FRM-7, which no requirement has",
		`a.md:8: not the sentence of FRM-6 nor a part of it: "A receiver MUST lose it"`,
	}, faults(r))
	assert.Equal(t, 4, r.Citations)
	assert.Equal(t, 2, r.Quotations)
	assert.Equal(t, 1, r.MarkdownFiles)
}

func TestCheckReadsTagsOfFeatures(t *testing.T) {
	r := check(t, map[string]string{"features/frame.feature": "@FRM-6 @core @udp-1\nFeature: frames\n\n" +
		"  @HDR-1 @FRM-9 # @FRM-10\n  Scenario: one\n    Given a@FRM-11\n"})
	assert.Equal(t, []string{"features/frame.feature:4: cites FRM-9, which no requirement has"}, faults(r))
	assert.Equal(t, 3, r.Citations)
	assert.Equal(t, 1, r.FeatureFiles)
}

func TestCheckReadsRequirementsOfVectors(t *testing.T) {
	r := check(t, map[string]string{
		"vectors/frame.json": `{"family": "frame", "vectors": [
			{"name": "a", "requirements": ["FRM-6", "HDR-1"], "expect": {"result": "accept"}},
			{"requirements": [
				"FRM-99"
			], "comment": "FRM-98", "others": ["FRM-97"], "nested": {"requirements": ["HDR-9"]}},
			{"name": "requirements", "x": ["FRM-96"]}
		]}`,
		"vectors/vectors.schema.json": `{"requirements": ["FRM-95"]}`,
		"other/frame.json":            `{"requirements": ["FRM-94"]}`,
	})
	assert.Equal(t, []string{
		"vectors/frame.json:4: cites FRM-99, which no requirement has",
		"vectors/frame.json:5: cites HDR-9, which no requirement has",
	}, faults(r))
	assert.Equal(t, 4, r.Citations)
	assert.Equal(t, 1, r.VectorFiles)
}

func TestCheckReportsWhatIsNotJSON(t *testing.T) {
	r := check(t, map[string]string{"vectors/frame.json": "{\n\"a\": ]"})
	require.Len(t, r.Faults, 1)
	assert.Contains(t, r.Faults[0].Error(), "vectors/frame.json:2: not a JSON file: ")
}

func TestCheckPassesOverWhatTheGoCommandIgnores(t *testing.T) {
	r := check(t, map[string]string{
		"testdata/a.go":      "package a // [FRM-99]\n",
		"x/testdata/y/a.go":  "package a // [FRM-99]\n",
		".hidden/a.go":       "package a // [FRM-99]\n",
		"_off/a.go":          "package a // [FRM-99]\n",
		"x/notes.txt":        "[FRM-99]\n",
		"x/y/vectors/v.json": `{"requirements": ["FRM-6"]}`,
	})
	assert.Equal(t, cite.Report{VectorFiles: 1, Citations: 1, Places: []cite.Place{{ID: "FRM-6", File: "x/y/vectors/v.json", Line: 1}}}, r)
}

type brokenFS struct{ fstest.MapFS }

var errBroken = errors.New("broken disk")

func (f brokenFS) ReadFile(string) ([]byte, error) { return nil, errBroken }

func TestCheckReturnsErrorsOfReading(t *testing.T) {
	_, err := cite.Check(brokenFS{fstest.MapFS{"a.go": {}}}, sentences)
	require.ErrorIs(t, err, errBroken)
	_, err = cite.Check(os.DirFS(filepath.Join(t.TempDir(), "none")), sentences)
	require.ErrorIs(t, err, fs.ErrNotExist)
}
