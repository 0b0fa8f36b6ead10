package tcp

import (
	"context"
	"log/slog"
	"time"

	"github.com/vstp-project/vstp/ref/session"
	"github.com/vstp-project/vstp/ref/wire"
)

// What a zero Config stands for.
const (
	DefaultMaxConns      = 4096
	DefaultQueueMessages = 256
	DefaultQueueOctets   = 1 << 20
	DefaultStalledWrite  = 90 * time.Second
)

// Config sets a Server or a Conn up. The zero value of every field is the default
// named.
type Config struct {
	// Limits is what frames may be, in both directions. The zero value is the
	// specification's default.
	Limits wire.Limits

	// Handler is the application of a Server. Nil takes messages and leaves them
	// unanswered. A Conn has none.
	Handler Handler

	// StalledFrame is how long a frame that has begun to arrive at a Server may make
	// no progress before the connection is closed with ERR 9. Zero means
	// session.DefaultStalledFrame, 30 s.
	StalledFrame time.Duration

	// Linger is how long input is discarded after the last frame was sent, before
	// the connection is closed. For a Conn it counts from the moment at which the peer
	// has ended the conversation. Zero means session.DefaultLinger, 1 s.
	Linger time.Duration

	// AckTimeout is how long a Conn waits for an ACK, from the moment at which the
	// message is with the operating system. Zero means session.DefaultAckTimeout, 2 s.
	AckTimeout time.Duration

	// CloseTimeout is how long Conn.Close may take: for what is queued to be sent, and
	// for the peer to send its last messages and to end its side. Zero means
	// session.DefaultCloseTimeout, 2 s.
	CloseTimeout time.Duration

	// StalledWrite is how long the peer may take nothing of what is being sent to it
	// before the connection is given up. Zero means DefaultStalledWrite, 90 s.
	StalledWrite time.Duration

	// MaxConns is how many connections a Server has at a time; a further one is closed
	// as soon as it is accepted. Zero means DefaultMaxConns, 4,096.
	MaxConns int

	// QueueMessages and QueueOctets bound the messages of one connection that wait
	// for the handler or for Conn.Receive, by number and by octets of their frames. No frame is read
	// while either is reached, so that one message may go beyond QueueOctets. Zero
	// means DefaultQueueMessages, 256, and DefaultQueueOctets, 1 MiB.
	QueueMessages int
	QueueOctets   int

	// Log is told of connections at level Info, of what is refused or fails at level
	// Warn and of single frames at level Debug. Nil means no log.
	Log *slog.Logger
}

// Handler is the application behind a Server. It is called for one message of a
// connection after the other, in the order in which the peer sent them; different
// connections call it at the same time. ctx is done when the connection or the
// server is closed, and the handler is to return then: Close waits for it.
type Handler func(ctx context.Context, r *Request)

// withDefaults fills in what is zero.
func (c Config) withDefaults() Config {
	if c.Handler == nil {
		c.Handler = func(context.Context, *Request) {}
	}
	if c.StalledFrame <= 0 {
		c.StalledFrame = session.DefaultStalledFrame
	}
	if c.Linger <= 0 {
		c.Linger = session.DefaultLinger
	}
	if c.StalledWrite <= 0 {
		c.StalledWrite = DefaultStalledWrite
	}
	if c.MaxConns <= 0 {
		c.MaxConns = DefaultMaxConns
	}
	if c.QueueMessages <= 0 {
		c.QueueMessages = DefaultQueueMessages
	}
	if c.QueueOctets <= 0 {
		c.QueueOctets = DefaultQueueOctets
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

// The parts of the settings that are for the state machines to fill in.

func (c Config) server() session.ServerConfig {
	return session.ServerConfig{
		MaxFrame:     c.Limits.MaxFrame,
		StalledFrame: c.StalledFrame,
		Linger:       c.Linger,
	}
}

func (c Config) client() session.ClientConfig {
	return session.ClientConfig{
		Limits:       c.Limits,
		AckTimeout:   c.AckTimeout,
		Linger:       c.Linger,
		CloseTimeout: c.CloseTimeout,
	}
}
