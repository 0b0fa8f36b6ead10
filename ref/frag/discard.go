package frag

import "github.com/vstp-project/vstp/ref/wire"

// Discard says why a fragment was discarded. It is an error and unwraps to the
// wire.Reason that comes nearest; none of them is ever sent [UDP-18].
type Discard uint8

// Why a fragment may be discarded.
const (
	// Malformed: it is not DATA, or does not have each fragment header exactly once
	// with a valid value [FLG-5].
	Malformed Discard = iota + 1

	// OutOfRange: its total is 0, or its index not below its total [RAS-6].
	OutOfRange

	// TooLong: its payload exceeds 1,200 octets [RAS-18].
	TooLong

	// MessageTooLarge: its message would exceed the frame limit.
	MessageTooLarge

	// TableFull: it would open a session, and as many as allowed are open [RAS-12]
	// [RAS-14].
	TableFull

	// SourceFull: it would open a session, and its source address has as many as it is
	// allowed [RAS-15].
	SourceFull

	// BudgetFull: there is no room for its payload [RAS-20].
	BudgetFull
)

var discards = [...]struct {
	reason wire.Reason
	text   string
}{
	Malformed:       {wire.BadFragment, "fragment headers missing, repeated or malformed [FLG-5]"},
	OutOfRange:      {wire.BadFragment, "frag-total is 0 or frag-index not below it [RAS-6]"},
	TooLong:         {wire.BadFragment, "fragment with more than 1,200 octets of payload [RAS-18]"},
	MessageTooLarge: {wire.FrameTooLarge, "the message would exceed the frame limit [LIM-3]"},
	TableFull:       {wire.RateLimited, "as many reassembly sessions as allowed are open [RAS-14]"},
	SourceFull:      {wire.RateLimited, "the source has as many reassembly sessions as it is allowed [RAS-15]"},
	BudgetFull:      {wire.RateLimited, "half-received messages hold as many octets as allowed [RAS-20]"},
}

// Error says why, in words.
func (d Discard) Error() string {
	if d < Malformed || int(d) >= len(discards) {
		return "not discarded"
	}
	return discards[d].text
}

// Unwrap returns BadFragment for a fragment that is wrong in itself, FrameTooLarge
// for a message that is too large and RateLimited where a limit is reached.
func (d Discard) Unwrap() error {
	if d < Malformed || int(d) >= len(discards) {
		return nil
	}
	return discards[d].reason
}
