// Command vstp-conform judges implementations of VSTP.
//
// "vstp-conform server" judges a server, by default the reference peer that is
// built in; "vstp-conform --help" lists the other commands. Data goes to the
// standard output, progress and errors to the standard error. The exit status is
// one of those that [github.com/vstp-project/vstp/conformance] names.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	// A reader that goes away must not end the run before its reports are written:
	// writing then fails like any other write. The signal is caught and not
	// ignored, because a target that is started here would inherit that.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	code := run(ctx, os.Args[1:], streams{in: os.Stdin, out: os.Stdout, err: os.Stderr})
	stop()
	os.Exit(code)
}
