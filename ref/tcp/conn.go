package tcp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/vstp-project/vstp/ref/session"
	"github.com/vstp-project/vstp/ref/wire"
)

// Conn is a connection to a server. From Dial to Close it answers PING and
// acknowledges what asks for it, whether or not anybody is waiting, and takes
// messages in until as many wait as Config allows: then it reads nothing more, an ACK
// or PONG for itself included, until Receive has made room. All its methods may be
// called at the same time.
//
// When the peer ends the conversation, or a fault of the peer's does, the connection
// is closed within Config.Linger. It is never made again by itself.
type Conn struct {
	*link
	life *session.Client // link.sess

	// With the lock of the link:
	sends   map[uint64]chan error // those that wait for an ACK, by msg-id
	pings   map[uint64]chan error // by number
	closing bool                  // Close has been called
	fault   error                 // of the peer's, or its silence, not yet told
	over    error                 // what Receive says when there is nothing more
}

// Dial connects to a TCP address, host:port, and greets the server. It does not wait
// for the WELCOME [TCP-27]. Close is to be called in the end.
//
// With Config.TLS it completes the handshake first, and no frame leaves before the
// server has been verified. A server without the client's trust gives an error that
// errors.As finds to be a *tls.CertificateVerificationError. A client without the
// server's trust does not learn of it here but from Receive.
//
// An address that cannot be read or resolved gives a *session.LocalError of Reason
// InvalidAddress; what the system refuses is returned as it is. ctx is for Dial only.
//
// "By default a TLS client MUST refuse a server whose certificate does not verify
// against both its trusted roots and the host name it was asked to reach." [TLS-6]
func Dial(ctx context.Context, addr string, cfg Config) (*Conn, error) {
	var d net.Dialer
	return dial(ctx, addr, cfg, func(ctx context.Context) (net.Conn, error) { return d.DialContext(ctx, "tcp", addr) })
}

// dial is Dial on a connection that is made in some way.
func dial(ctx context.Context, addr string, cfg Config, connect func(context.Context) (net.Conn, error)) (*Conn, error) {
	nc, err := connect(ctx)
	if err != nil {
		return nil, fmt.Errorf("tcp: dialing %q: %w", addr, dialError(err))
	}
	if cfg.TLS != nil && cfg.TLS.ServerName == "" {
		cfg.TLS = cfg.TLS.Clone()
		cfg.TLS.ServerName = hostOf(addr)
	}
	return NewConn(ctx, nc, cfg)
}

// dialError gives a fault in an address its kind.
func dialError(err error) error {
	var address *net.AddrError
	var name *net.DNSError
	if errors.As(err, &address) || errors.As(err, &name) && name.IsNotFound {
		return fmt.Errorf("%w (%w)", &session.LocalError{
			Reason: wire.InvalidAddress,
			Detail: "write host:port, with a host that exists and a port from 1 to 65,535",
		}, err)
	}
	return err
}

// NewConn is Dial on a connection that exists already and that the Conn closes, also if
// it fails. With TLS, Config.TLS.ServerName has to be given. Without, a connection of a
// type that has no CloseWrite method is closed as soon as everything has been sent,
// without a time for the peer to answer.
func NewConn(ctx context.Context, nc net.Conn, cfg Config) (*Conn, error) {
	if err := ctx.Err(); err != nil {
		nc.Close()
		return nil, fmt.Errorf("tcp: connecting to %v: %w", nc.RemoteAddr(), err)
	}
	cfg = cfg.withDefaults()
	inside := nc
	if cfg.TLS != nil {
		inside = tls.Client(nc, cfg.tls())
	}
	c := &Conn{
		link:  newLink(&cfg, nc, inside),
		life:  session.NewClient(cfg.client()),
		sends: make(map[uint64]chan error),
		pings: make(map[uint64]chan error),
	}
	c.sess, c.frame, c.act = c.life, c.life.Frame, c.special
	if err := c.secure(ctx); err != nil {
		nc.Close()
		return nil, fmt.Errorf("tcp: connecting to %v: %w", nc.RemoteAddr(), err)
	}
	c.log.Info("tcp: connected")
	c.tell(c.life.Open)
	c.all.Go(c.read)
	return c, nil
}

// LocalAddr returns the bound local address [OBS-1].
func (c *Conn) LocalAddr() net.Addr { return c.nc.LocalAddr() }

// RemoteAddr returns the address of the server.
func (c *Conn) RemoteAddr() net.Addr { return c.nc.RemoteAddr() }

// SessionID returns the session identifier that the server's WELCOME has brought, in
// decimal, and false as long as none has come. It names the connection in logs and
// proves nothing [SEC-2].
func (c *Conn) SessionID() (string, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	id, ok := c.life.ID()
	if !ok {
		return "", false
	}
	return id.String(), true
}

