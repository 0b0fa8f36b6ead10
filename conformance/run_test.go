package conformance_test

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/conformance/probe"
	"github.com/vstp-project/vstp/conformance/target"
)

// few are cases of which the toy peer keeps some and violates others.
var few = []string{"types/unknown-*", "tcp/hello-is-welcomed", "tcp/ping-is-answered", "headers/*", "framing/frames-follow-each-other", "udp/ping-is-answered"}

func results(rep *conformance.Report) map[string]conformance.Result {
	m := map[string]conformance.Result{}
	for _, r := range rep.Results {
		m[r.ID] = r
	}
	return m
}

func TestRunJudgesASoundPeer(t *testing.T) {
	var seen int
	rep, err := conformance.Run(t.Context(), toy(t, "sound"), conformance.Options{
		Profile: "strict", TimeScale: 0.1, Run: few,
		OnResult: func(conformance.Result, int, int) { seen++ },
	})
	require.NoError(t, err)
	got := results(rep)
	assert.Len(t, rep.Results, seen)
	assert.Equal(t, conformance.Pass, got["tcp/hello-is-welcomed"].Verdict)
	assert.Equal(t, conformance.Pass, got["tcp/ping-is-answered"].Verdict)
	assert.Equal(t, conformance.Fail, got["types/unknown-is-reported"].Verdict, "the toy peer does not report unknown types")
	assert.NotEmpty(t, got["types/unknown-is-reported"].Exchange)
	assert.NotEmpty(t, got["types/unknown-is-reported"].Step)
	assert.Equal(t, conformance.NotApplicable, got["udp/ping-is-answered"].Verdict)
	assert.Equal(t, conformance.ExitNonConformant, rep.ExitCode(conformance.ExitOptions{}))
}

func TestRunNamesTheCaseThatCrashesTheTarget(t *testing.T) {
	rep, err := conformance.Run(t.Context(), toy(t, "crash"), conformance.Options{Profile: "strict", TimeScale: 0.1, Run: few})
	require.NoError(t, err)
	got := results(rep)
	for id, r := range got {
		switch id {
		case "types/unknown-is-not-delivered", "types/unknown-is-reported":
			assert.Equal(t, conformance.Crash, r.Verdict, "%s: %s", id, r.Message)
			assert.Contains(t, r.Exit, "3", id)
			assert.Contains(t, r.Output, "how dare you", id)
		default:
			assert.NotEqual(t, conformance.Crash, r.Verdict, "%s is blamed wrongly: %s", id, r.Message)
		}
	}
	assert.Equal(t, conformance.Pass, got["tcp/hello-is-welcomed"].Verdict)
	assert.Equal(t, conformance.Pass, got["headers/order-and-repetition"].Verdict)
}

func TestRunNamesTheCaseThatHangsTheTarget(t *testing.T) {
	rep, err := conformance.Run(t.Context(), toy(t, "hang"), conformance.Options{
		Profile: "strict", TimeScale: 0.1, Run: []string{"types/unknown-is-reported", "tcp/hello-is-welcomed"},
	})
	require.NoError(t, err)
	got := results(rep)
	assert.Equal(t, conformance.Hang, got["types/unknown-is-reported"].Verdict, got["types/unknown-is-reported"].Message)
	assert.Equal(t, conformance.Pass, got["tcp/hello-is-welcomed"].Verdict)
}

// running starts the toy peer in a mode and gives its address to a target that
// the judge has not started itself.
func running(t *testing.T, mode string) target.Running {
	t.Helper()
	inst, err := toy(t, mode).Start(t.Context())
	require.NoError(t, err)
	t.Cleanup(inst.Stop)
	return target.Running{Addrs: inst.Addrs()}
}

func TestRunGoesOnReportingWhenARunningTargetDies(t *testing.T) {
	rep, err := conformance.Run(t.Context(), running(t, "crash"), conformance.Options{Profile: "strict", TimeScale: 0.1, Run: few})
	require.NoError(t, err)
	counts := map[conformance.Verdict]int{}
	for _, r := range rep.Results {
		counts[r.Verdict]++
	}
	assert.Equal(t, 1, counts[conformance.Crash], "%v", counts)
	assert.NotZero(t, counts[conformance.NotExercised], "the rest is not exercised")
	assert.NotZero(t, counts[conformance.Pass], "what ran before keeps its verdict")
	assert.Equal(t, conformance.ExitNonConformant, rep.ExitCode(conformance.ExitOptions{}))
}

func TestRunOfADeafTargetPassesNothing(t *testing.T) {
	rep, err := conformance.Run(t.Context(), toy(t, "deaf"), conformance.Options{Profile: "strict", TimeScale: 0.1, Run: few})
	require.NoError(t, err)
	assert.Zero(t, rep.Count(conformance.Pass))
}

func TestRunOfATargetThatIsNotThere(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := l.Addr().String()
	require.NoError(t, l.Close())
	_, err = conformance.Run(t.Context(), target.Running{Addrs: target.Addrs{TCP: addr}}, conformance.Options{})
	var unreachable *target.UnreachableError
	require.ErrorAs(t, err, &unreachable)
	assert.Contains(t, err.Error(), addr)
}

