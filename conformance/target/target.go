// Package target reaches or starts the implementation under test.
//
// A [Target] is a recipe: addresses where something already listens, or a
// command to start. Starting it yields an [Instance], the thing that is judged.
// Only a target that the judge starts itself can be started again after it died,
// and only its output and exit status can be shown.
package target

import (
	"context"
	"fmt"
	"strings"
)

// Addrs are the host:port addresses at which an implementation under test
// listens. An empty string means that it does not offer that listener.
type Addrs struct {
	TCP       string `json:"tcp,omitempty"`
	UDP       string `json:"udp,omitempty"`
	TLS       string `json:"tls,omitempty"`
	TLSVerify string `json:"tls-verify,omitempty"` // TLS that verifies its clients
	EasyTCP   string `json:"easy-tcp,omitempty"`
	EasyUDP   string `json:"easy-udp,omitempty"`
}

// Empty says whether no listener is offered at all.
func (a Addrs) Empty() bool { return a == Addrs{} }

// String lists the offered listeners, for instance "tcp 127.0.0.1:4000, udp 127.0.0.1:4001".
func (a Addrs) String() string {
	var parts []string
	for _, l := range a.listeners() {
		parts = append(parts, l.name+" "+l.addr)
	}
	if len(parts) == 0 {
		return "no address"
	}
	return strings.Join(parts, ", ")
}

// A listener is one offered address.
type listener struct {
	name     string // as in the names of flags and placeholders
	addr     string
	datagram bool // over UDP
}

// listeners are the offered addresses, in a fixed order.
func (a Addrs) listeners() []listener {
	all := []listener{
		{"tcp", a.TCP, false},
		{"udp", a.UDP, true},
		{"tls", a.TLS, false},
		{"tls-verify", a.TLSVerify, false},
		{"easy-tcp", a.EasyTCP, false},
		{"easy-udp", a.EasyUDP, true},
	}
	offered := all[:0]
	for _, l := range all {
		if l.addr != "" {
			offered = append(offered, l)
		}
	}
	return offered
}

// A Target says how to get at the implementation under test.
type Target interface {
	// Start reaches or starts the implementation and returns once it is ready.
	// It fails with an *UnreachableError that says what was tried. The context
	// bounds the start only: what was started lives until it is stopped.
	Start(ctx context.Context) (Instance, error)

	// Restartable says whether Start may be called again after the instance died.
	Restartable() bool

	// String describes the target for reports.
	String() string
}

// An Instance is a running implementation under test. Its methods may be called
// from several goroutines.
type Instance interface {
	// Addrs are the addresses at which it listens.
	Addrs() Addrs

	// Exited is closed when the process has ended; for an implementation that the
	// judge did not start it is never closed.
	Exited() <-chan struct{}

	// Exit describes how the process ended, for instance "exit status 2" or
	// "signal: segmentation fault"; empty while it runs.
	Exit() string

	// Output is the last part of what the process wrote, at most 64 KiB.
	Output() []byte

	// Stop ends the process and everything that it started, and waits for that.
	// It does nothing for an implementation that the judge did not start.
	Stop()
}

// Several is a [Target] that says whether several of its instances can run at a time.
type Several interface {
	Several() bool
}

// A Gauge is an [Instance] whose memory can be measured: one that the judge
// started itself, on a host that tells.
type Gauge interface {
	// PID is the process that was started. What it started in turn, for instance
	// behind a shell, is not named by it.
	PID() int

	// Memory is the resident set in octets of the process and everything that it
	// started. ok is false where the host does not tell, or the process has ended.
	Memory() (octets int64, ok bool)
}

// An UnreachableError says that an implementation never became ready: it is
// not a verdict on the implementation.
type UnreachableError struct {
	Target string // which target
	Tried  string // what was tried, in words
	Err    error  // the last error, if there was one
	Output []byte // the last part of what a started process wrote
}

// Error says in one sentence what was tried and how it failed. It leaves out
// the output, which can be long and can hold anything.
func (e *UnreachableError) Error() string {
	msg := fmt.Sprintf("the target was never reached: %s (%s)", e.Tried, e.Target)
	if e.Err != nil {
		msg += ": " + e.Err.Error()
	}
	return msg
}

func (e *UnreachableError) Unwrap() error { return e.Err }
