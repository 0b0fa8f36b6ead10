package session

import (
	"errors"

	"github.com/vstp-project/vstp/ref/wire"
)

// keyVersion names, in an ERR of kind InvalidVersion, the version spoken here.
const keyVersion = "version"

// Every protocol reply has FLAGS 0 and no header but the ones that the protocol
// gives it.

// welcome answers HELLO [SES-2].
func welcome(id SessionID) wire.Frame {
	return wire.Frame{
		Type:    wire.TypeWelcome,
		Headers: header(wire.Headers{}, wire.KeySessionID, id.String()),
	}
}

// pong answers PING with the PING's own payload, which it aliases [TCP-7]
// [UDP-13].
func pong(ping wire.Frame) wire.Frame {
	return wire.Frame{Type: wire.TypePong, Payload: ping.Payload}
}

// ack acknowledges the message with the given msg-id, or one that has none where
// id is empty. It has no other header and no payload [ACK-18].
func ack(id string) wire.Frame {
	f := wire.Frame{Type: wire.TypeAck}
	if id != "" {
		f.Headers = header(f.Headers, wire.KeyMsgID, id)
	}
	return f
}

// errFrame reports reason [ERR-1]. A non-empty id is the msg-id of the DATA
// message that it answers [ERR-9]. The payload says in words what the code means
// here; it is fixed text, so that nothing received is sent back [ERR-2].
func errFrame(reason wire.Reason, id string) wire.Frame {
	code := wire.AppendDecimal(nil, uint64(reason.Code()))
	h := header(wire.Headers{}, wire.KeyErrCode, string(code))
	if id != "" {
		h = header(h, wire.KeyMsgID, id)
	}
	if reason == wire.InvalidVersion {
		h = header(h, keyVersion, string(wire.AppendDecimal(nil, wire.Version)))
	}
	return wire.Frame{Type: wire.TypeErr, Headers: h, Payload: []byte(errTexts[reason])}
}

// errTexts says what this endpoint means by an error code.
var errTexts = map[wire.Reason]string{
	wire.Protocol:             "the header section is malformed",
	wire.InvalidVersion:       "only version 1 is spoken here",
	wire.InvalidFrameType:     "this frame type is not known here",
	wire.CrcMismatch:          "CRC32 does not match the frame",
	wire.FrameTooLarge:        "the frame is larger than the limit here",
	wire.Timeout:              "the rest of a frame did not come in time",
	wire.UnexpectedFrameType:  "this frame type is not for this end of the connection",
	wire.DeserializationError: "the payload is not the JSON that is expected here",
	wire.ServerError:          "the message could not be worked on",
	wire.RateLimited:          "more was sent than is taken here",
	wire.BadFragment:          "fragments do not travel over TCP",
	wire.BadCompression:       "the compressed payload is not one valid gzip member",
	wire.Unsupported:          "compressed messages are not taken here",
}

// header returns h with one more header. Keys and values that come here are far
// below the limits, so it cannot be refused.
func header(h wire.Headers, key, value string) wire.Headers {
	h, err := h.AppendText(key, value)
	if err != nil {
		panic(err)
	}
	return h
}

// wantsAck reports whether f is to be acknowledged: it asks for it [ACK-3], and is
// of a type that may be [ACK-7] [ACK-15].
func wantsAck(f wire.Frame) bool {
	switch f.Type {
	case wire.TypeHello, wire.TypeData, wire.TypePing, wire.TypeBye:
		return f.Flags.Has(wire.FlagReqAck)
	default:
		return false
	}
}

// msgID returns the msg-id of f, empty if it has none. The first msg-id header
// counts, and it must be canonical [ACK-4].
func msgID(f wire.Frame) string {
	value, _ := f.Headers.Get(wire.KeyMsgID)
	if _, ok := wire.ParseDecimal(value); !ok {
		return ""
	}
	return string(value)
}

// Unpack undoes the compression of a message. The frame it returns may alias the one
// it is given, but for the payload.
//
// "A receiver MUST deliver the payload of a COMP message decompressed, and decompress
// it only after reassembly." [CMP-4]
//
// "A receiver MUST NOT deliver or acknowledge a message whose COMP payload is not a
// valid gzip member." [CMP-6]
type Unpack func(wire.Frame) (wire.Frame, error)

// message returns f as the application is to see it, or why it is refused: as what
// Unpack finds wrong with it [CMP-8] [CMP-10], or as Unsupported. On any other type
// than DATA the COMP flag means nothing [FLG-7].
func (u Unpack) message(f wire.Frame) (m wire.Frame, refused wire.Reason) {
	if f.Type != wire.TypeData || !f.Flags.Has(wire.FlagComp) {
		return f, 0
	}
	if u == nil {
		return f, wire.Unsupported
	}
	m, err := u(f)
	if err != nil {
		refused = wire.BadCompression
		errors.As(err, &refused)
	}
	return m, refused
}
