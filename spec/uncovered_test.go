package spec_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/spec"
)

func TestParseUncoveredPassesOverCommentsAndEmptyLines(t *testing.T) {
	got, err := spec.ParseUncovered("# why\n\nFRM-6 needs  a second host\r\n  HDR-1 reason\n")
	require.NoError(t, err)
	assert.Equal(t, []spec.UncoveredEntry{{ID: "FRM-6", Reason: "needs  a second host"}, {ID: "HDR-1", Reason: "reason"}}, got)
}

func TestParseUncoveredReportsEachFault(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"no ID":     {"because", `line 1: "because" is not a requirement ID`},
		"no reason": {"FRM-6 ", "line 1: FRM-6 has no reason"},
		"tab":       {"HDR-1\treason", `line 1: "HDR-1\treason" is not a requirement ID`},
		"twice":     {"FRM-6 a\nFRM-6 b", "line 2: FRM-6 already stands in line 1"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := spec.ParseUncovered(c.text)
			assert.EqualError(t, err, c.want)
		})
	}
}