// Close ends the conversation: what is queued is sent, then BYE, and the connection
// is closed when the peer has ended its side too, after Config.CloseTimeout at the
// latest. What arrives until then can be received, also afterwards. Close returns when
// all goroutines of the Conn are gone; other methods that are waiting end with an
// error that matches net.ErrClosed. It may be called more than once, and its error is
// always nil.
//
// "A client that ends a connection of its own accord MUST send BYE before it closes
// its sending direction." [TCP-10]
func (c *Conn) Close() error {
	c.mu.Lock()
	c.closing = true
	c.do(c.life.Close(time.Now()))
	c.mu.Unlock()
	c.all.Wait()
	return nil
}

// Send sends a message of the application's. It returns when the message is queued; f
// may be changed then. What is queued leaves at once, together with whatever else is,
// and before Close ends; there is nothing to be flushed. Send waits for room where
// Config.PendingOctets wait already, because the peer does not take them. The COMP flag
// asks for compression. That it was sent does not mean that it will arrive, or that the
// system has taken it: a connection that breaks says so by the error of the next call.
// Messages of several callers leave whole, in whatever order; those of one leave in the
// order of its calls. A PING, and what the protocol itself says, may leave before a
// message that still waits [PRI-2].
//
// "With default settings a sender MUST NOT compress a payload shorter than 1,024
// octets." [CMP-5]
//
// What session.Client.Send refuses gives a *session.LocalError, and nothing is sent; what
// an extension fails with gives an *extension.DropError, and the connection goes on.
// Nothing is sent either if ctx is done first. Once the connection has ended the error
// is a *session.LocalError of Reason ConnectionClosed that matches net.ErrClosed as
// well, and the error of the system if that has broken it; of the messages before,
// some may not have arrived then.
//
// "A pending receive SHOULD NOT hold up a send on the same client." [TCP-31]
func (c *Conn) Send(ctx context.Context, f wire.Frame) error {
	f, err := c.outgoing(ctx, f)
	if err != nil {
		return fmt.Errorf("tcp: sending: %w", err)
	}
	c.mu.Lock()
	err = c.submit(ctx, func() ([]session.Action, error) { return c.life.Send(f) })
	c.mu.Unlock()
	if err != nil {
		return fmt.Errorf("tcp: sending: %w", err)
	}
	return nil
}

// SendReliable is Send for a DATA message with an ACK: it returns nil when the ACK has
// come. The message is sent once. Several may be under way at the same time.
//
// If no ACK comes within Config.AckTimeout, the error is a *session.LocalError of
// Reason Timeout; if the peer answers with an ERR, it is a *session.PeerError. The
// connection can be used further after either. If ctx is done or the connection ends
// first, the message may have arrived.
//
// "A sender MUST NOT retransmit a frame over TCP." [RTX-12]
func (c *Conn) SendReliable(ctx context.Context, f wire.Frame) error {
	f, err := c.outgoing(ctx, f)
	if err != nil {
		return fmt.Errorf("tcp: sending: %w", err)
	}
	ended := make(chan error, 1)
	var id uint64
	c.mu.Lock()
	err = c.submit(ctx, func() (actions []session.Action, err error) {
		id, actions, err = c.life.SendReliable(f)
		return actions, err
	})
	if err == nil {
		c.sends[id] = ended
	}
	c.mu.Unlock()
	if err == nil {
		err = await(ctx, ended, func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			delete(c.sends, id)
			c.life.Forget(id)
		})
	}
	if err != nil {
		return fmt.Errorf("tcp: sending: %w", err)
	}
	return nil
}

// Ping sends a PING and returns nil when the PONG with its payload has come. Callers
// that ping at the same time, or again after an error, should give each PING a payload
// of its own, for a PONG does not say more about which PING it answers. There is no
// time limit but that of ctx.
//
// It refuses payloads that make the frame larger than the limit, and fails with a
// *session.LocalError of Reason ConnectionClosed, which matches net.ErrClosed as well,
// when the connection ends.
func (c *Conn) Ping(ctx context.Context, payload []byte) error {
	ended := make(chan error, 1)
	var number uint64
	c.mu.Lock()
	err := c.submit(ctx, func() (actions []session.Action, err error) {
		number, actions, err = c.life.Ping(payload)
		return actions, err
	})
	if err == nil {
		c.pings[number] = ended
	}
	c.mu.Unlock()
	if err == nil {
		err = await(ctx, ended, func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			delete(c.pings, number)
			c.life.ForgetPing(number)
		})
	}
	if err != nil {
		return fmt.Errorf("tcp: pinging: %w", err)
	}
	return nil
}

// submit has something sent as soon as there is room for it. c.mu is held, but not
// while waiting.
func (c *Conn) submit(ctx context.Context, event func() ([]session.Action, error)) error {
	err := c.wait(ctx, func() bool { return !c.outbox.full() || c.sess.State() != session.StateOpen })
	if err != nil {
		return err
	}
	if c.sess.State() == session.StateOpen && ctx.Err() != nil {
		return ctx.Err()
	}
	actions, err := event()
	if errors.Is(err, wire.ConnectionClosed) {
		return c.closedBy(err)
	}
	c.do(actions)
	return err
}

