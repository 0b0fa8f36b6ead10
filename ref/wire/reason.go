package wire

import "fmt"

// Reason is a kind of error that the specification names, and its code number:
// the fifteen kinds of the guide [ERR-6] and four that the specification adds.
//
// A Reason is itself an error, so errors.Is(err, wire.CrcMismatch) asks for one
// kind and errors.As finds out which it is.
type Reason uint8

// The error kinds. Whether one may travel in an ERR frame is told by OnWire.
const (
	Io                   Reason = 1
	Protocol             Reason = 2
	InvalidVersion       Reason = 3
	InvalidFrameType     Reason = 4
	InvalidMagic         Reason = 5
	CrcMismatch          Reason = 6
	Incomplete           Reason = 7
	FrameTooLarge        Reason = 8
	Timeout              Reason = 9
	InvalidAddress       Reason = 10
	SerializationError   Reason = 11
	DeserializationError Reason = 12
	UnexpectedFrameType  Reason = 13
	ConnectionClosed     Reason = 14
	ServerError          Reason = 15
	RateLimited          Reason = 16
	BadFragment          Reason = 17
	BadCompression       Reason = 18
	Unsupported          Reason = 19
)

var reasons = [...]struct {
	name   string
	onWire bool
	text   string
}{
	Io:                   {"Io", false, "input or output failed"},
	Protocol:             {"Protocol", true, "malformed header section, or another violation without a code of its own"},
	InvalidVersion:       {"InvalidVersion", true, "VERSION is not 1 [FRM-2]"},
	InvalidFrameType:     {"InvalidFrameType", true, "TYPE is not known here [TYP-3]"},
	InvalidMagic:         {"InvalidMagic", false, "MAGIC is not 0x56 0x54: this is not VSTP [FRM-2]"},
	CrcMismatch:          {"CrcMismatch", true, "CRC32 differs from the one computed [CRC-5]"},
	Incomplete:           {"Incomplete", false, "more octets are needed"},
	FrameTooLarge:        {"FrameTooLarge", true, "size is above the limit [LIM-2]"},
	Timeout:              {"Timeout", true, "no progress in the time allowed"},
	InvalidAddress:       {"InvalidAddress", false, "the address cannot be used"},
	SerializationError:   {"SerializationError", false, "the value cannot be written as JSON"},
	DeserializationError: {"DeserializationError", true, "the payload is not the expected JSON"},
	UnexpectedFrameType:  {"UnexpectedFrameType", true, "a known TYPE in the wrong role or state"},
	ConnectionClosed:     {"ConnectionClosed", false, "the connection is closed"},
	ServerError:          {"ServerError", true, "the peer's handler failed"},
	RateLimited:          {"RateLimited", true, "a limit of the peer is exceeded"},
	BadFragment:          {"BadFragment", true, "a malformed fragment, or a fragment over TCP"},
	BadCompression:       {"BadCompression", true, "the payload is not exactly one gzip member"},
	Unsupported:          {"Unsupported", true, "the peer does not offer this"},
}

// ReasonByCode returns the kind with the given code number. Its second result is
// false where no kind has it.
func ReasonByCode(code int) (Reason, bool) {
	if code < int(Io) || code >= len(reasons) {
		return 0, false
	}
	return Reason(code), true
}

// Code returns the number that an err-code header carries [ERR-1].
func (r Reason) Code() int { return int(r) }

// String returns the specification's name, "CrcMismatch" for example. A value
// that is none of the nineteen gives its number: "Reason(20)".
func (r Reason) String() string {
	if _, ok := ReasonByCode(int(r)); !ok {
		return fmt.Sprintf("Reason(%d)", uint8(r))
	}
	return reasons[r].name
}

// Error returns the name and what it means: "CrcMismatch: CRC32 differs from the
// one computed [CRC-5]".
func (r Reason) Error() string {
	if _, ok := ReasonByCode(int(r)); !ok {
		return r.String()
	}
	return reasons[r].name + ": " + reasons[r].text
}

// OnWire reports whether the code may appear in an ERR frame. The others stay
// with the endpoint that found them.
func (r Reason) OnWire() bool {
	_, ok := ReasonByCode(int(r))
	return ok && reasons[r].onWire
}
