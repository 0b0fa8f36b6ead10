package tcp

import (
	"context"
	"crypto/tls"
	"log/slog"
	"time"

	"github.com/vstp-project/vstp/ref/compress"
	"github.com/vstp-project/vstp/ref/extension"
	"github.com/vstp-project/vstp/ref/metrics"
	"github.com/vstp-project/vstp/ref/priority"
	"github.com/vstp-project/vstp/ref/rate"
	"github.com/vstp-project/vstp/ref/session"
	"github.com/vstp-project/vstp/ref/wire"
)

// What a zero Config stands for.
const (
	DefaultMaxConns      = 4096
	DefaultQueueMessages = 256
	DefaultQueueOctets   = 1 << 20
	DefaultPendingOctets = priority.DefaultMaxOctets
	DefaultStalledWrite  = 90 * time.Second
	DefaultTLSHandshake  = 30 * time.Second // [TLS-4]
)

// Config sets a Server or a Conn up. The zero value of every field is the default
// named.
type Config struct {
	// Limits is what frames may be, in both directions. The zero value is the
	// specification's default.
	Limits wire.Limits

	// MessageTypes is the frame types from 0x10 on that the application exchanges as it
	// does DATA: they are known beside those in Limits.Types, delivered to it and may be
	// sent by it, at a Server as answers. A type that is known and not among them is
	// taken, and nothing becomes of it. Such a message is neither acknowledged nor
	// compressed [FLG-8]. Types that cannot be allocated are left out.
	//
	// "An extension of this specification MAY allocate TYPE values from 0x10 to 0xFF, and
	// no others, in the registry, an endpoint that knows such a value accepting it as it
	// accepts the first eight." [TYP-5]
	MessageTypes []wire.Type

	// Extensions see the messages on their way to the application, when everything has
	// been checked and decompressed, and those on their way from it, before they are
	// compressed. A message for which one fails is dropped, counted and logged, and
	// nothing else comes of it: it has been acknowledged, if it asked for that. Nil means
	// that there are none.
	Extensions *extension.Set

	// Handler is the application of a Server. Nil takes messages and leaves them
	// unanswered. A Conn has none.
	Handler Handler

	// TLS is the settings of TLS, nil for none. They are copied. The version is 1.3,
	// whatever they say. A server needs a certificate in them; it verifies its clients
	// if ClientAuth is tls.RequireAndVerifyClientCert, against ClientCAs. A Conn
	// verifies the server against RootCAs and ServerName; Dial fills the latter in, with
	// the host that it is asked to reach.
	TLS *tls.Config

	// TLSHandshake is how long a handshake may take, from the moment at which the
	// connection stands. Zero means DefaultTLSHandshake, 30 s.
	TLSHandshake time.Duration

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
	// before the connection is given up; over TLS, less than 16 KiB. Zero means DefaultStalledWrite, 90 s.
	StalledWrite time.Duration

	// KeepAlive is how long the peer may be silent before it is sent a PING, and
	// PongTimeout how long after that before the connection is ended; anything that
	// arrives is a sign of life. A Server cuts a client that has not spoken yet off after
	// the same time, but sends it nothing [TCP-4]; and clients have to answer only while
	// their application waits [TCP-24]. KeepAlive zero means never; PongTimeout zero means
	// session.DefaultPongTimeout, 30 s.
	KeepAlive   time.Duration
	PongTimeout time.Duration

	// ReadTimeout is how long the peer may be silent before the connection is ended,
	// without a PING. At a Server it counts only while no answer is owed, and less than
	// 60 s cuts clients off that may well be silent for that long [TCP-30]. Zero means for
	// ever. How long a write may take is StalledWrite.
	ReadTimeout time.Duration

	// FirstMsgID is the msg-id of the first acknowledged send of a Conn; the next have
	// the numbers that follow. Zero draws it at random, so that a program that is
	// started again does not repeat the numbers of the run before.
	FirstMsgID uint64

	// MaxConns is how many connections a Server has at a time, those in the middle of a
	// TLS handshake included; a further one is closed as soon as it is accepted. Zero
	// means DefaultMaxConns, 4,096.
	MaxConns int

	// MaxConnsPerPeer is how many of them one client has, by its IPv4 address or the first
	// 64 bits of its IPv6 address. Zero means as many as MaxConns allows.
	MaxConnsPerPeer int

	// PeerRate is how many frames and octets one client, by its address as above, may send
	// a Server in a second over all its connections. A frame beyond is read and discarded
	// with ERR 16, and the connection goes on. BYE is always taken. Zero means no
	// limit.
	//
	// "A server SHOULD offer configurable limits on concurrent connections and on frames
	// per second per peer." [SEC-3]
	PeerRate rate.Limit

	// QueueMessages and QueueOctets bound the messages of one connection that wait
	// for the handler or for Conn.Receive, by number and by octets of their frames. No
	// frame is read while either is reached, so that one message may go beyond
	// QueueOctets. Zero means DefaultQueueMessages, 256, and DefaultQueueOctets, 1 MiB.
	QueueMessages int
	QueueOctets   int

	// PendingOctets bounds what waits to be sent on one connection, by octets of encoded
	// frames. While it is reached Send, and Request.Answer at a Server, wait; what the
	// protocol itself says may take as much again before nothing more is read. The
	// message that reaches it may go beyond. Zero means DefaultPendingOctets, 128 KiB.
	PendingOctets int

	// ReceiveBuffer and SendBuffer are the octets asked for as the socket's buffers. The
	// system may give less or more; that it cannot is no error. Zero leaves them to the
	// system, which for TCP makes them as large as the connection has use for.
	//
	// "An implementation MUST let its caller set the sizes of the send and receive buffers
	// of its sockets." [LIB-4]
	ReceiveBuffer int
	SendBuffer    int

	// Compression says what becomes of messages with the COMP flag. An application that
	// sets it on a message asks for compression; what arrives compressed reaches the
	// application plain and without the flag [CMP-4].
	Compression compress.Config

	// Metrics counts frames sent and received and faults in CRC32, and of a Redial the
	// connections made in place of a lost one. A frame is sent once it is queued for that.
	// Nil counts nothing.
	Metrics *metrics.Metrics

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
	if c.TLSHandshake <= 0 {
		c.TLSHandshake = DefaultTLSHandshake
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
	c.Limits.Types = c.Limits.Types.With(c.MessageTypes...)
	return c
}

// The parts of the settings that are for the state machines to fill in.

func (c Config) server() session.ServerConfig {
	return session.ServerConfig{
		MaxFrame:     c.Limits.MaxFrame,
		StalledFrame: c.StalledFrame,
		Linger:       c.Linger,
		KeepAlive:    c.keepAlive(),
		Messages:     wire.NewTypeSet(c.MessageTypes...),
		Unpack:       c.Compression.Incoming(c.Limits.MaxFrame),
	}
}

func (c Config) client() session.ClientConfig {
	return session.ClientConfig{
		Limits:       c.Limits,
		AckTimeout:   c.AckTimeout,
		Linger:       c.Linger,
		CloseTimeout: c.CloseTimeout,
		FirstMsgID:   c.FirstMsgID,
		KeepAlive:    c.keepAlive(),
		Messages:     wire.NewTypeSet(c.MessageTypes...),
		Unpack:       c.Compression.Incoming(c.Limits.MaxFrame),
	}
}

func (c Config) keepAlive() session.KeepAlive {
	return session.KeepAlive{Interval: c.KeepAlive, PongTimeout: c.PongTimeout, ReadTimeout: c.ReadTimeout}
}
