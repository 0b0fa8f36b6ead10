package session

import "fmt"

// State is where a connection stands in its life.
type State uint8

// The states of a Server or a Client, in the order in which they are passed
// through. Any of them may be left out on the way to StateClosed. A Client has no
// StateDraining, for it owes nothing that takes time.
const (
	// StateOpen: frames are taken.
	StateOpen State = iota

	// StateDraining: no more frames are taken, because of BYE, a fault, a stalled
	// frame or the end of the stream. Answers are still owed.
	StateDraining

	// StateFlushing: the last frame is queued and the sending direction will be
	// shut down behind it. A Client that ends the conversation still takes frames, here
	// and in StateLingering.
	StateFlushing

	// StateLingering: the sending direction is shut down. What the peer still sends
	// is read for a while, so that a reset does not destroy what is on its way
	// to it.
	StateLingering

	// StateClosed: the connection is closed.
	StateClosed
)

var stateNames = [...]string{
	StateOpen:      "open",
	StateDraining:  "draining",
	StateFlushing:  "flushing",
	StateLingering: "lingering",
	StateClosed:    "closed",
}

// String returns the name of the state.
func (s State) String() string {
	if int(s) >= len(stateNames) {
		return fmt.Sprintf("State(%d)", uint8(s))
	}
	return stateNames[s]
}
