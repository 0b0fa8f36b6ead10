package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/conformance/target"
)

const docs = "../../conformance/docs"

// Whoever does what the tutorial says ends with a codec that conforms.
func TestTutorialLeadsToAConformantCodec(t *testing.T) {
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("not tried: python3 is not to be had here")
	}
	text, err := os.ReadFile(filepath.Join(docs, "tutorial.md"))
	require.NoError(t, err)
	blocks := regexp.MustCompile("(?s)```python\n(.*?)```").FindAllStringSubmatch(string(text), -1)
	require.Len(t, blocks, 2)

	dir := filepath.Join(t.TempDir(), "demo")
	require.NoError(t, skeletonList[0].write(streams{out: &bytes.Buffer{}}, dir))
	file := filepath.Join(dir, "adapter.py")
	adapter, err := os.ReadFile(file)
	require.NoError(t, err)
	replace := func(pattern, by string) {
		re := regexp.MustCompile(pattern)
		require.Len(t, re.FindAllIndex(adapter, -1), 1, pattern)
		adapter = re.ReplaceAllLiteral(adapter, []byte(by))
	}
	replace(`(?m)^    raise Refused\("Unsupported", "decode\(\).*\n`, blocks[0][1])
	replace(`(?m)^def encode\(request\):\n.*\n`, blocks[1][1])
	replace(`(?m)^import sys\n`, "import sys\nimport zlib\n")
	require.NoError(t, os.WriteFile(file, adapter, 0o644))

	tgt := target.AdapterCommand{Name: "the tutorial's codec", Path: "python3", Args: []string{file}}
	rep, err := conformance.Run(t.Context(), tgt, conformance.Options{Role: conformance.RoleCodec, Profile: "strict"})
	require.NoError(t, err)
	for _, res := range rep.Results {
		assert.True(t, res.Verdict.Good(), "%s %s: %s", res.Verdict, res.ID, res.Message)
	}
	assert.Equal(t, conformance.ExitConformant, rep.ExitCode(conformance.ExitOptions{}))
}

// Links between the pages lead somewhere, and the flags that they name exist.
func TestDocsAreTrue(t *testing.T) {
	pages, err := filepath.Glob(filepath.Join(docs, "*.md"))
	require.NoError(t, err)
	pages = append(pages, filepath.Join(docs, "..", "README.md"))
	require.Greater(t, len(pages), 8)
	known := map[string]bool{}
	commands := newRoot(streams{}).Commands()
	for _, cmd := range commands {
		commands = append(commands, cmd.Commands()...)
	}
	for _, cmd := range commands {
		for _, line := range strings.Split(cmd.LocalFlags().FlagUsages(), "\n") {
			for _, flag := range regexp.MustCompile(`--[a-z-]+`).FindAllString(line, 1) {
				known[flag] = true
			}
		}
	}
	links := regexp.MustCompile(`\]\(([^)#]+)(?:#[^)]*)?\)`)
	flags := regexp.MustCompile("(?:^|[ `])(--[a-z][a-z-]+)")
	for _, page := range pages {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		for _, link := range links.FindAllStringSubmatch(string(text), -1) {
			if !strings.Contains(link[1], "://") {
				assert.FileExists(t, filepath.Join(filepath.Dir(page), link[1]), page)
			}
		}
		for line := range strings.Lines(string(text)) {
			if strings.Contains(line, "docker") || strings.Contains(line, "go build") || strings.Contains(line, "my-server") {
				continue
			}
			for _, flag := range flags.FindAllStringSubmatch(line, -1) {
				assert.True(t, known[flag[1]], "%s: there is no flag %s", page, flag[1])
			}
		}
	}
}
