package spec_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/spec"
)

const (
	contradictions = 43
	rulings        = 16
	openPoints     = 99
)

var (
	errataEntryRE = regexp.MustCompile(`(?m)^### (C-[0-9]+|Ruling [0-9]+\.) \S.*\n\n((?:- .*\n)+)`)
	errataRowRE   = regexp.MustCompile(`(?m)^\| (U-[0-9]+) \| ([^|]*) \| ([^|]*) \|$`)
	errataIDsRE   = regexp.MustCompile(`^(?:none|[A-Z]{3,4}-[0-9]+(?:, [A-Z]{3,4}-[0-9]+)*)$`)
)

// Each contradiction and each ruling stands in the errata once, in order, and
// says what the guide has, why that cannot be, what is here and which
// requirements carry it.
func TestErrataEntriesAreComplete(t *testing.T) {
	var want []string
	for i := range contradictions {
		want = append(want, fmt.Sprintf("C-%02d", i+1))
	}
	for i := range rulings {
		want = append(want, fmt.Sprintf("Ruling %d.", i+1))
	}
	var got []string
	for _, m := range errataEntryRE.FindAllStringSubmatch(spec.Errata(), -1) {
		got = append(got, m[1])
		parts := strings.Split(strings.TrimSpace(m[2]), "\n")
		require.Len(t, parts, 4, m[1])
		for i, label := range []string{"Guide", "Trouble", "Here", "Requirements"} {
			text, ok := strings.CutPrefix(parts[i], "- **"+label+":** ")
			require.True(t, ok, "%s: the part after %d others is not %s: %s", m[1], i, label, parts[i])
			require.True(t, strings.HasSuffix(text, "."), "%s: %s ends without a full stop", m[1], label)
			if label == "Requirements" {
				require.Regexp(t, errataIDsRE, strings.TrimSuffix(text, "."), m[1])
			}
		}
	}
	assert.Equal(t, want, got)
}

func TestErrataAnswersEveryOpenPoint(t *testing.T) {
	var want []string
	for i := range openPoints {
		want = append(want, fmt.Sprintf("U-%02d", i+1))
	}
	var got []string
	for _, m := range errataRowRE.FindAllStringSubmatch(spec.Errata(), -1) {
		got = append(got, m[1])
		assert.NotEmpty(t, strings.TrimSpace(m[2]), m[1])
		assert.Regexp(t, errataIDsRE, m[3], m[1])
	}
	assert.Equal(t, want, got)
}
