package probe

import (
	"errors"
	"fmt"
	"time"
)

// A case ends with nil (the requirement was exercised and kept) or with one of
// the errors of this file. Any other error is the judge's own fault.

// A Violation says that the target did what a requirement forbids, or did not do
// what it demands.
type Violation struct {
	// Requirement is the violated requirement where it is not the one that the
	// case is about, for instance when the target sent octets that are no frame.
	Requirement string
	Want        string // what the specification demands, in words
	Got         string // what was seen instead
	// Timing marks a violation that rests on a clock: on a host that was itself
	// late it is repeated and, if need be, called inconclusive.
	Timing bool
	// Low and High are the ends of the time within which it had to happen, as far as
	// there are, and Measured is when it did or, where it never did, how long it was
	// waited for. They are zero where nothing was measured.
	Low, High, Measured time.Duration
}

// Excess is by how much the measured time lies outside its bounds. It is not ok
// where the violation has no measured time.
func (v *Violation) Excess() (d time.Duration, ok bool) {
	switch {
	case v.High > 0 && v.Measured > v.High:
		return v.Measured - v.High, true
	case v.Low > 0 && v.Measured > 0 && v.Measured < v.Low:
		return v.Low - v.Measured, true
	}
	return 0, false
}

func (v *Violation) Error() string {
	if v.Got == "" {
		return "expected " + v.Want
	}
	return fmt.Sprintf("expected %s, got %s", v.Want, v.Got)
}

// A Cause says through whom a requirement was not exercised.
type Cause string

// The causes.
const (
	CauseTarget       Cause = "target"       // the exchange that leads up to the requirement failed
	CauseSurroundings Cause = "surroundings" // this host, network or a running target does not let the judge do it
)

// NotExercised says that the situation which the requirement is about never arose.
type NotExercised struct {
	Cause  Cause
	Reason string
	// Failed is the violation in the exchange that leads up to the requirement, where
	// it is because of that.
	Failed *Violation
}

func (e *NotExercised) Error() string { return e.Reason }

// Clocked returns the violation on which an outcome rests, be it of the requirement or
// in the exchange that leads up to it; nil if there is none.
func Clocked(outcome error) *Violation {
	if v := (*Violation)(nil); errors.As(outcome, &v) {
		return v
	}
	if n := (*NotExercised)(nil); errors.As(outcome, &n) {
		return n.Failed
	}
	return nil
}

// NotApplicable says that the target does not offer what the case is about.
type NotApplicable struct{ Reason string }

func (e *NotApplicable) Error() string { return e.Reason }

// Inconclusive says that the measurement was too close to call on this host.
type Inconclusive struct{ Reason string }

func (e *Inconclusive) Error() string { return e.Reason }
