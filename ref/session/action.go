package session

import (
	"fmt"

	"github.com/vstp-project/vstp/ref/wire"
)

// ActionKind says what is to be done.
type ActionKind uint8

// What a Server or a Client may ask of its transport.
const (
	// ActionSend queues Frame. It may overtake what has been queued before and is less
	// urgent, unless InOrder is set. If Acknowledged is set, Client.Sent is to be told of
	// Message when its octets are with the operating system.
	ActionSend ActionKind = iota + 1

	// ActionDeliver hands Frame to the application, of a Server as message number
	// Message.
	ActionDeliver

	// ActionReport mentions Err in a log. Nothing else follows from it.
	ActionReport

	// ActionShutdownWrite shuts down the sending direction as soon as everything
	// queued has been sent, and then reports it to Flushed.
	ActionShutdownWrite

	// ActionClose closes the connection now.
	ActionClose

	// ActionNotify hands Err to the application of a Client, in its place among the
	// messages. More may follow it.
	ActionNotify

	// ActionEnd says that no message comes any more, and why: Err is a fault of the
	// peer's, to be told to the application of a Client once, or of Reason
	// ConnectionClosed.
	ActionEnd

	// ActionSettle ends the acknowledged send with the msg-id Message. It has
	// succeeded if Err is nil.
	ActionSettle

	// ActionPong ends the PING number Message. Its PONG has come if Err is nil.
	ActionPong
)

var actionNames = [...]string{
	ActionSend:          "send",
	ActionDeliver:       "deliver",
	ActionReport:        "report",
	ActionShutdownWrite: "shut down writing",
	ActionClose:         "close",
	ActionNotify:        "notify",
	ActionEnd:           "end",
	ActionSettle:        "settle",
	ActionPong:          "pong",
}

// String returns the kind in words.
func (k ActionKind) String() string {
	if k < ActionSend || k > ActionPong {
		return fmt.Sprintf("ActionKind(%d)", uint8(k))
	}
	return actionNames[k]
}

// Action is one thing for the transport to do. Which fields count is said at its
// Kind; the others are zero.
type Action struct {
	Kind         ActionKind
	Frame        wire.Frame
	Message      uint64
	Acknowledged bool
	InOrder      bool
	Err          error
}

// script collects what is to be done about one event, for both ends of a
// connection.
type script struct {
	actions []Action
	mute    bool // nothing is sent any more
}

// begin starts a new list of actions.
func (s *script) begin() {
	clear(s.actions)
	s.actions = s.actions[:0]
}

func (s *script) do(a Action) { s.actions = append(s.actions, a) }

func (s *script) send(frames ...wire.Frame) { s.queue(false, frames) }

// sendInOrder is send for frames that overtake nothing, even if they are more urgent:
// what stands for an answer, and the last ones of a connection [PRI-3].
func (s *script) sendInOrder(frames ...wire.Frame) { s.queue(true, frames) }

func (s *script) queue(inOrder bool, frames []wire.Frame) {
	if s.mute {
		return
	}
	for _, f := range frames {
		s.do(Action{Kind: ActionSend, Frame: f, InOrder: inOrder})
	}
}

func (s *script) report(err error) { s.do(Action{Kind: ActionReport, Err: err}) }

// acknowledge answers REQ_ACK, naming the msg-id if there is a valid one
// [ACK-13].
func (s *script) acknowledge(f wire.Frame) {
	if wantsAck(f) {
		s.send(ack(msgID(f)))
	}
}

// refuse discards f and says so with an ERR, which names the msg-id of a DATA
// message [ERR-9]. An ERR, ACK or PONG is discarded in silence [ERR-3].
func (s *script) refuse(f wire.Frame, reason wire.Reason) {
	s.report(refusal(reason, "%v frame with FLAGS %v is discarded", f.Type, f.Flags))
	switch f.Type {
	case wire.TypeErr, wire.TypeAck, wire.TypePong:
	case wire.TypeData:
		s.send(errFrame(reason, msgID(f)))
	default:
		s.send(errFrame(reason, ""))
	}
}
