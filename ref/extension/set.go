package extension

import (
	"context"
	"fmt"

	"github.com/vstp-project/vstp/ref/compress"
	"github.com/vstp-project/vstp/ref/wire"
)

// Set is the extensions of an endpoint. The zero value has none. It is not to be
// copied once it is in use. Its methods take a nil Set for an empty one.
type Set struct {
	Receive Pipeline // for frames on their way to the application
	Send    Pipeline // for frames on their way from it
}

// Incoming takes a message through Receive, for a transport that has decoded it, put it
// together and decompressed it, and that hands the result to the application. It fails
// with a *DropError, see Pipeline.Process.
//
// "An endpoint MUST take inbound frames through decoding, reassembly, decompression,
// extensions and the application's handler in that order." [EXT-1]
func (s *Set) Incoming(ctx context.Context, f wire.Frame) (wire.Frame, error) {
	if s == nil {
		return f, nil
	}
	return s.Receive.Process(ctx, f)
}

// Outgoing takes a message of the application's through Send, and then compresses it as
// compress.Config.Outgoing does if the application has asked for that by COMP. The
// extensions see the message without the flag, for it is not compressed yet. A DATA frame
// that comes out of them with COMP has been compressed by one of them, Compression for
// example, and stays as it is.
//
// It fails with a *DropError, see Pipeline.Process, and as compress.Config.Outgoing does.
func (s *Set) Outgoing(ctx context.Context, f wire.Frame, c compress.Config) (wire.Frame, error) {
	if s == nil {
		return c.Outgoing(f)
	}
	var asked wire.Flags
	if f.Type == wire.TypeData {
		asked = f.Flags & wire.FlagComp
	}
	f.Flags &^= asked
	f, err := s.Send.Process(ctx, f)
	switch {
	case err != nil:
		return wire.Frame{}, err
	case f.Type != wire.TypeData:
		return f, nil
	case !f.Flags.Has(wire.FlagComp):
		f.Flags |= asked
		return c.Outgoing(f)
	case c.Off:
		return wire.Frame{}, fmt.Errorf("an extension has compressed the message and compression is not offered here: %w", wire.Unsupported)
	default:
		return f, nil
	}
}
