package extension

import (
	"context"

	"github.com/vstp-project/vstp/ref/compress"
	"github.com/vstp-project/vstp/ref/wire"
)

// Compression is an extension for sending: it compresses messages, as
// compress.Compress does. Receiving needs none, since messages are decompressed
// before they come to an extension [EXT-1].
//
// "Compression MUST NOT alter the HEADERS section." [CMP-2]
type Compression struct {
	// Config says what is compressed. The zero value is the default: payloads of 1,024
	// octets and more.
	Config compress.Config
}

// ShouldHandle reports whether f is a message that is long enough.
func (c Compression) ShouldHandle(f wire.Frame) bool { return c.Config.Applies(f) }

// Handle returns f compressed, or f itself if that would not be smaller. It fails as
// compress.Compress does.
func (c Compression) Handle(_ context.Context, f wire.Frame) (wire.Frame, error) {
	return compress.Compress(f, c.Config)
}
