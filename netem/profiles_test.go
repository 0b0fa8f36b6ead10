package netem_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/netem"
)

var nan = math.NaN()

func TestEveryNamedProfile(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range netem.Profiles() {
		t.Run(p.Name, func(t *testing.T) {
			assert.False(t, seen[p.Name])
			seen[p.Name] = true
			assert.NotEmpty(t, p.Source)
			require.NoError(t, p.Check())
			found, err := netem.ProfileByName(p.Name)
			require.NoError(t, err)
			assert.Equal(t, p, found)
			parsed, err := netem.Parse(p.Scenario())
			require.NoError(t, err)
			assert.Equal(t, p, parsed)
			assert.Equal(t, p, p.Scale(1))
		})
	}
	assert.NotEmpty(t, seen)
}

func TestUnknownProfileNamesTheNearest(t *testing.T) {
	_, err := netem.ProfileByName("lossy5")
	assert.ErrorContains(t, err, `there is no profile "lossy5", did you mean "lossy-5"? (the profiles are clean, lan, cable, `)
	_, err = netem.ProfileByName("hopeless-wreck")
	assert.ErrorContains(t, err, `there is no profile "hopeless-wreck" (the profiles are clean, lan, cable, `)
}

func TestScaleMakesEverythingFaster(t *testing.T) {
	p, err := netem.Parse([]byte(everything))
	require.NoError(t, err)
	scaled := p.Scale(0.1)
	assert.Equal(t, 2*ms, scaled.AB.Delay)
	assert.Equal(t, 500*time.Microsecond, scaled.AB.Jitter)
	assert.Equal(t, -1*ms, scaled.AB.Reorder.Shift)
	assert.Equal(t, 2*ms, scaled.AB.Duplicate.Lag)
	assert.Equal(t, int64(15_000_000), scaled.AB.Rate.Bandwidth)
	assert.Equal(t, 1500*ms, scaled.AB.Hold.Every)
	assert.Equal(t, []time.Duration{3 * ms, 0}, scaled.Rules[2].Copies)
	assert.Equal(t, 100*ms, scaled.Phases[0].For)
	assert.Equal(t, 200*ms, scaled.StreamAB.Stall.For)
	assert.Equal(t, p.AB.Loss, scaled.AB.Loss)

	again, err := netem.Parse([]byte(everything))
	require.NoError(t, err)
	assert.Equal(t, again, p, "the profile itself is as before")
}

// The bursts of named profiles have the parameters that the table of sources names.
func TestBurstyIsTheGemodelThatItsSourceSays(t *testing.T) {
	p, err := netem.ProfileByName("bursty")
	require.NoError(t, err)
	b := p.AB.Burst
	r := 1 / b.Mean
	assert.InDelta(t, 0.25, r, 1e-12)
	assert.InDelta(t, 0.01316, b.Loss*r/(1-b.Loss), 1e-5)
}
