package main

import (
	"fmt"
	"os"
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
	peer := target.Builtin(self, "peer", "--time-scale", fmt.Sprint(testScale))
	rep := conftest.Run(t, peer, conformance.Options{
		Profile: "strict", TimeScale: testScale, Capabilities: []string{},
	})
	for _, v := range conformance.Verdicts() {
		if n := rep.Count(v); n > 0 {
			t.Logf("%4d %s", n, v)
		}
	}
	assert.NotZero(t, rep.Count(conformance.Pass), "no case passed")
	t.Logf("%d cases in %v, timers of this host up to %v late", len(rep.Results), rep.Duration.Round(time.Millisecond), rep.Jitter.Round(time.Microsecond))
}
