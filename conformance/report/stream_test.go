package report_test

import (
	"bytes"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/conformance/report"
)

// streamed gives a report to a Stream as a run would, the last case first.
func streamed(t *testing.T, rep *conformance.Report) []byte {
	var out bytes.Buffer
	s := report.NewStream(&out)
	var cases []conformance.Case
	for _, res := range rep.Results {
		cases = append(cases, conformance.Case{ID: res.ID, Title: res.Title, Requirements: res.Requirements, Level: res.Level, Profile: res.Profile})
	}
	s.Header(rep, cases)
	for i, res := range slices.Backward(rep.Results) {
		s.OnResult(res, len(rep.Results)-i, len(rep.Results))
	}
	require.NoError(t, s.Finish(rep))
	return out.Bytes()
}

func compile(t *testing.T, name string) *jsonschema.Schema {
	doc, ok := report.Schema(name)
	require.True(t, ok)
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(doc))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	require.NoError(t, c.AddResource(name, parsed))
	s, err := c.Compile(name)
	require.NoError(t, err)
	return s
}

func TestStreamIsWhatItsSchemaSays(t *testing.T) {
	s := compile(t, "stream")
	rep := sample()
	rep.Role, rep.Command, rep.CaseCommand = "server", "vstp-conform server", "vstp-conform server --run"
	lines := bytes.Split(bytes.TrimSpace(streamed(t, rep)), []byte("\n"))
	require.Len(t, lines, len(rep.Results)+2)
	for _, line := range lines {
		assert.NoError(t, validate(t, s, line))
	}
	assert.Error(t, validate(t, s, []byte(`{"record":"footer"}`)))
	assert.Error(t, validate(t, s, []byte(`{"record":"case"}`)))

	var out bytes.Buffer
	require.NoError(t, report.NewStream(&out).Fail(errors.New("never reached")))
	assert.NoError(t, validate(t, s, out.Bytes()))
}

// What is written and read again is what it was, from either form.
func TestReadBack(t *testing.T) {
	rep := sample()
	rep.Role, rep.Command, rep.CaseCommand = "server", "repeat", "alone"
	for i := range rep.Results {
		// JSON has no octets that are no text.
		rep.Results[i].Output = strings.ToValidUTF8(rep.Results[i].Output, "\ufffd")
	}
	again, err := report.Read(streamed(t, rep))
	require.NoError(t, err)
	assert.Equal(t, string(written(t, rep)), string(written(t, again)))
	assert.NotEmpty(t, again.Results[0].Exchange, "the stream has the exchange of a pass")

	again, err = report.Read(written(t, rep))
	require.NoError(t, err)
	assert.Equal(t, string(written(t, rep)), string(written(t, again)))
	assert.Empty(t, again.Results[0].Exchange)
}

// A case that is blamed after it was told of has a second line, which holds.
func TestStreamOfChangedResult(t *testing.T) {
	rep := sample()
	var out bytes.Buffer
	s := report.NewStream(&out)
	s.Header(rep, []conformance.Case{{ID: "sample/pass", Requirements: []string{"TST-1"}, Level: "MUST", Profile: "core"}})
	rep.Results = rep.Results[:1]
	s.OnResult(rep.Results[0], 1, 1)
	rep.Results[0].Verdict, rep.Results[0].Message = conformance.Crash, "it was this one"
	require.NoError(t, s.Finish(rep))
	again, err := report.Read(out.Bytes())
	require.NoError(t, err)
	require.Len(t, again.Results, 1)
	assert.Equal(t, conformance.Crash, again.Results[0].Verdict)
}

func TestReadTruncatedStream(t *testing.T) {
	rep := sample()
	whole := streamed(t, rep)
	ends := []int{}
	for i, b := range whole {
		if b == '\n' {
			ends = append(ends, i+1)
		}
	}
	for _, n := range []int{ends[0], ends[0] + 100, ends[3], ends[3] + 1, ends[len(ends)-2], ends[len(ends)-2] + 20} {
		_, err := report.Read(whole[:n])
		var cut *report.TruncatedError
		require.ErrorAs(t, err, &cut, "%d octets", n)
		assert.Len(t, cut.Report.Results, len(rep.Results))
		assert.True(t, cut.Report.Interrupted)
		assert.Equal(t, conformance.ExitInterrupted, cut.Report.ExitCode(conformance.ExitOptions{}))
		for _, res := range cut.Report.Results[:len(rep.Results)-cut.Have] {
			assert.Equal(t, conformance.NotExercised, res.Verdict)
		}
	}
	_, err := report.Read(whole[:ends[3]])
	assert.EqualError(t, err, "it is cut short: the footer is missing, and 3 of 17 cases have a result")

	plan, err := report.ReadPlan(whole)
	require.NoError(t, err)
	assert.Len(t, plan.Results, len(rep.Results))
	_, err = report.ReadPlan([]byte("{}"))
	assert.Error(t, err)
}

