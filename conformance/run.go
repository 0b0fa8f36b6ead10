package conformance

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/vstp-project/vstp/conformance/probe"
	"github.com/vstp-project/vstp/conformance/steps"
	"github.com/vstp-project/vstp/conformance/target"
	"github.com/vstp-project/vstp/spec"
)

// Version is the version of the suite.
const Version = "0.1.0"

const (
	defaultJobs = 32
	// maxRestarts bounds how often a target that keeps dying is started again.
	maxRestarts = 50
	// reapTime is how long the end of a process may take to show, after it no
	// longer serves.
	reapTime = 300 * time.Millisecond
	// caseAllowance is what a case may take beside the timers that it waits for.
	caseAllowance = 20 * time.Second
)

// Run starts or reaches the target and runs the selected cases against it.
//
// It fails without a report where the selection is wrong (*SelectionError) or the
// target was never reached (*target.UnreachableError). An interrupted run
// returns its report, marked so, and no error.
func Run(ctx context.Context, t target.Target, opts Options) (*Report, error) {
	opts.Profile = cmp.Or(opts.Profile, "core")
	opts.TimeScale = cmp.Or(opts.TimeScale, 1)
	opts.Jobs = cmp.Or(opts.Jobs, defaultJobs)
	if opts.TimeScale < 0.05 || opts.TimeScale > 1 {
		return nil, &SelectionError{Problem: fmt.Sprintf("the time scale %v is not between 0.05 and 1", opts.TimeScale)}
	}
	if opts.Jobs < 1 {
		return nil, &SelectionError{Problem: fmt.Sprintf("%d cases at a time are not possible", opts.Jobs)}
	}
	if opts.Capabilities == nil {
		opts.Capabilities = []string{"compression"}
	}
	if opts.Registry == nil {
		opts.Registry = spec.DefaultRegistry()
	}
	cases, err := Cases(opts)
	if err != nil {
		return nil, err
	}
	if err := opts.prepareLink(); err != nil {
		return nil, err
	}
	inst, err := t.Start(ctx)
	if err != nil {
		return nil, err
	}
	if err := checkRole(t, inst, cmp.Or(opts.Role, RoleServer)); err != nil {
		inst.Stop()
		return nil, err
	}
	r := &runner{
		opts: opts, target: t, inst: inst, cases: cases, sources: probe.NewSources(),
		board: &board{results: make([]Result, len(cases))},
	}
	defer func() { r.inst.Stop() }()
	return r.run(ctx)
}

type runner struct {
	opts    Options
	target  target.Target
	inst    target.Instance
	cases   []Case
	sources *probe.Sources
	served  map[string]bool   // which transports answered at the start
	heard   map[string][]byte // what came first over each, at the start
	starts  int               // how often the target was started again
	lost    string            // why the target can no longer be judged; empty while it can
	*board
}

// A board is what runners share that judge several instances of one target.
type board struct {
	jitter  jitterMeter
	mu      sync.Mutex // guards what follows, and serialises the callbacks
	results []Result
	done    int
}

