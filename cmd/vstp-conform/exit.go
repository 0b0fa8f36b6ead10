package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"

	"github.com/vstp-project/vstp/conformance"
	"github.com/vstp-project/vstp/conformance/report"
	"github.com/vstp-project/vstp/conformance/target"
)

// exitHelp documents the exit statuses of the commands that judge.
const exitHelp = `Exit status, the first that applies:
  130  interrupted; the reports have been written
    2  usage: a wrong flag, or a selector or file that matches or parses to nothing
    4  the judge's own fault
    1  not conformant: a fail, crash, hang or unexpected-pass, or a stale baseline
       (or, with --warnings-fail, a warn)
    3  incomplete: the target was never reached, a MUST was not judged, or a declared
       capability was not exercised
    0  conformant`

// A usageError says that the command line is wrong.
type usageError struct{ problem string }

func (e *usageError) Error() string { return e.problem }

func usagef(format string, args ...any) error {
	return &usageError{fmt.Sprintf(format, args...)}
}

// A statusError ends a command with an exit status after it has said everything
// that there is to say.
type statusError int

func (e statusError) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// status returns an error for an exit status, nil for zero.
func status(code int) error {
	if code == 0 {
		return nil
	}
	return statusError(code)
}

// exitCode is the one place where an error becomes an exit status, and where it
// is told to the user. began says whether a command had begun to work: what goes
// wrong before that is the fault of the command line.
func exitCode(ctx context.Context, err error, began bool, command string, stderr io.Writer) int {
	var (
		stated      statusError
		usage       *usageError
		selection   *conformance.SelectionError
		refused     *target.CommandError
		unreachable *target.UnreachableError
	)
	switch {
	case err == nil:
		return 0
	case errors.As(err, &stated):
		return int(stated)
	case gone(err):
		return 0 // the reader has seen what it wanted to see
	case ctx.Err() != nil:
		fmt.Fprintf(stderr, "vstp-conform: interrupted: %v\n", err)
		return conformance.ExitInterrupted
	case !began, errors.As(err, &usage), errors.As(err, &selection), errors.As(err, &refused):
		fmt.Fprintf(stderr, "vstp-conform: %v\n(%s --help shows how it is used)\n", err, command)
		return conformance.ExitUsage
	case errors.As(err, &unreachable):
		fmt.Fprintf(stderr, "vstp-conform: %v\n%s", err, report.Output(unreachable.Output))
		if errors.As(err, new(*net.OpError)) {
			fmt.Fprintln(stderr, "(--wait 10s, for example, gives it more time)")
		}
		return conformance.ExitIncomplete
	}
	fmt.Fprintf(stderr, "vstp-conform: %v\n", err)
	return conformance.ExitHarness
}

// gone says whether a write failed because nobody reads any more.
func gone(err error) bool { return errors.Is(err, syscall.EPIPE) }
