package target

import "fmt"

// An AdapterErrorKind is a way in which an adapter fails to be one.
type AdapterErrorKind int

// The kinds of [AdapterError].
const (
	// Crashed: it ended, or closed an end of the conversation, by itself.
	Crashed AdapterErrorKind = iota + 1
	// Hung: the time that the caller gives was over before the answer came. The
	// adapter may be called again; a late answer is dropped.
	Hung
	// Rubbish: it wrote a line that is not a JSON object, or too long.
	Rubbish
	// OutOfTurn: it gave an answer that was not due: to a request that another one
	// came before, that was answered already, or that was never made.
	OutOfTurn
	// Closed: the judge has stopped it.
	Closed
)

func (k AdapterErrorKind) String() string {
	switch k {
	case Crashed:
		return "crashed"
	case Hung:
		return "hung"
	case Rubbish:
		return "wrote rubbish"
	case OutOfTurn:
		return "answered out of turn"
	case Closed:
		return "closed"
	}
	return fmt.Sprintf("AdapterErrorKind(%d)", int(k))
}

// An AdapterError says that there is no answer, and why. All requests that wait
// when an adapter crashes or misbehaves get the same error, whichever of them it
// is about, and so does every later one.
type AdapterError struct {
	Kind   AdapterErrorKind
	Detail string // what happened, in words: "it ended with exit status 3"

	// Request is the number of the request that this points at, as in
	// [Answer.Request]: the one that was answered out of turn or again, otherwise
	// the one whose answer was due. It is zero where there is none. An adapter that
	// holds back its answers can have failed at a later one.
	Request int64
}

func (e *AdapterError) Error() string { return fmt.Sprintf("adapter %s: %s", e.Kind, e.Detail) }

// An AnswerError says which member of an answer is missing or malformed. The
// adapter can be called again.
type AnswerError struct {
	Member  string // such as "hex" or "frame.headers[2]"; empty for the answer as a whole
	Problem string // in words: "is missing"
}

func (e *AnswerError) Error() string {
	if e.Member == "" {
		return "the answer " + e.Problem
	}
	return fmt.Sprintf("the member %q %s", e.Member, e.Problem)
}
