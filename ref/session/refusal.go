package session

import (
	"sync"
	"unicode/utf8"

	"github.com/vstp-project/vstp/ref/wire"
)

// maxErrText is the octets that the text of an ERR has at most [ERR-2].
const maxErrText = 1024

// errAnswer is the ERR by which an application answers the message with the given
// msg-id, empty if it has none. Without a text it says what the endpoint itself would.
//
// It refuses with a *LocalError a kind of error that is not an application's to
// report, and a text that is too long or not UTF-8 [ERR-2].
func errAnswer(reason wire.Reason, text, id string) (wire.Frame, error) {
	switch reason {
	case wire.DeserializationError, wire.ServerError, wire.RateLimited: // of any transport [UDP-18]
	default:
		return wire.Frame{}, refusal(wire.Unsupported, "an application answers with DeserializationError, ServerError or RateLimited, not with %v [UDP-18]", reason)
	}
	f := errFrame(reason, id)
	switch {
	case text == "":
	case len(text) > maxErrText:
		return wire.Frame{}, refusal(wire.FrameTooLarge, "the text of an error takes %d octets, leave at most %d [ERR-2]", len(text), maxErrText)
	case !utf8.ValidString(text):
		return wire.Frame{}, refusal(wire.Protocol, "the text of an error is not UTF-8 [ERR-2]")
	default:
		f.Payload = []byte(text)
	}
	return f, nil
}

// Refusable is a message over UDP to which its application may answer with an ERR.
// It is safe for concurrent use.
type Refusable struct {
	id string // its msg-id, empty if it has none

	mu     sync.Mutex
	budget int // octets that an ERR may still take
}

// NewRefusable returns what is to be known of a message that a Reaction delivers.
// budget is Reaction.Budget. Nothing of m is kept.
func NewRefusable(m wire.Frame, budget int) *Refusable {
	return &Refusable{id: msgID(m), budget: budget}
}

// AnswerError returns the ERR by which the application answers a message. Where the
// text would make more of it than the sender may be sent, it is left out.
//
// It refuses with a *LocalError what is not DeserializationError, ServerError or
// RateLimited, a text of more than 1,024 octets or that is not UTF-8, and, as
// RateLimited, an ERR for which nothing is left: one always fits.
//
// "Over UDP an endpoint MUST NOT send an ERR with a code other than 12, 15 or 16."
// [UDP-18]
//
// "The frames that the protocol itself generates in response to one datagram (WELCOME,
// PONG, ACK and ERR) MUST NOT add up to more than three times the octets of that
// datagram." [UDP-11]
func (r *Refusable) AnswerError(reason wire.Reason, text string) (wire.Frame, error) {
	f, err := errAnswer(reason, text, r.id)
	if err != nil {
		return wire.Frame{}, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if size := f.EncodedLen(); size > r.budget || size > MaxDatagram {
		f.Payload = nil
	}
	size := f.EncodedLen()
	if size > r.budget {
		return wire.Frame{}, refusal(wire.RateLimited, "an ERR of %d octets is more than the sender of the message may still be sent, %d [UDP-11]", size, r.budget)
	}
	r.budget -= size
	return f, nil
}
