package compress

import (
	"fmt"

	"github.com/vstp-project/vstp/ref/wire"
)

// What a zero Config stands for.
const (
	DefaultThreshold = 1024 // octets
	DefaultLevel     = 6
)

// Config says what is compressed and how hard. The zero value is the default.
type Config struct {
	// Threshold is the octets of the shortest payload that is compressed. Zero means
	// DefaultThreshold, 1,024; a negative number compresses whatever becomes smaller.
	//
	// "With default settings a sender MUST NOT compress a payload shorter than 1,024
	// octets." [CMP-5]
	Threshold int

	// Level is from 1, fast, to 9, small. Zero means DefaultLevel, 6.
	Level int

	// Off means that compression is not offered: nothing is compressed, and what
	// arrives compressed is refused [CMP-11].
	Off bool
}

// Outgoing returns a message as it is to be sent. The COMP flag that an application
// sets asks for compression; on the way out it says whether there is any. A message
// without it, and one of another TYPE than DATA, is returned as it is.
//
// The error is that of Compress, or wraps wire.Unsupported where compression is not
// offered.
func (c Config) Outgoing(f wire.Frame) (wire.Frame, error) {
	if f.Type != wire.TypeData || !f.Flags.Has(wire.FlagComp) {
		return f, nil
	}
	if c.Off {
		return wire.Frame{}, fmt.Errorf("compression is not offered here: %w", wire.Unsupported)
	}
	f.Flags &^= wire.FlagComp
	return Compress(f, c)
}

// Incoming returns what undoes the compression of messages that arrive, up to limit
// octets each, see Decompress; nil where compression is not offered.
func (c Config) Incoming(limit int) func(wire.Frame) (wire.Frame, error) {
	if c.Off {
		return nil
	}
	return func(f wire.Frame) (wire.Frame, error) { return Decompress(f, limit) }
}

// Applies reports whether f is for Compress to work on: a DATA frame whose payload
// is at least as long as the threshold.
func (c Config) Applies(f wire.Frame) bool {
	threshold := c.Threshold
	if threshold == 0 {
		threshold = DefaultThreshold
	}
	return f.Type == wire.TypeData && len(f.Payload) >= threshold
}

// Compress returns the message f with its payload as one gzip member and the COMP
// flag set. A frame to which cfg does not apply, and one whose payload gzip does
// not make smaller, is returned as it is.
//
// Headers are shared with f, and so is a payload that stays; a compressed one is
// newly allocated.
//
// A frame that already has COMP or FRAG is refused with a *wire.EncodeError of
// Reason Protocol, a level that does not exist with an error of its own.
//
// "A sender MUST set COMP on exactly those messages whose payload it has itself
// compressed, into a single RFC 1952 gzip member." [CMP-1]
//
// "Compression MUST NOT alter the HEADERS section." [CMP-2]
//
// "A sender MUST compress before it fragments and compute each CRC32 over the
// compressed octets." [CMP-3]
//
// "A sender MUST NOT set COMP on a frame whose TYPE is not DATA." [FLG-8]
func Compress(f wire.Frame, cfg Config) (wire.Frame, error) {
	if f.Flags.Has(wire.FlagComp) {
		return wire.Frame{}, refuse("the flag COMP is for whoever compresses, leave it out [CMP-1]")
	}
	if f.Flags.Has(wire.FlagFrag) {
		return wire.Frame{}, refuse("a fragment is not compressed, compress the message before it is cut [CMP-3]")
	}
	if !cfg.Applies(f) {
		return f, nil
	}
	member, err := deflate(f.Payload, cfg.Level, len(f.Payload)-1)
	if err == errRoom {
		return f, nil
	}
	if err != nil {
		return wire.Frame{}, err
	}
	f.Payload = member
	f.Flags |= wire.FlagComp
	return f, nil
}

// Decompress returns the message f, complete and with its fragments put together,
// as the application is to see it: with its payload decompressed, up to limit
// octets, and without COMP. Zero or less means a limit of wire.DefaultMaxFrame. A
// frame of another TYPE than DATA, and one without COMP, is returned as it is.
//
// Headers are shared with f, and so is a payload that stays; a decompressed one is
// newly allocated. Errors are those of Gunzip; a fragment is refused with a
// *wire.DecodeError of Reason BadFragment.
//
// "A receiver MUST deliver the payload of a COMP message decompressed, and
// decompress it only after reassembly." [CMP-4]
//
// "A receiver MUST take the payload of a frame whose TYPE is not DATA as it stands,
// whatever the state of COMP." [FLG-7]
func Decompress(f wire.Frame, limit int) (wire.Frame, error) {
	if f.Type != wire.TypeData || !f.Flags.Has(wire.FlagComp) {
		return f, nil
	}
	if f.Flags.Has(wire.FlagFrag) {
		return wire.Frame{}, fault(0, wire.BadFragment)
	}
	plain, err := Gunzip(f.Payload, limit)
	if err != nil {
		return wire.Frame{}, err
	}
	f.Payload = plain
	f.Flags &^= wire.FlagComp
	return f, nil
}

// refuse makes the error of a frame that is not compressed.
func refuse(format string, args ...any) *wire.EncodeError {
	return &wire.EncodeError{Reason: wire.Protocol, Detail: fmt.Sprintf(format, args...)}
}

// fault makes the error of a payload that is not decompressed.
func fault(offset int, r wire.Reason) *wire.DecodeError {
	return &wire.DecodeError{Offset: offset, Reason: r}
}
