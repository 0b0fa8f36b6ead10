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

// maxMessage is the octets of payload that 255 fragments hold: no message over UDP
// has more [FRG-6] [FRG-7].
const maxMessage = 255 * 1200

// EndpointConfig sets an Endpoint up. Its zero value is the specification's
// default.
type EndpointConfig struct {
	// Limits is what a datagram may hold.
	Limits wire.Limits

	// Client says that the endpoint is a client: it has the duties of a server but for
	// HELLO, which is none of its business.
	Client bool

	// Messages is the types beyond the eight whose frames are the application's, as those
	// of DATA are; it names the eight in vain. A frame of a type that is known and not
	// among them is taken, and nothing becomes of it [TYP-5].
	Messages wire.TypeSet

	// Unpack undoes the compression of a complete DATA message that has COMP set. Nil
	// means that compression is not offered [CMP-11].
	Unpack Unpack
}

// Endpoint is what a UDP endpoint does with the datagrams it receives. It keeps
// nothing from one datagram to the next: HELLO opens nothing [UDP-6] and BYE
// ends nothing [UDP-15]. It is safe for concurrent use.
type Endpoint struct {
	limits wire.Limits
	client bool
	unpack Unpack
	others wire.TypeSet
}

// NewEndpoint returns an Endpoint.
func NewEndpoint(cfg EndpointConfig) *Endpoint {
	return &Endpoint{limits: cfg.Limits, client: cfg.Client, unpack: cfg.Unpack, others: cfg.Messages}
}

// Reaction is what is to be done about a datagram.
type Reaction struct {
	// Deliver says that Message goes to the application, unless it has been delivered
	// before: then the replies alone are due [ACK-5] [ACK-6]. If there is no room for
	// it, the whole reaction is to be dropped: what is not taken must not be
	// acknowledged [ACK-12].
	Deliver bool
	Message wire.Frame

	// Received is, where Deliver is set, Message as it was transmitted: compressed, if
	// it was. By that copies are known.
	Received wire.Frame
	// Budget is, beside Deliver, the octets that an ERR of the application's may take,
	// see NewRefusable.
	Budget int

	// Fragment says that Message is a fragment. What it completes, if it does, is for
	// Endpoint.Message; nothing else is due [ACK-2].
	Fragment bool

	// Settles says that the frame is an ACK, or an ERR if Err is set, that names a
	// message from here by its msg-id [ACK-8] [ACK-17].
	Settles bool
	MsgID   uint64

	// Replies go to the source of the datagram, in a datagram each. They do not wait
	// for the application.
	Replies []wire.Frame

	// Err says why the datagram was discarded, or what the peer reports in it. It
	// is for the log.
	Err error

	// Type is that of the frame, 0 if the datagram is none.
	Type wire.Type
}

// Datagram takes one datagram. The reaction aliases b.
//
// The datagram is exactly one frame: a shorter and a longer one are discarded as
// every other invalid one is, without an answer [UDP-2] [UDP-3] [UDP-4] [UDP-5].
// A frame is a fragment if it has the FRAG flag, and only then [FLG-4]; whether it
// is a good one is not looked at here.
func (e *Endpoint) Datagram(b []byte) Reaction {
	f, err := parseDatagram(b, e.limits)
	if err != nil {
		return Reaction{Err: err}
	}
	if f.Flags.Has(wire.FlagFrag) {
		return Reaction{Fragment: true, Message: f, Type: f.Type}
	}
	return e.Message(f, len(b))
}

// Limited is Datagram for a source that has sent more than it is allowed to. What asks
// for something is answered by ERR 16, the rest with silence, as is what is no frame or
// only a part of a message [UDP-18].
func (e *Endpoint) Limited(b []byte) Reaction {
	m, err := parseDatagram(b, e.limits)
	if err != nil {
		return Reaction{Err: err}
	}
	r := Reaction{Type: m.Type, Err: refusal(wire.RateLimited, "%v frame is discarded, its source sends more than is taken here [SEC-3]", m.Type)}
	if m.Flags.Has(wire.FlagFrag) {
		return r
	}
	id := ""
	switch m.Type {
	case wire.TypeData:
		id = msgID(m) // [ERR-9]
	case wire.TypeHello, wire.TypePing:
	default:
		return r // [ERR-3]
	}
	budget := amplification * len(b)
	answer := errFrame(wire.RateLimited, id)
	if answer.EncodedLen() > budget {
		answer.Payload = nil
	}
	r.reply(answer, &budget)
	return r
}