// await waits for a result until ctx is done, and gives up then.
func await(ctx context.Context, result <-chan error, giveUp func()) error {
	select {
	case err := <-result:
		return err
	case <-ctx.Done():
	}
	giveUp()
	select {
	case err := <-result: // it has come at the same time
		return err
	default:
		return ctx.Err()
	}
}

// closedError is the error for what the end of the connection has prevented.
func closedError(why string) error {
	return fmt.Errorf("%w: %w", net.ErrClosed, &session.LocalError{Reason: wire.ConnectionClosed, Detail: why})
}

// Receive returns the next message, DATA or of Config.MessageTypes, which owns its
// memory. Messages wait until they are received. Extensions see them here; what one of
// them drops is passed over. They are not told when ctx is done, for a message must not
// be lost by that.
//
// An ERR of the peer's that ends no SendReliable is returned as a *session.PeerError,
// in its place among the messages; Receive may be called again then. A fault of the
// peer's that has ended the connection is returned once, as a *session.LocalError, when
// everything before it has been received; so is, with Reason Timeout, the silence that
// Config.KeepAlive or Config.ReadTimeout has ended it for. If ctx is done first, nothing
// is lost.
//
// In the end every call gives a *session.LocalError of Reason ConnectionClosed, which
// matches net.ErrClosed as well. It also matches io.EOF if the peer has ended the
// conversation, by BYE or by the end of the stream, and the error of the system if the
// connection is broken.
//
// "When the stream ends, a client MUST hand over every message that it has already
// received and only then report ConnectionClosed." [TCP-26]
//
// "A client MUST report a received ERR to its application as an error of the code
// that it carries and not as a message." [ERR-7]
func (c *Conn) Receive(ctx context.Context) (wire.Frame, error) {
	for {
		f, err := c.receive(ctx)
		if err != nil {
			return wire.Frame{}, fmt.Errorf("tcp: receiving: %w", err)
		}
		if f, ok := c.incoming(context.WithoutCancel(ctx), f); ok {
			return f, nil
		}
	}
}

// receive returns the next message as it has come.
func (c *Conn) receive(ctx context.Context) (wire.Frame, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	err := c.wait(ctx, func() bool { return !c.inbox.empty() || c.over != nil })
	switch {
	case err != nil:
	case !c.inbox.empty():
		m := c.inbox.pop()
		c.changed.Broadcast()
		if m.err == nil {
			return m.frame, nil
		}
		err = m.err
	case c.fault != nil:
		err, c.fault = c.fault, nil
	default:
		err = c.over
	}
	return wire.Frame{}, err
}

// special does what the link does not do for both ends. c.mu is held.
func (c *Conn) special(a session.Action) {
	switch a.Kind {
	case session.ActionSend: // to be acknowledged
		c.outbox.mark(func(sent bool) {
			if sent {
				c.do(c.life.Sent(time.Now(), a.Message))
			}
		})
	case session.ActionNotify:
		c.log.Info("tcp: " + a.Err.Error())
		c.inbox.push(message{err: a.Err, octets: wire.Overhead + len(a.Err.Error())})
	case session.ActionEnd:
		c.end(a.Err)
	case session.ActionSettle:
		if errors.Is(a.Err, wire.Timeout) && !isPeerError(a.Err) {
			c.log.Info("tcp: a message was not acknowledged", "err", a.Err)
		}
		finish(c.sends, a)
	case session.ActionPong:
		finish(c.pings, a)
	case session.ActionClose:
		c.outbox.fail()
		c.log.Info("tcp: connection closed")
	}
}

// finish tells whoever waits for the end of an operation.
func finish(waiting map[uint64]chan error, a session.Action) {
	done, ok := waiting[a.Message]
	if !ok {
		return
	}
	delete(waiting, a.Message)
	if errors.Is(a.Err, wire.ConnectionClosed) && !isPeerError(a.Err) {
		a.Err = fmt.Errorf("%w: %w", net.ErrClosed, a.Err)
	}
	done <- a.Err
}

func isPeerError(err error) bool {
	var remote *session.PeerError
	return errors.As(err, &remote)
}

// end takes note of why there will be no more messages. c.mu is held.
func (c *Conn) end(err error) {
	c.log.Info("tcp: " + err.Error())
	c.over = fmt.Errorf("%w: %w", net.ErrClosed, err)
	if !errors.Is(err, wire.ConnectionClosed) {
		c.fault = err
		c.over = closedError("it was ended because of " + err.Error())
	}
	switch {
	case c.cause != nil:
		c.over = fmt.Errorf("%w: %w", c.over, c.cause)
	case c.fault == nil && !c.closing:
		c.over = fmt.Errorf("%w: %w", c.over, io.EOF)
	}
}