func (r *runner) run(ctx context.Context) (*Report, error) {
	began := time.Now()
	report := &Report{
		Suite: Version, Spec: r.opts.Registry.Spec, Target: r.target.String(), Addrs: r.inst.Addrs(),
		Role: cmp.Or(r.opts.Role, RoleServer), Profile: r.opts.Profile, Seed: r.opts.Seed, TimeScale: r.opts.TimeScale, Started: began,
	}
	report.Link = r.opts.LinkName()
	runCtx := ctx
	if r.opts.Deadline > 0 {
		var cancel context.CancelFunc
		runCtx, cancel = context.WithTimeout(ctx, r.opts.Deadline)
		defer cancel()
	}
	meterCtx, stopMeter := context.WithCancel(context.Background())
	var meter sync.WaitGroup
	meter.Go(func() { r.jitter.measure(meterCtx) })
	defer func() {
		stopMeter()
		meter.Wait()
	}()

	r.served, r.heard = map[string]bool{}, map[string][]byte{}
	r.getToKnow(runCtx)
	if err := r.otherProtocol(runCtx); err != nil && runCtx.Err() == nil {
		return nil, err
	}

	together, alone := r.schedule()
	var beside sync.WaitGroup
	if side := r.another(runCtx, together, alone); side != nil {
		mine := alone
		alone = nil
		beside.Go(func() {
			defer func() { side.inst.Stop() }()
			side.runEachAlone(runCtx, mine)
			side.finish(runCtx, mine, ctx.Err() != nil)
		})
	}
	r.runTogether(runCtx, together)
	r.runEachAlone(runCtx, alone)
	r.finish(runCtx, slices.Concat(together, alone), ctx.Err() != nil)
	beside.Wait()
	for _, res := range r.results {
		if res.ID == "" {
			return nil, errors.New("a case has no result: the runner has lost it")
		}
	}

	report.Interrupted = ctx.Err() != nil
	report.Results = r.results
	report.Unexercised = r.unexercised()
	if known := r.opts.Baseline; known != nil {
		report.Stale = known.Stale(r.results)
		report.Results = make([]Result, len(r.results))
		for i, res := range r.results {
			report.Results[i] = known.Judge(res)
		}
	}
	report.Jitter = r.jitter.worst(began)
	report.Duration = time.Since(began)
	return report, nil
}

// getToKnow finds out over which transports the target serves. On a host whose own
// timers were late meanwhile, one that seems not to is asked again.
func (r *runner) getToKnow(ctx context.Context) {
	for range 3 {
		began := time.Now()
		unserved := slices.DeleteFunc(r.offered(), func(transport string) bool { return r.served[transport] })
		for transport, g := range r.greetAll(ctx, unserved) {
			r.served[transport], r.heard[transport] = g.err == nil, g.first
		}
		if r.jitter.worst(began) <= noisy || ctx.Err() != nil {
			return
		}
	}
}

// offered lists the transports that the target offers and this runner speaks.
func (r *runner) offered() []string {
	var offered []string
	if a := r.adapter(); a != nil {
		offered = append(offered, transportAdapter)
		for _, transport := range transports {
			if slices.Contains(a.Hello().Capabilities, transport) {
				offered = append(offered, transport)
			}
		}
	}
	addrs := r.inst.Addrs()
	for i, addr := range []string{addrs.TCP, addrs.UDP, addrs.TLS, addrs.TLSVerify, addrs.EasyTCP, addrs.EasyUDP} {
		if addr != "" {
			offered = append(offered, transports[i])
		}
	}
	return offered
}

// schedule splits the cases, by index, into those that may run beside each other
// and those that run alone. Where the target cannot be started again, a case that
// might kill it runs alone, so that the one which does is known. A target that
// serves nobody as it is has no limit to fill and nothing to lose. Cases that wait
// for timers of the target go first.
func (r *runner) schedule() (together, alone []int) {
	for i, c := range r.cases {
		serves := r.served[c.Transport]
		if serves && (c.Exclusive || (c.Hostile && !r.target.Restartable())) {
			alone = append(alone, i)
		} else {
			together = append(together, i)
		}
	}
	slices.SortStableFunc(together, func(a, b int) int { return cmp.Compare(r.cases[b].Wait, r.cases[a].Wait) })
	// What fills a limit of the whole server comes last of all.
	slices.SortStableFunc(alone, func(a, b int) int {
		switch x, y := r.cases[a].Exclusive, r.cases[b].Exclusive; {
		case x == y:
			return 0
		case y:
			return -1
		}
		return 1
	})
	return together, alone
}

// runTogether runs cases beside each other. When the target dies or hangs, the
// cases that were running are suspects: each is run again, alone, and the one
// that does it again is named.
func (r *runner) runTogether(ctx context.Context, queue []int) {
	for len(queue) > 0 && r.lost == "" && ctx.Err() == nil {
		rest, suspects, end := r.pool(ctx, queue)
		queue = rest
		if end == nil {
			return
		}
		if !r.target.Restartable() {
			r.blameOneOf(suspects, end)
			return
		}
		if !r.restart(ctx) {
			r.blameOneOf(suspects, end)
			return
		}
		reproduced := false
		for _, s := range suspects {
			if r.runAlone(ctx, s.index) {
				reproduced = true
			}
		}
		if !reproduced && ctx.Err() == nil {
			r.notReproduced(suspects, end)
		}
	}
}

