package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance/target"
)

const walkthrough = "../../spec/new-frame-type.md"

// A block is a fenced block of a Markdown document.
type block struct {
	line    int    // of its first line of text
	info    string // what stands behind the fence
	content []string
}

func blocks(t *testing.T, file string) []block {
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	var list []block
	inside := false
	for i, line := range strings.Split(string(text), "\n") {
		info, fence := strings.CutPrefix(line, "```")
		switch {
		case fence && !inside:
			list = append(list, block{line: i + 2, info: info})
			inside = true
		case fence:
			inside = false
		case inside:
			last := &list[len(list)-1]
			last.content = append(last.content, line)
		}
	}
	require.False(t, inside, "a fence is not closed")
	return list
}

// A command is one that is typed, and what the document shows of its output.
type command struct {
	line   int
	text   string
	output []string
}

func commands(b block) []command {
	var list []command
	continued := false
	for i, line := range b.content {
		typed, isTyped := strings.CutPrefix(line, "$ ")
		switch {
		case isTyped:
			list = append(list, command{line: b.line + i, text: typed})
		case continued:
			last := &list[len(list)-1]
			last.text = strings.TrimSuffix(last.text, `\`) + strings.TrimSpace(line)
		default:
			last := &list[len(list)-1]
			last.output = append(last.output, line)
		}
		continued = strings.HasSuffix(line, `\`) && len(list[len(list)-1].output) == 0
	}
	return list
}

// The walk-through is carried out as it stands, in an empty folder with nothing
// but the program: files are written, commands run, exit statuses and outputs
// compared.
func TestNewFrameTypeWalkthrough(t *testing.T) {
	t.Parallel()
	bin, dir := t.TempDir(), t.TempDir()
	require.NoError(t, install(bin))
	files, ran := 0, 0
	for _, b := range blocks(t, walkthrough) {
		kind, name, isFile := strings.Cut(b.info, " ")
		switch {
		case isFile:
			require.Contains(t, []string{"json", "gherkin"}, kind, "%s:%d", walkthrough, b.line)
			path := filepath.Join(dir, filepath.FromSlash(name))
			require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o777))
			require.NoError(t, os.WriteFile(path, []byte(strings.Join(b.content, "\n")+"\n"), 0o666))
			files++
		default:
			require.Equal(t, "console", kind, "%s:%d", walkthrough, b.line)
			ran += follow(t, bin, dir, commands(b))
		}
	}
	assert.Equal(t, 3, files)
	assert.Greater(t, ran, 15)
}

// follow runs commands and returns how many there were.
func follow(t *testing.T, bin, dir string, list []command) int {
	t.Helper()
	ran, status := 0, 0
	for i, c := range list {
		if c.text == "echo $?" {
			require.Equal(t, []string{strconv.Itoa(status)}, c.output, "%s:%d: exit status", walkthrough, c.line)
			continue
		}
		words, err := target.SplitCommand(c.text)
		require.NoError(t, err)
		cmd := exec.CommandContext(t.Context(), filepath.Join(bin, words[0]), words[1:]...)
		cmd.Dir = dir
		cmd.Env = []string{"PATH=" + bin, "TMPDIR=" + t.TempDir(), "GORACE=atexit_sleep_ms=0"}
		out, err := cmd.CombinedOutput()
		var exit *exec.ExitError
		if err != nil {
			require.ErrorAs(t, err, &exit, "%s:%d", walkthrough, c.line)
		}
		status = cmd.ProcessState.ExitCode()
		if i+1 == len(list) || list[i+1].text != "echo $?" {
			require.Zero(t, status, "%s:%d: %s\n%s", walkthrough, c.line, c.text, out)
		}
		require.NoError(t, shows(string(out), c.output), "%s:%d: %s\n%s", walkthrough, c.line, c.text, out)
		ran++
	}
	return ran
}

// shows compares an output with what a document shows of it. In the document a
// line … stands for any lines, and … within a line for any text.
func shows(output string, shown []string) error {
	var pattern strings.Builder
	for _, line := range shown {
		if line == "…" {
			pattern.WriteString(`(?:.*\n)*?`)
			continue
		}
		pattern.WriteString(strings.ReplaceAll(regexp.QuoteMeta(line), "…", ".*") + `\n`)
	}
	if !regexp.MustCompile(`\A` + pattern.String() + `\z`).MatchString(output) {
		return errors.New("the output is not what the document shows:\n" + strings.Join(shown, "\n"))
	}
	return nil
}

func TestShows(t *testing.T) {
	for _, c := range []struct {
		output string
		shown  []string
		ok     bool
	}{
		{"a\nb\nc\n", []string{"a", "b", "c"}, true},
		{"a\nb\nc\n", []string{"a", "…"}, true},
		{"a\nb\nc\n", []string{"…", "c"}, true},
		{"a\nb\nc\n", []string{"…", "b", "…"}, true},
		{"a\nb\nc\n", []string{"a", "…", "b", "c"}, true},
		{"", nil, true},
		{"a 1 ms\n", []string{"a … ms"}, true},
		{"a\nb\nc\n", []string{"a", "b"}, false},
		{"a\nb\nc\n", []string{"b", "…"}, false},
		{"a\nb\nc\n", []string{"…", "d"}, false},
		{"a\nb\nc\n", nil, false},
		{"axb\n", []string{"a.b"}, false},
	} {
		err := shows(c.output, c.shown)
		assert.Equal(t, c.ok, err == nil, "%q %q", c.output, c.shown)
	}
}
