package steps

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/netem"
)

func TestCompletions(t *testing.T) {
	ms := time.Millisecond
	for name, tc := range map[string]struct {
		arrivals []arrival
		n        int
		want     []time.Duration
		most     int
	}{
		"nothing":               {nil, 2, nil, 0},
		"a gap":                 {[]arrival{{at: 1}, {at: 2}}, 2, nil, 0},
		"whole":                 {[]arrival{{at: 5 * ms, index: 1}, {at: 2 * ms}}, 2, []time.Duration{5 * ms}, 1},
		"each copy of one":      {[]arrival{{at: 1}, {at: 2}, {at: 3}}, 1, []time.Duration{1, 2, 3}, 3},
		"a second set":          {[]arrival{{at: 1}, {at: 2, index: 1}, {at: 3}, {at: 4, index: 1}}, 2, []time.Duration{2, 4}, 2},
		"a copy in between":     {[]arrival{{at: 1}, {at: 2}, {at: 3, index: 1}, {at: 4, index: 1}}, 2, []time.Duration{3}, 2},
		"two addresses":         {[]arrival{{at: 1}, {at: 2, index: 1, generation: 1}}, 2, nil, 0},
		"one of two addresses":  {[]arrival{{at: 1}, {at: 2, index: 1, generation: 1}, {at: 3, generation: 1}}, 2, []time.Duration{3}, 1},
		"order of the arrivals": {[]arrival{{at: 9, index: 1}, {at: 1}, {at: 2}}, 2, []time.Duration{9}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, tc.want, completions(tc.arrivals, tc.n))
			assert.Equal(t, tc.most, mostWhole(tc.arrivals, tc.n))
		})
	}
}

func TestForetell(t *testing.T) {
	starts := []time.Duration{0, 100 * time.Millisecond, 300 * time.Millisecond, 700 * time.Millisecond}
	for name, tc := range map[string]struct {
		script    string
		fragments int
		want      forecast
	}{
		"nothing lost": {`"both": {"delay": "10ms"}`, 1, forecast{true, 1, true, 20 * time.Millisecond}},
		"an ACK lost": {
			`"rules": [{"dir": "ba", "match": "ACK*", "occurrence": "1", "do": "drop"}]`, 1,
			forecast{true, 2, true, 100 * time.Millisecond},
		},
		"every ACK lost": {`"rules": [{"dir": "ba", "match": "ACK*", "do": "drop"}]`, 1, forecast{true, 4, false, 0}},
		"never there":    {`"rules": [{"dir": "ab", "match": "DATA 0", "do": "drop"}]`, 1, forecast{true, 4, false, 0}},
		"gaps that other transmissions fill": {
			`"rules": [{"dir": "ab", "match": "DATA 0", "occurrence": "1", "do": "drop"}, {"dir": "ab", "match": "DATA 1", "occurrence": "2", "do": "drop"}]`, 2,
			forecast{true, 2, true, 100 * time.Millisecond},
		},
		"a slow link": {`"both": {"delay": "200ms"}`, 1, forecast{true, 3, true, 400 * time.Millisecond}},
		"a copy whose ACK comes through": {
			`"rules": [{"dir": "ab", "match": "DATA 0", "do": "deliver", "copies": ["5ms"]}, {"dir": "ba", "match": "ACK*", "occurrence": "1", "do": "drop"}]`, 1,
			forecast{true, 1, true, 5 * time.Millisecond},
		},
		"altered": {
			`"rules": [{"dir": "ab", "match": "DATA 0", "occurrence": "1", "do": "deliver", "flips": ["3^01"]}]`, 1,
			forecast{true, 2, true, 100 * time.Millisecond},
		},
		"a rule that counts": {
			`"rules": [{"dir": "ab", "match": "DATA*", "nth": "7", "do": "drop"}]`, 1,
			forecast{false, 1, true, 0},
		},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := netem.Parse([]byte(`{"netem": 1, ` + tc.script + `}`))
			require.NoError(t, err)
			link, err := netem.New(p, netem.Options{})
			require.NoError(t, err)
			labels := []netem.Label{{Text: "DATA 0"}, {Text: "DATA 1"}}[:tc.fragments]
			got := foretell(link.Foresee, netem.AB, labels, make([]int, tc.fragments), netem.Label{Text: "ACK"}, 24, starts)
			assert.Equal(t, tc.want, got)
		})
	}
}

func TestParseLinkPutsDigestsForPayloads(t *testing.T) {
	p, err := parseLink(`{"netem": 1, "rules": [{"match": "ACK of DATA 'hello'", "do": "drop"}]}`)
	require.NoError(t, err)
	assert.Equal(t, "ACK of DATA 2cf24dba", p.Rules[0].Match)
	assert.Equal(t, "script", p.Name)
	_, err = parseLink(`{"netem": 1, "rulez": []}`)
	require.ErrorContains(t, err, `line 1, column 14: there is no "rulez" here; did you mean "rules"?`)
}
