package session

import (
	"fmt"

	"github.com/vstp-project/vstp/ref/wire"
)

// ActionKind says what is to be done.
type ActionKind uint8

// What a Server may ask of its transport.
const (
	// ActionSend queues Frame behind what has been queued before.
	ActionSend ActionKind = iota + 1

	// ActionDeliver hands Frame to the application as message number Message.
	ActionDeliver

	// ActionReport mentions Err in a log. Nothing else follows from it.
	ActionReport

	// ActionShutdownWrite shuts down the sending direction as soon as everything
	// queued has been sent, and then reports Server.Flushed.
	ActionShutdownWrite

	// ActionClose closes the connection now.
	ActionClose
)

var actionNames = [...]string{
	ActionSend:          "send",
	ActionDeliver:       "deliver",
	ActionReport:        "report",
	ActionShutdownWrite: "shut down writing",
	ActionClose:         "close",
}

// String returns the kind in words.
func (k ActionKind) String() string {
	if k < ActionSend || k > ActionClose {
		return fmt.Sprintf("ActionKind(%d)", uint8(k))
	}
	return actionNames[k]
}

// Action is one thing for the transport to do. Which fields count is said at its
// Kind; the others are zero.
type Action struct {
	Kind    ActionKind
	Frame   wire.Frame
	Message uint64
	Err     error
}
