package conformance

import (
	"time"

	"github.com/vstp-project/vstp/conformance/probe"
	"github.com/vstp-project/vstp/conformance/target"
)

// A Result is what one case came to.
type Result struct {
	ID           string
	Title        string   // what the case is about, in words
	Requirements []string // the first is the one that the case judges
	Level        string   // of the first requirement: MUST, MUST NOT, SHOULD, SHOULD NOT or MAY
	Profile      string   // core or strict
	Verdict      Verdict
	Cause        probe.Cause // for not-exercised: through whom
	Message      string      // one sentence; empty for a pass
	Violation    *probe.Violation
	Step         string // the step of the scenario at which it ended
	Exit         string // for a crash: how the process ended
	Output       string // for a crash or hang: the last output of the target
	Duration     time.Duration
	Jitter       time.Duration // how late this host's own timers were meanwhile, at worst
	Exchange     []probe.Event

	// Crossed says that the case went over a link, which Datagrams entered and which
	// dropped Drops of them.
	Crossed          bool
	Datagrams, Drops int
}

// A Report is the result of a run.
type Report struct {
	Suite     string // version of the suite
	Spec      string // edition of the specification
	Target    string // the target in words
	Addrs     target.Addrs
	Role      string // that it was judged in: server, client or codec
	Profile   string
	Seed      uint64
	TimeScale float64
	Link      string // the name of what lay between judge and target; empty for nothing
	Started   time.Time
	Duration  time.Duration
	Jitter    time.Duration // how late this host's own timers were, at worst
	// Interrupted says that the run was cut short: the cases that had not run
	// are not-exercised.
	Interrupted bool
	Results     []Result // in the order of the specification

	// Command is the command line that repeats the run, and CaseCommand the one
	// that, followed by the ID of a case, runs that case alone. Who has them sets
	// them: the library does not know how it was called.
	Command, CaseCommand string

	// Stale are what is no longer true in the baseline that the run was held
	// against, a sentence each.
	Stale []string
	// Unexercised are the capabilities that the target declared and no case
	// exercised, although none had been left out.
	Unexercised []string
}

// Count returns how many results have the verdict.
func (r *Report) Count(v Verdict) int {
	n := 0
	for i := range r.Results {
		if r.Results[i].Verdict == v {
			n++
		}
	}
	return n
}

// Drops is how many datagrams the links of all cases have dropped.
func (r *Report) Drops() int {
	n := 0
	for i := range r.Results {
		n += r.Results[i].Drops
	}
	return n
}

// The exit statuses of vstp-conform.
const (
	ExitConformant    = 0   // nothing speaks against the target
	ExitNonConformant = 1   // a fail, crash, hang or unexpected pass, or a stale baseline
	ExitUsage         = 2   // a wrong flag, or a selector or file that matches or parses to nothing
	ExitIncomplete    = 3   // target never reached, or a MUST not judged
	ExitHarness       = 4   // the judge's own fault
	ExitInterrupted   = 130 // interrupted, reports written
)

// ExitOptions are the flags that make a run stricter than its verdicts.
type ExitOptions struct {
	WarningsFail bool // a warn counts as a fail
	RequireAll   bool // not-exercised because of the surroundings counts too
}

// ExitCode is the exit status that the report calls for: the first that applies
// of interrupted, harness error, non-conformant, incomplete, conformant. A stale
// baseline is as bad as a failure. A run in which no case was applicable has judged
// nothing and is incomplete, and so is one that leaves open what a declared
// capability is worth.
func (r *Report) ExitCode(o ExitOptions) int {
	incomplete, bad, judged := len(r.Unexercised) > 0, len(r.Stale) > 0, false
	for i := range r.Results {
		res := &r.Results[i]
		must := res.Level == "MUST" || res.Level == "MUST NOT"
		judged = judged || res.Verdict != NotApplicable
		switch {
		case res.Verdict.Bad(), res.Verdict == Warn && o.WarningsFail:
			bad = true
		case res.Verdict == Inconclusive && must:
			incomplete = true
		case res.Verdict == NotExercised && res.Cause == probe.CauseSurroundings:
			incomplete = incomplete || o.RequireAll
		case res.Verdict == NotExercised && must:
			incomplete = true
		}
	}
	switch {
	case r.Interrupted:
		return ExitInterrupted
	case r.Count(HarnessError) > 0:
		return ExitHarness
	case bad:
		return ExitNonConformant
	case incomplete || !judged:
		return ExitIncomplete
	}
	return ExitConformant
}
