package dissect

// The frame types of the specification. [TYP-1]
const (
	TypeHello   byte = 1
	TypeWelcome byte = 2
	TypeData    byte = 3
	TypePing    byte = 4
	TypePong    byte = 5
	TypeBye     byte = 6
	TypeAck     byte = 7
	TypeErr     byte = 8
)

// The flags of the specification. [FLG-1]
const (
	FlagReqAck byte = 0x01
	FlagCRC    byte = 0x02
	FlagFrag   byte = 0x10
	FlagComp   byte = 0x20
)

// DefaultMaxFrame is the largest frame, in octets in all, that a receiver takes
// unless it is told otherwise. [LIM-1]
const DefaultMaxFrame = 8388608

// The header keys that have a meaning to the protocol. [HDR-9]
const (
	KeyMsgID     = "msg-id"
	KeyFragID    = "frag-id"
	KeyFragIndex = "frag-index"
	KeyFragTotal = "frag-total"
	KeySessionID = "session-id"
	KeyErrCode   = "err-code"
)

const (
	fixedLen   = 11 // MAGIC to PAY_LEN
	trailerLen = 4  // CRC32
	overhead   = fixedLen + trailerLen
)

var typeNames = [...]string{
	TypeHello: "HELLO", TypeWelcome: "WELCOME", TypeData: "DATA", TypePing: "PING",
	TypePong: "PONG", TypeBye: "BYE", TypeAck: "ACK", TypeErr: "ERR",
}

var flagNames = [...]struct {
	mask byte
	name string
}{{FlagReqAck, "REQ_ACK"}, {FlagCRC, "CRC"}, {FlagFrag, "FRAG"}, {FlagComp, "COMP"}}
