package udp

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/vstp-project/vstp/ref/compress"
	"github.com/vstp-project/vstp/ref/extension"
	"github.com/vstp-project/vstp/ref/frag"
	"github.com/vstp-project/vstp/ref/metrics"
	"github.com/vstp-project/vstp/ref/rate"
	"github.com/vstp-project/vstp/ref/reliable"
	"github.com/vstp-project/vstp/ref/session"
	"github.com/vstp-project/vstp/ref/wire"
)

// What a zero Config stands for.
const (
	DefaultQueueMessages  = 1024
	DefaultQueuePerSource = 256
	DefaultQueueOctets    = 16 << 20
	DefaultBuffer         = 4 << 20
)

// Config sets a Server or a Conn up. The zero value of every field is the default
// named.
type Config struct {
	// Limits is what frames may be: each on the wire, and a message that was put
	// together. The zero value is the specification's default.
	Limits wire.Limits

	// MessageTypes is the frame types from 0x10 on that the application exchanges as it
	// does DATA: they are known beside those in Limits.Types, delivered to it and may be
	// sent by it, at a Server as answers. A type that is known and not among them is
	// taken, and nothing becomes of it. Such a message is not acknowledged, nor
	// compressed or fragmented [FLG-8]. Types that cannot be allocated are left
	// out.
	//
	// "An extension of this specification MAY allocate TYPE values from 0x10 to 0xFF, and
	// no others, in the registry, an endpoint that knows such a value accepting it as it
	// accepts the first eight." [TYP-5]
	MessageTypes []wire.Type

	// Extensions see the messages on their way to the application, when everything has
	// been checked, put together and decompressed, and those on their way from it, before
	// they are compressed and fragmented. A message for which one fails is dropped,
	// counted and logged, and nothing else comes of it: it has been acknowledged, if it
	// asked for that. Nil means that there are none.
	Extensions *extension.Set

	// Handler is the application of a Server. Nil takes messages and leaves them
	// unanswered. A Conn has none.
	Handler Handler

	// Local is the address that Dial binds to, host:port. Empty means any address and
	// any free port, so that every destination can be reached.
	Local string

	// Retries is how often an acknowledged message is transmitted again, at most 5.
	// Zero means reliable.DefaultRetries, 3; a negative number means never.
	Retries int

	// RetryDelay is the time from the end of the first transmission to the second. It
	// doubles from each to the next, up to MaxRetryDelay. Zero means
	// reliable.DefaultRetryDelay, 100 ms, and reliable.DefaultMaxRetryDelay, 5 s.
	RetryDelay    time.Duration
	MaxRetryDelay time.Duration

	// AckTimeout is the time from the end of the last transmission to the failure of
	// the send. Zero means reliable.DefaultAckTimeout, 2 s.
	AckTimeout time.Duration

	// CRCFlag sets the CRC flag on every message sent, which is advice to nobody. It is
	// no switch for the CRC32, as the guide's use_crc is: what that asks for by default
	// is in every frame and cannot be left out [CRC-4] [CRC-5].
	CRCFlag bool

	// FirstMsgID is the msg-id of the first message that has one; the next have the
	// numbers that follow. Zero draws it at random, so that a program that is started
	// again does not repeat the numbers of the run before. Any other value is for runs
	// that are to be repeated exactly.
	FirstMsgID uint64

	// Compression says what becomes of messages with the COMP flag. An application that
	// sets it on a message asks for compression; what arrives compressed reaches the
	// application plain and without the flag [CMP-4].
	Compression compress.Config

	// NoFragmentation refuses what does not fit a datagram as FrameTooLarge, in place
	// of cutting it [FRG-15]. Fragments that arrive are put together all the same.
	NoFragmentation bool

	// FragIDWindow is how long a frag-id rests before it is used again for the same
	// destination. Zero means frag.DefaultIDWindow, 30 s.
	FragIDWindow time.Duration

	// Reassembly is how long the fragments of a message may take to come. Zero means
	// frag.DefaultLifetime, 30 s.
	Reassembly time.Duration

	// MaxSessions, MaxSessionsPerSource and MaxSessionOctets bound the messages of
	// which fragments are missing, by number, by number from one source address, and by
	// octets of payload. Zero means frag.DefaultMaxSessions, 1,000,
	// frag.DefaultMaxPerSource, 64, and frag.DefaultMaxOctets, 64 MiB.
	MaxSessions          int
	MaxSessionsPerSource int
	MaxSessionOctets     int

	// DuplicateWindow and MaxDuplicates say how long a delivered message is remembered,
	// so that a copy of it is not delivered again, and how many are. Zero means
	// reliable.DefaultWindow, 30 s, and reliable.DefaultMaxRecords, 65,536.
	DuplicateWindow time.Duration
	MaxDuplicates   int

	// QueueMessages, QueuePerSource and QueueOctets bound the messages that the
	// application is working on, or that a Conn has received and nobody has taken, by
	// number, by number from one source address and port, and by octets of their
	// frames. A message beyond any of them is dropped without an ACK. Zero means
	// DefaultQueueMessages, 1,024, DefaultQueuePerSource, 256, and DefaultQueueOctets,
	// 16 MiB.
	QueueMessages  int
	QueuePerSource int
	QueueOctets    int

	// PeerRate is how many datagrams, and how many octets in them, one source may send a
	// Server in a second, by its IPv4 address or the first 64 bits of its IPv6 address.
	// What is beyond is dropped unread, but for one message in a second that is answered
	// by ERR 16. Zero means no limit, and a Conn has none.
	//
	// "A server SHOULD offer configurable limits on concurrent connections and on frames
	// per second per peer." [SEC-3]
	PeerRate rate.Limit

	// Buffer is the octets asked for as the socket's receive and send buffer. The
	// system may give less, see Buffers. Zero means DefaultBuffer, 4 MiB.
	Buffer int

	// NoOffload sends and receives one datagram in each call of the system. Otherwise
	// the system, where it can (Linux does), is given several at once that are to leave
	// at the same time anyway and have the same size, and hands over several that came
	// together. That changes nothing on the wire. Where a network device turns out not
	// to be able to do its part, they are sent singly from then on.
	NoOffload bool

	// Window says how many acknowledged messages of one datagram each may be under way
	// to one destination. A message that finds no room waits before it is sent first;
	// see reliable.WindowConfig.
	Window reliable.WindowConfig

	// Metrics counts frames sent and received, each datagram being one, faults in CRC32,
	// and messages of which fragments are missing. Nil counts nothing.
	Metrics *metrics.Metrics

	// Log is told of the socket at level Info, of what fails and of messages dropped
	// for want of room at level Warn and of single datagrams at level Debug. Nil means
	// no log.
	Log *slog.Logger
}

