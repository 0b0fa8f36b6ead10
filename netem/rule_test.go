package netem_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vstp-project/vstp/netem"
)

func one(n int) netem.Range { return netem.Range{From: n, To: n} }

// verdicts sends texts and returns "-" for each that was dropped, "x" for the rest.
func verdicts(l *netem.Link, d netem.Direction, texts ...string) string {
	var b strings.Builder
	for _, text := range texts {
		if send(l, d, 0, text).Verdict == netem.Drop {
			b.WriteByte('-')
		} else {
			b.WriteByte('x')
		}
	}
	return b.String()
}

func TestRuleChooses(t *testing.T) {
	acks := []string{"ACK 1", "ACK 2", "ACK 1", "DATA 1", "ACK 3", "ACK 1"}
	for name, c := range map[string]struct {
		rule netem.Rule
		want string
	}{
		"pattern":             {netem.Rule{Match: "ACK *"}, "---x--"},
		"label":               {netem.Rule{Label: "ACK 1"}, "-x-xx-"},
		"pattern like label":  {netem.Rule{Match: "ACK 2"}, "x-xxxx"},
		"first of each label": {netem.Rule{Match: "ACK *", Occurrence: one(1)}, "--xx-x"},
		"later of each label": {netem.Rule{Match: "*", Occurrence: netem.Range{From: 2}}, "xx-xx-"},
		"third that matches":  {netem.Rule{Match: "ACK *", Nth: one(3)}, "xx-xxx"},
		"first two":           {netem.Rule{Match: "ACK *", Nth: netem.Range{From: 1, To: 2}}, "--xxxx"},
		"every second":        {netem.Rule{Match: "ACK *", Every: 2}, "x-xx-x"},
		"every second, first": {netem.Rule{Match: "ACK *", Every: 2, Occurrence: one(1)}, "x-xx-x"},
		"this way":            {netem.Rule{Match: "ACK *", Ways: netem.OnlyBA}, "---x--"},
		"other way":           {netem.Rule{Match: "ACK *", Ways: netem.OnlyAB}, "xxxxxx"},
		"this flow":           {netem.Rule{Match: "ACK *", Flow: "udp/*"}, "---x--"},
		"other flow":          {netem.Rule{Match: "ACK *", Flow: "tcp/*"}, "xxxxxx"},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLink(t, netem.Profile{Rules: []netem.Rule{c.rule}}, netem.Options{Flow: "udp/echo"})
			assert.Equal(t, c.want, verdicts(l, netem.BA, acks...))
		})
	}
}

func TestWays(t *testing.T) {
	for w, want := range map[netem.Ways]string{netem.BothWays: "both true true", netem.OnlyAB: "ab true false", netem.OnlyBA: "ba false true"} {
		assert.Equal(t, want, fmt.Sprint(w, " ", w.Has(netem.AB), " ", w.Has(netem.BA)))
	}
}

func TestFirstRuleDecidesAndAllCount(t *testing.T) {
	l := newLink(t, netem.Profile{Rules: []netem.Rule{
		{Match: "ACK *", Nth: one(1), Do: netem.DoDeliver},
		{Match: "A*", Nth: netem.Range{From: 1, To: 2}},
	}}, netem.Options{})
	assert.Equal(t, "x-x", verdicts(l, netem.AB, "ACK 1", "ACK 2", "ACK 3"))
}

func TestDeliverRuleBringsThroughAsItSays(t *testing.T) {
	delay := 3 * ms
	bad := netem.Impairments{Delay: 20 * ms, Loss: 1}
	l := newLink(t, netem.Profile{AB: bad, Rules: []netem.Rule{
		{Match: "exact", Do: netem.DoDeliver, Delay: &delay, Copies: []time.Duration{2 * ms, 0}, Flips: []netem.Flip{{At: 1, Mask: 0x20}, {At: 99, Mask: 1}}},
		{Match: "plain", Do: netem.DoDeliver},
	}}, netem.Options{})
	assert.Equal(t, "xx-", verdicts(l, netem.AB, "exact", "plain", "other"))
	assert.Equal(t, []arrival{{3 * ms, "eXact"}, {3 * ms, "eXact"}, {5 * ms, "eXact"}, {20 * ms, "plain"}}, arrivals(l))
}

