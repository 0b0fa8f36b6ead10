package main

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/conformance/conftest"
	"github.com/vstp-project/vstp/conformance/target"
	"github.com/vstp-project/vstp/ref/peer"
)

// childEnv makes the test binary the reference peer, so that the tests judge it
// over real sockets, from another process.
const childEnv = "VSTP_CONFORM_TEST_PEER"

// testScale shortens the timers of judge and peer alike.
const testScale = 0.1

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		opts := peer.Options{TCP: "127.0.0.1:0", UDP: "127.0.0.1:0", TimeScale: testScale}
		if err := peer.Run(context.Background(), opts, os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// TestConformance judges the reference implementation with every case there is,
// each a subtest named by its case: go test ./cmd/vstp-conform -run
// TestConformance/tcp/hello-is-welcomed shows one.
func TestConformance(t *testing.T) {
	self, err := os.Executable()
	require.NoError(t, err)
	tgt := target.Builtin(self)
	tgt.Env = []string{childEnv + "=1"}
	rep := conftest.Run(t, tgt, conformance.Options{
		Profile: "strict", TimeScale: testScale, Capabilities: []string{},
	})
	for _, v := range conformance.Verdicts() {
		if n := rep.Count(v); n > 0 {
			t.Logf("%4d %s", n, v)
		}
	}
	assert.NotZero(t, rep.Count(conformance.Pass), "no case passed")
	t.Logf("%d cases in %v, timers of this host up to %v late", len(rep.Results), rep.Duration.Round(1e6), rep.Jitter.Round(1e3))
}
