package fuzz

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/netem"
)

var scenarioSeeds = sync.OnceValue(func() []seed {
	seeds := []seed{{[]byte(`{
		"netem": 1, "name": "n", "seed": 7, "note": "x",
		"udp": {"ab": {"loss": "5%", "delay": "20ms", "jitter": "5ms", "mtu": "1400B"}, "ba": {"duplicate": 0.25}},
		"tcp": {"ab": {"reset": "80B"}},
		"rules": [{"match": "DATA *", "occurrence": "1-3", "do": "deliver", "copies": ["1ms"], "flips": ["3^01"]}]
	}`)}}
	for _, p := range netem.Profiles() {
		seeds = append(seeds, seed{p.Scenario()})
	}
	return seeds
})

// Nothing that is given as the file of a link makes its reader panic, and what it takes
// it can write.
func FuzzScenario(f *testing.F) {
	addSeeds(f, scenarioSeeds())
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := netem.Parse(b)
		if err != nil {
			var parse *netem.ParseError
			require.ErrorAs(t, err, &parse)
			return
		}
		require.NoError(t, p.Check())
		again, err := netem.Parse(p.Scenario())
		require.NoError(t, err, string(p.Scenario()))
		require.Equal(t, p, again)
	})
}
