package soak

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"
)

// Options says what is to be tried, and how long.
type Options struct {
	// Exe is this program, which is also the peer and those that die.
	Exe string

	// Only are the names of the trials to run. None means all.
	Only []string

	// Seconds is how long the trials take that go on for a time, a flood for example.
	Seconds int

	// Connections is the number of idle connections.
	Connections int

	// TimeScale multiplies the server's timers, as elsewhere. The trial with incomplete
	// messages keeps the specification's: shorter ones end before all has been sent.
	TimeScale float64

	// Progress is told of each trial that begins. It may be nil.
	Progress func(name, about string)
}

// A Trial is one thing that is done to a server.
type Trial struct {
	Name  string
	About string
	run   func(ctx context.Context, r *run) error
}

// Trials are all of them, in the order in which they run.
var Trials = []Trial{
	{"idle", "idle TCP connections, from another process", idle},
	{"slow", "connections that stop in the middle of a frame, and some that feed an octet a second", slow},
	{"bomb", "small messages that decompress to gibibytes", bomb},
	{"length", "frames that declare 4 GiB, and frames that declare what is allowed and never come", length},
	{"reassembly", "messages that are never completed, from many addresses", reassembly},
	{"flood", "invalid datagrams, as many as the machine sends, while honest clients are served", flood},
	{"random", "random octets on every port, while honest clients are served", noise},
	{"kill", "processes that are killed in the middle of a frame, clients first and then a server", kill},
}

