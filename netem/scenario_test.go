package netem_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vstp-project/vstp/netem"
)

const everything = `{
  "netem": 1, "name": "everything", "source": "a test", "seed": 18446744073709551615,
  "ab": {
    "loss": "5%", "burst": {"loss": "1.3%", "mean": 4, "along": "order"},
    "delay": "20ms", "jitter": "5ms", "keep_order": true,
    "reorder": {"chance": "25%", "shift": "-10ms"},
    "duplicate": {"chance": "10%", "lag": "20ms"},
    "corrupt": {"chance": "2%", "octets": 2, "within": 50},
    "rate": {"bandwidth": "1.5Mbit/s", "queue": "200KB", "queue_packets": 25, "overhead": "28B"},
    "mtu": "1232B", "blackhole": false,
    "hold": {"every": "15s", "for": "100ms", "random": true}
  },
  "ba": {"gilbert_elliott": {"p": "1%", "r": "25%", "bad_pass": "30%", "good_loss": "0.1%", "along": "message"}},
  "rules": [
    {"flow": "udp/*", "dir": "ba", "match": "ACK *", "occurrence": "1", "do": "drop"},
    {"dir": "both", "match": "DATA *", "nth": "2-3"},
    {"label": "DATA a", "every": 5, "do": "deliver", "delay": "0s", "copies": ["30ms", "0s"], "flips": ["17^40"]},
    {"dir": "ab", "label": "DATA b", "nth": "4-", "do": "deliver", "rebind": true}
  ],
  "phases": [
    {"on": {"dir": "ab", "match": "DATA *", "nth": 3}, "after": "1s", "for": "1s", "every": "2s", "both": {"blackhole": true}},
    {"ab": {}, "rebind": true}
  ],
  "tcp": {"ab": {"every": 1, "stall": {"after": "20B", "for": "2s"}, "reset": "0B"}, "ba": {"at": [3, 11], "half_close": "1KB"}}
}`

func TestParseReadsEverything(t *testing.T) {
	p, err := netem.Parse([]byte(everything))
	require.NoError(t, err)
	require.NoError(t, p.Check())
	zero, reset, half := time.Duration(0), int64(0), int64(1000)
	hole := &netem.Impairments{Blackhole: true}
	assert.Equal(t, netem.Profile{
		Name: "everything", Source: "a test", Seed: 1<<64 - 1,
		AB: netem.Impairments{
			Loss: 0.05, Burst: netem.Burst{Loss: 0.013, Mean: 4, Along: netem.AlongOrder},
			Delay: 20 * ms, Jitter: 5 * ms, KeepOrder: true,
			Reorder:   netem.Reorder{Chance: 0.25, Shift: -10 * ms},
			Duplicate: netem.Duplicate{Chance: 0.1, Lag: 20 * ms},
			Corrupt:   netem.Corrupt{Chance: 0.02, Octets: 2, Within: 50},
			Rate:      netem.Rate{Bandwidth: 1_500_000, Queue: 200_000, QueuePackets: 25, Overhead: 28},
			MTU:       1232, Hold: netem.Hold{Every: 15 * time.Second, For: 100 * ms, Random: true},
		},
		BA: netem.Impairments{GilbertElliott: netem.GilbertElliott{P: 0.01, R: 0.25, BadPass: 0.3, GoodLoss: 0.001}},
		Rules: []netem.Rule{
			{Flow: "udp/*", Ways: netem.OnlyBA, Match: "ACK *", Occurrence: one(1)},
			{Match: "DATA *", Nth: netem.Range{From: 2, To: 3}},
			{Label: "DATA a", Every: 5, Do: netem.DoDeliver, Delay: &zero, Copies: []time.Duration{30 * ms, 0}, Flips: []netem.Flip{{At: 17, Mask: 0x40}}},
			{Ways: netem.OnlyAB, Label: "DATA b", Nth: netem.Range{From: 4}, Do: netem.DoDeliver, Rebind: true},
		},
		Phases: []netem.Phase{
			{On: &netem.Trigger{Ways: netem.OnlyAB, Match: "DATA *", Nth: 3}, After: time.Second, For: time.Second, Every: 2 * time.Second, AB: hole, BA: hole},
			{AB: &netem.Impairments{}, Rebind: true},
		},
		StreamAB: netem.StreamPlan{Every: 1, Stall: &netem.Stall{After: 20, For: 2 * time.Second}, Reset: &reset},
		StreamBA: netem.StreamPlan{At: []int64{3, 11}, HalfClose: &half},
	}, p)

	again, err := netem.Parse(p.Scenario())
	require.NoError(t, err, string(p.Scenario()))
	assert.Equal(t, p, again)
	assert.True(t, json.Valid(p.Scenario()))
}

