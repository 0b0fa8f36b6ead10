package conformance

import (
	"context"
	"fmt"
	"slices"

	"github.com/vstp-project/vstp/conformance/target"
	"github.com/vstp-project/vstp/netem"
)

// A Trial is one run of a case while its failure is made small.
type Trial struct {
	Number int // from 1
	Rules  int // of the script that the link kept to
	Result Result
	Failed bool
}

// Shrink finds the smallest script with which a case still fails, out of the record of
// a run in which it did: of the record only the events of the case count. Each subset is
// tried in a run of its own, so that a target which the judge starts is new each time.
// The options are those of the run, without its link; opts.Seed is that of the record.
// tried is told of each trial and may be nil.
//
// The times of the script are those of the record, shortened by opts.TimeScale as they
// are. Errors are those of [Run], a *SelectionError for a case that the record does not
// know or that does not go over a link, netem.ErrNotReproduced where the case passes when
// the link repeats the record, and netem.ErrNotTheLink where it fails in any event.
func Shrink(ctx context.Context, t target.Target, opts Options, log *netem.Log, id string, tried func(Trial)) (netem.Shrunk, error) {
	of := &netem.Log{Header: log.Header, Events: slices.DeleteFunc(slices.Clone(log.Events), func(e netem.Event) bool { return e.Flow != id })}
	if len(of.Events) == 0 {
		return netem.Shrunk{}, &SelectionError{Problem: fmt.Sprintf("the record has no datagram of the case %s", id)}
	}
	opts.Run, opts.Skip, opts.Tags = []string{id}, nil, ""
	opts.Profile, opts.Replay, opts.Recorder, opts.Seed = "strict", nil, nil, log.Header.Seed
	cases, err := Cases(opts)
	if err != nil {
		return netem.Shrunk{}, err
	}
	if len(cases) != 1 || !slices.Contains(cases[0].Tags, tagLink) {
		return netem.Shrunk{}, &SelectionError{Problem: fmt.Sprintf("%s is not one case that goes over a link", id)}
	}
	var failure error // of a run, as opposed to the failure that is looked for
	number := 0
	shrunk, err := netem.Shrink(of, func(p netem.Profile) bool {
		if failure != nil {
			return false
		}
		opts.Link = &p
		rep, err := Run(ctx, t, opts)
		if err == nil {
			err = ctx.Err()
		}
		if failure = err; err != nil {
			return false
		}
		number++
		trial := Trial{Number: number, Rules: len(p.Rules), Result: rep.Results[0]}
		trial.Failed = trial.Result.Verdict.Bad() || trial.Result.Verdict == Warn
		if trial.Result.Verdict == HarnessError {
			failure = fmt.Errorf("the judge itself failed: %s", trial.Result.Message)
		}
		if tried != nil {
			tried(trial)
		}
		return trial.Failed
	})
	if failure != nil {
		return netem.Shrunk{}, failure
	}
	return shrunk, err
}
