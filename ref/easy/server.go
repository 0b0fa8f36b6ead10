package easy

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"runtime/debug"

	"github.com/vstp-project/vstp/ref/session"
	"github.com/vstp-project/vstp/ref/tcp"
	"github.com/vstp-project/vstp/ref/udp"
	"github.com/vstp-project/vstp/ref/wire"
)

// Handler is the function behind a Server: it is called for every request and returns
// its response. An error, and a panic, is answered as ServerError; what it says stays in
// the log unless it is a Failure.
//
// It is called for the requests of one TCP connection one after another and otherwise for
// several at the same time. ctx is done when the connection or the server is closed or
// Config.Timeout is over, and the handler is to return then. PeerOf says who asks.
type Handler[Req, Resp any] func(ctx context.Context, request Req) (Resp, error)

// Failure is an error whose text a Server sends to its client, as far as there is room for
// it. It has at most 1,024 octets of UTF-8 and repeats nothing from the request.
type Failure string

// Error returns the text.
func (f Failure) Error() string { return string(f) }

// Server serves requests until it is closed.
type Server struct {
	transport interface {
		Addr() net.Addr
		Close() error
	}
}

// Listen serves requests at an address, host:port, of a network, "tcp" or "udp", port 0
// being any free one, until ctx is done or Close is called. Close is to be called in
// either case. Its errors are those of tcp.Listen and udp.Listen, and a
// *session.LocalError if cfg is wrong or there is no such network.
//
// "An Easy server MUST answer each valid request with one DATA response, on TCP in the
// order of the requests of that connection." [EASY-3]
//
// "An Easy UDP server MUST answer other clients while a handler for one client is still
// running." [EASY-7]
func Listen[Req, Resp any](ctx context.Context, network, addr string, cfg Config, h Handler[Req, Resp]) (*Server, error) {
	if err := cfg.check(network); err != nil {
		return nil, fmt.Errorf("easy: listening on %q: %w", addr, err)
	}
	if network == networkUDP {
		cfg.UDP.Handler = UDPHandler(cfg, h)
		s, err := udp.Listen(ctx, addr, cfg.UDP)
		if err != nil {
			return nil, fmt.Errorf("easy: %w", err)
		}
		return &Server{s}, nil
	}
	cfg.TCP.Handler = TCPHandler(cfg, h)
	s, err := tcp.Listen(ctx, addr, cfg.TCP)
	if err != nil {
		return nil, fmt.Errorf("easy: %w", err)
	}
	return &Server{s}, nil
}

// Serve is Listen, and returns nil when ctx is done and the server has ended.
func Serve[Req, Resp any](ctx context.Context, network, addr string, cfg Config, h Handler[Req, Resp]) error {
	s, err := Listen(ctx, network, addr, cfg, h)
	if err != nil {
		return err
	}
	<-ctx.Done()
	return s.Close()
}

// Addr returns the bound local address [OBS-1].
func (s *Server) Addr() net.Addr { return s.transport.Addr() }

// Close ends the server at once, and returns when all its goroutines are gone, handlers
// included. It may be called more than once.
func (s *Server) Close() error { return s.transport.Close() }

// TCPHandler makes the application of a tcp.Server of a function, for servers that Listen
// does not make.
func TCPHandler[Req, Resp any](cfg Config, h Handler[Req, Resp]) tcp.Handler {
	return func(ctx context.Context, r *tcp.Request) {
		cfg.serve(ctx, r.Peer, r.Answer, r.AnswerError, func(ctx context.Context) (wire.Frame, error) {
			return respond(ctx, r.Message, cfg, h)
		})
	}
}

// UDPHandler makes the application of a udp.Server of a function, for servers that Listen
// does not make.
func UDPHandler[Req, Resp any](cfg Config, h Handler[Req, Resp]) udp.Handler {
	return func(ctx context.Context, r *udp.Request) {
		answer := r.Answer
		if cfg.Reliable {
			answer = func(f wire.Frame) error { return r.AnswerReliable(ctx, f) }
		}
		cfg.serve(ctx, r.Peer, answer, r.AnswerError, func(ctx context.Context) (wire.Frame, error) {
			return respond(ctx, r.Message, cfg, h)
		})
	}
}

// respond works on one request and returns the response.
func respond[Req, Resp any](ctx context.Context, m wire.Frame, cfg Config, h Handler[Req, Resp]) (wire.Frame, error) {
	request, err := value[Req](m)
	if err != nil {
		return wire.Frame{}, unreadable{err}
	}
	response, err := h(ctx, request)
	if err != nil {
		return wire.Frame{}, err
	}
	return message(response, cfg)
}

// unreadable is why a request could not be read. Any other error is the handler's, also
// one that it got as a client of someone else.
type unreadable struct{ error }

// serve answers one request, in one way or another.
//
// "An Easy server MUST answer a DATA payload that it cannot deserialize with ERR code 12
// and keep serving." [EASY-4]
//
// "An Easy server MUST answer a request whose handler fails with ERR code 15." [EASY-5]
func (c Config) serve(ctx context.Context, peer netip.AddrPort, answer func(wire.Frame) error,
	answerError func(wire.Reason, string) error, work func(context.Context) (wire.Frame, error),
) {
	log := c.log().With("peer", peer)
	ctx = context.WithValue(ctx, peerKey{}, peer)
	response, err := c.guarded(ctx, work)
	if err == nil {
		if err = answer(response); err == nil || ended(err) {
			return
		}
		// It could not be sent, for its size above all. One that was sent, and of which
		// nothing more is known, is not followed by an ERR that would be taken for the
		// answer to something else.
		if refused := (*session.PeerError)(nil); errors.Is(err, wire.Timeout) || errors.As(err, &refused) {
			log.Info("easy: a response was not acknowledged", "err", err)
			return
		}
		err = fmt.Errorf("the response cannot be sent: %w", err)
	}
	reason, text := wire.ServerError, "the request could not be served"
	var said Failure
	switch {
	case errors.As(err, &unreadable{}):
		log.Info("easy: a request could not be read", "err", err)
		reason, text = wire.DeserializationError, "payload is not JSON of the form expected"
	case errors.As(err, &said):
		log.Warn("easy: a handler has failed", "err", err)
		text = string(said)
	default:
		log.Warn("easy: a handler has failed", "err", err)
	}
	err = answerError(reason, text)
	if err != nil && !ended(err) && text == string(said) { // the text was refused
		log.Warn("easy: what a handler says of its failure cannot be sent", "err", err)
		err = answerError(reason, "")
	}
	if err != nil && !ended(err) {
		log.Info("easy: an error could not be sent", "err", err)
	}
}

// guarded runs a handler for as long as it may take, and makes a failure of a panic.
func (c Config) guarded(ctx context.Context, work func(context.Context) (wire.Frame, error)) (f wire.Frame, err error) {
	if c.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.Timeout)
		defer cancel()
	}
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the handler panicked: %v\n%s", r, debug.Stack())
		}
	}()
	return work(ctx)
}

// ended reports whether there is nobody any more to answer to.
func ended(err error) bool {
	return errors.Is(err, net.ErrClosed) || errors.Is(err, context.Canceled)
}

// peerKey is the key of the peer in the context of a handler.
type peerKey struct{}

// PeerOf returns the address that a request came from, given the context of its handler.
// It is false for any other context. Over UDP anyone can send with this address [SEC-2].
func PeerOf(ctx context.Context) (netip.AddrPort, bool) {
	peer, ok := ctx.Value(peerKey{}).(netip.AddrPort)
	return peer, ok
}