func TestRunInterruptedStillReports(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	rep, err := conformance.Run(ctx, toy(t, "sound"), conformance.Options{
		Profile: "strict", TimeScale: 0.1, Jobs: 1, Run: few,
		OnResult: func(_ conformance.Result, done, _ int) {
			if done == 3 {
				cancel()
			}
		},
	})
	require.NoError(t, err)
	assert.True(t, rep.Interrupted)
	assert.Equal(t, conformance.ExitInterrupted, rep.ExitCode(conformance.ExitOptions{}))
	for _, r := range rep.Results {
		assert.NotEmpty(t, r.Verdict, r.ID)
	}
}

func TestRunDeadlineLeavesTheRestNotExercised(t *testing.T) {
	rep, err := conformance.Run(t.Context(), toy(t, "sound"), conformance.Options{
		Profile: "strict", TimeScale: 0.1, Deadline: time.Nanosecond, Run: few,
	})
	require.NoError(t, err)
	assert.Zero(t, rep.Count(conformance.Pass))
	assert.NotZero(t, rep.Count(conformance.NotExercised))
	assert.Equal(t, conformance.ExitIncomplete, rep.ExitCode(conformance.ExitOptions{}))
}

func TestSelectionThatMatchesNothingIsAnError(t *testing.T) {
	for name, opts := range map[string]conformance.Options{
		"run glob":       {Run: []string{"no/such"}},
		"skip glob":      {Skip: []string{"no/such"}},
		"bad glob":       {Run: []string{"[tcp"}},
		"unknown tag":    {Tags: "@nowhere"},
		"bad expression": {Tags: "@tcp and"},
		"profile":        {Profile: "lenient"},
		"everything out": {Skip: []string{"**"}},
		"other profile":  {Run: []string{"types/unknown-is-reported"}},
		"scale":          {TimeScale: 2},
		"jobs":           {Jobs: -1},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := conformance.Run(t.Context(), toy(t, "sound"), opts)
			var selection *conformance.SelectionError
			assert.ErrorAs(t, err, &selection)
		})
	}
}

func TestExitCodes(t *testing.T) {
	report := func(rs ...conformance.Result) *conformance.Report { return &conformance.Report{Results: rs} }
	must := func(v conformance.Verdict) conformance.Result { return conformance.Result{Level: "MUST", Verdict: v} }
	surroundings := conformance.Result{Level: "MUST", Verdict: conformance.NotExercised, Cause: probe.CauseSurroundings}
	for name, tc := range map[string]struct {
		rep  *conformance.Report
		opts conformance.ExitOptions
		want int
	}{
		"pass":                      {report(must(conformance.Pass)), conformance.ExitOptions{}, 0},
		"nothing ran":               {report(), conformance.ExitOptions{}, 3},
		"nothing applicable":        {report(must(conformance.NotApplicable)), conformance.ExitOptions{}, 3},
		"fail":                      {report(must(conformance.Pass), must(conformance.Fail)), conformance.ExitOptions{}, 1},
		"fail beats incomplete":     {report(must(conformance.Inconclusive), must(conformance.Crash)), conformance.ExitOptions{}, 1},
		"harness beats fail":        {report(must(conformance.HarnessError), must(conformance.Fail)), conformance.ExitOptions{}, 4},
		"warning":                   {report(conformance.Result{Level: "SHOULD", Verdict: conformance.Warn}), conformance.ExitOptions{}, 0},
		"warning fails":             {report(conformance.Result{Level: "SHOULD", Verdict: conformance.Warn}), conformance.ExitOptions{WarningsFail: true}, 1},
		"inconclusive must":         {report(must(conformance.Inconclusive)), conformance.ExitOptions{}, 3},
		"inconclusive should":       {report(conformance.Result{Level: "SHOULD", Verdict: conformance.Inconclusive}), conformance.ExitOptions{}, 0},
		"surroundings":              {report(must(conformance.Pass), surroundings), conformance.ExitOptions{}, 0},
		"surroundings, all wanted":  {report(must(conformance.Pass), surroundings), conformance.ExitOptions{RequireAll: true}, 3},
		"not exercised, the target": {report(conformance.Result{Level: "MUST", Verdict: conformance.NotExercised, Cause: probe.CauseTarget}), conformance.ExitOptions{}, 3},
		"interrupted beats all":     {&conformance.Report{Interrupted: true, Results: []conformance.Result{must(conformance.HarnessError)}}, conformance.ExitOptions{}, 130},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, tc.want, tc.rep.ExitCode(tc.opts)) })
	}
}

func TestCasesAreInTheOrderOfTheSpecification(t *testing.T) {
	cases, err := conformance.Cases(conformance.Options{Profile: "strict"})
	require.NoError(t, err)
	ids := map[string]bool{}
	for _, c := range cases {
		assert.False(t, ids[c.ID], "%s twice", c.ID)
		ids[c.ID] = true
		assert.NotEmpty(t, c.Requirements, c.ID)
		assert.NotEmpty(t, c.Transport, c.ID)
	}
	core, err := conformance.Cases(conformance.Options{})
	require.NoError(t, err)
	assert.Less(t, len(core), len(cases))
}