// A suspect is a case that was running when the target died.
type suspect struct {
	index int
	sent  time.Time // when the case last sent anything
}

// pool runs the queue with as many workers as there are jobs until it is empty
// or the target dies. Then it returns the cases that had not begun, those that
// were running, and how the target ended.
func (r *runner) pool(ctx context.Context, queue []int) (rest []int, suspects []suspect, end *ending) {
	var (
		mu      sync.Mutex
		workers sync.WaitGroup
	)
	type outcome struct {
		index  int
		result Result
		t      time.Time // last sent
	}
	running := map[int]bool{}
	var held []outcome // outcomes of cases that ended after the death was noticed
	take := func() (int, bool) {
		mu.Lock()
		defer mu.Unlock()
		if len(queue) == 0 || end != nil || ctx.Err() != nil {
			return 0, false
		}
		i := queue[0]
		queue = queue[1:]
		running[i] = true
		return i, true
	}
	for range min(r.opts.Jobs, len(queue)) {
		workers.Go(func() {
			for {
				i, ok := take()
				if !ok {
					return
				}
				result, sent := r.runCase(ctx, i)
				var died *ending
				if r.suspicious(result) {
					died = r.checkAlive(ctx)
				}
				mu.Lock()
				delete(running, i)
				if died != nil && end == nil {
					end = died
				}
				if end != nil {
					held = append(held, outcome{index: i, result: result, t: sent})
					mu.Unlock()
					continue
				}
				mu.Unlock()
				r.settle(i, result)
			}
		})
	}
	workers.Wait()
	for _, o := range held {
		suspects = append(suspects, suspect{index: o.index, sent: o.t})
	}
	slices.SortFunc(suspects, func(a, b suspect) int { return b.sent.Compare(a.sent) })
	return queue, suspects, end
}

// suspicious says whether a result gives reason to ask if the target still
// serves. One whose process has ended is always noticed.
func (r *runner) suspicious(res Result) bool {
	select {
	case <-r.inst.Exited():
		return true
	default:
	}
	switch res.Verdict {
	case Fail, Warn, NotExercised, Inconclusive:
		return true
	}
	return false
}

// An ending is how a target ended: a crash or a hang.
type ending struct {
	verdict Verdict
	how     string // in words
	exit    string
	output  string
}

// checkAlive returns nil while the target serves as it did at the start of the run.
func (r *runner) checkAlive(ctx context.Context) *ending {
	select {
	case <-r.inst.Exited():
		return r.crashed("the target ended: " + r.inst.Exit())
	default:
	}
	served := slices.DeleteFunc(r.offered(), func(transport string) bool { return !r.served[transport] })
	greeted := r.greetAll(ctx, served)
	for _, transport := range served {
		// Over a network one lost exchange proves nothing; a pipe loses none.
		attempts := 3
		if transport == transportAdapter {
			attempts = 1
		}
		err := greeted[transport].err
		for n := 1; n < attempts && err != nil && ctx.Err() == nil; n++ {
			err = r.greet(ctx, transport).err
		}
		if err == nil || ctx.Err() != nil {
			continue
		}
		if fault := (*target.AdapterError)(nil); errors.As(err, &fault) && fault.Kind != target.Crashed && fault.Kind != target.Hung {
			// It lives, but it can no longer be talked to.
			return &ending{verdict: Fail, how: "the adapter broke its protocol: " + fault.Error(), output: string(r.inst.Output())}
		}
		// A process that just died may not have been reaped yet.
		reaped := time.NewTimer(reapTime)
		select {
		case <-r.inst.Exited():
			reaped.Stop()
			return r.crashed("the target ended: " + r.inst.Exit())
		case <-reaped.C:
		}
		if v := (*probe.Violation)(nil); errors.As(err, &v) && strings.Contains(v.Got, "refused") {
			return r.crashed("nothing listens any more at " + r.inst.Addrs().String())
		}
		return &ending{
			verdict: Hang, output: string(r.inst.Output()),
			how: fmt.Sprintf("the target no longer serves %s: %v", transport, err),
		}
	}
	return nil
}

