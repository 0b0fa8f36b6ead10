package udp

import (
	"context"
	"log/slog"

	"github.com/vstp-project/vstp/ref/wire"
)

// What a zero Config stands for.
const (
	DefaultQueueMessages  = 1024
	DefaultQueuePerSource = 256
	DefaultQueueOctets    = 16 << 20
	DefaultBuffer         = 4 << 20
)

// Config sets a Server up. The zero value of every field is the default named.
type Config struct {
	// Limits is what frames may be. The zero value is the specification's default.
	Limits wire.Limits

	// Handler is the application. Nil takes messages and leaves them unanswered.
	Handler Handler

	// QueueMessages, QueuePerSource and QueueOctets bound the messages that the
	// application is working on, by number, by number from one source address and
	// port, and by octets of their frames. A message beyond any of them is dropped
	// without an ACK. Zero means DefaultQueueMessages, 1,024, DefaultQueuePerSource,
	// 256, and DefaultQueueOctets, 16 MiB.
	QueueMessages  int
	QueuePerSource int
	QueueOctets    int

	// Buffer is the octets asked for as the socket's receive and send buffer. The
	// system may give less, see Server.Buffers. Zero means DefaultBuffer, 4 MiB.
	Buffer int

	// Log is told of the socket at level Info, of what fails and of messages dropped
	// for want of room at level Warn and of single datagrams at level Debug. Nil means
	// no log.
	Log *slog.Logger
}

// Handler is the application behind a Server. It is called for every message, as
// soon as it has arrived and for several at the same time. ctx is done when the
// server is closed, and the handler is to return then: Close waits for it.
type Handler func(ctx context.Context, r *Request)

// withDefaults fills in what is zero.
func (c Config) withDefaults() Config {
	if c.Handler == nil {
		c.Handler = func(context.Context, *Request) {}
	}
	if c.QueueMessages <= 0 {
		c.QueueMessages = DefaultQueueMessages
	}
	if c.QueuePerSource <= 0 {
		c.QueuePerSource = DefaultQueuePerSource
	}
	if c.QueueOctets <= 0 {
		c.QueueOctets = DefaultQueueOctets
	}
	if c.Buffer <= 0 {
		c.Buffer = DefaultBuffer
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}
