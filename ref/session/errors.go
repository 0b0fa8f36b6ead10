package session

import (
	"fmt"
	"strconv"

	"github.com/vstp-project/vstp/ref/wire"
)

// LocalError is something that this endpoint refuses: octets of the peer's, or a
// request of its own application. It unwraps to its Reason.
type LocalError struct {
	Reason wire.Reason
	Detail string // what was refused and why, in words
}

// Error names the kind of refusal and its detail.
func (e *LocalError) Error() string { return e.Reason.String() + ": " + e.Detail }

// Unwrap returns the Reason.
func (e *LocalError) Unwrap() error { return e.Reason }

// refusal makes a LocalError.
func refusal(r wire.Reason, format string, args ...any) *LocalError {
	return &LocalError{Reason: r, Detail: fmt.Sprintf(format, args...)}
}

// PeerError is what the peer has reported in an ERR frame. It unwraps to its
// Code.
type PeerError struct {
	// Code is the kind of error. A code that is absent, not canonical decimal or
	// that of no known kind is ServerError [ERR-7].
	Code wire.Reason

	// Text is the payload of the ERR frame, meant for people. It is the peer's and
	// may hold any octets.
	Text string
}

// Error names the kind of error and quotes the peer's text.
func (e *PeerError) Error() string {
	if e.Text == "" {
		return "the peer reports " + e.Code.String()
	}
	return "the peer reports " + e.Code.String() + ": " + strconv.Quote(e.Text)
}

// Unwrap returns the Code.
func (e *PeerError) Unwrap() error { return e.Code }

// NewPeerError reads an ERR frame. The result shares no memory with it.
func NewPeerError(f wire.Frame) *PeerError {
	return &PeerError{Code: errCode(f.Headers), Text: string(f.Payload)}
}

// errCode returns the kind of error that the headers of an ERR frame name.
func errCode(h wire.Headers) wire.Reason {
	value, _ := h.Get(wire.KeyErrCode)
	code, ok := wire.ParseDecimal(value)
	if !ok || code > uint64(wire.Unsupported) {
		return wire.ServerError
	}
	if reason, ok := wire.ReasonByCode(int(code)); ok {
		return reason
	}
	return wire.ServerError
}