func (r *runner) crashed(how string) *ending {
	return &ending{verdict: Crash, how: how, exit: r.inst.Exit(), output: string(r.inst.Output())}
}

// A greeting is one good exchange with the target over a transport, or what kept it
// from being made.
type greeting struct {
	first []byte // what came first from the target
	err   error
}

// greetAll makes a good exchange over each of several transports, at the same time.
func (r *runner) greetAll(ctx context.Context, transports []string) map[string]greeting {
	greetings := make([]greeting, len(transports))
	var asked sync.WaitGroup
	for i, transport := range transports {
		asked.Go(func() { greetings[i] = r.greet(ctx, transport) })
	}
	asked.Wait()
	all := map[string]greeting{}
	for i, transport := range transports {
		all[transport] = greetings[i]
	}
	return all
}

func (r *runner) greet(ctx context.Context, transport string) greeting {
	t := r.probe("alive", nil)
	defer t.Close()
	err := t.Serves(ctx, transport)
	return greeting{first: firstReceived(t), err: err}
}

// adapter is the adapter of the target, nil for one that has none.
func (r *runner) adapter() *target.Adapter {
	if driven, ok := r.inst.(target.Driven); ok {
		return driven.Adapter()
	}
	return nil
}

func (r *runner) probe(id string, busy func() time.Duration) *probe.T {
	return probe.New(probe.Config{
		Case: id, Addrs: r.inst.Addrs(), Scale: r.opts.TimeScale, Seed: r.opts.Seed,
		Registry: r.opts.Registry, Sources: r.sources, Memory: r.memory, Busy: busy,
		Adapter: r.adapter(), Link: r.opts.Link, Client: r.clientCertificate(),
	})
}

// clientCertificate is what the listener tls-verify trusts, nil where the judge has
// no such certificate.
func (r *runner) clientCertificate() *tls.Certificate {
	if trusted, ok := r.inst.(target.Trusted); ok {
		return trusted.ClientCertificate()
	}
	return nil
}

// runAlone runs one case with nothing beside it and reports whether the target
// died of it. A target that can be started again is.
func (r *runner) runAlone(ctx context.Context, i int) (died bool) {
	if ctx.Err() != nil || r.lost != "" {
		return false
	}
	result, _ := r.runCase(ctx, i)
	var end *ending
	if r.cases[i].Hostile || r.suspicious(result) {
		end = r.checkAlive(ctx)
	}
	if end != nil && ctx.Err() == nil {
		r.blame(&result, end)
	}
	r.settle(i, result)
	if end != nil && !r.restart(ctx) {
		r.lost = end.how
	}
	return end != nil
}

func (r *runner) blame(res *Result, end *ending) {
	res.Verdict, res.Cause = end.verdict, ""
	res.Message, res.Exit, res.Output = end.how, end.exit, end.output
}

// blameOneOf blames the suspect that spoke to the target last: where the target
// cannot be started again, that is all that can be known.
func (r *runner) blameOneOf(suspects []suspect, end *ending) {
	r.lost = end.how
	for n, s := range suspects {
		c := r.cases[s.index]
		result := newResult(c)
		if n == 0 {
			r.blame(&result, end)
			if len(suspects) > 1 {
				result.Message += fmt.Sprintf(" (%d cases were running, this one sent last)", len(suspects))
			}
		} else {
			result.Verdict = Inconclusive
			result.Message = "the target ended while this case ran: " + end.how
		}
		r.settle(s.index, result)
	}
}

// notReproduced marks cases that were running when the target died, none of
// which killed it when it ran alone.
func (r *runner) notReproduced(suspects []suspect, end *ending) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for n, s := range suspects {
		if res := &r.results[s.index]; n == 0 && !res.Verdict.Bad() {
			r.blame(res, end)
			res.Message += fmt.Sprintf(" (one of %d cases that were running; none did it again when it ran alone, this one had sent last)", len(suspects))
		}
	}
}

// restart starts the target again.
func (r *runner) restart(ctx context.Context) bool {
	if !r.target.Restartable() || r.starts >= maxRestarts {
		return false
	}
	r.starts++
	return r.startAgain(ctx)
}

