package vectors

import "time"

// The machines that events can happen to.
const (
	MachineTCPServer     = "tcp-server"      // a TCP server, one connection of which is looked at
	MachineTCPClient     = "tcp-client"      // a TCP client on one connection
	MachineUDPServer     = "udp-server"      // a UDP server
	MachineUDPClient     = "udp-client"      // a UDP client, on one socket
	MachineEasyTCPServer = "easy-tcp-server" // an Easy server over TCP, one connection
	MachineEasyUDPServer = "easy-udp-server" // an Easy server over UDP
)

// Event is one point of a time line: what happens to the machine, and all that
// comes of it at once.
type Event struct {
	// At is the time since the first event. Events stand in the order of time.
	At time.Duration
	// Early and Late say how much earlier and later Out may come where it is the
	// work of a timer. Times are nominal: what came late delays what its timers
	// start.
	Early, Late time.Duration
	// In is what happens, or nil if only time has passed.
	In *Input
	// Out is what the machine does, in order as far as README.md says that order
	// counts. It is complete: before the next event nothing else may follow.
	Out []Output
}

// The kinds of input. In brackets: the fields of Input that go with them.
const (
	InConnected   = "connected"   // the connection stands; the first event of each TCP machine
	InOctets      = "octets"      // the peer's octets arrive on the connection [Octets]
	InEnd         = "end"         // the peer has shut down its sending direction
	InReset       = "reset"       // the connection is broken
	InDatagram    = "datagram"    // a datagram arrives [Octets, From]
	InUnreachable = "unreachable" // the system reports an ICMP error for a destination [To]
	InAnswer      = "answer"      // the application answers message Of with a DATA, its only one [Frame, Of]
	InReturn      = "return"      // the Easy handler returns a value for message Of [JSON, Of]
	InFail        = "fail"        // the Easy handler fails for message Of [Of]
	InSend        = "send"        // the application sends a DATA message [Frame, To, MsgID, FragID]
	InSendAck     = "send_ack"    // the same with acknowledgement [Frame, To, MsgID, FragID]
	InReceive     = "receive"     // the application waits for messages from now on
	InClose       = "close"       // the application ends the conversation
)

// Input is something that happens to a machine.
type Input struct {
	Kind          string // one of the In constants
	Octets        []byte
	From, To      string // label of an address
	Frame         *Frame
	JSON          []byte
	Of            int    // number of a message, counted from 1 in the order of delivery
	MsgID, FragID string // what the machine is to use, in decimal
}

// The kinds of output. In brackets: the fields of Output that go with them. On UDP
// every one that is sent has To, and every one that is delivered From.
const (
	OutDeliver  = "deliver"  // a message is handed to the application [Frame]
	OutHandle   = "handle"   // a value is handed to the Easy handler [JSON]
	OutHello    = "hello"    // HELLO is sent
	OutWelcome  = "welcome"  // WELCOME is sent, with the session identifier that Label stands for [Label]
	OutAck      = "ack"      // ACK is sent [MsgID, "" for one without]
	OutPong     = "pong"     // PONG is sent [Octets: the payload]
	OutData     = "data"     // DATA is sent [Frame]
	OutResponse = "response" // DATA is sent whose payload is a JSON text of the value [JSON]
	OutErr      = "err"      // ERR is sent; MsgID is "" if it names none [Code, MsgID]
	OutBye      = "bye"      // BYE is sent
	OutDatagram = "datagram" // these octets are sent as a datagram [Octets]
	OutEnd      = "end"      // the peer sees the end of the stream, by FIN or RST
	OutClose    = "close"    // the connection is closed: no octet of the peer is read any more
	OutSuccess  = "success"  // an acknowledged send has succeeded [MsgID]
	OutFailure  = "failure"  // an acknowledged send has failed [MsgID, Error, Remote]
	OutReport   = "report"   // an error is reported to the application [Error, Remote, and on UDP From if it came from there]
)

// Output is something that a machine does.
type Output struct {
	Kind     string // one of the Out constants
	Octets   []byte
	From, To string // label of an address
	Frame    *Frame
	JSON     []byte
	Label    string
	MsgID    string
	Code     int
	Error    string
	Remote   bool // the error came from the peer
	// Free names, in the words of its table, a choice that section 25 of the
	// specification leaves free: then this output may be missing.
	Free string
}