func TestMatchIsAGlob(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		pattern := rapid.StringMatching(`[ab*]{1,8}`).Draw(rt, "pattern")
		text := rapid.StringMatching(`[ab]{0,10}`).Draw(rt, "text")
		l, err := netem.New(netem.Profile{Rules: []netem.Rule{{Match: pattern}}}, netem.Options{Labeler: plain{}})
		require.NoError(rt, err)
		want := regexp.MustCompile("^" + strings.ReplaceAll(pattern, "*", ".*") + "$").MatchString(text)
		require.Equal(rt, want, send(l, netem.AB, 0, text).Verdict == netem.Drop)
	})
}

func TestRulesThatNeverActAreRefused(t *testing.T) {
	for name, rules := range map[string][]netem.Rule{
		"twice":              {{Match: "ACK *"}, {Match: "ACK *", Do: netem.DoDeliver}},
		"everything before":  {{Match: "*"}, {Match: "ACK *", Do: netem.DoDeliver}},
		"narrower":           {{Match: "ACK *"}, {Match: "ACK *", Nth: one(2)}},
		"label in pattern":   {{Match: "ACK *"}, {Label: "ACK 3", Do: netem.DoDeliver}},
		"one way after both": {{Match: "ACK *"}, {Match: "ACK *", Ways: netem.OnlyAB}},
		"same counting":      {{Match: "ACK *", Nth: one(2)}, {Match: "ACK *", Nth: one(2), Do: netem.DoDeliver}},
		"same occurrence":    {{Label: "x", Occurrence: one(1)}, {Label: "x", Occurrence: one(1)}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := netem.New(netem.Profile{Name: "p", Rules: rules}, netem.Options{})
			assert.EqualError(t, err, `profile "p": rules[1]: it never acts, because rules[0] chooses the same datagrams before it: make one of them narrower or take it out`)
		})
	}
	for name, rules := range map[string][]netem.Rule{
		"other occurrence": {{Match: "*", Occurrence: one(1)}, {Match: "*", Occurrence: one(2)}},
		"wider after":      {{Match: "ACK *"}, {Match: "*", Do: netem.DoDeliver}},
		"other flow":       {{Match: "*", Flow: "a"}, {Match: "*", Flow: "b"}},
		"counting first":   {{Match: "*", Every: 5}, {Match: "ACK *"}},
		"other way":        {{Match: "*", Ways: netem.OnlyAB}, {Match: "*", Ways: netem.OnlyBA}},
	} {
		t.Run(name, func(t *testing.T) {
			assert.NoError(t, netem.Profile{Rules: rules}.Check())
		})
	}
}

func TestBlackholePhaseAfterATrigger(t *testing.T) {
	p, err := netem.ProfileByName("blackhole-1s")
	require.NoError(t, err)
	l := newLink(t, p, netem.Options{})
	fates := func(at time.Duration, text string) string {
		s := ""
		for _, d := range []netem.Direction{netem.AB, netem.BA} {
			s += fmt.Sprint(send(l, d, at, text).Reason, " ")
		}
		return s
	}
	assert.Equal(t, "none none ", fates(0, "HELLO"))
	assert.Equal(t, netem.ReasonNone, send(l, netem.AB, 100*ms, "DATA 1").Reason, "the trigger passes")
	assert.Equal(t, "blackhole blackhole ", fates(100*ms, "DATA 2"))
	assert.Equal(t, "blackhole blackhole ", fates(1100*ms-1, "DATA 3"))
	assert.Equal(t, "none none ", fates(1100*ms, "DATA 4"), "after the second, and never again")
	got := arrivals(l)
	assert.Equal(t, arrival{10 * ms, "HELLO"}, got[0], "what was in flight is not affected")
	assert.Len(t, got, 5)
}

