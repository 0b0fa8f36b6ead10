package extension

import (
	"context"

	"github.com/vstp-project/vstp/ref/wire"
)

// Handler is an extension. Its methods are called at the same time for different
// frames, from as many goroutines as handle frames.
type Handler interface {
	// ShouldHandle reports whether the extension applies to f. It changes nothing.
	ShouldHandle(f wire.Frame) bool

	// Handle returns the frame that takes the place of f, which may be f itself, or an
	// error, with which the frame is dropped. It may keep f, and make its result of
	// parts of f, but not write to the octets of its payload or headers: they may be
	// someone else's too. It returns soon when ctx is done.
	Handle(ctx context.Context, f wire.Frame) (wire.Frame, error)
}

// ForType returns a handler that applies to the frames of type t and handles them
// with handle.
func ForType(t wire.Type, handle func(context.Context, wire.Frame) (wire.Frame, error)) Handler {
	return forType{t, handle}
}

type forType struct {
	typ    wire.Type
	handle func(context.Context, wire.Frame) (wire.Frame, error)
}

func (h forType) ShouldHandle(f wire.Frame) bool { return f.Type == h.typ }

func (h forType) Handle(ctx context.Context, f wire.Frame) (wire.Frame, error) {
	return h.handle(ctx, f)
}
