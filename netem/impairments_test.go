package netem_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vstp-project/vstp/netem"
)

// traffic sends 200 datagrams a millisecond apart and returns the record.
func traffic(t *testing.T, p netem.Profile, seed uint64) (*netem.Log, []arrival) {
	t.Helper()
	recorder := &netem.Memory{}
	l := newLink(t, p, netem.Options{Seed: seed, Recorder: recorder})
	for i := range 200 {
		send(l, netem.Direction(i%2), time.Duration(i)*ms, fmt.Sprint("DATA ", i))
	}
	return recorder.Log(), arrivals(l)
}

// A setting of nothing is the same as no setting: it takes no draw away from others.
func TestNothingIsTheSameAsAbsence(t *testing.T) {
	base := netem.Impairments{Delay: 20 * ms, Jitter: 10 * ms, Loss: 0.2, Duplicate: netem.Duplicate{Chance: 0.1, Lag: 5 * ms}}
	want, wantArrivals := traffic(t, both(base), 4)
	for name, change := range map[string]func(*netem.Impairments){
		"burst":           func(i *netem.Impairments) { i.Burst = netem.Burst{Loss: 0, Mean: 3} },
		"gilbert elliott": func(i *netem.Impairments) { i.GilbertElliott.R = 0.5 },
		"corrupt":         func(i *netem.Impairments) { i.Corrupt = netem.Corrupt{Chance: 0, Octets: 4, Within: 10} },
		"mtu":             func(i *netem.Impairments) { i.MTU = 65535 },
	} {
		t.Run(name, func(t *testing.T) {
			changed := base
			change(&changed)
			got, gotArrivals := traffic(t, both(changed), 4)
			assert.Equal(t, want.Events, got.Events)
			assert.Equal(t, wantArrivals, gotArrivals)
		})
	}
	zero, zeroArrivals := traffic(t, both(netem.Impairments{Loss: 0}), 4)
	none, noneArrivals := traffic(t, netem.Profile{}, 4)
	assert.Equal(t, none.Events, zero.Events)
	assert.Equal(t, noneArrivals, zeroArrivals)
	assert.Len(t, zeroArrivals, 200)
}

// Taking one impairment away changes nothing about what the others decide.
func TestImpairmentsDrawApart(t *testing.T) {
	all := netem.Impairments{Delay: 20 * ms, Jitter: 10 * ms, Loss: 0.2, Duplicate: netem.Duplicate{Chance: 0.3, Lag: 5 * ms}}
	with, _ := traffic(t, both(all), 6)
	all.Duplicate = netem.Duplicate{}
	without, _ := traffic(t, both(all), 6)
	require.Len(t, without.Events, len(with.Events))
	duplicated := 0
	for i, e := range with.Events {
		duplicated += len(e.Fate.Copies)
		e.Fate.Copies = nil
		assert.Equal(t, e, without.Events[i])
	}
	assert.NotZero(t, duplicated)
}

// At a fixed delay everything arrives in the order of sending, bursts included.
func TestFixedDelayKeepsTheOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		delay := time.Duration(rapid.IntRange(0, 100).Draw(rt, "delay")) * ms
		l, err := netem.New(both(netem.Impairments{Delay: delay}), netem.Options{Seed: rapid.Uint64().Draw(rt, "seed"), Labeler: plain{}})
		require.NoError(rt, err)
		at := time.Duration(0)
		gaps := rapid.SliceOfN(rapid.SampledFrom([]time.Duration{0, 1, 500, 1000, ms}), 1, 60).Draw(rt, "gaps")
		var want []string
		for i, gap := range gaps {
			at += gap
			text := fmt.Sprint("DATA ", i)
			want = append(want, text)
			send(l, netem.AB, at, text)
		}
		var got []string
		for _, a := range arrivals(l) {
			got = append(got, a.text)
		}
		require.Equal(rt, want, got)
		require.Zero(rt, l.Stats().AB.Overtaken)
	})
}

func TestDelayIsExact(t *testing.T) {
	l := newLink(t, netem.Profile{AB: netem.Impairments{Delay: 15 * ms}}, netem.Options{})
	send(l, netem.AB, 7*ms, "DATA a")
	send(l, netem.BA, 7*ms, "DATA b")
	assert.Equal(t, []arrival{{7 * ms, "DATA b"}, {22 * ms, "DATA a"}}, arrivals(l))
}

