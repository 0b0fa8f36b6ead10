package main

import (
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/conformance/conftest"
	"github.com/vstp-project/vstp/conformance/target"
)

// testScale shortens the timers of judge and peer alike.
const testScale = 0.1

// TestConformance judges the reference implementation with every case there is,
// each a subtest named by its case: go test ./cmd/vstp-conform -run
// TestConformance/tcp/hello-is-welcomed shows one.
func TestConformance(t *testing.T) {
	self, err := os.Executable()
	require.NoError(t, err)
	// The test binary is the program where it is called so (main_test.go): the peer
	// runs in another process, over real sockets.
	peer := target.Builtin(self, slices.Concat(builtinPeer, []string{"--time-scale", fmt.Sprint(testScale)})...)
	rep := conftest.Run(t, peer, conformance.Options{
		Profile: "strict", TimeScale: testScale, Capabilities: []string{"compression"},
	})
	for _, v := range conformance.Verdicts() {
		if n := rep.Count(v); n > 0 {
			t.Logf("%4d %s", n, v)
		}
	}
	assert.NotZero(t, rep.Count(conformance.Pass), "no case passed")
	t.Logf("%d cases in %v, timers of this host up to %v late", len(rep.Results), rep.Duration.Round(time.Millisecond), rep.Jitter.Round(time.Microsecond))
}

// TestConformanceWithoutCompression judges the reference implementation, as a server
// and as a client, by the cases for those who do not offer compression.
func TestConformanceWithoutCompression(t *testing.T) {
	self, err := os.Executable()
	require.NoError(t, err)
	for role, peer := range map[string]target.Target{
		conformance.RoleServer: target.Builtin(self, "peer", "--time-scale", fmt.Sprint(testScale), "--no-compression"),
		conformance.RoleClient: target.AdapterCommand{
			Name: "the client of the reference peer", Path: self, Args: []string{"peer", "--adapter", "--no-compression"}, TimeScale: testScale,
		},
	} {
		t.Run(role, func(t *testing.T) {
			rep := conftest.Run(t, peer, conformance.Options{
				Role: role, Profile: "strict", TimeScale: testScale, Capabilities: []string{},
				Tags: "@no-compression or @compression",
			})
			assert.GreaterOrEqual(t, rep.Count(conformance.Pass), 3, "cases for those without compression")
			for _, r := range rep.Results {
				if r.Verdict != conformance.Pass {
					assert.Equal(t, conformance.NotApplicable, r.Verdict, r.ID)
					assert.Contains(t, r.Message, "does not offer compression", r.ID)
				}
			}
		})
	}
}