// startAgain puts a fresh instance in the place of the one before.
func (r *runner) startAgain(ctx context.Context) bool {
	r.inst.Stop()
	inst, err := r.target.Start(ctx)
	if err != nil {
		return false
	}
	r.inst = inst
	return true
}

// settle records a result and tells the observer.
func (r *runner) settle(i int, res Result) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.results[i] = res
	r.done++
	if r.opts.Baseline != nil {
		res = r.opts.Baseline.Judge(res)
	}
	if r.opts.OnResult != nil {
		r.opts.OnResult(res, r.done, len(r.cases))
	}
}

// another is a runner with an instance of its own for the cases that run alone: most
// of the others wait for timers meanwhile. It is nil where there is nothing to gain or
// the target cannot run twice.
func (r *runner) another(ctx context.Context, together, alone []int) *runner {
	several, ok := r.target.(target.Several)
	if !ok || !several.Several() || len(together) == 0 || len(alone) == 0 {
		return nil
	}
	inst, err := r.target.Start(ctx)
	if err != nil {
		return nil // one instance is enough, one after the other
	}
	return &runner{
		opts: r.opts, target: r.target, inst: inst, cases: r.cases, sources: r.sources,
		served: r.served, heard: r.heard, board: r.board,
	}
}

// runEachAlone runs cases one after the other. What one of them has filled is not for
// the next to find full: each that fills a limit has a fresh instance, where there can
// be one.
func (r *runner) runEachAlone(ctx context.Context, alone []int) {
	for n, i := range alone {
		if r.cases[i].Exclusive && n > 0 && r.target.Restartable() && r.lost == "" && ctx.Err() == nil && !r.startAgain(ctx) {
			r.lost = "the target could not be started again"
		}
		r.runAlone(ctx, i)
	}
}

// finish gives every one of the cases that did not run its verdict.
func (r *runner) finish(ctx context.Context, cases []int, interrupted bool) {
	why := r.lost
	switch {
	case interrupted:
		why = "the run was interrupted"
	case ctx.Err() != nil:
		why = fmt.Sprintf("the run's deadline of %v passed", r.opts.Deadline)
	}
	for _, i := range cases {
		c := r.cases[i]
		if r.results[i].ID != "" {
			continue
		}
		res := newResult(c)
		res.Verdict, res.Cause = NotExercised, probe.CauseTarget
		res.Message = "did not run: " + why
		r.settle(i, res)
	}
}

func newResult(c Case) Result {
	return Result{ID: c.ID, Title: c.Title, Requirements: c.Requirements, Level: c.Level, Profile: c.Profile}
}

// runCase runs one case and turns its outcome into a result. On a host whose own
// timers were late meanwhile, a violation that rests on a clock, be it in the exchange
// that leads up to the requirement, is tried twice more before it is believed; if the
// host stays late it is inconclusive. So is a case on whose link datagrams were lost
// that nobody decided to drop. A target that serves nobody over the transport has no
// such benefit of doubt.
func (r *runner) runCase(ctx context.Context, i int) (Result, time.Time) {
	c := r.cases[i]
	if r.opts.OnStart != nil {
		r.mu.Lock()
		r.opts.OnStart(c.ID, r.done, len(r.cases))
		r.mu.Unlock()
	}
	res := newResult(c)
	if why := r.notApplicable(c); why != "" {
		res.Verdict, res.Message = NotApplicable, why
		return res, time.Time{}
	}
	for attempt := 1; ; attempt++ {
		began := time.Now()
		busy := func() time.Duration { return r.jitter.worst(began) }
		t := r.probe(c.ID, busy)
		caseCtx, cancel := context.WithTimeout(ctx, caseAllowance+2*t.Scaled(c.Wait)+c.Wait/10)
		err := runSafely(caseCtx, c, t)
		overdue := caseCtx.Err() != nil && ctx.Err() == nil
		cancel()
		t.Close()

		res = newResult(c)
		res.Duration = time.Since(began)
		res.Jitter = busy()
		res.Exchange = t.Events()
		if overdue {
			res.Verdict = Inconclusive
			res.Message = fmt.Sprintf("the case did not end within %v", res.Duration.Round(time.Second))
		} else {
			r.judge(&res, t.Telling(err))
		}
		undecided := r.crossed(&res, t)
		clocked := probe.Clocked(err)
		serves := c.Transport == "" || r.served[c.Transport]
		late := !overdue && clocked != nil && serves && doubtful(clocked, res.Jitter)
		if (undecided || late) && attempt < 3 {
			continue
		}
		if late {
			res.Verdict = Inconclusive
			res.Message = fmt.Sprintf("%s; but %s, in each of %d attempts", res.Message, margin(clocked, res.Jitter), attempt)
		}
		if err := r.keepFates(t); err != nil {
			res.Verdict, res.Message = HarnessError, err.Error()
		}
		return res, lastSent(began, res.Exchange)
	}
}

