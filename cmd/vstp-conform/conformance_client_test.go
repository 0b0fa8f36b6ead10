package main

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/conformance/conftest"
	"github.com/vstp-project/vstp/conformance/target"
)

// TestClientConformance judges the client of the reference implementation in the same
// way as TestConformance does its server.
func TestClientConformance(t *testing.T) {
	self, err := os.Executable()
	require.NoError(t, err)
	client := target.AdapterCommand{Name: "the client", Path: self, Args: []string{"peer", "--adapter"}, TimeScale: testScale}
	rep := conftest.Run(t, client, conformance.Options{Role: conformance.RoleClient, Profile: "strict", TimeScale: testScale})
	assert.NotZero(t, rep.Count(conformance.Pass), "no case passed")
}
