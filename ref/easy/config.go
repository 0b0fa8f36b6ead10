package easy

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/vstp-project/vstp/ref/compress"
	"github.com/vstp-project/vstp/ref/session"
	"github.com/vstp-project/vstp/ref/tcp"
	"github.com/vstp-project/vstp/ref/udp"
	"github.com/vstp-project/vstp/ref/wire"
)

// Config sets a Client or a Server up. The zero value of every field is the default
// named.
type Config struct {
	// TCP and UDP are the settings of the transport beneath; the one of the other network
	// has no effect, nor has Handler. With TCP.TLS it is TLS.
	TCP tcp.Config
	UDP udp.Config

	// Timeout is how long Call and Receive of a Client wait for a response, the sending of
	// the request included. At a Server it is how long the context of a handler lasts. Zero
	// means without a limit but that of the context given.
	Timeout time.Duration

	// Reliable repeats every message over UDP until it is acknowledged, as often as UDP
	// says. Over TCP it has no effect: there TCP repeats.
	Reliable bool

	// Compress asks for the compression of messages of 1,024 octets and more.
	Compress bool

	// Log is told of failed handlers at level Warn, and of what could not be read or sent
	// at level Info. Nil means no log.
	Log *slog.Logger
}

// The networks.
const (
	networkTCP = "tcp"
	networkUDP = "udp"
)

// check returns what is wrong with the settings for a network.
func (c Config) check(network string) error {
	var compression compress.Config
	switch network {
	case networkTCP:
		compression = c.TCP.Compression
	case networkUDP:
		compression = c.UDP.Compression
	default:
		return &session.LocalError{Reason: wire.InvalidAddress, Detail: fmt.Sprintf(`there is no network %q, use "tcp" or "udp"`, network)}
	}
	if c.Compress && compression.Off {
		return &session.LocalError{Reason: wire.Unsupported, Detail: fmt.Sprintf("Compress asks for what Compression.Off of %s rules out, leave one of them out", network)}
	}
	return nil
}

// log returns where to log.
func (c Config) log() *slog.Logger {
	if c.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return c.Log
}
