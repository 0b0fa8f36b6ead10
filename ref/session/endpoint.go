package session

import (
	"errors"

	"github.com/vstp-project/vstp/ref/wire"
)

// Sizes of datagrams, in octets.
const (
	MaxDatagram         = 1200   // the largest one sent [UDP-9]
	MaxDatagramReceived = 65_507 // the largest one taken [UDP-12]
)

// amplification is how many octets of protocol replies one octet received may
// bring about. More would make the endpoint a weapon against whoever the source
// address belongs to [UDP-11].
const amplification = 3

// EndpointConfig sets an Endpoint up. Its zero value is the specification's
// default.
type EndpointConfig struct {
	// Limits is what a datagram may hold.
	Limits wire.Limits
}

// Endpoint is what a UDP endpoint does with the datagrams it receives. It keeps
// nothing from one datagram to the next: HELLO opens nothing [UDP-6] and BYE
// ends nothing [UDP-15]. It is safe for concurrent use.
type Endpoint struct {
	limits wire.Limits
}

// NewEndpoint returns an Endpoint.
func NewEndpoint(cfg EndpointConfig) *Endpoint { return &Endpoint{limits: cfg.Limits} }

// Reaction is what is to be done about a datagram.
type Reaction struct {
	// Deliver says that Message goes to the application. If there is no room for
	// it, the whole reaction is to be dropped: what is not taken must not be
	// acknowledged [ACK-12].
	Deliver bool
	Message wire.Frame

	// Replies go to the source of the datagram, in a datagram each. They do not wait
	// for the application.
	Replies []wire.Frame

	// Err says why the datagram was discarded, or what the peer reports in it. It
	// is for the log.
	Err error
}

// Datagram takes one datagram. The reaction aliases b.
//
// The datagram is exactly one frame: a shorter and a longer one are discarded as
// every other invalid one is, without an answer [UDP-2] [UDP-3] [UDP-4] [UDP-5].
// A frame with the FRAG flag is discarded as well: fragments are not reassembled
// here, and one alone is not acknowledged [ACK-2].
func (e *Endpoint) Datagram(b []byte) Reaction {
	f, err := parseDatagram(b, e.limits)
	if err != nil {
		return Reaction{Err: err}
	}
	if f.Flags.Has(wire.FlagFrag) {
		return Reaction{Err: refusal(wire.Unsupported, "fragments are not reassembled here")}
	}
	return e.Message(f, len(b))
}

// parseDatagram decodes a datagram that is exactly one frame.
func parseDatagram(b []byte, lim wire.Limits) (wire.Frame, error) {
	f, n, err := wire.Parse(b, lim)
	var fault *wire.DecodeError
	switch {
	case errors.Is(err, wire.ErrShort):
		return wire.Frame{}, refusal(wire.Incomplete, "datagram of %d octets, its frame takes at least %d [UDP-2]", len(b), n)
	case errors.As(err, &fault):
		return wire.Frame{}, &LocalError{Reason: fault.Reason, Detail: fault.Error()}
	case n != len(b):
		return wire.Frame{}, refusal(wire.Protocol, "datagram of %d octets, its frame takes %d [UDP-3]", len(b), n)
	}
	return f, nil
}

// Message takes one complete message, the last octets of which arrived in a
// datagram of the given size. The reaction aliases f.
//
//	TYPE                      answer
//	HELLO                     WELCOME with a session-id of at most 18 digits
//	DATA                      is delivered, unless it is compressed
//	PING                      PONG with the same payload
//	BYE                       none
//	ERR                       none; it is reported
//	WELCOME, ACK, PONG        none: over UDP a wrong role is met by silence
//	beyond those              none
//
// REQ_ACK on the first four is answered by an ACK if there is a valid msg-id. A
// compressed DATA message is neither delivered nor acknowledged [CMP-11]. No ERR
// is ever sent [UDP-18].
func (e *Endpoint) Message(f wire.Frame, octets int) Reaction {
	if compressed(f) {
		return Reaction{Err: refusal(wire.Unsupported, "compressed messages are not taken here")}
	}
	r := Reaction{}
	budget := amplification * octets
	if id := msgID(f); wantsAck(f) && id != "" {
		r.reply(ack(id), &budget) // [ACK-1] [ACK-4] [ACK-15]
	}
	switch f.Type {
	case wire.TypeHello:
		r.reply(welcome(newShortSessionID()), &budget)
	case wire.TypeData:
		r.Deliver, r.Message = true, f
	case wire.TypePing:
		r.reply(pong(f), &budget) // [UDP-8]
	case wire.TypeErr:
		r.Err = NewPeerError(f)
	}
	return r
}

// reply adds a frame unless it is larger than a datagram that may be sent [UDP-9]
// or than what is left of the budget [UDP-11].
func (r *Reaction) reply(f wire.Frame, budget *int) {
	size := f.EncodedLen()
	if size > MaxDatagram || size > *budget {
		return
	}
	*budget -= size
	r.Replies = append(r.Replies, f)
}

// CheckAnswer returns why an application may not send f as an answer, as a
// *LocalError, or nil: a frame that is not DATA, that has flags other than CRC or
// a header of the protocol's [HDR-11], or that takes more than MaxDatagram octets
// [UDP-9], for fragmentation is not offered here.
func (e *Endpoint) CheckAnswer(f wire.Frame) error {
	return checkAnswer(f, MaxDatagram)
}