func TestReadRefuses(t *testing.T) {
	doc, stream := string(written(t, sample())), string(streamed(t, sample()))
	lines := strings.SplitAfter(stream, "\n")
	change := func(text, old, with string) string {
		require.Contains(t, text, old)
		return strings.Replace(text, old, with, 1)
	}
	for _, c := range []struct{ name, doc, problem string }{
		{"nothing", " \n", "it is empty"},
		{"no JSON", "GET / HTTP/1.1", "it is no JSON"},
		{"another JSON", `{"schema":"vstp-vectors/1"}`, `its format is "vstp-vectors/1"`},
		{"JSON without schema", `[1]`, `the member "schema" is missing`},
		{"cut JSON", doc[:500], "the JSON breaks off after 500 octets"},
		{"two documents", doc + doc, "something comes after the result"},
		{"unknown member", change(doc, `"seed"`, `"sead"`), `unknown field "sead"`},
		{"unknown profile", change(doc, `"profile": "strict"`, `"profile": "loose"`), `there is no profile "loose"`},
		{"unknown verdict", change(doc, `"verdict": "pass"`, `"verdict": "ok"`), `case 1: sample/pass: there is no verdict "ok"`},
		{"unknown level", change(doc, `"level": "MUST"`, `"level": "SHALL"`), `there is no level "SHALL"`},
		{"no ID", change(doc, `"id": "sample/pass"`, `"id": ""`), "it has no ID"},
		{"malformed requirement", change(doc, `"TST-1"`, `"<b>"`), `"<b>" is no ID of a requirement`},
		{"twice", change(doc, `"id": "sample/warn"`, `"id": "sample/pass"`), "the case sample/pass has two results"},
		{"cause of a pass", change(doc, `"verdict": "pass",`, `"verdict": "pass", "cause": "target",`), `pass with the cause "target"`},
		{"another count", change(doc, `"pass": 1,`, `"pass": 2,`), "counts 2 with the verdict pass and there are 1"},
		{"another total", change(doc, `"total": 17`, `"total": 18`), "counts 18 cases and there are 17"},
		{"octets that are no hex", change(doc, `"hex": "56`, `"hex": "xx`), "it does not have the form of a result"},
		{"a stream without its header", lines[1] + lines[2], `the member "schema" is missing`},
		{"a stream that goes on", stream + lines[1], "line 20: it comes after the footer"},
		{"two headers", lines[0] + lines[0], "line 2: the first line is the header, and no other"},
		{"a case that was not announced", lines[0] + change(lines[1], `"id":"sample/`, `"id":"other/`), "the header does not announce the case"},
		{"a damaged line", lines[0] + "{]\n" + lines[1], "line 2: it is no JSON object"},
		{"an unknown record", lines[0] + `{"record":"x"}` + "\n", `there is no record "x"`},
		{"a footer too early", lines[0] + lines[1] + lines[len(lines)-2], "1 of 17 cases have a result, although it has a footer"},
		{"a run that failed", lines[0] + `{"record":"footer","error":"never reached"}` + "\n", "the run has no result: never reached"},
	} {
		_, err := report.Read([]byte(c.doc))
		assert.ErrorContains(t, err, c.problem, c.name)
	}
}

func TestStreamWriteError(t *testing.T) {
	s := report.NewStream(broken{})
	s.Header(sample(), nil)
	assert.ErrorIs(t, s.Finish(sample()), errBroken)
}

func TestSchemas(t *testing.T) {
	assert.Equal(t, []string{"badge", "decode", "interop", "kill-matrix", "result", "stream", "tap"}, report.Schemas())
	for _, name := range report.Schemas() {
		compile(t, name)
	}
	_, ok := report.Schema("nosuch")
	assert.False(t, ok)
}

// Whatever a result file claims, reports can be made of it, or it is refused.
func TestReportsOfDamagedResults(t *testing.T) {
	rep := sample()
	rep.Results = rep.Results[3:6]
	doc := written(t, rep)
	random := rand.New(rand.NewPCG(1, 2))
	taken := 0
	for range 200 {
		damaged := bytes.Clone(doc)
		for range 1 + random.IntN(3) {
			damaged[random.IntN(len(damaged))] = "0123456789abcdefTZ-.e \"}]"[random.IntN(24)]
		}
		got, err := report.Read(damaged)
		if err != nil {
			continue
		}
		taken++
		require.NoError(t, report.Files(got, report.FileOptions{All: true}, func(report.File) error { return nil }))
	}
	assert.Greater(t, taken, 30)

	rep = sample()
	rep.Results = rep.Results[3:4]
	rep.Results[0].Exchange[1].Length = math.MaxInt
	rep.Results[0].Exchange[2].Length = -1
	rep.Results[0].Exchange[2].At = math.MinInt64
	require.NoError(t, report.Files(rep, report.FileOptions{All: true}, func(report.File) error { return nil }))
}
