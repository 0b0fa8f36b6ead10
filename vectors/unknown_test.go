package vectors_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/vectors"
)

func TestUnknownTypes(t *testing.T) {
	set, err := vectors.Load()
	require.NoError(t, err)
	for id, want := range map[string][]uint8{
		"frame/guide-example":            nil,
		"frame/header-key-one-past":      nil,
		"frame/type-ff":                  {0xff},
		"priority/unknown-10":            {0x10},
		"priority/data":                  nil,
		"refuse/type-10":                 {0x10},
		"stream/unknown-types-in-a-row":  {0x00, 0x09, 0x7f},
		"stream/ends-after-unknown-type": {0x09},
		"string/empty":                   nil,
	} {
		v, ok := set.Lookup(id)
		require.True(t, ok, id)
		assert.Equal(t, want, v.UnknownTypes(), id)
	}
}
