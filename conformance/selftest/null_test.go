package selftest_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/conformance/selftest"
)

func TestNullPeersPassNoMust(t *testing.T) {
	for _, peer := range selftest.NullPeers() {
		t.Run(peer.Name, func(t *testing.T) {
			t.Parallel()
			result, err := selftest.Null(t.Context(), peer, conformance.Options{TimeScale: 0.1, Jobs: 64})
			require.NoError(t, err)
			if result.Unreached != "" {
				assert.Equal(t, "refused", peer.Name, result.Unreached)
				return
			}
			assert.NotEmpty(t, result.Report.Results)
			assert.Zero(t, result.Report.Count(conformance.HarnessError), "harness errors")
			for _, res := range result.Passed {
				t.Errorf("%s passes %s, a %s of %s: %s", peer.Name, res.ID, res.Level, res.Requirements[0], res.Title)
			}
			t.Logf("%d cases in %v", len(result.Report.Results), result.Report.Duration)
		})
	}
}