// Handler is the application behind a Server. It is called for every message, as
// soon as it has arrived and for several at the same time. ctx is done when the
// server is closed, and the handler is to return then: Close waits for it.
type Handler func(ctx context.Context, r *Request)

// withDefaults fills in what is zero, or says what is wrong with the rest.
func (c Config) withDefaults() (Config, error) {
	if err := c.sender().Check(); err != nil {
		return c, fmt.Errorf("udp: %w", err)
	}
	if c.Handler == nil {
		c.Handler = func(context.Context, *Request) {}
	}
	if c.Local == "" {
		c.Local = ":0"
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
	c.Limits.Types = c.Limits.Types.With(c.MessageTypes...)
	return c, nil
}

// The parts of the settings that are for others to fill in.

func (c Config) endpoint(client bool) session.EndpointConfig {
	return session.EndpointConfig{
		Limits:   c.Limits,
		Client:   client,
		Messages: wire.NewTypeSet(c.MessageTypes...),
		Unpack:   c.Compression.Incoming(c.Limits.MaxFrame),
	}
}

func (c Config) sender() reliable.Config {
	return reliable.Config{
		Retries:         c.Retries,
		RetryDelay:      c.RetryDelay,
		MaxRetryDelay:   c.MaxRetryDelay,
		AckTimeout:      c.AckTimeout,
		IDWindow:        c.FragIDWindow,
		NoFragmentation: c.NoFragmentation,
		Window:          c.Window,
		FirstMsgID:      c.FirstMsgID,
	}
}

func (c Config) reassembler() frag.Config {
	return frag.Config{
		Lifetime:     c.Reassembly,
		MaxSessions:  c.MaxSessions,
		MaxPerSource: c.MaxSessionsPerSource,
		MaxOctets:    c.MaxSessionOctets,
		MaxMessage:   c.Limits.MaxFrame,
	}
}

func (c Config) duplicates() reliable.DuplicatesConfig {
	return reliable.DuplicatesConfig{Window: c.DuplicateWindow, MaxRecords: c.MaxDuplicates}
}
