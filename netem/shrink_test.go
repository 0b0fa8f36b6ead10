package netem_test

import (
	"fmt"
	"hash/fnv"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vstp-project/vstp/netem"
)

// record sends 60 datagrams over a rough link.
func record(t *testing.T) *netem.Log {
	t.Helper()
	recorder := &netem.Memory{}
	p := both(netem.Impairments{
		Loss: 0.3, Delay: 10 * ms, Jitter: 5 * ms, Duplicate: netem.Duplicate{Chance: 0.2, Lag: 5 * ms}, Corrupt: netem.Corrupt{Chance: 0.2},
	})
	p.Name = "test"
	p.Phases = []netem.Phase{{After: 30 * ms, Rebind: true}}
	replayTraffic(newLink(t, p, netem.Options{Seed: 2, Flow: "f", Recorder: recorder}))
	return recorder.Log()
}

func replayTraffic(l *netem.Link) map[string]netem.Fate {
	fates := map[string]netem.Fate{}
	for i := range 60 {
		text := fmt.Sprint("DATA ", i)
		fates[text] = send(l, netem.AB, time.Duration(i)*ms, text)
	}
	return fates
}

// shrink shrinks a record under a condition on the fates of all datagrams.
func shrink(t *testing.T, fails func(map[string]netem.Fate) bool) netem.Shrunk {
	t.Helper()
	s, err := netem.Shrink(record(t), func(p netem.Profile) bool {
		return fails(replayTraffic(newLink(t, p, netem.Options{Flow: "f"})))
	})
	require.NoError(t, err)
	assert.Greater(t, s.Before, 60)
	parsed, err := netem.Parse(s.Profile.Scenario())
	require.NoError(t, err)
	assert.Equal(t, s.Profile, parsed)
	return s
}

func dropped(fates map[string]netem.Fate) (all []string) {
	for text, f := range fates {
		if f.Verdict == netem.Drop {
			all = append(all, text)
		}
	}
	return all
}

func TestShrinkFindsTheOneDrop(t *testing.T) {
	all := dropped(replayTraffic(newLink(t, netem.Replay(record(t)), netem.Options{Flow: "f"})))
	require.NotEmpty(t, all)
	s := shrink(t, func(fates map[string]netem.Fate) bool { return fates[all[0]].Verdict == netem.Drop })
	assert.Equal(t, 1, s.After)
	assert.Equal(t, []netem.Rule{{Flow: "f", Ways: netem.OnlyAB, Label: all[0], Occurrence: one(1)}}, s.Profile.Rules)
	assert.Zero(t, s.Profile.AB.Delay, "the plain delay does not matter")
	assert.Less(t, s.Runs, 30)
	assert.Equal(t, "test-shrunk", s.Profile.Name)
}

func TestShrinkFindsACombination(t *testing.T) {
	s := shrink(t, func(fates map[string]netem.Fate) bool {
		drops, copies, flips := 0, 0, 0
		for _, f := range fates {
			if f.Verdict == netem.Drop {
				drops++
			}
			copies += len(f.Copies)
			flips += len(f.Flips)
		}
		return drops >= 2 && copies >= 1 && flips >= 1
	})
	assert.Equal(t, 4, s.After)
	assert.LessOrEqual(t, len(s.Profile.Rules), 4)
}

// Taking something out can heal a run, and taking out more bring the failure back.
func TestShrinkWhereLessIsNotAlwaysLess(t *testing.T) {
	s := shrink(t, func(fates map[string]netem.Fate) bool {
		drops := len(dropped(fates))
		return drops > 0 && drops%3 != 0 && drops != 4
	})
	assert.Equal(t, 1, s.After)
}

// Whatever makes a run fail, what is left fails, and without any of its rules it
// does not.
func TestShrunkScriptsAreMinimal(t *testing.T) {
	recorder := &netem.Memory{}
	drops := func(p netem.Profile, o netem.Options) (all []string) {
		l := newLink(t, p, o)
		for i := range 24 {
			if text := numbered(i); send(l, netem.AB, 0, text).Verdict == netem.Drop {
				all = append(all, text)
			}
		}
		return all
	}
	all := len(drops(both(netem.Impairments{Loss: 0.5}), netem.Options{Seed: 3, Recorder: recorder}))
	require.Greater(t, all, 8)
	log := recorder.Log()
	rapid.Check(t, func(rt *rapid.T) {
		seed := rapid.Uint64().Draw(rt, "seed")
		share := rapid.Uint64Range(1, 90).Draw(rt, "share")
		fails := func(p netem.Profile) bool {
			d := drops(p, netem.Options{})
			if len(d) == all || len(d) == 0 {
				return len(d) == all
			}
			h := fnv.New64a()
			fmt.Fprint(h, seed, d)
			return h.Sum64()%100 < share
		}
		s, err := netem.Shrink(log, fails)
		require.NoError(rt, err)
		require.True(rt, fails(s.Profile))
		require.Len(rt, s.Profile.Rules, s.After)
		for i := range s.Profile.Rules {
			less := s.Profile
			less.Rules = slices.Delete(slices.Clone(less.Rules), i, i+1)
			require.False(rt, fails(less))
		}
	})
}

func TestShrinkKeepsADelayAndARebinding(t *testing.T) {
	s := shrink(t, func(fates map[string]netem.Fate) bool {
		for _, f := range fates {
			if f.Delay > 14*ms && f.Generation == 1 {
				return true
			}
		}
		return false
	})
	assert.Equal(t, 2, s.After)
	rebinds, delays := 0, 0
	for _, r := range s.Profile.Rules {
		assert.Equal(t, netem.DoDeliver, r.Do)
		if r.Rebind {
			rebinds++
		}
		if r.Delay != nil {
			delays++
			assert.Greater(t, *r.Delay, 14*ms)
		}
	}
	assert.Equal(t, 1, rebinds)
	assert.Equal(t, 1, delays)
}

func TestShrinkKeepsThePlainDelayThatMatters(t *testing.T) {
	s := shrink(t, func(fates map[string]netem.Fate) bool {
		return len(dropped(fates)) > 0 && fates["DATA 59"].Delay+fates["DATA 58"].Delay > 0
	})
	assert.Equal(t, 10*ms, s.Profile.AB.Delay)
}

func TestShrinkRefusesWhatTheLinkDoesNotCause(t *testing.T) {
	_, err := netem.Shrink(record(t), func(netem.Profile) bool { return false })
	assert.ErrorIs(t, err, netem.ErrNotReproduced)
	_, err = netem.Shrink(record(t), func(netem.Profile) bool { return true })
	assert.ErrorIs(t, err, netem.ErrNotTheLink)
}
