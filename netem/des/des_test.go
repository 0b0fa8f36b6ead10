package des_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/netem"
	"github.com/vstp-project/vstp/netem/des"
)

var start = time.Date(2025, time.October, 20, 12, 0, 0, 0, time.UTC)

func newLink(t testing.TB, p netem.Profile, o netem.Options) *netem.Link {
	t.Helper()
	o.Labeler = plain{}
	l, err := netem.New(p, o)
	require.NoError(t, err)
	return l
}

func lossy(loss float64) netem.Profile {
	i := netem.Impairments{Delay: 15 * ms, Jitter: 3 * ms, Loss: loss, Duplicate: netem.Duplicate{Chance: 0.1, Lag: 5 * ms}}
	return netem.Profile{Name: "lossy", AB: i, BA: i}
}

func run(t testing.TB, p netem.Profile, o netem.Options, s *sender, r *receiver) time.Duration {
	t.Helper()
	end, err := des.Run(newLink(t, p, o), s, r, des.Options{Start: start})
	require.NoError(t, err)
	return end.Sub(start)
}

func TestCleanRunTakesAsLongAsItHasTo(t *testing.T) {
	s, r := newSender(start, 3, 0), &receiver{}
	p := netem.Profile{AB: netem.Impairments{Delay: 15 * ms}, BA: netem.Impairments{Delay: 25 * ms}}
	assert.Equal(t, 70*ms, run(t, p, netem.Options{ExactTime: true}, s, r))
	assert.Equal(t, []string{"m0", "m1", "m2"}, r.delivered)
	assert.Equal(t, 3, s.acked())
}

func TestNothingComesThroughABlackHole(t *testing.T) {
	s, r := newSender(start, 1, 0), &receiver{}
	p := netem.Profile{AB: netem.Impairments{Blackhole: true}}
	assert.Equal(t, 710*ms, run(t, p, netem.Options{}, s, r), "10 ms, then 100, 200 and 400")
	assert.Empty(t, r.delivered)
	assert.Equal(t, 4, s.messages[0].sent)
}

// Whatever the link does, a right receiver delivers each message at most once, and
// every one that was acknowledged. The same seed gives the same record.
func TestThousandsOfLossyRuns(t *testing.T) {
	const seeds = 2000
	acked := 0
	for seed := range uint64(seeds) {
		s, r := newSender(start, 5, 0), &receiver{}
		run(t, lossy(0.3), netem.Options{Seed: seed + 1}, s, r)
		delivered := map[string]bool{}
		for _, name := range r.delivered {
			require.False(t, delivered[name], "seed %d: %s twice", seed+1, name)
			delivered[name] = true
		}
		for _, m := range s.messages {
			require.True(t, !m.acked || delivered[m.name], "seed %d: %s acknowledged and never delivered", seed+1, m.name)
			if m.acked {
				acked++
			}
		}
	}
	// An attempt succeeds with 0.7², so that all four fail with 0.51⁴. A copy is one
	// more chance and makes it a little rarer.
	assert.InDelta(t, 1-0.51*0.51*0.51*0.51, float64(acked)/(5*seeds), 0.02)
}

func TestRecordIsTheSameInEveryRun(t *testing.T) {
	records := map[string]bool{}
	var first string
	for range 5 {
		var record bytes.Buffer
		w := netem.NewWriter(&record)
		run(t, lossy(0.3), netem.Options{Seed: 4, Recorder: w}, newSender(start, 10, 0), &receiver{})
		require.NoError(t, w.Flush())
		records[record.String()] = true
		first = record.String()
	}
	assert.Len(t, records, 1)
	assert.Greater(t, strings.Count(first, "\n"), 20)

	// And the record of its replay.
	log, err := netem.ReadLog(strings.NewReader(first))
	require.NoError(t, err)
	var record bytes.Buffer
	w := netem.NewWriter(&record)
	run(t, netem.Replay(log), netem.Options{Recorder: w}, newSender(start, 10, 0), &receiver{})
	require.NoError(t, w.Flush())
	assert.Equal(t, first, record.String())
}

// A server that answers to where it has heard a client last reaches it after a
// rebinding.
func TestServerFollowsARebinding(t *testing.T) {
	p := netem.Profile{
		AB: netem.Impairments{Delay: 5 * ms}, BA: netem.Impairments{Delay: 5 * ms},
		Phases: []netem.Phase{{On: &netem.Trigger{Match: "DATA m1"}, Rebind: true}},
	}
	s, r := newSender(start, 4, 0), &receiver{}
	run(t, p, netem.Options{}, s, r)
	assert.Equal(t, 4, s.acked())
}

