package wire

import "fmt"

// ErrShort says that the octets at hand are the start of something acceptable so
// far and that more are needed to tell [FRM-7]. Where no more can come, at the
// end of a datagram for example, it is the fault Incomplete, to which it
// unwraps.
var ErrShort error = shortError{}

type shortError struct{}

func (shortError) Error() string { return "more octets are needed" }
func (shortError) Unwrap() error { return Incomplete }

// DecodeError says why octets were refused. It unwraps to its Reason.
type DecodeError struct {
	// Offset is where the field at fault starts, in octets from the start of what
	// was decoded: the frame, the header section, the varint or the string.
	Offset int

	// Reason is the kind of fault.
	Reason Reason
}

// Error names the place and the kind of fault.
func (e *DecodeError) Error() string {
	return fmt.Sprintf("octet %d: %v", e.Offset, e.Reason.Error())
}

// Unwrap returns the Reason.
func (e *DecodeError) Unwrap() error { return e.Reason }

// fault makes a DecodeError. Inlined, it would put its allocations between the
// checks of ParseInto, and good frames would take measurably longer.
//
//go:noinline
func fault(offset int, r Reason) error { return &DecodeError{Offset: offset, Reason: r} }

// EncodeError says why something was not encoded. Nothing has been written when
// it is returned. It unwraps to its Reason.
type EncodeError struct {
	// Reason is Protocol or FrameTooLarge.
	Reason Reason

	// Detail says in words what was asked for, what is allowed and which
	// requirement says so.
	Detail string
}

// Error names the kind of refusal and its detail.
func (e *EncodeError) Error() string { return e.Reason.String() + ": " + e.Detail }

// Unwrap returns the Reason.
func (e *EncodeError) Unwrap() error { return e.Reason }

// refuse makes an EncodeError.
func refuse(r Reason, format string, args ...any) *EncodeError {
	return &EncodeError{Reason: r, Detail: fmt.Sprintf(format, args...)}
}