// Every fault is one sentence with its place, and with the nearest name if a name is
// wrong.
func TestParseFaults(t *testing.T) {
	for _, c := range []struct{ scenario, want string }{
		{``, `line 1, column 1: the JSON value ends too early`},
		{`{"netem": 1, "ab": {"loss": "5%"}`, `line 1, column 34: the JSON value ends too early`},
		{`{"netem": 1} x`, `line 1, column 14: there is more after the end of the JSON value`},
		{`[]`, `line 1, column 1: this has to be an object in braces`},
		{`{}`, `line 1, column 1: netem: a scenario begins with "netem": 1, the version of the format; this says 0`},
		{`{"netem": 2}`, `line 1, column 11: netem: a scenario begins with "netem": 1, the version of the format; this says 2`},
		{`{"netem": "1"}`, `line 1, column 11: netem: this has to be a whole number that is not negative, without quotation marks`},
		{`{"netem": 1, "seed": -1}`, `line 1, column 22: seed: this has to be a whole number that is not negative, without quotation marks`},
		{"{\"netem\": 1,\n  \"ab\": {\n    \"los\": \"5%\"}}", `line 3, column 5: ab: there is no "los" here; did you mean "loss"?`},
		{`{"netem": 1, "ab": {"Loss": "5%"}}`, `line 1, column 21: ab: there is no "Loss" here; did you mean "loss"?`},
		{`{"netem": 1, "fases": []}`, `line 1, column 14: there is no "fases" here; did you mean "phases"?`},
		{`{"netem": 1, "profile": {}}`, `line 1, column 14: there is no "profile" here; there are netem, name, source, seed, both, ab, ba, rules, phases, tcp`},
		{`{"netem": 1, "ab": {}, "ab": {}}`, `line 1, column 24: "ab" is given twice`},
		{`{"netem": 1, "ab": {}, "both": {}}`, `line 1, column 32: both: it contradicts "ab" and "ba": give either "both" or the directions`},
		{`{"netem": 1, "ab": {"loss": "120%"}}`, `line 1, column 29: ab.loss: 120% is not between 0% and 100%`},
		{`{"netem": 1, "ab": {"loss": "-1%"}}`, `line 1, column 29: ab.loss: -1% is not between 0% and 100%`},
		{`{"netem": 1, "ab": {"loss": "0.05"}}`, `line 1, column 29: ab.loss: "0.05" is not a percentage like "2.5%"`},
		{`{"netem": 1, "ab": {"loss": "NaN%"}}`, `line 1, column 29: ab.loss: "NaN%" is not a percentage like "2.5%"`},
		{`{"netem": 1, "ab": {"loss": 5}}`, `line 1, column 29: ab.loss: this has to be a text in quotation marks, with its unit if it has one`},
		{`{"netem": 1, "ab": {"delay": "20"}}`, `line 1, column 30: ab.delay: "20" is not a time like "20ms" or "1.5s"`},
		{`{"netem": 1, "ab": {"delay": "-20ms"}}`, `line 1, column 30: ab.delay: -20ms is less than nothing`},
		{`{"netem": 1, "ab": {"jitter": "5ms"}}`, `line 1, column 31: ab.jitter: 5ms is more than the delay of 0s, and nothing arrives before it was sent`},
		{`{"netem": 1, "ab": {"mtu": "1232"}}`, `line 1, column 28: ab.mtu: "1232" is not a size like "1232B" or "200KB"`},
		{`{"netem": 1, "ab": {"blackhole": "yes"}}`, `line 1, column 34: ab.blackhole: this has to be true or false`},
		{`{"netem": 1, "ab": {"burst": {"loss": "5%"}}}`, `line 1, column 30: ab.burst: mean: a burst has from 1 to 1000000 datagrams, not 0`},
		{`{"netem": 1, "ab": {"burst": {"loss": "90%", "mean": 2}}}`, `line 1, column 39: ab.burst.loss: bursts of 2 datagrams cannot take 90% of all: at least one comes through after each, so that it is at most 66.66666666666666%`},
		{`{"netem": 1, "ab": {"burst": {"loss": "5%", "mean": 4, "along": "massage"}}}`, `line 1, column 65: ab.burst.along: there is no "massage" here; did you mean "message"?`},
		{`{"netem": 1, "ab": {"burst": {"loss": "5%", "mean": 4}, "gilbert_elliott": {"p": "1%", "r": "20%"}}}`, `line 1, column 76: ab.gilbert_elliott: it contradicts "burst", which is the same model in other words: give one of them`},
		{`{"netem": 1, "ab": {"gilbert_elliott": {"p": "1%"}}}`, `line 1, column 40: ab.gilbert_elliott: r: a bad state that is never left is a black hole: give "r"`},
		{`{"netem": 1, "ab": {"reorder": {"chance": "5%", "every": 5, "shift": "1ms"}}}`, `line 1, column 58: ab.reorder.every: it contradicts "chance": give one of them`},
		{`{"netem": 1, "ab": {"reorder": {"chance": "5%"}}}`, `line 1, column 32: ab.reorder: shift: without a shift nothing is reordered: give one like "10ms" or "-10ms"`},
		{`{"netem": 1, "ab": {"reorder": {"chance": "5%", "shift": "-1ms"}}}`, `line 1, column 32: ab.reorder: without a delay nothing can be earlier: give a "delay" or a "shift" that is not negative`},
		{`{"netem": 1, "ab": {"rate": {"bandwidth": "10"}}}`, `line 1, column 43: ab.rate.bandwidth: "10" is not a bandwidth like "10Mbit/s" or "400kbit/s"`},
		{`{"netem": 1, "ab": {"rate": {"queue": "10KB"}}}`, `line 1, column 29: ab.rate: bandwidth: a queue needs something to wait for: give a "bandwidth" like "10Mbit/s"`},
		{`{"netem": 1, "ab": {"hold": {"every": "1s", "for": "2s"}}}`, `line 1, column 52: ab.hold.for: a window of 2s does not fit into a period of 1s`},
		{`{"netem": 1, "rules": {}}`, `line 1, column 23: rules: this has to be a list in square brackets`},
		{`{"netem": 1, "rules": [{"do": "drop"}]}`, `line 1, column 24: rules[0]: label: a rule has either "match", a pattern in which * stands for any text, or "label", the label itself`},
		{`{"netem": 1, "rules": [{"match": "*", "do": "dorp"}]}`, `line 1, column 45: rules[0].do: there is no "dorp" here; did you mean "drop"?`},
		{`{"netem": 1, "rules": [{"match": "*", "do": "explode"}]}`, `line 1, column 45: rules[0].do: there is no "explode" here; there are drop, deliver`},
		{`{"netem": 1, "rules": [{"match": "*", "nth": "3", "every": 2}]}`, `line 1, column 60: rules[0].every: it contradicts "nth": give one of them`},
		{`{"netem": 1, "rules": [{"match": "*", "nth": "0"}]}`, `line 1, column 46: rules[0].nth: "0" is not a number or range like "3", "1-2" or "3-"`},
		{`{"netem": 1, "rules": [{"match": "*", "nth": "3-2"}]}`, `line 1, column 46: rules[0].nth: 3-2 ends before it begins`},
		{`{"netem": 1, "rules": [{"match": "*", "do": "drop", "delay": "1ms"}]}`, `line 1, column 45: rules[0].do: what is dropped has no delay, copies, flips or rebinding: to bring it through write "deliver"`},
		{`{"netem": 1, "rules": [{"match": "*", "do": "deliver", "flips": ["17"]}]}`, `line 1, column 66: rules[0].flips[0]: "17" is not a flip like "17^40", a place and the bits in hexadecimal`},
		{`{"netem": 1, "rules": [{"match": "*", "do": "deliver", "rebind": true}]}`, `line 1, column 66: rules[0].rebind: only the client's address changes: give "dir": "ab"`},
		{"{\"netem\": 1, \"rules\": [\n{\"match\": \"*\"},\n{\"match\": \"ACK *\"}]}", `line 3, column 1: rules[1]: it never acts, because rules[0] chooses the same datagrams before it: make one of them narrower or take it out`},
		{`{"netem": 1, "phases": [{"for": "1s"}]}`, `line 1, column 25: phases[0]: ab: the phase changes nothing: give "ab", "ba" or "both", or "rebind"`},
		{`{"netem": 1, "phases": [{"every": "1s", "ab": {}}]}`, `line 1, column 25: phases[0]: for: a phase that comes again every 1s has to last at most that long`},
		{`{"netem": 1, "phases": [{"on": {}, "ab": {}}]}`, `line 1, column 32: phases[0].on: match: a trigger needs a pattern for the label, in which * stands for any text`},
		{`{"netem": 1, "tcp": {"ab": {"every": 1, "sweep": 2}}}`, `line 1, column 50: tcp.ab.sweep: it contradicts "every": give one of them`},
		{`{"netem": 1, "tcp": {"ab": {"at": [3, 2]}}}`, `line 1, column 35: tcp.ab.at: places rise, and the first is 1 or more`},
		{`{"netem": 1, "tcp": {"ab": {"coalesce": {"octets": 5}}}}`, `line 1, column 41: tcp.ab.coalesce: for: coalescing needs both "octets", 2 or more, and "for", how long to wait for them`},
		{`{"netem": 1, "tcp": {"ab": {"reset": "1B", "half_close": "2B"}}}`, `line 1, column 58: tcp.ab.half_close: it contradicts "reset": a stream ends once`},
		{`{"netem": 1, "ab": {"loss": "5%",}}`, `line 1, column 33: this is not JSON: invalid character '}' looking for beginning of object key string`},
	} {
		t.Run(c.scenario, func(t *testing.T) {
			p, err := netem.Parse([]byte(c.scenario))
			assert.EqualError(t, err, c.want)
			assert.Equal(t, netem.Profile{}, p)
			var parse *netem.ParseError
			assert.ErrorAs(t, err, &parse)
		})
	}
}

