package main

import (
	"fmt"
	"math"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/conformance/target"
	"github.com/vstp-project/vstp/netem"
)

// fateKey names a transmission, whatever the order and the time.
type fateKey struct {
	flow, label string
	dir         netem.Direction
	occurrence  int
}

// crossed runs cases over a link and returns the fates of all their datagrams.
func crossed(t *testing.T, opts conformance.Options) (*conformance.Report, *netem.Log, map[fateKey]netem.Fate) {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	var record netem.Memory
	opts.Profile, opts.TimeScale, opts.Capabilities, opts.Recorder = "strict", testScale, []string{}, &record
	rep, err := conformance.Run(t.Context(), target.Builtin(self, "peer", "--time-scale", fmt.Sprint(testScale)), opts)
	require.NoError(t, err)
	fates := map[fateKey]netem.Fate{}
	for _, e := range record.Log().Events {
		fates[fateKey{e.Flow, e.Label, e.Dir, e.Occurrence}] = e.Fate
	}
	return rep, record.Log(), fates
}

func drops(fates map[fateKey]netem.Fate) map[fateKey]bool {
	dropped := map[fateKey]bool{}
	for k, f := range fates {
		if f.Verdict == netem.Drop {
			dropped[k] = true
		}
	}
	return dropped
}

// lossyCases are cases whose datagrams do not depend on what a server is free to choose.
var lossyCases = []string{"links/chance-of-acks", "links/chance-of-copies", "links/chance-of-gaps"}

func TestTheSameDatagramsAreLostInEveryRun(t *testing.T) {
	profile, err := netem.ProfileByName("lossy-20")
	require.NoError(t, err)
	profile = profile.Scale(testScale)
	opts := conformance.Options{Seed: 7, Link: &profile, Run: lossyCases}
	rep, log, fates := crossed(t, opts)
	want := drops(fates)
	assert.Equal(t, 3, rep.Count(conformance.Pass), "%v", rep.Results)
	assert.Len(t, want, rep.Drops())
	for range 3 {
		_, _, again := crossed(t, opts)
		assert.Equal(t, want, drops(again))
	}

	// As many as the loss says, within the bounds of 999 in 1,000.
	const loss, z = 0.2, 3.2905
	n := float64(len(log.Events))
	assert.InDelta(t, n*loss, float64(len(want)), z*math.Sqrt(n*loss*(1-loss)))
	t.Logf("%d of %d datagrams dropped, in each of 4 runs", len(want), len(log.Events))

	// And again from the record.
	rep, _, replayed := crossed(t, conformance.Options{Replay: log, Run: lossyCases})
	assert.EqualValues(t, 7, rep.Seed)
	assert.Equal(t, "lossy-20", rep.Link)
	assert.Equal(t, fates, replayed)
}

func TestAnotherSeedIsAnotherAdversary(t *testing.T) {
	profile, err := netem.ProfileByName("lossy-20")
	require.NoError(t, err)
	profile = profile.Scale(testScale)
	_, _, a := crossed(t, conformance.Options{Seed: 7, Link: &profile, Run: lossyCases[:1]})
	_, _, b := crossed(t, conformance.Options{Seed: 8, Link: &profile, Run: lossyCases[:1]})
	assert.NotEqual(t, drops(a), drops(b))
}
