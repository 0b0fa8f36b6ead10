package easy

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/vstp-project/vstp/ref/session"
	"github.com/vstp-project/vstp/ref/tcp"
	"github.com/vstp-project/vstp/ref/udp"
	"github.com/vstp-project/vstp/ref/wire"
)

// Client sends requests to one server and receives its responses. All its methods may be
// called at the same time.
//
// Call is for requests of which each waits for its response. Send and Receive are for
// programs that send on while responses come in. Over TCP they may be mixed with Call.
// Over UDP nothing says which response belongs to which request: use one or the other.
type Client[Req, Resp any] struct {
	exchange exchange
	cfg      Config
}

// exchange is what a transport does for a client.
type exchange interface {
	call(ctx context.Context, f wire.Frame) (wire.Frame, error)
	send(ctx context.Context, f wire.Frame) error
	receive(ctx context.Context) (wire.Frame, error)
	usable() bool // a call may succeed, as far as is known without making one
	localAddr() net.Addr
	close()
}

// Dial opens a client of the server at an address, host:port, of a network, "tcp" or
// "udp". Close is to be called in the end.
//
// Its errors are those of tcp.Dial and udp.Dial, and a *session.LocalError if cfg is wrong
// or there is no such network. ctx is for Dial only.
func Dial[Req, Resp any](ctx context.Context, network, addr string, cfg Config) (*Client[Req, Resp], error) {
	if err := cfg.check(network); err != nil {
		return nil, fmt.Errorf("easy: dialing %q: %w", addr, err)
	}
	if network == networkUDP {
		redial := func(ctx context.Context) (*udp.Conn, error) { return udp.Dial(ctx, addr, cfg.UDP) }
		conn, err := redial(ctx)
		if err != nil {
			return nil, fmt.Errorf("easy: %w", err)
		}
		x := newDatagrams(conn, conn.Peer(), cfg.Reliable)
		x.redial = redial
		return &Client[Req, Resp]{exchange: x, cfg: cfg}, nil
	}
	conn, err := tcp.Dial(ctx, addr, cfg.TCP)
	if err != nil {
		return nil, fmt.Errorf("easy: %w", err)
	}
	return OverTCP[Req, Resp](conn, cfg), nil
}

// OverTCP makes a client of a connection that exists already, which nobody else uses and
// which the client closes. Of cfg, TCP has no effect.
func OverTCP[Req, Resp any](conn *tcp.Conn, cfg Config) *Client[Req, Resp] {
	return &Client[Req, Resp]{exchange: newStream(conn), cfg: cfg}
}

// Call sends a request and returns its response.
//
// What the server reports gives a *session.PeerError, and what is wrong with the request
// or the response as a value a *session.LocalError, of kind SerializationError or
// DeserializationError; the client can be used further. So it can after a Timeout, and if
// ctx is done first; the request may have been served then, and what comes of it is
// dropped. Once the client is closed, or the server has ended the connection, the error
// matches net.ErrClosed.
//
// Over TCP, an ERR of another kind than the two that answer requests, while several are
// under way, leaves open which of them it is about: all of them fail with it, and the
// connection is closed.
func (c *Client[Req, Resp]) Call(ctx context.Context, request Req) (Resp, error) {
	var none Resp
	f, err := message(request, c.cfg)
	if err != nil {
		return none, fmt.Errorf("easy: calling: %w", err)
	}
	ctx, cancel := c.limited(ctx)
	defer cancel()
	answer, err := c.exchange.call(ctx, f)
	if err != nil {
		return none, fmt.Errorf("easy: calling: %w", timedOut(err))
	}
	response, err := value[Resp](answer)
	if err != nil {
		return none, fmt.Errorf("easy: calling: %w", err)
	}
	return response, nil
}

// Send sends a request, whose response is for Receive. It returns when the octets are with
// the operating system, or with Config.Reliable over UDP when they are acknowledged; a
// *session.PeerError is then the answer to this request. If ctx is done first, the request
// may still be sent; over TCP its response is dropped.
//
// A value that cannot become JSON gives a *session.LocalError of kind SerializationError;
// nothing is sent then.
func (c *Client[Req, Resp]) Send(ctx context.Context, request Req) error {
	f, err := message(request, c.cfg)
	if err == nil {
		err = c.exchange.send(ctx, f)
	}
	if err != nil {
		return fmt.Errorf("easy: sending: %w", err)
	}
	return nil
}

// Receive returns the next response to a Send. Responses wait until they are received;
// what arrives after a Timeout is returned by a later Receive.
//
// An ERR is returned as a *session.PeerError, in its place among the responses, and a
// response that cannot be read as a *session.LocalError of kind DeserializationError. The
// end of the connection gives what tcp.Conn.Receive says.
//
// "A receive on an Easy client MUST fail with Timeout when no response arrives within its
// configured time." [EASY-8]
//
// "An Easy endpoint MUST NOT pass a frame other than DATA to its message handler or return
// it as a response." [EASY-6]
func (c *Client[Req, Resp]) Receive(ctx context.Context) (Resp, error) {
	var none Resp
	ctx, cancel := c.limited(ctx)
	defer cancel()
	f, err := c.exchange.receive(ctx)
	if err != nil {
		return none, fmt.Errorf("easy: receiving: %w", timedOut(err))
	}
	response, err := value[Resp](f)
	if err != nil {
		return none, fmt.Errorf("easy: receiving: %w", err)
	}
	return response, nil
}

// LocalAddr returns the bound local address [OBS-1]. Over UDP it changes after a call
// without an answer.
func (c *Client[Req, Resp]) LocalAddr() net.Addr { return c.exchange.localAddr() }

// Close ends the client, over TCP with BYE. What is under way fails with an error that
// matches net.ErrClosed. It may be called more than once, and its error is always nil.
func (c *Client[Req, Resp]) Close() error {
	c.exchange.close()
	return nil
}

// limited bounds the time that an operation may take.
func (c *Client[Req, Resp]) limited(ctx context.Context) (context.Context, context.CancelFunc) {
	if c.cfg.Timeout <= 0 {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, c.cfg.Timeout)
}

// timedOut names the time that has run out for what it is to the protocol.
func timedOut(err error) error {
	if !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return fmt.Errorf("%w (%w)", &session.LocalError{Reason: wire.Timeout, Detail: "no response has come in the time allowed"}, err)
}
