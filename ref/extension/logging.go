package extension

import (
	"context"
	"log/slog"

	"github.com/vstp-project/vstp/ref/wire"
)

// Logging is an extension that mentions every frame in a log and passes it on as it
// is. It mentions type, flags, the number of headers and sizes in octets, and nothing
// that the peer is free to choose: a log is not to be written by strangers.
//
// "An implementation SHOULD log connections, frames, errors, fragmentation and expired
// waits for an ACK." [OBS-3]
type Logging struct {
	// Log is told. Nil means slog.Default.
	Log *slog.Logger

	// Level is at what level. Zero means slog.LevelInfo.
	Level slog.Level

	// Message is in what words, "sent" for example. Empty means "frame".
	Message string
}

// ShouldHandle reports whether the log takes anything at this level.
func (l Logging) ShouldHandle(wire.Frame) bool {
	return l.logger().Enabled(context.Background(), l.Level)
}

// Handle mentions f.
func (l Logging) Handle(ctx context.Context, f wire.Frame) (wire.Frame, error) {
	message := l.Message
	if message == "" {
		message = "frame"
	}
	l.logger().LogAttrs(ctx, l.Level, message,
		slog.String("type", f.Type.String()),
		slog.String("flags", f.Flags.String()),
		slog.Int("headers", f.Headers.Len()),
		slog.Int("payload", len(f.Payload)),
		slog.Int("octets", f.EncodedLen()))
	return f, nil
}

func (l Logging) logger() *slog.Logger {
	if l.Log == nil {
		return slog.Default()
	}
	return l.Log
}
