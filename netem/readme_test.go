package netem_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/netem"
)

// The examples of the README can be read, and its table has every profile with its
// source, and no other.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	blocks := regexp.MustCompile("(?s)```json\n(.*?)```").FindAllSubmatch(readme, -1)
	require.Len(t, blocks, 2)
	_, err = netem.Parse(blocks[0][1])
	require.NoError(t, err)
	log, err := netem.ReadLog(strings.NewReader(string(blocks[1][1])))
	require.NoError(t, err)
	assert.Len(t, log.Events, 2)

	_, table, ok := strings.Cut(string(readme), "| name | does | source |\n|---|---|---|\n")
	require.True(t, ok)
	rows := strings.Split(strings.TrimSpace(table), "\n")
	require.Len(t, rows, len(netem.Profiles()))
	for i, p := range netem.Profiles() {
		assert.True(t, strings.HasPrefix(rows[i], "| `"+p.Name+"` | "), rows[i])
		assert.True(t, strings.HasSuffix(rows[i], " | "+p.Source+" |"), rows[i])
	}
}