// The bug hunt: a run with at least 40 drops and copies fails, and what is left of
// them is what makes it fail.
func TestShrinkAFailingRun(t *testing.T) {
	twice := func(r *receiver) bool {
		seen := map[string]int{}
		for _, name := range r.delivered {
			seen[name]++
		}
		for _, n := range seen {
			if n > 1 {
				return true
			}
		}
		return false
	}
	garbled := func(r *receiver) bool {
		for _, name := range r.delivered {
			if name[0] == 'x' {
				return true
			}
		}
		return false
	}
	for _, c := range []struct {
		name   string
		wrong  int
		naive  bool
		failed func(*receiver) bool
		events int
	}{
		{"delivers repetitions", 0, true, twice, 1},
		{"second transmission garbled", 2, false, garbled, 1},
		{"third transmission garbled", 3, false, garbled, 2},
		{"fourth transmission garbled", 4, false, garbled, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			fails := func(p netem.Profile, recorder netem.Recorder) bool {
				r := &receiver{naive: c.naive}
				run(t, p, netem.Options{Recorder: recorder}, newSender(start, 20, c.wrong), r)
				return c.failed(r)
			}
			p, memory := lossy(0.45), &netem.Memory{}
			p.Seed = 6
			require.True(t, fails(p, memory))
			harmful := 0
			for _, e := range memory.Log().Events {
				if e.Fate.Verdict == netem.Drop || len(e.Fate.Copies) > 0 {
					harmful++
				}
			}
			require.GreaterOrEqual(t, harmful, 40)

			s, err := netem.Shrink(memory.Log(), func(p netem.Profile) bool { return fails(p, nil) })
			require.NoError(t, err)
			t.Logf("%d events became %d in %d runs:\n%s", s.Before, s.After, s.Runs, s.Profile.Scenario())
			assert.Equal(t, c.events, s.After)
			assert.LessOrEqual(t, s.Runs, 50)
			loaded, err := netem.Parse(s.Profile.Scenario())
			require.NoError(t, err)
			assert.True(t, fails(loaded, nil), "the file fails like the profile")
		})
	}
}

// broken asks for a timeout that is always now.
type broken struct {
	receiver
	now time.Time
}

func (b *broken) Advance(now time.Time)  { b.now = now }
func (b *broken) NextTimeout() time.Time { return b.now.Add(0) }

// restless asks for a timeout a minute from now, for ever.
type restless struct{ broken }

func (r *restless) NextTimeout() time.Time { return r.now.Add(time.Minute) }

func TestRunsThatDoNotEnd(t *testing.T) {
	link := func() *netem.Link { return newLink(t, netem.Profile{}, netem.Options{}) }
	_, err := des.Run(link(), &receiver{}, &broken{now: start}, des.Options{Start: start, Steps: 1000})
	assert.ErrorIs(t, err, des.ErrSteps)
	end, err := des.Run(link(), &receiver{}, &restless{broken{now: start}}, des.Options{Start: start})
	assert.ErrorIs(t, err, des.ErrTime)
	assert.Equal(t, time.Hour, end.Sub(start))
	steps := 0
	end, err = des.Run(link(), &receiver{}, &restless{broken{now: start}}, des.Options{Start: start, Done: func() bool { steps++; return steps > 5 }})
	assert.NoError(t, err)
	assert.Equal(t, 5*time.Minute, end.Sub(start))
}

func TestRunBeginsInTheYear2000(t *testing.T) {
	end, err := des.Run(newLink(t, netem.Profile{}, netem.Options{}), &receiver{}, &receiver{}, des.Options{})
	require.NoError(t, err)
	assert.Equal(t, "2000-01-01T00:00:00Z", end.Format(time.RFC3339))
}

// BenchmarkTransfers measures how many lossy transfers of ten datagrams are run in
// a second.
func BenchmarkTransfers(b *testing.B) {
	link, err := netem.New(lossy(0.05), netem.Options{Seed: 1, Labeler: plain{}})
	if err != nil {
		b.Fatal(err)
	}
	for i := range b.N {
		if err := link.Restart(uint64(i) + 1); err != nil {
			b.Fatal(err)
		}
		s := newSender(start, 10, 0)
		if _, err := des.Run(link, s, &receiver{}, des.Options{Start: start}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "transfers/s")
}

func ExampleRun() {
	i := netem.Impairments{Delay: 20 * ms, Loss: 0.5}
	link, err := netem.New(netem.Profile{AB: i, BA: i}, netem.Options{Seed: 1, Labeler: plain{}})
	if err != nil {
		panic(err)
	}
	s, r := newSender(start, 2, 0), &receiver{}
	if _, err := des.Run(link, s, r, des.Options{Start: start}); err != nil {
		panic(err)
	}
	fmt.Println("delivered", r.delivered, "acknowledged", s.acked())
	// Output: delivered [m0 m1] acknowledged 2
}
