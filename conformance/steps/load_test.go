package steps_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance/steps"
	"github.com/vstp-project/vstp/features"
	"github.com/vstp-project/vstp/spec"
	"github.com/vstp-project/vstp/vectors"
)

func TestShippedFeaturesLoad(t *testing.T) {
	vs, err := vectors.Load()
	require.NoError(t, err)
	scenarios, err := steps.Load(features.FS, spec.DefaultRegistry(), vs)
	require.NoError(t, err)
	require.NotEmpty(t, scenarios)
}
