package steps_test

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance/probe"
	"github.com/vstp-project/vstp/conformance/steps"
	"github.com/vstp-project/vstp/conformance/target"
	"github.com/vstp-project/vstp/features"
	"github.com/vstp-project/vstp/spec"
	"github.com/vstp-project/vstp/vectors"
)

func load(t *testing.T, body string) ([]steps.Scenario, error) {
	t.Helper()
	vs, err := vectors.Load()
	require.NoError(t, err)
	fsys := fstest.MapFS{"x.feature": {Data: []byte("@server @tcp\nFeature: x\n" + body)}}
	return steps.Load(fsys, spec.DefaultRegistry(), vs)
}

func TestShippedFeaturesLoad(t *testing.T) {
	vs, err := vectors.Load()
	require.NoError(t, err)
	scenarios, err := steps.Load(features.FS, spec.DefaultRegistry(), vs)
	require.NoError(t, err)
	require.NotEmpty(t, scenarios)
	for _, s := range scenarios {
		assert.NotEqual(t, slices.Contains(s.Tags, "@server"), slices.Contains(s.Tags, "@client"), s.Source)
		assert.True(t, strings.HasPrefix(s.Source, "features/"), s.Source)
	}
}

func TestEveryStepIsUsed(t *testing.T) {
	vs, err := vectors.Load()
	require.NoError(t, err)
	scenarios, err := steps.Load(features.FS, spec.DefaultRegistry(), vs)
	require.NoError(t, err)
	used := map[string]bool{}
	for _, s := range scenarios {
		for _, d := range s.Definitions() {
			used[d] = true
		}
	}
	for _, d := range steps.Definitions() {
		assert.True(t, used[d], "no scenario uses the step %q", d)
	}
}

func TestLoadRefuses(t *testing.T) {
	const good = "@TCP-1 @case:a/b\nScenario: s\nGiven a TCP connection\n"
	for name, tc := range map[string]struct{ body, says string }{
		"nothing":                {"", "no scenario"},
		"no case":                {"@TCP-1\nScenario: s\nGiven a TCP connection\n", "@case:"},
		"no requirement":         {"@case:a/b\nScenario: s\nGiven a TCP connection\n", "requirement"},
		"unknown requirement":    {"@TCP-999 @case:a/b\nScenario: s\nGiven a TCP connection\n", "TCP-999"},
		"unknown tag":            {"@TCP-1 @case:a/b @tpc\nScenario: s\nGiven a TCP connection\n", "@tpc"},
		"no steps":               {"@TCP-1 @case:a/b\nScenario: s\n", "without steps"},
		"misspelt keyword":       {"@TCP-1 @case:a/b\nScenario: s\nGivn a TCP connection\n", "without steps"},
		"undefined step":         {"@TCP-1 @case:a/b\nScenario: s\nGiven a TPC connection\n", "a TPC connection"},
		"unknown vector":         {good + "When I send vector frame/none\n", "frame/none"},
		"unknown type":           {good + "When I send NOTE 'x'\n", `x.feature:6: "I send NOTE 'x'": "NOTE" is no frame type of the registry`},
		"unknown type in words":  {good + "Then no NOTE comes back\n", `"NOTE" is no frame type`},
		"unknown type in block":  {good + "When I send, in one write:\n\"\"\"\nPING\ncorrupt NOTE\n\"\"\"\n", `x.feature:6: line 2 of the block: "corrupt NOTE": "NOTE" is no frame type`},
		"frame that is none":     {good + "When I send first 3 octets of DATA 'x\n", "a quotation mark is not closed"},
		"odd hex":                {good + "When I send octets 123\n", "odd length hex string"},
		"outline":                {"@TCP-1 @case:a/b\nScenario Outline: s\nGiven a TCP connection\nExamples:\n|a|\n|1|\n", "vectors"},
		"a rule":                 {"Rule: r\n" + good, "rules"},
		"the same case twice":    {good + good, "a/b has been defined"},
		"not gherkin":            {good + "| a table |\n| with | two |\n", "x.feature"},
		"a case in bad form":     {"@TCP-1 @case:Bad\nScenario: s\nGiven a TCP connection\n", "@case:Bad"},
		"text between the steps": {"@TCP-1 @case:a/b\nScenario: s\nWhenn I do\nGiven a TCP connection\n", "Whenn"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := load(t, tc.body)
			require.Error(t, err)
			assert.Contains(t, err.Error(), tc.says)
		})
	}
}

// closer listens and closes every connection at once.
func closer(t *testing.T) target.Addrs {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_ = c.Close()
		}
	}()
	return target.Addrs{TCP: l.Addr().String()}
}

func run(t *testing.T, body string) error {
	t.Helper()
	scenarios, err := load(t, "@TCP-1 @case:a/b\nScenario: s\n"+body)
	require.NoError(t, err)
	p := probe.New(probe.Config{Case: "a/b", Addrs: closer(t)})
	defer p.Close()
	return scenarios[0].Run(t.Context(), p)
}

func TestRunViolationInThen(t *testing.T) {
	err := run(t, "Given a TCP connection\nWhen I send HELLO\nThen WELCOME comes back\n")
	var v *probe.Violation
	require.ErrorAs(t, err, &v)
	var end *steps.Ending
	require.ErrorAs(t, err, &end)
	assert.Equal(t, "WELCOME comes back", end.Step)
}

func TestRunViolationInGivenIsNotExercised(t *testing.T) {
	err := run(t, "Given a greeted TCP connection\nThen the connection is still in use\n")
	var not *probe.NotExercised
	require.ErrorAs(t, err, &not)
	assert.Equal(t, probe.CauseTarget, not.Cause)
}

func TestRunBadNotationIsTheJudgesFault(t *testing.T) {
	err := run(t, "Given a TCP connection\nWhen I send first 99 octets of HELLO\nThen the target closes the connection\n")
	require.Error(t, err)
	var v *probe.Violation
	assert.NotErrorAs(t, err, &v)
	assert.Contains(t, err.Error(), "there are only 15 octets")
}

func TestRunKeeps(t *testing.T) {
	require.NoError(t, run(t, "Given a TCP connection\nThen the target closes the connection\n"))
}

func TestRunOnATransportThatIsNotOffered(t *testing.T) {
	err := run(t, "Given a UDP socket\nThen the socket is still served\n")
	var not *probe.NotApplicable
	require.ErrorAs(t, err, &not, fmt.Sprint(err))
}

// The notation knows the types of the registry that it is given, whatever the form
// of their names. [TYP-5]
func TestLoadKnowsTheTypesOfItsRegistry(t *testing.T) {
	vs, err := vectors.Load()
	require.NoError(t, err)
	registry := spec.DefaultRegistry()
	registry.Types = append(registry.Types,
		spec.TypeEntry{Value: 0x10, Name: "NOTE_2", Reference: "TYP-5"}, spec.TypeEntry{Value: 0x11, Name: "V2X", Reference: "TYP-5"})
	body := "@server @tcp\nFeature: x\n@FRM-5 @case:a/b\nScenario: s\nGiven a TCP connection\n" +
		"When I send NOTE_2 'x'\nAnd I send V2X REQ_ACK\nThen no NOTE_2 comes back\n"
	fsys := fstest.MapFS{"x.feature": {Data: []byte(body)}}
	_, err = steps.Load(fsys, registry, vs)
	require.NoError(t, err)
	_, err = steps.Load(fsys, spec.DefaultRegistry(), vs)
	assert.EqualError(t, err, `x.feature:6: "I send NOTE_2 'x'": "NOTE_2" is no frame type of the registry`)
}
