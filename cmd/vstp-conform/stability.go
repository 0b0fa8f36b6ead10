package main

import (
	"context"
	"fmt"
	"time"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/conformance/selftest"
)

// mostInconclusive is the part of all verdicts that a host may leave undecided.
const mostInconclusive = 0.01

// judgeStability compares the verdicts of many runs of the reference peer.
func (f *selftestFlags) judgeStability(ctx context.Context, s streams) (int, error) {
	exe, err := self()
	if err != nil {
		return 0, err
	}
	began := time.Now()
	opts := conformance.Options{TimeScale: f.timeScale}
	sum, err := selftest.Stable(ctx, exe, []string{"peer"}, f.stability, []int{1, 2, 4}, opts, func(procs, run int) {
		fmt.Fprintf(s.err, "%d of %d runs with GOMAXPROCS=%d\n", run, f.stability, procs)
	})
	if ctx.Err() != nil {
		return conformance.ExitInterrupted, nil
	}
	if err != nil {
		return 0, err
	}
	code := conformance.ExitConformant
	for _, w := range sum.Wobbles {
		code = conformance.ExitNonConformant
		fmt.Fprintf(s.out, "CHANGED  %-7s  %s: %v, for instance: %s\n", w.Role, w.Case, w.Verdicts, w.Message)
	}
	if sum.Share() > mostInconclusive {
		code = conformance.ExitNonConformant
	}
	fmt.Fprintf(s.out, "%d runs in %v, %d verdicts: %d cases changed theirs, %.3f %% inconclusive; the timers of this host were up to %v late\n",
		sum.Runs, time.Since(began).Round(time.Second), sum.Verdicts, len(sum.Wobbles), 100*sum.Share(), sum.Jitter.Round(100*time.Microsecond))
	return code, nil
}