// parseDatagram decodes a datagram that is exactly one frame.
func parseDatagram(b []byte, lim wire.Limits) (wire.Frame, error) {
	f, n, err := wire.Parse(b, lim)
	if err == nil && n == len(b) {
		return f, nil
	}
	var fault *wire.DecodeError // allocated, hence not for what is in order
	switch {
	case errors.Is(err, wire.ErrShort):
		return wire.Frame{}, refusal(wire.Incomplete, "datagram of %d octets, its frame takes at least %d [UDP-2]", len(b), n)
	case errors.As(err, &fault):
		return wire.Frame{}, &LocalError{Reason: fault.Reason, Detail: fault.Error()}
	default:
		return wire.Frame{}, refusal(wire.Protocol, "datagram of %d octets, its frame takes %d [UDP-3]", len(b), n)
	}
}

// Message takes one complete message, the last octets of which arrived in a
// datagram of the given size. The reaction aliases f.
//
//	TYPE                      answer
//	HELLO                     WELCOME with a session-id of at most 18 digits; of a client none
//	DATA                      is delivered, unless it cannot be decompressed
//	PING                      PONG with the same payload
//	BYE                       none
//	ACK                       none; it may settle a message
//	ERR                       none; it is reported and may settle a message
//	WELCOME, PONG             none: over UDP a wrong role is met by silence
//	beyond those              is delivered, if it is among EndpointConfig.Messages
//
// REQ_ACK on the first four is answered by an ACK if there is a valid msg-id, a
// HELLO at a client excepted. A message that cannot be decompressed is neither
// delivered nor acknowledged [CMP-6] [CMP-11]. No ERR is among the replies; an
// application may send one through a Refusable [UDP-18].
func (e *Endpoint) Message(f wire.Frame, octets int) Reaction {
	m, fault := e.unpack.message(f)
	if fault != 0 {
		return Reaction{Type: f.Type, Err: refusal(fault, "the message is compressed and cannot be taken [CMP-6]")}
	}
	if e.client && f.Type == wire.TypeHello {
		return Reaction{Type: f.Type, Err: refusal(wire.UnexpectedFrameType, "HELLO has nothing to say to a client [UDP-18]")}
	}
	r := Reaction{Type: f.Type}
	budget := amplification * octets
	if id := msgID(f); wantsAck(f) && id != "" {
		r.reply(ack(id), &budget) // [ACK-1] [ACK-4] [ACK-15]
	}
	switch f.Type {
	case wire.TypeHello:
		r.reply(welcome(newShortSessionID()), &budget)
	case wire.TypeData:
		r.Deliver, r.Message, r.Received = true, m, f
		r.Budget = budget
	case wire.TypePing:
		r.reply(pong(f), &budget) // [UDP-8]
	case wire.TypeAck:
		r.settle(f)
	case wire.TypeErr:
		r.Err = NewPeerError(f)
		r.settle(f)
	default:
		if isMessage(f.Type, e.others) {
			r.Deliver, r.Message, r.Received = true, f, f
		}
	}
	return r
}

// settle notes which message of ours an ACK or ERR names. One without a valid
// msg-id names none [ACK-9].
func (r *Reaction) settle(f wire.Frame) {
	value, _ := f.Headers.Get(wire.KeyMsgID)
	r.MsgID, r.Settles = wire.ParseDecimal(value)
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
// *LocalError, or nil: a frame that is neither DATA nor of a type among
// EndpointConfig.Messages, that has flags other than CRC and, on DATA, COMP, which says that its payload has been compressed, or a header of the protocol's
// [HDR-11], or that takes more than 255 fragments can hold [FRG-7]. Whether what is
// left fits a datagram or can be cut is another question.
func (e *Endpoint) CheckAnswer(f wire.Frame) error {
	return checkAnswer(f, maxMessage, e.others)
}

// CheckMessage returns why an application may not send f on its own account, as a
// *LocalError, or nil. It may send what CheckAnswer lets through, and beside DATA the
// types HELLO, PING and BYE and those that the endpoint knows beyond the eight.
func (e *Endpoint) CheckMessage(f wire.Frame) error {
	switch f.Type {
	case wire.TypeWelcome, wire.TypePong, wire.TypeAck, wire.TypeErr:
		return refusal(wire.UnexpectedFrameType, "%v is an answer of the protocol's and not an application's to send", f.Type)
	}
	if !e.limits.Types.Has(f.Type) {
		return refusal(wire.InvalidFrameType, "%v is not among the frame types known here, add it to Limits.Types [TYP-2]", f.Type)
	}
	return checkSendable(f, maxMessage)
}
