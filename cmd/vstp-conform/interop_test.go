package main

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The reference and the independent implementations of this checkout get along, and
// the tap finds nothing, without a link and with a bad one.
func TestInteropOfTheIndependentPeers(t *testing.T) {
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("NOT TRIED: the independent implementations, because there is no python3")
	}
	for _, link := range [][]string{nil, {"--link", "reorder-heavy"}} {
		var stdout, stderr bytes.Buffer
		args := append([]string{"interop", "--json", "--profile", "strict", "--seed", "7", "--warnings-fail"}, link...)
		code := run(t.Context(), args, streams{in: strings.NewReader(""), out: &stdout, err: &stderr})
		assert.Zero(t, code, "%s\n%s", &stdout, &stderr)
		var m interopMatrix
		require.NoError(t, json.Unmarshal(stdout.Bytes(), &m))
		assert.Contains(t, m.Servers, "reference")
		assert.Contains(t, m.Servers, "python", &stderr)
		assert.Contains(t, m.Clients, "python")
		assert.Zero(t, m.Summary[outcomeViolations])
		assert.Zero(t, m.Summary[outcomeFailed])
		for _, c := range m.Cells {
			if c.Client != "node" && c.Scenario != "ping" {
				assert.Contains(t, []string{outcomeOK, outcomeLost}, c.Outcome, "%+v", c)
			}
			assert.Empty(t, c.Violations, "%+v", c)
		}
	}
}

func TestInteropText(t *testing.T) {
	m := interopMatrix{
		Suite: "1", Spec: "1.0", Profile: "core", Link: "none", TimeScale: 1, Clients: []string{"a_b"}, Servers: []string{"s"},
		Summary: map[string]int{outcomeViolations: 1, outcomeFailed: 1},
		Cells: []interopCell{
			{Client: "a_b", Server: "s", Transport: "tcp", Scenario: "greeting", Outcome: outcomeViolations, Violations: []interopViolation{
				{Requirement: "TCP-4", Level: "MUST NOT", By: "s", Side: "server", Times: 2, Text: "it speaks | first"},
			}},
			{Client: "a_b", Server: "s", Transport: "udp", Scenario: "ping", Outcome: outcomeFailed, Detail: "no PONG"},
		},
	}
	text := string(m.text())
	assert.Contains(t, text, "a_b     s       violations (TCP-4)")
	assert.Contains(t, text, "a_b to s, tcp, greeting: MUST NOT TCP-4 by s, the server (2 times): it speaks | first\n")
	assert.Contains(t, text, "a_b to s, udp, ping: failed: no PONG\n")
	assert.Contains(t, text, "1 violations, 1 failed\n")
	markdown := string(m.markdown())
	assert.Contains(t, markdown, `| a\_b | s | violations (TCP-4) |`)
	assert.Contains(t, markdown, `it speaks \| first`)
	assert.Equal(t, 1, m.exit())
	m.Summary = map[string]int{outcomeUnreached: 1, outcomeOK: 3}
	assert.Equal(t, 3, m.exit())
	m.Summary = map[string]int{outcomeLost: 1, outcomeNotOffered: 1}
	assert.Zero(t, m.exit())
}
