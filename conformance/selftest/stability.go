package selftest

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/conformance/target"
)

// A Wobble is a case whose verdict was not the same in every run.
type Wobble struct {
	Role, Case string
	Verdicts   map[conformance.Verdict]int // how often each came
	Message    string                      // of one that was no pass
}

// Stability is what became of the verdicts of many runs.
type Stability struct {
	Runs, Verdicts, Inconclusive int
	Wobbles                      []Wobble
	Jitter                       time.Duration // the worst lateness of this host's timers
}

// Share is the part of all verdicts that was inconclusive.
func (s Stability) Share() float64 { return float64(s.Inconclusive) / float64(max(s.Verdicts, 1)) }

// Stable judges the peer at path as server and client, both at the same time so that
// each is a load to the other, a number of times with each number of processors, and
// compares the verdicts. done is told of each pair of runs.
func Stable(ctx context.Context, path string, args []string, runs int, processors []int, opts conformance.Options, done func(procs, run int)) (Stability, error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	var (
		mu   sync.Mutex
		sum  Stability
		seen = map[[2]string]*Wobble{}
	)
	note := func(role string, rep *conformance.Report) {
		mu.Lock()
		defer mu.Unlock()
		sum.Runs++
		sum.Jitter = max(sum.Jitter, rep.Jitter)
		for _, res := range rep.Results {
			sum.Verdicts++
			if res.Verdict == conformance.Inconclusive {
				sum.Inconclusive++
			}
			key := [2]string{role, res.ID}
			if seen[key] == nil {
				seen[key] = &Wobble{Role: role, Case: res.ID, Verdicts: map[conformance.Verdict]int{}}
			}
			seen[key].Verdicts[res.Verdict]++
			if res.Verdict != conformance.Pass {
				seen[key].Message = res.Message
			}
		}
	}
	for _, procs := range processors {
		runtime.GOMAXPROCS(procs)
		env := []string{fmt.Sprintf("GOMAXPROCS=%d", procs)}
		for run := range runs {
			var both sync.WaitGroup
			errs := make([]error, 2)
			for i, role := range []string{conformance.RoleServer, conformance.RoleClient} {
				var peer target.Target = target.AdapterCommand{Name: "the peer", Path: path, Args: append(slices.Clone(args), "--adapter"), Env: env, TimeScale: opts.TimeScale}
				if role == conformance.RoleServer {
					peer = &target.Program{Path: path, Args: append(slices.Clone(args), "--tcp", "127.0.0.1:0", "--udp", "127.0.0.1:0", "--time-scale", fmt.Sprint(opts.TimeScale)), Env: env}
				}
				o := opts
				o.Profile, o.Role, o.Seed = "strict", role, uint64(run+1)
				both.Go(func() {
					rep, err := conformance.Run(ctx, peer, o)
					if err == nil {
						note(role, rep)
					}
					errs[i] = err
				})
			}
			both.Wait()
			if err := cmp.Or(errs[0], errs[1], ctx.Err()); err != nil {
				return sum, err
			}
			done(procs, run+1)
		}
	}
	for _, key := range slices.SortedFunc(maps.Keys(seen), func(a, b [2]string) int { return slices.Compare(a[:], b[:]) }) {
		if w := seen[key]; changed(w.Verdicts) {
			sum.Wobbles = append(sum.Wobbles, *w)
		}
	}
	return sum, nil
}

// changed says whether verdicts differ by more than some being inconclusive.
func changed(verdicts map[conformance.Verdict]int) bool {
	n := 0
	for v := range verdicts {
		if v != conformance.Inconclusive {
			n++
		}
	}
	return n > 1
}
