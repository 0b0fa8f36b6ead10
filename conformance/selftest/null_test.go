package selftest_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/conformance/selftest"
)

func TestNullPeersPassNoMust(t *testing.T) {
	results, err := selftest.NullAll(t.Context(), conformance.Options{TimeScale: 0.1, Capabilities: []string{}})
	require.NoError(t, err)
	want := len(selftest.NullPeers())
	for _, a := range selftest.NullAdapters() {
		want++
		if !a.ClientOnly {
			want++
		}
	}
	require.Len(t, results, want)
	for _, result := range results {
		t.Run(result.Role+"/"+result.Name, func(t *testing.T) { checkNull(t, result) })
	}
}

// unreached are those that give no answer to the first request, or one in another protocol.
var unreached = []string{"refused", "exits-0", "exits-1", "prints-nothing", "http-server", "web-server"}

// checkNull checks that a null peer passed what it may and nothing else.
func checkNull(t *testing.T, result *selftest.NullResult) {
	if result.Unreached != "" {
		assert.Contains(t, unreached, result.Name, result.Unreached)
		return
	}
	assert.NotContains(t, unreached, result.Name)
	assert.NotEmpty(t, result.Report.Results)
	assert.Zero(t, result.Report.Count(conformance.HarnessError), "harness errors")
	for _, res := range result.Passed {
		t.Errorf("%s passes %s, a %s of %s: %s", result.Name, res.ID, res.Level, res.Requirements[0], res.Title)
	}
	judged := func(of []conformance.Result, id string) bool {
		return slices.ContainsFunc(of, func(res conformance.Result) bool { return res.ID == id })
	}
	for _, a := range selftest.NullAllowances() {
		if a.Peer == result.Name && judged(result.Report.Results, a.Case) {
			assert.True(t, judged(result.Allowed, a.Case), "%s does not pass %s any more: take it off the list", a.Peer, a.Case)
		}
	}
	t.Logf("%d cases in %v", len(result.Report.Results), result.Report.Duration)
}

func TestNullAllowancesAreWholeAndKnown(t *testing.T) {
	peers := map[string]bool{}
	for _, p := range selftest.NullPeers() {
		peers[p.Name] = true
	}
	for _, a := range selftest.NullAdapters() {
		peers[a.Name] = true
	}
	cases := map[string]bool{}
	for _, role := range []string{conformance.RoleServer, conformance.RoleClient, conformance.RoleCodec} {
		of, err := conformance.Cases(conformance.Options{Role: role, Profile: "strict"})
		require.NoError(t, err)
		for _, c := range of {
			cases[c.ID] = true
		}
	}
	for _, a := range selftest.NullAllowances() {
		assert.True(t, peers[a.Peer], "there is no null peer %s", a.Peer)
		assert.True(t, cases[a.Case], "there is no case %s", a.Case)
		assert.Greater(t, len(a.Reason), 20, "%s passes %s: why?", a.Peer, a.Case)
	}
}
