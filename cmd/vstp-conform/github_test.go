package main

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance"
)

// What a target has written cannot become a command, a property or markup.
func TestGithubEscapes(t *testing.T) {
	t.Setenv("GITHUB_STEP_SUMMARY", "")
	var out bytes.Buffer
	g := newGithub(true, &out)
	fmt.Fprintln(&out, "::set-output name=x::y") // as a report could hold it
	rep := &conformance.Report{Spec: "1.0", Target: "<img src=x> | `x`", Profile: "core"}
	rep.Results = append(rep.Results, conformance.Result{
		ID: "a/b:c,d", Requirements: []string{"FRM-6"}, Level: "MUST", Verdict: conformance.Fail,
		Message: "100% wrong\r\n::error::forged",
	})
	for range 14 {
		rep.Results = append(rep.Results, conformance.Result{ID: "w", Level: "SHOULD", Verdict: conformance.Warn, Message: "so"})
	}
	require.NoError(t, g.report("server", rep, conformance.ExitOptions{}))
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	token := regexp.MustCompile(`^::stop-commands::([0-9a-f]{32})$`).FindStringSubmatch(lines[0])
	require.NotNil(t, token)
	assert.Equal(t, "::"+token[1]+"::", lines[2])
	assert.Equal(t, "::error title=fail a/b%3Ac%2Cd::FRM-6: 100%25 wrong%0D%0A::error::forged", lines[3])
	assert.Equal(t, 10, strings.Count(out.String(), "::warning "))
	assert.Equal(t, "::notice title=vstp-conform::4 more of the kind warning stand in the step summary", lines[len(lines)-1])
	assert.Equal(t, 1, strings.Count(out.String(), token[1]+"::\n"), "commands are let through once")

	summary := summaryMarkdown("server", rep, conformance.ExitOptions{})
	assert.NotContains(t, summary, "<img")
	assert.Contains(t, summary, "&#60;img src=x&#62; &#124; &#96;x&#96;")
	assert.Contains(t, summary, "| fail | a/b&#58;c,d | FRM-6 | 100% wrong &#58;&#58;error&#58;&#58;forged |")

	var none *github
	none.resume()
	none.noVerdict(nil)
	require.NoError(t, none.report("server", rep, conformance.ExitOptions{}))
}