func lastSent(began time.Time, events []probe.Event) time.Time {
	for _, e := range slices.Backward(events) {
		if e.Kind == probe.EventSend {
			return began.Add(e.At)
		}
	}
	return began
}

// runSafely runs a case; a panic is the judge's own fault.
func runSafely(ctx context.Context, c Case, t *probe.T) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return c.Run(ctx, t)
}

// judge turns what a case returned into a verdict.
func (r *runner) judge(res *Result, err error) {
	if end := (*steps.Ending)(nil); errors.As(err, &end) {
		res.Step = end.Step
	}
	var (
		violation     *probe.Violation
		notExercised  *probe.NotExercised
		notApplicable *probe.NotApplicable
		inconclusive  *probe.Inconclusive
	)
	switch {
	case err == nil && res.Level == "MAY":
		res.Verdict = Info
	case err == nil:
		res.Verdict = Pass
	case errors.As(err, &violation):
		res.Verdict, res.Violation, res.Message = Fail, violation, violation.Error()
		level := res.Level
		req, ok := spec.Lookup(violation.Requirement)
		if ok {
			level = req.Level
		}
		switch {
		case ok && req.Profile == "strict" && r.opts.Profile == "core":
			// What a case of core found against a rule that core does not have.
			res.Verdict = Info
		case strings.HasPrefix(level, "SHOULD"):
			res.Verdict = Warn
		}
	case errors.As(err, &notExercised):
		res.Verdict, res.Cause, res.Message = NotExercised, notExercised.Cause, notExercised.Reason
	case errors.As(err, &notApplicable):
		res.Verdict, res.Message = NotApplicable, notApplicable.Reason
	case errors.As(err, &inconclusive):
		res.Verdict, res.Message = Inconclusive, inconclusive.Reason
	case errors.Is(err, context.Canceled):
		res.Verdict, res.Cause, res.Message = NotExercised, probe.CauseTarget, "the run was interrupted"
	case errors.Is(err, context.DeadlineExceeded):
		res.Verdict, res.Cause, res.Message = NotExercised, probe.CauseTarget, "the run's deadline passed"
	default:
		res.Verdict, res.Message = HarnessError, err.Error()
	}
}

// notApplicable says why a case is not about this target; empty if it is.
func (r *runner) notApplicable(c Case) string {
	capabilities := r.opts.Capabilities
	if a := r.adapter(); a != nil {
		capabilities = a.Hello().Capabilities
	}
	if c.Transport != "" && !slices.Contains(r.offered(), c.Transport) {
		if r.opts.Role == RoleClient {
			return fmt.Sprintf("the client does not offer %s", c.Transport)
		}
		return fmt.Sprintf("the target offers no %s listener", c.Transport)
	}
	if why := r.beyondLink(c); why != "" {
		return why
	}
	compresses := slices.Contains(capabilities, "compression")
	switch {
	case slices.Contains(c.Tags, "@compression") && !compresses:
		return "the target does not offer compression"
	case slices.Contains(c.Tags, "@no-compression") && compresses:
		return "the target offers compression"
	}
	return ""
}

// memory is the resident set of the target and all that it started, where the
// judge started it and the host tells.
func (r *runner) memory() (octets int64, ok bool) {
	if gauge, ok := r.inst.(target.Gauge); ok {
		return gauge.Memory()
	}
	return 0, false
}
