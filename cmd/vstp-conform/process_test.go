package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance/report"
)

// startProgram starts vstp-conform as a process of its own.
func startProgram(t *testing.T, args ...string) (cmd *exec.Cmd, stdout *os.File) {
	bin := t.TempDir()
	require.NoError(t, install(bin))
	r, w, err := os.Pipe()
	require.NoError(t, err)
	t.Cleanup(func() { r.Close() })
	cmd = exec.Command(filepath.Join(bin, "vstp-conform"), args...)
	cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0")
	cmd.Stdout = w
	require.NoError(t, cmd.Start())
	require.NoError(t, w.Close())
	return cmd, r
}

type result struct {
	Interrupted bool
	Summary     map[string]int
	Cases       []struct{ ID, Verdict, Cause, Message string }
}

func readResult(t *testing.T, dir string) result {
	b, err := os.ReadFile(filepath.Join(dir, "result.json"))
	require.NoError(t, err)
	var r result
	require.NoError(t, json.Unmarshal(b, &r))
	return r
}

// An interrupt ends the run, and its reports are written.
func TestServerInterrupted(t *testing.T) {
	for _, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		t.Run(sig.String(), func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "a", "b")
			// One case at a time, so that there is enough left to interrupt.
			cmd, stdout := startProgram(t, "server", "--out", dir, "--tags", "@vector", "-j", "1")
			lines := bufio.NewScanner(stdout)
			for lines.Scan() && !strings.HasPrefix(lines.Text(), "pass ") {
			}
			require.NoError(t, cmd.Process.Signal(sig))
			rest, err := io.ReadAll(stdout)
			require.NoError(t, err)
			var exit *exec.ExitError
			require.ErrorAs(t, cmd.Wait(), &exit)
			assert.Equal(t, 130, exit.ExitCode())
			assert.Contains(t, string(rest), "INTERRUPTED")

			r := readResult(t, dir)
			assert.True(t, r.Interrupted)
			assert.NotZero(t, r.Summary["pass"])
			assert.NotZero(t, r.Summary["not-exercised"])
			assert.Len(t, r.Cases, r.Summary["total"])
			for _, name := range report.RunFiles() {
				assert.FileExists(t, filepath.Join(dir, name))
			}
			stream, err := os.ReadFile(filepath.Join(dir, "result.jsonl"))
			require.NoError(t, err)
			rep, err := report.Read(stream)
			require.NoError(t, err)
			assert.True(t, rep.Interrupted)
		})
	}
}

// A reader of the report that goes away, as head does, does not end the run.
func TestServerWithoutReader(t *testing.T) {
	dir := t.TempDir()
	cmd, stdout := startProgram(t, "server", "--out", dir, "--run", "tcp/hello-is-welcomed")
	require.NoError(t, stdout.Close())
	require.NoError(t, cmd.Wait())
	assert.Equal(t, 1, readResult(t, dir).Summary["pass"])

	cmd, stdout = startProgram(t, "list")
	require.NoError(t, stdout.Close())
	require.NoError(t, cmd.Wait())
}

// A report that cannot be written is nobody's fault but ours.
func TestServerFullDisk(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("not tried: only Linux has /dev/full")
	}
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	require.NoError(t, err)
	defer full.Close()
	var stderr bytes.Buffer
	code := run(t.Context(), []string{"server", "--run", "tcp/hello-is-welcomed"}, streams{out: full, err: &stderr})
	assert.Equal(t, 4, code)
	assert.Contains(t, stderr.String(), "writing the report")
}

func TestReplaceFile(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, replaceFile(dir, "x", []byte("one")))
	require.NoError(t, replaceFile(dir, "x", []byte("two")))
	got, err := os.ReadFile(filepath.Join(dir, "x"))
	require.NoError(t, err)
	assert.Equal(t, "two", string(got))
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, entries, 1, "nothing temporary is left")
	assert.Error(t, replaceFile(filepath.Join(dir, "nosuch"), "x", nil))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "d"), 0o755))
	assert.Error(t, replaceFile(dir, "d", nil))
	entries, err = os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, entries, 2, "nothing temporary is left")
}

// The peer goes on while its standard input says nothing about who started it.
func TestPeerLifeline(t *testing.T) {
	pipe, other, err := os.Pipe()
	require.NoError(t, err)
	defer pipe.Close()
	defer other.Close()
	assert.Same(t, pipe, lifeline(t.Context(), pipe))
	null, err := os.Open(os.DevNull)
	require.NoError(t, err)
	defer null.Close()
	assert.IsType(t, endless{}, lifeline(t.Context(), null))
	text := strings.NewReader("")
	assert.Same(t, text, lifeline(t.Context(), text))
}

// Every example that help shows for a command which only prints can be run as it
// stands.
func TestExamples(t *testing.T) {
	tried := 0
	commands := newRoot(streams{}).Commands()
	for _, cmd := range commands {
		commands = append(commands, cmd.Commands()...)
	}
	for _, cmd := range commands {
		for line := range strings.Lines(cmd.Example) {
			line = strings.TrimSpace(line)
			words := strings.Fields(strings.ReplaceAll(line, "'", ""))
			if words[0] != "vstp-conform" {
				continue // a pipe
			}
			path := strings.Fields(cmd.CommandPath())
			require.Equal(t, path, words[:len(path)])
			switch cmd.Name() {
			case "explain", "list", "version", "help":
			case "vectors", "verify", "new":
				// What writes, or reads a folder that is not here, is not run.
				if !slices.Contains([]string{"list", "new"}, words[2]) && len(words) > 3 || words[len(words)-1] == `\` {
					continue
				}
			case "decode":
				if words[len(words)-1] == "-" || strings.HasSuffix(line, ".bin") || strings.HasSuffix(line, ".pcapng") {
					continue
				}
			default:
				continue
			}
			var stdout, stderr bytes.Buffer
			code := run(t.Context(), words[1:], streams{out: &stdout, err: &stderr})
			assert.Zero(t, code, "%s\n%s", line, &stderr)
			assert.NotEmpty(t, stdout.String(), line)
			tried++
		}
	}
	assert.Greater(t, tried, 12)
}
