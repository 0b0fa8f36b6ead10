package selftest_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/conformance/selftest"
	"github.com/vstp-project/vstp/conformance/target"
	"github.com/vstp-project/vstp/netem"
)

// shrinkScale shortens the timers of judge, peer and link.
const shrinkScale = 0.1

// A peer that forgets at once what it has delivered fails when an ACK is lost, and
// answers the retransmission as well. Of everything that the link did meanwhile, that
// one loss is what is left.
func TestShrinkFindsTheOneLostACK(t *testing.T) {
	const id = "links/chance-of-answers"
	peer := mutantPeer(t, "copies-known-for-a-moment")
	profile, err := netem.ProfileByName("lossy-20")
	require.NoError(t, err)
	profile = profile.Scale(shrinkScale)
	var record netem.Memory
	opts := conformance.Options{
		Profile: "strict", TimeScale: shrinkScale, Capabilities: []string{}, Seed: 5, Run: []string{id},
		Link: &profile, Recorder: &record,
	}
	rep, err := conformance.Run(t.Context(), peer, opts)
	require.NoError(t, err)
	require.Equal(t, conformance.Fail, rep.Results[0].Verdict, rep.Results[0].Message)
	assert.Equal(t, "lossy-20", rep.Link)
	assert.Equal(t, rep.Drops(), rep.Results[0].Drops)

	opts.Link, opts.Recorder = nil, nil
	trials := 0
	shrunk, err := conformance.Shrink(t.Context(), peer, opts, record.Log(), id, func(conformance.Trial) { trials++ })
	require.NoError(t, err)
	t.Logf("%d events shrunk to %d in %d runs:\n%s", shrunk.Before, shrunk.After, shrunk.Runs, shrunk.Profile.Scenario())
	assert.Equal(t, trials, shrunk.Runs)
	assert.GreaterOrEqual(t, shrunk.Before, 40)
	assert.LessOrEqual(t, shrunk.After, 3)
	assert.True(t, slices.ContainsFunc(shrunk.Profile.Rules, func(r netem.Rule) bool { return r.Do == netem.DoDrop && r.Ways == netem.OnlyBA }))

	// The script is a link of its own, and the sound peer keeps the rule on it.
	script, err := netem.Parse(shrunk.Profile.Scenario())
	require.NoError(t, err)
	opts.Link = &script
	rep, err = conformance.Run(t.Context(), peer, opts)
	require.NoError(t, err)
	assert.Equal(t, conformance.Fail, rep.Results[0].Verdict, rep.Results[0].Message)
}

// Nor does a client that forgets receive a message once when its ACK is lost.
func TestShrinkFindsTheOneLostACKOfAClient(t *testing.T) {
	const id = "client-links/chance-of-copies"
	client := mutantClient(t, "copies-known-to-a-client-for-a-moment")
	profile, err := netem.ProfileByName("lossy-20")
	require.NoError(t, err)
	profile = profile.Scale(shrinkScale)
	var record netem.Memory
	opts := conformance.Options{
		Role: conformance.RoleClient, Profile: "strict", TimeScale: shrinkScale, Seed: 5, Run: []string{id},
		Link: &profile, Recorder: &record,
	}
	rep, err := conformance.Run(t.Context(), client, opts)
	require.NoError(t, err)
	require.Equal(t, conformance.Fail, rep.Results[0].Verdict, rep.Results[0].Message)

	opts.Link, opts.Recorder = nil, nil
	shrunk, err := conformance.Shrink(t.Context(), client, opts, record.Log(), id, nil)
	require.NoError(t, err)
	t.Logf("%d events shrunk to %d in %d runs:\n%s", shrunk.Before, shrunk.After, shrunk.Runs, shrunk.Profile.Scenario())
	assert.LessOrEqual(t, shrunk.After, 3)
	assert.True(t, slices.ContainsFunc(shrunk.Profile.Rules, func(r netem.Rule) bool { return r.Do == netem.DoDrop && r.Ways == netem.OnlyAB }))
}

func TestShrinkRefusesWhatCannotBeShrunk(t *testing.T) {
	log := &netem.Log{Events: []netem.Event{{Flow: "udp/ping-is-answered", Label: "PING", Occurrence: 1}}}
	_, err := conformance.Shrink(t.Context(), target.Running{}, conformance.Options{}, log, "links/chance-of-acks", nil)
	var selection *conformance.SelectionError
	require.ErrorAs(t, err, &selection)
	assert.EqualError(t, err, "the record has no datagram of the case links/chance-of-acks")
	_, err = conformance.Shrink(t.Context(), target.Running{}, conformance.Options{}, log, "udp/ping-is-answered", nil)
	assert.EqualError(t, err, "udp/ping-is-answered is not one case that goes over a link")
}

// mutantPeer is a mutant of the reference peer.
func mutantPeer(t *testing.T, name string) target.Target {
	return target.Builtin(buildMutant(t, name), "--tcp", "127.0.0.1:0", "--udp", "127.0.0.1:0", "--time-scale", fmt.Sprint(shrinkScale))
}

// mutantClient is the client of one.
func mutantClient(t *testing.T, name string) target.Target {
	return target.AdapterCommand{Name: name, Path: buildMutant(t, name), Args: []string{"--adapter"}, TimeScale: shrinkScale}
}

func buildMutant(t *testing.T, name string) (program string) {
	t.Helper()
	root, err := selftest.Checkout()
	require.NoError(t, err)
	mutants := selftest.Mutants()
	i := slices.IndexFunc(mutants, func(m selftest.Mutant) bool { return m.Name == name })
	require.GreaterOrEqual(t, i, 0)
	program, err = mutants[i].Build(t.Context(), root, t.TempDir())
	require.NoError(t, err)
	return program
}