// The phase keeps deliveries from the instants at which timers run.
func TestPhaseIsFixedForADirection(t *testing.T) {
	l, err := netem.New(both(netem.Impairments{Delay: 15 * ms}), netem.Options{Seed: 3, Labeler: plain{}})
	require.NoError(t, err)
	for i := range 10 {
		send(l, netem.Direction(i%2), 0, fmt.Sprint("DATA ", i))
	}
	late := map[time.Duration]int{}
	for _, a := range arrivals(l) {
		late[a.at-15*ms]++
	}
	assert.Len(t, late, 2)
	for phase, n := range late {
		assert.Equal(t, 5, n)
		assert.Greater(t, phase, time.Duration(0))
		assert.Less(t, phase, time.Microsecond)
	}
}

func TestJitterStaysInItsRange(t *testing.T) {
	log, got := traffic(t, both(netem.Impairments{Delay: 50 * ms, Jitter: 20 * ms}), 1)
	least, most := time.Hour, time.Duration(0)
	for _, e := range log.Events {
		least, most = min(least, e.Fate.Delay), max(most, e.Fate.Delay)
	}
	assert.GreaterOrEqual(t, least, 30*ms)
	assert.Less(t, least, 35*ms)
	assert.LessOrEqual(t, most, 70*ms)
	assert.Greater(t, most, 65*ms)
	assert.Len(t, got, 200)
}

func TestJitterReordersUnlessTheOrderIsKept(t *testing.T) {
	i := netem.Impairments{Delay: 50 * ms, Jitter: 20 * ms}
	overtaken := func(i netem.Impairments) int {
		l := newLink(t, both(i), netem.Options{Seed: 1})
		for n := range 100 {
			send(l, netem.AB, time.Duration(n)*ms, fmt.Sprint("DATA ", n))
		}
		arrivals(l)
		return l.Stats().AB.Overtaken
	}
	assert.Greater(t, overtaken(i), 20)
	i.KeepOrder = true
	assert.Zero(t, overtaken(i))
}

func TestReorder(t *testing.T) {
	texts := func(r netem.Reorder) (all []string) {
		l := newLink(t, both(netem.Impairments{Delay: 10 * ms, Reorder: r}), netem.Options{Seed: 2})
		for n := range 10 {
			send(l, netem.AB, time.Duration(n)*ms, fmt.Sprint(n+1))
		}
		for _, a := range arrivals(l) {
			all = append(all, a.text)
		}
		return all
	}
	assert.Equal(t, []string{"1", "2", "3", "4", "5", "6", "7", "8", "9", "10"}, texts(netem.Reorder{}))
	// 5 is sent 4 ms after 1 and arrives at once, 10 ms before its turn.
	assert.Equal(t, []string{"5", "10", "1", "2", "3", "4", "6", "7", "8", "9"}, texts(netem.Reorder{Every: 5, Shift: -10*ms + 500*time.Microsecond}))
	assert.Equal(t, []string{"1", "2", "4", "3", "5", "7", "6", "8", "10", "9"}, texts(netem.Reorder{Every: 3, Shift: 1500 * time.Microsecond}))
	log, _ := traffic(t, both(netem.Impairments{Delay: 10 * ms, Reorder: netem.Reorder{Chance: 0.25, Shift: -10 * ms}}), 2)
	early := 0
	for _, e := range log.Events {
		if e.Fate.Delay == 0 {
			early++
		} else {
			assert.Equal(t, 10*ms, e.Fate.Delay)
		}
	}
	within999(t, 0.25, early, len(log.Events))
}

func TestDuplicate(t *testing.T) {
	l := newLink(t, both(netem.Impairments{Delay: 10 * ms, Duplicate: netem.Duplicate{Chance: 0.5, Lag: 20 * ms}}), netem.Options{Seed: 2})
	for n := range 1000 {
		f := send(l, netem.AB, 0, fmt.Sprint(n))
		require.LessOrEqual(t, len(f.Copies), 1)
		for _, lag := range f.Copies {
			assert.LessOrEqual(t, lag, 20*ms)
		}
	}
	c := l.Stats().AB
	within999(t, 0.5, c.Duplicated, 1000)
	assert.Equal(t, 1000+c.Duplicated, c.InFlight)
	assert.Len(t, arrivals(l), 1000+c.Duplicated)
	c = l.Stats().AB
	assert.Equal(t, 1000+c.Duplicated, c.Delivered)
	assert.Zero(t, c.InFlight)
}