func TestPhasesByTheClock(t *testing.T) {
	lossy, hole := &netem.Impairments{Loss: 1}, &netem.Impairments{Blackhole: true}
	l := newLink(t, netem.Profile{Phases: []netem.Phase{
		{After: 1 * time.Second, AB: lossy},
		{After: 2 * time.Second, For: 100 * ms, Every: 500 * ms, AB: hole, BA: hole},
	}}, netem.Options{Start: epoch})
	for at, want := range map[time.Duration]netem.Reason{
		0: netem.ReasonNone, 999 * ms: netem.ReasonNone, 1000 * ms: netem.ReasonLoss, 1999 * ms: netem.ReasonLoss,
		2000 * ms: netem.ReasonBlackhole, 2099 * ms: netem.ReasonBlackhole, 2100 * ms: netem.ReasonLoss,
		2500 * ms: netem.ReasonBlackhole, 2600 * ms: netem.ReasonLoss,
	} {
		assert.Equal(t, want, send(l, netem.AB, at, fmt.Sprint(at)).Reason, "%v", at)
	}
	assert.Equal(t, netem.ReasonNone, send(l, netem.BA, 1500*ms, "b").Reason)
	assert.Equal(t, netem.ReasonBlackhole, send(l, netem.BA, 2500*ms, "b").Reason)
}

func TestTriggerCounts(t *testing.T) {
	l := newLink(t, netem.Profile{Phases: []netem.Phase{{
		On: &netem.Trigger{Ways: netem.OnlyBA, Match: "ACK *", Nth: 2}, After: 10 * ms, AB: &netem.Impairments{Blackhole: true},
	}}}, netem.Options{})
	send(l, netem.BA, 0, "ACK 1")
	send(l, netem.AB, 0, "ACK 1")
	assert.Equal(t, netem.Deliver, send(l, netem.AB, 1*ms, "DATA").Verdict)
	send(l, netem.BA, 2*ms, "ACK 2")
	assert.Equal(t, netem.Deliver, send(l, netem.AB, 11*ms, "DATA").Verdict)
	assert.Equal(t, netem.Drop, send(l, netem.AB, 12*ms, "DATA").Verdict)
}

func TestRebindGivesAnotherAddress(t *testing.T) {
	p, err := netem.ProfileByName("rebind")
	require.NoError(t, err)
	l := newLink(t, p, netem.Options{})
	generation := func(at time.Duration) int { return send(l, netem.AB, at, fmt.Sprint("DATA ", at)).Generation }
	back := func(at time.Duration, generation int) netem.Fate {
		return l.Send(epoch.Add(at), netem.Packet{Dir: netem.BA, Generation: generation, Data: []byte("ACK 1")})
	}
	assert.Equal(t, 0, generation(0))
	assert.Equal(t, netem.Deliver, back(0, 0).Verdict)
	assert.Equal(t, 1, generation(1*ms), "the first ACK was the trigger")
	assert.Equal(t, netem.ReasonRebind, back(2*ms, 0).Reason, "nobody has that address any more")
	assert.Equal(t, netem.Deliver, back(2*ms, 1).Verdict)
	assert.Equal(t, 1, generation(4999*ms))
	assert.Equal(t, 2, generation(5001*ms))
	assert.Equal(t, 3, generation(10001*ms))
	assert.Equal(t, 3, l.Stats().Rebindings)
	var generations []int
	for !l.NextTimeout().IsZero() {
		for _, d := range l.Due(l.NextTimeout(), nil) {
			if d.Dir == netem.AB {
				generations = append(generations, d.Generation)
			}
		}
	}
	assert.Equal(t, []int{0, 1, 1, 2, 3}, generations)
}

func TestRuleRebinds(t *testing.T) {
	l := newLink(t, netem.Profile{Rules: []netem.Rule{
		{Ways: netem.OnlyAB, Label: "DATA 2", Occurrence: one(1), Do: netem.DoDeliver, Rebind: true},
	}}, netem.Options{})
	var got []int
	for _, text := range []string{"DATA 1", "DATA 2", "DATA 2", "DATA 3"} {
		got = append(got, send(l, netem.AB, 0, text).Generation)
	}
	assert.Equal(t, []int{0, 1, 1, 1}, got)
}
