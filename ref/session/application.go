package session

import "github.com/vstp-project/vstp/ref/wire"

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

// checkAnswer returns why an application may not send f, or nil. limit is the
// octets that its encoding may take.
func checkAnswer(f wire.Frame, limit int) error {
	if f.Type != wire.TypeData {
		return refusal(wire.UnexpectedFrameType, "an application answers with DATA, not with %v", f.Type)
	}
	return checkSendable(f, limit)
}

// checkSendable returns why an application may not send f, its type apart.
func checkSendable(f wire.Frame, limit int) error {
	if extra := f.Flags &^ wire.FlagCRC; extra != 0 {
		return refusal(wire.Unsupported, "a message cannot be sent with the flags %v, leave them out", extra)
	}
	for key := range f.Headers.All() {
		if IsProtocolKey(key) {
			return refusal(wire.Protocol, "the header %s belongs to the protocol, choose another key [HDR-11]", key)
		}
	}
	if size := f.EncodedLen(); size > limit {
		return refusal(wire.FrameTooLarge, "the message takes %d octets and at most %d can be sent", size, limit)
	}
	return nil
}