func TestCorrupt(t *testing.T) {
	original := make([]byte, 100)
	l := newLink(t, both(netem.Impairments{Corrupt: netem.Corrupt{Chance: 1, Octets: 3, Within: 5}}), netem.Options{Seed: 2})
	places := map[int]bool{}
	for range 100 {
		l.Send(epoch, netem.Packet{Data: original})
		data := l.Due(epoch, nil)[0].Data
		altered := 0
		for at, octet := range data {
			if octet != 0 {
				altered++
				places[at] = true
				assert.Less(t, at, 5)
			}
		}
		assert.Equal(t, 3, altered)
	}
	assert.Len(t, places, 5, "every place is met")
	assert.Equal(t, make([]byte, 100), original, "what was sent is left alone")
	assert.Equal(t, 100, l.Stats().AB.Corrupted)

	// A datagram shorter than what is to be altered, and an empty one.
	assert.Len(t, send(l, netem.AB, 0, "ab").Flips, 2)
	assert.Empty(t, send(l, netem.AB, 0, "").Flips)
}

func TestRateSpacesDatagrams(t *testing.T) {
	// 1 Mbit/s: 1,000 octets, overhead included, take 8 ms.
	l := newLink(t, both(netem.Impairments{Delay: 10 * ms, Rate: netem.Rate{Bandwidth: 1 * mbit, Overhead: 28}}), netem.Options{Labeler: netem.Content{}})
	for _, at := range []time.Duration{0, 0, 0, 100 * ms} {
		l.Send(epoch.Add(at), netem.Packet{Data: make([]byte, 972)})
	}
	var got []time.Duration
	for _, a := range arrivals(l) {
		got = append(got, a.at)
	}
	assert.Equal(t, []time.Duration{18 * ms, 26 * ms, 34 * ms, 118 * ms}, got)
}

func TestQueueOverflows(t *testing.T) {
	for name, c := range map[string]struct {
		rate netem.Rate
		want []netem.Verdict
	}{
		// One is being sent, two wait.
		"packets": {netem.Rate{Bandwidth: 1 * mbit, QueuePackets: 2}, []netem.Verdict{0, 0, 0, netem.Drop, netem.Drop}},
		"octets":  {netem.Rate{Bandwidth: 1 * mbit, Queue: 3000}, []netem.Verdict{0, 0, 0, netem.Drop, netem.Drop}},
		// A datagram larger than the queue passes when nothing else is there.
		"small": {netem.Rate{Bandwidth: 1 * mbit, Queue: 10}, []netem.Verdict{0, netem.Drop, netem.Drop, netem.Drop, netem.Drop}},
		"none":  {netem.Rate{Bandwidth: 1 * mbit}, []netem.Verdict{0, 0, 0, 0, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLink(t, both(netem.Impairments{Rate: c.rate}), netem.Options{Labeler: netem.Content{}})
			var got []netem.Verdict
			for range 5 {
				f := l.Send(epoch, netem.Packet{Data: make([]byte, 1000)})
				got = append(got, f.Verdict)
				if f.Verdict == netem.Drop {
					assert.Equal(t, netem.ReasonQueue, f.Reason)
				}
			}
			assert.Equal(t, c.want, got)
			// When the queue is empty again there is room again.
			assert.Equal(t, netem.Deliver, l.Send(epoch.Add(time.Second), netem.Packet{Data: make([]byte, 1000)}).Verdict)
		})
	}
}

func TestMTU(t *testing.T) {
	l := newLink(t, both(netem.Impairments{MTU: 1232}), netem.Options{Labeler: netem.Content{}})
	assert.Equal(t, netem.Deliver, l.Send(epoch, netem.Packet{Data: make([]byte, 1232)}).Verdict)
	f := l.Send(epoch, netem.Packet{Data: make([]byte, 1233)})
	assert.Equal(t, netem.Fate{Verdict: netem.Drop, Reason: netem.ReasonMTU}, f)
}

