package conformance_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance"
)

// The shards of a run hold each case once, whatever else is selected beside it.
func TestShardsAreAPartition(t *testing.T) {
	whole := conformance.Options{Profile: "strict"}
	all, err := conformance.Cases(whole)
	require.NoError(t, err)
	for count := 1; count <= 7; count++ {
		seen := map[string]int{}
		for index := 1; index <= count; index++ {
			opts := whole
			opts.Shard = conformance.Shard{Index: index, Count: count}
			part, err := conformance.Cases(opts)
			require.NoError(t, err)
			assert.Greater(t, len(part), len(all)/count/2, "%v is far smaller than the others", opts.Shard)
			for _, c := range part {
				seen[c.ID]++
				assert.Equal(t, 1, seen[c.ID], c.ID)
			}
			opts.Run = []string{"tcp/**"}
			few, err := conformance.Cases(opts)
			require.NoError(t, err)
			for _, c := range few {
				same := slices.ContainsFunc(part, func(p conformance.Case) bool { return p.ID == c.ID })
				assert.True(t, same, "%s has moved to another shard", c.ID)
			}
		}
		assert.Len(t, seen, len(all))
	}
}

func TestShardThatDoesNotExist(t *testing.T) {
	for _, s := range []conformance.Shard{{Index: 1}, {Count: 1}, {Index: 3, Count: 2}, {Index: -1, Count: 2}, {Index: 1, Count: -1}} {
		_, err := conformance.Cases(conformance.Options{Shard: s})
		var selection *conformance.SelectionError
		assert.ErrorAs(t, err, &selection, "%v", s)
	}
}
