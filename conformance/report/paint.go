package report

import "github.com/vstp-project/vstp/conformance"

// A paint colours text for a terminal, or leaves it as it is.
type paint bool

// The escape sequences in use.
const (
	escBold   = "\x1b[1m"
	escDim    = "\x1b[2m"
	escRed    = "\x1b[31m"
	escGreen  = "\x1b[32m"
	escYellow = "\x1b[33m"
	escCyan   = "\x1b[36m"
	escReset  = "\x1b[0m"
)

func (p paint) with(esc, s string) string {
	if !p || s == "" {
		return s
	}
	return esc + s + escReset
}

func (p paint) bold(s string) string { return p.with(escBold, s) }

func (p paint) dim(s string) string { return p.with(escDim, s) }

func (p paint) red(s string) string { return p.with(escRed, s) }

func (p paint) yellow(s string) string { return p.with(escYellow, s) }

func (p paint) cyan(s string) string { return p.with(escCyan, s) }

// verdict colours s as the verdict deserves.
func (p paint) verdict(v conformance.Verdict, s string) string {
	switch {
	case v.Bad(), v == conformance.HarnessError:
		return p.with(escBold+escRed, s)
	case v == conformance.Warn, v == conformance.Inconclusive, v == conformance.NotExercised:
		return p.with(escYellow, s)
	case v == conformance.NotApplicable:
		return p.dim(s)
	}
	return p.with(escGreen, s)
}