func TestHoldKeepsBackAndLetsGo(t *testing.T) {
	l := newLink(t, both(netem.Impairments{Delay: 5 * ms, Hold: netem.Hold{Every: 100 * ms, For: 30 * ms}}), netem.Options{Start: epoch})
	for _, at := range []time.Duration{0, 99 * ms, 100 * ms, 110 * ms, 129 * ms, 130 * ms, 200 * ms} {
		send(l, netem.AB, at, fmt.Sprint(at))
	}
	assert.Equal(t, []arrival{
		{5 * ms, "0s"},
		{104 * ms, "99ms"},
		{135 * ms, "100ms"},
		{135 * ms, "110ms"},
		{135 * ms, "129ms"},
		{135 * ms, "130ms"},
		{235 * ms, "200ms"},
	}, arrivals(l))
}

// Each direction has windows of its own, and they differ from one period to the next.
func TestRandomHold(t *testing.T) {
	l := newLink(t, both(netem.Impairments{Hold: netem.Hold{Every: 100 * ms, For: 60 * ms, Random: true}}), netem.Options{Seed: 8, Start: epoch})
	held := [2]int{}
	ends := map[time.Duration]bool{}
	const n = 2000
	for i := range n {
		at := time.Duration(i) * ms
		for _, d := range []netem.Direction{netem.AB, netem.BA} {
			f := send(l, d, at, fmt.Sprint(at))
			assert.Less(t, f.Delay, 60*ms)
			if f.Delay > 0 {
				held[d]++
				ends[at+f.Delay] = true
			}
		}
	}
	assert.InDelta(t, 0.3, float64(held[0])/n, 0.15)
	assert.InDelta(t, 0.3, float64(held[1])/n, 0.15)
	assert.Greater(t, len(ends), 30)
}

func TestForeseeTellsWhatHappens(t *testing.T) {
	p := netem.Profile{
		AB: netem.Impairments{
			Loss: 0.2, Burst: netem.Burst{Loss: 0.1, Mean: 3}, Delay: 20 * ms, Jitter: 5 * ms, MTU: 16,
			Duplicate: netem.Duplicate{Chance: 0.2, Lag: 3 * ms}, Corrupt: netem.Corrupt{Chance: 0.2},
		},
		Rules: []netem.Rule{{Match: "DATA 3 *", Occurrence: netem.Range{From: 2, To: 2}}},
	}
	l := newLink(t, p, netem.Options{Seed: 77})
	dropped := 0
	for i := range 300 {
		text := fmt.Sprintf("DATA %d frag %d", i%20, i%7)
		occurrence := 1 + i/140 // 140 is the least common multiple of 20 and 7
		label := plain{}.Label(netem.AB, 0, []byte(text))
		want, certain := l.Foresee(netem.AB, label, occurrence, len(text))
		assert.True(t, certain)
		got := send(l, netem.AB, 0, text)
		assert.Equal(t, want, got, text)
		if got.Verdict == netem.Drop {
			dropped++
		}
	}
	assert.Greater(t, dropped, 30)
}

func TestForeseeAdmitsWhatItCannotKnow(t *testing.T) {
	label := netem.Label{Text: "DATA x"}
	certain := func(p netem.Profile) bool {
		_, certain := newLink(t, p, netem.Options{}).Foresee(netem.AB, label, 1, 10)
		return certain
	}
	assert.True(t, certain(both(netem.Impairments{Loss: 0.5, Rate: netem.Rate{Bandwidth: mbit}})))
	assert.False(t, certain(both(netem.Impairments{Rate: netem.Rate{Bandwidth: mbit, Queue: 1}})))
	assert.False(t, certain(both(netem.Impairments{Burst: netem.Burst{Loss: 0.1, Mean: 2, Along: netem.AlongOrder}})))
	assert.False(t, certain(netem.Profile{Phases: []netem.Phase{{AB: &netem.Impairments{Blackhole: true}}}}))
	assert.False(t, certain(netem.Profile{Rules: []netem.Rule{{Match: "DATA *", Nth: netem.Range{From: 1, To: 1}}}}))
	assert.True(t, certain(netem.Profile{Rules: []netem.Rule{{Match: "ACK *", Nth: netem.Range{From: 1, To: 1}}}}))
	assert.True(t, certain(netem.Profile{Rules: []netem.Rule{{Match: "DATA *"}}, Phases: []netem.Phase{{Rebind: true}}}))
}
