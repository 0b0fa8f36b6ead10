package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
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
		args := append([]string{"interop", "--json", "--profile", "strict", "--seed", "7", "--warnings-fail", "--peer", "reference", "--peer", "python", "--peer", "node"}, link...)
		code := run(t.Context(), args, streams{in: strings.NewReader(""), out: &stdout, err: &stderr})
		assert.Zero(t, code, "%s\n%s", &stdout, &stderr)
		fits(t, schemaNamed(t, "interop"), stdout.String())
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

// Without the toolchain for them the others are left out, and that is said.
func TestInteropSaysWhoIsLeftOut(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), []string{"interop", "--seed", "7"}, streams{in: strings.NewReader(""), out: &stdout, err: &stderr})
	assert.Zero(t, code, &stderr)
	assert.Contains(t, stdout.String(), "12 ok, 1 not-offered\n")
	assert.Contains(t, stderr.String(), "vstp-conform: left out: python: there is no python3 of version 3.10 or newer\n")
	assert.Contains(t, stderr.String(), "vstp-conform: left out: node: there is no node of version 18 or newer\n")
	assert.Contains(t, stderr.String(), "vstp-conform: left out: rust-vstp: there is no cargo\n")
}

// What is built is built in the directory of the peer, and why it cannot be is said.
func TestInteropPeerThatCannotBeBuilt(t *testing.T) {
	exe, err := os.Executable()
	require.NoError(t, err)
	p := defaultPeer{
		interopPeer: interopPeer{Name: "mine", dir: t.TempDir()}, tool: "this program",
		runs: []string{exe, "peer", "--help"}, build: []string{exe, "peer", "--nosuch"},
	}
	var progress bytes.Buffer
	assert.Regexp(t, `^it cannot be built: exit status 2: .`, p.prepare(t.Context(), &progress))
	assert.Contains(t, progress.String(), "building mine, which takes a while the first time: ")
	p.build = p.runs
	assert.Empty(t, p.prepare(t.Context(), &progress))
	p.dir = filepath.Join(p.dir, "nosuch")
	assert.Equal(t, "it is not in this checkout", p.prepare(t.Context(), &progress))
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
	again := m.Cells[0]
	again.Transport = "udp"
	m.Cells = append(m.Cells, again)
	text := string(m.text())
	assert.Contains(t, text, "a_b     s       violations (TCP-4)")
	assert.Contains(t, text, "a_b to s, tcp, greeting, and 1 more: MUST NOT TCP-4 by s, the server (2 times): it speaks | first\n")
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