// find returns the trials with the given names, all of them without one.
func find(names []string) ([]Trial, error) {
	if len(names) == 0 {
		return Trials, nil
	}
	var chosen []Trial
	for _, name := range names {
		i := slices.IndexFunc(Trials, func(t Trial) bool { return t.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no trial %q: there are %s", name, strings.Join(Names(), ", "))
		}
		chosen = append(chosen, Trials[i])
	}
	return chosen, nil
}

// Names are the names of all trials.
func Names() []string {
	var names []string
	for _, t := range Trials {
		names = append(names, t.Name)
	}
	return names
}

// Verdict is what came of a trial.
type Verdict string

const (
	Held    Verdict = "held"
	NotHeld Verdict = "not held"
	NotRun  Verdict = "not run"
)

// Result is one trial that has been run, or that could not be.
type Result struct {
	Trial    string        `json:"trial"`
	Did      string        `json:"did"`
	Figures  []Figure      `json:"figures"`
	Verdict  Verdict       `json:"verdict"`
	Why      string        `json:"why,omitempty"` // of a trial that was not run, or broke off
	Duration time.Duration `json:"duration_ns"`
}

// errNotRun marks what this host does not let a trial do.
type errNotRun struct{ why string }

func (e *errNotRun) Error() string { return e.why }

func notRun(format string, args ...any) error { return &errNotRun{fmt.Sprintf(format, args...)} }

// Check returns what is wrong with the options.
func (o Options) Check() error {
	if _, err := find(o.Only); err != nil {
		return err
	}
	if o.Seconds < 1 {
		return fmt.Errorf("--seconds %d: give 1 or more", o.Seconds)
	}
	if o.Connections < 1 {
		return fmt.Errorf("--connections %d: give 1 or more", o.Connections)
	}
	return nil
}

// Run runs the trials, one after the other. It stops when ctx is done, and returns the
// results so far with ctx's error.
func Run(ctx context.Context, o Options) ([]Result, error) {
	chosen, err := find(o.Only)
	if err != nil {
		return nil, err
	}
	if _, err := readProc("self", "fd"); err != nil {
		return nil, fmt.Errorf("soak reads memory and descriptors from /proc, as Linux has it: %w", err)
	}
	var results []Result
	for _, t := range chosen {
		if o.Progress != nil {
			o.Progress(t.Name, t.About)
		}
		began := time.Now()
		r := &run{opts: o}
		if t.Name == "reassembly" {
			r.opts.TimeScale = 1
		}
		err := r.trial(ctx, t)
		if ctx.Err() != nil {
			return results, ctx.Err()
		}
		results = append(results, r.result(t, err, time.Since(began)))
	}
	return results, nil
}

// run is a trial that is under way.
type run struct {
	opts    Options
	peer    *peer
	did     string
	figures []Figure
}

// result is what came of a trial that ended with err.
func (r *run) result(t Trial, err error, took time.Duration) Result {
	res := Result{Trial: t.Name, Did: r.did, Figures: r.figures, Verdict: Held, Duration: took}
	if res.Did == "" {
		res.Did = t.About
	}
	var cannot *errNotRun
	switch {
	case errors.As(err, &cannot):
		res.Verdict, res.Why = NotRun, cannot.why
	case err != nil:
		res.Verdict, res.Why = NotHeld, err.Error()
	case slices.ContainsFunc(r.figures, func(f Figure) bool { return !f.Kept() }):
		res.Verdict = NotHeld
	}
	return res
}

// trial runs a trial against a server of its own, and sees to it that both processes
// have in the end what they had in the beginning.
func (r *run) trial(ctx context.Context, t Trial) error {
	ownGoroutines, ownDescriptors, err := own()
	if err != nil {
		return err
	}
	if r.peer, err = startPeer(ctx, r.opts); err != nil {
		return err
	}
	// What a server makes once and keeps, it has made after this.
	err = r.peer.exchangeAll(ctx)
	var before usage
	if err == nil {
		before, err = r.peer.settled(ctx, usage{})
	}
	if err == nil {
		err = t.run(ctx, r)
	}
	if err == nil {
		if err = r.peer.exchangeAll(ctx); err != nil {
			err = fmt.Errorf("afterwards an honest client was not served: %w", err)
		}
	}
	if err == nil {
		err = r.afterwards(ctx, before)
	}
	if err = errors.Join(err, r.peer.stop()); err != nil {
		return err
	}
	goroutines, descriptors, err := r.ownAgain(ctx, ownGoroutines, ownDescriptors)
	if err != nil {
		return err
	}
	r.atMost("goroutines left in the clients", "", float64(max(goroutines-ownGoroutines, 0)), 0)
	r.atMost("descriptors left in the clients", "", float64(max(descriptors-ownDescriptors, 0)), 0)
	return nil
}

// afterwards waits for the server to come back to where it began.
func (r *run) afterwards(ctx context.Context, before usage) error {
	after, err := r.peer.settled(ctx, before)
	if err != nil {
		return err
	}
	r.figure("memory peak of the server", octets, after.Peak)
	r.figure("processor time of the server", seconds, after.Processor)
	r.atMost("goroutines left in the server", "", max(after.Goroutines-before.Goroutines, 0), 0)
	r.atMost("descriptors left in the server", "", max(after.Descriptors-before.Descriptors, 0), 0)
	return nil
}

// own returns the goroutines and descriptors of this process.
func own() (goroutines, descriptors int, err error) {
	descriptors, err = countDescriptors("self")
	return runtime.NumGoroutine(), descriptors, err
}

// ownAgain is own as soon as there are no more than before, or when patience ends.
func (r *run) ownAgain(ctx context.Context, goroutines, descriptors int) (nowGoroutines, nowDescriptors int, err error) {
	err = until(ctx, patience, func() (bool, error) {
		nowGoroutines, nowDescriptors, err = own()
		return nowGoroutines <= goroutines && nowDescriptors <= descriptors, err
	})
	return nowGoroutines, nowDescriptors, err
}

// patience is how long processes may take to let go of what has ended.
const patience = 10 * time.Second

// until asks again and again, until the answer is yes, patience has ended or asking
// fails.
func until(ctx context.Context, patience time.Duration, ask func() (bool, error)) error {
	for deadline := time.Now().Add(patience); ; {
		yes, err := ask()
		if yes || err != nil || time.Now().After(deadline) {
			return err
		}
		if err := pause(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
}

// pause waits, or returns ctx's error as soon as it is done.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// scaled is a timer of the specification as the server keeps it.
func (o Options) scaled(d time.Duration) time.Duration {
	return time.Duration(float64(d) * o.TimeScale)
}
