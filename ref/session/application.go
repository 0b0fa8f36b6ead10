package session

import (
	"math"

	"github.com/vstp-project/vstp/ref/wire"
)

// IsProtocolKey reports whether a header key belongs to the protocol and is
// therefore not an application's to use: msg-id, frag-id, frag-index, frag-total,
// session-id and err-code [HDR-11]. Keys are compared octet for octet [HDR-10].
func IsProtocolKey(key []byte) bool {
	switch string(key) {
	case wire.KeyMsgID, wire.KeyFragID, wire.KeyFragIndex, wire.KeyFragTotal, wire.KeySessionID, wire.KeyErrCode:
		return true
	default:
		return false
	}
}

// isMessage reports whether frames of a type are an application's: DATA, and those
// beyond the eight that are given.
func isMessage(t wire.Type, others wire.TypeSet) bool {
	switch t {
	case wire.TypeData:
		return true
	case wire.TypeHello, wire.TypeWelcome, wire.TypePing, wire.TypePong, wire.TypeBye, wire.TypeAck, wire.TypeErr:
		return false
	default:
		return others.Has(t)
	}
}

// checkAnswer returns why an application may not send f, or nil. limit is the
// octets that its encoding may take.
func checkAnswer(f wire.Frame, limit int, others wire.TypeSet) error {
	if !isMessage(f.Type, others) {
		return refusal(wire.UnexpectedFrameType, "an application answers with DATA, not with %v", f.Type)
	}
	return checkSendable(f, limit)
}

// checkMessage returns why the application of a TCP client may not send f, or nil.
// What the protocol sends by itself is not the application's to send.
func checkMessage(f wire.Frame, lim wire.Limits) error {
	switch f.Type {
	case wire.TypeData:
	case wire.TypeHello:
		return refusal(wire.UnexpectedFrameType, "HELLO opens every connection by itself, leave it out")
	case wire.TypePing:
		return refusal(wire.UnexpectedFrameType, "PING has an operation of its own, use Ping")
	case wire.TypeBye:
		return refusal(wire.UnexpectedFrameType, "BYE is the last frame of a connection, use Close")
	case wire.TypeWelcome, wire.TypePong, wire.TypeAck, wire.TypeErr:
		return refusal(wire.UnexpectedFrameType, "%v is an answer of the protocol's and not an application's to send", f.Type)
	default:
		if !lim.Types.Has(f.Type) {
			return refusal(wire.InvalidFrameType, "%v is not among the frame types known here, add it to Limits.Types [TYP-2]", f.Type)
		}
	}
	return checkSendable(f, lim.MaxFrame)
}

// checkSendable returns why an application may not send f, its type apart.
func checkSendable(f wire.Frame, limit int) error {
	allowed := wire.FlagCRC
	if f.Type == wire.TypeData {
		allowed |= wire.FlagComp // [FLG-8]
	}
	if extra := f.Flags &^ allowed; extra != 0 {
		return refusal(wire.Unsupported, "a message cannot be sent with the flags %v, leave them out", extra)
	}
	for key := range f.Headers.All() {
		if IsProtocolKey(key) {
			return refusal(wire.Protocol, "the header %s belongs to the protocol, choose another key [HDR-11]", key)
		}
	}
	return checkSize(f, limit)
}

// checkSize refuses a frame of more octets than the limit [LIM-4], or of more than
// can be expressed.
func checkSize(f wire.Frame, limit int) error {
	if uint64(len(f.Payload)) > math.MaxUint32 {
		return refusal(wire.FrameTooLarge, "the payload takes %d octets and no frame has more than %d [FRM-4]", len(f.Payload), uint32(math.MaxUint32))
	}
	if size := f.EncodedLen(); size > limit {
		return refusal(wire.FrameTooLarge, "the message takes %d octets and at most %d can be sent", size, limit)
	}
	return nil
}