func TestParseBoundsItsDepth(t *testing.T) {
	deep := `{"netem": 1, "rules": ` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + "}"
	_, err := netem.Parse([]byte(deep))
	assert.ErrorContains(t, err, "values are nested more than 32 deep")
}

// Quantities are written so that they are read as the very same.
func TestQuantitiesSurvive(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p := both(netem.Impairments{
			Loss:  rapid.Float64Range(0, 1).Draw(rt, "share"),
			Delay: time.Duration(rapid.Int64Range(0, 1<<50).Draw(rt, "delay")),
			MTU:   rapid.Int64Range(0, 1<<50).Draw(rt, "size"),
			Rate:  netem.Rate{Bandwidth: rapid.Int64Range(1, 1<<50).Draw(rt, "rate")},
		})
		again, err := netem.Parse(p.Scenario())
		require.NoError(rt, err)
		require.Equal(rt, p, again)
	})
	for _, text := range []string{"0.1%", "7%", "33.3%", "100%"} {
		p, err := netem.Parse(fmt.Appendf(nil, `{"netem": 1, "ab": {"loss": %q}}`, text))
		require.NoError(t, err)
		assert.Contains(t, string(p.Scenario()), `"loss": "`+text+`"`)
	}
}

func TestCheckNamesTheField(t *testing.T) {
	for want, p := range map[string]netem.Profile{
		`profile "x": ab: loss: 200% is not between 0% and 100%`:                {Name: "x", AB: netem.Impairments{Loss: 2}},
		`profile "x": ab: loss: NaN% is not between 0% and 100%`:                {Name: "x", AB: netem.Impairments{Loss: nan}, BA: netem.Impairments{Loss: nan}},
		`profile "x": ba: delay: -1s is less than nothing`:                      {Name: "x", BA: netem.Impairments{Delay: -time.Second}},
		`profile "x": ba: burst: along: there is no number 7`:                   {Name: "x", BA: netem.Impairments{Burst: netem.Burst{Along: 7}}},
		`profile "x": rules[0]: nth: numbers begin with 1`:                      {Name: "x", Rules: []netem.Rule{{Match: "*", Nth: netem.Range{From: -1}}}},
		`profile "x": rules[0]: flips[1]: 3^00 alters nothing`:                  {Name: "x", Rules: []netem.Rule{{Match: "*", Do: netem.DoDeliver, Flips: []netem.Flip{{1, 1}, {3, 0}}}}},
		`profile "x": phases[0]: ab: mtu: -1B is less than nothing`:             {Name: "x", Phases: []netem.Phase{{AB: &netem.Impairments{MTU: -1}}}},
		`profile "x": tcp: ba: every: -1 is less than nothing`:                  {Name: "x", StreamBA: netem.StreamPlan{Every: -1}},
		`profile "x": ab: burst: mean: -1 is not a number that is not negative`: {Name: "x", AB: netem.Impairments{Burst: netem.Burst{Mean: -1}}},
	} {
		assert.EqualError(t, p.Check(), want)
		_, err := netem.New(p, netem.Options{})
		assert.EqualError(t, err, want)
	}
}
