package report_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/conformance/report"
)

// overLink is the report of a run over a link.
func overLink() *conformance.Report {
	return &conformance.Report{
		Suite: "1", Spec: "1.0", Target: "it", Profile: "core", Seed: 7, TimeScale: 1, Link: "lossy-20",
		Results: []conformance.Result{
			{
				ID: "links/a", Requirements: []string{"ACK-1"}, Level: "MUST", Profile: "core", Verdict: conformance.Inconclusive,
				Message: "datagrams were lost that the link did not drop: 3 found no room", Crossed: true, Datagrams: 2300, Drops: 1450,
			},
			{ID: "links/b", Requirements: []string{"TCP-5"}, Level: "MUST", Profile: "core", Verdict: conformance.Pass, Crossed: true},
			{ID: "tcp/c", Requirements: []string{"TCP-1"}, Level: "MUST", Profile: "core", Verdict: conformance.NotApplicable},
		},
	}
}

func TestTextSaysWhatTheLinkDid(t *testing.T) {
	rep := overLink()
	var out bytes.Buffer
	text := report.NewText(&out, report.TextOptions{Command: "again", ReplayCommand: "again --replay fates"})
	text.Header(rep)
	text.OnResult(rep.Results[0], 1, 3)
	text.OnResult(rep.Results[1], 2, 3)
	require.NoError(t, text.Finish(rep))
	for _, line := range []string{
		"  link        lossy-20, seed 7; over TCP it acts by delay, rate, cuts, stalls and resets only\n",
		"  repeat      again\n  replay      again --replay fates\n",
		"(link: 1,450 of 2,300 datagrams dropped)\n",
		"  link        dropped 1,450 of 2,300 datagrams\n",
		"\nthe links dropped 1,450 of 2,300 datagrams\n",
	} {
		assert.Contains(t, out.String(), line)
	}
}

func TestJSONSaysWhatTheLinkDid(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, report.WriteJSON(&out, overLink()))
	var doc struct {
		Link  string
		Drops int
		Cases []map[string]any
	}
	require.NoError(t, json.Unmarshal(out.Bytes(), &doc))
	assert.Equal(t, "lossy-20", doc.Link)
	assert.Equal(t, 1450, doc.Drops)
	assert.EqualValues(t, 1450, doc.Cases[0]["drops"])
	assert.EqualValues(t, 2300, doc.Cases[0]["datagrams"])
	assert.EqualValues(t, 0, doc.Cases[1]["drops"])
	assert.NotContains(t, doc.Cases[2], "drops")
}
