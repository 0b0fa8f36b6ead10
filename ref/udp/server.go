package udp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/vstp-project/vstp/ref/session"
	"github.com/vstp-project/vstp/ref/wire"
)

// After readPatience failed reads in a row the server pauses before each further
// one, so that a broken socket does not cost a processor. A single failure may be
// another peer's doing and must not hold anybody up.
const (
	readPatience = 100
	readPause    = 100 * time.Millisecond
)

// Server serves VSTP on one UDP socket.
type Server struct {
	cfg      Config
	debug    bool // single datagrams are logged
	sock     *socket
	endpoint *session.Endpoint
	room     *room
	ctx      context.Context
	cancel   context.CancelFunc
	all      sync.WaitGroup // every goroutine of the server
}

// Listen serves on a UDP address, host:port, port 0 being any free one, until ctx
// is done or Close is called. Close is to be called in either case.
func Listen(ctx context.Context, addr string, cfg Config) (*Server, error) {
	cfg = cfg.withDefaults()
	sock, err := listen(ctx, addr, cfg.Buffer)
	if err != nil {
		return nil, fmt.Errorf("udp: listening on %q: %w", addr, err)
	}
	s := &Server{
		cfg:      cfg,
		debug:    cfg.Log.Enabled(ctx, slog.LevelDebug),
		sock:     sock,
		endpoint: session.NewEndpoint(session.EndpointConfig{Limits: cfg.Limits}),
		room:     newRoom(cfg),
	}
	s.ctx, s.cancel = context.WithCancel(ctx)
	receive, send := s.Buffers()
	cfg.Log.Info("udp: serving", "addr", s.Addr(), "asked", cfg.Buffer, "receive_buffer", receive, "send_buffer", send)
	s.all.Go(s.watch)
	s.all.Go(s.receive)
	return s, nil
}

// Addr returns the bound local address [OBS-1].
func (s *Server) Addr() net.Addr { return s.sock.conn.LocalAddr() }

// Buffers returns the octets of the socket's receive and send buffer as the system
// reports them, or 0 where it does not tell. Linux gives at most net.core.rmem_max
// and net.core.wmem_max, and reports twice what it gives.
func (s *Server) Buffers() (receive, send int) { return s.sock.buffers() }

// Close closes the socket and returns when all goroutines of the server are gone,
// handlers included. It may be called more than once.
func (s *Server) Close() error {
	s.cancel()
	s.all.Wait()
	return nil
}

// watch ends everything when the context does.
func (s *Server) watch() {
	<-s.ctx.Done()
	s.sock.conn.Close()
}

// receive takes datagrams until the socket is closed. Nothing else ends it: an
// ICMP error that the system reports here says something about one peer, and
// nothing about the next [SEC-1].
func (s *Server) receive() {
	// One octet more than is taken, to tell a datagram that was cut.
	b := make([]byte, session.MaxDatagramReceived+1)
	failures := 0
	for {
		n, p, err := s.sock.receive(b)
		switch {
		case err == nil:
			failures = 0
			s.datagram(b[:n], p)
		case s.ctx.Err() != nil:
			return
		case errors.Is(err, net.ErrClosed):
			s.cfg.Log.Error("udp: the socket was closed by someone else", "err", err)
			return
		default:
			s.cfg.Log.Warn("udp: receiving failed", "err", err)
			if failures++; failures > readPatience {
				select {
				case <-time.After(readPause):
				case <-s.ctx.Done():
				}
			}
		}
	}
}

// datagram reacts to one datagram.
func (s *Server) datagram(b []byte, p path) {
	if len(b) > session.MaxDatagramReceived {
		return // cut, or too long: never parsed
	}
	r := s.endpoint.Datagram(b)
	if s.debug {
		s.cfg.Log.Debug("udp: datagram received", "peer", p.peer, "octets", len(b), "delivered", r.Deliver, "replies", len(r.Replies), "err", r.Err)
	}
	if r.Deliver && !s.room.take(p.peer, len(b)) {
		s.cfg.Log.Warn("udp: message dropped, the application has as many as configured", "peer", p.peer)
		return // with its ACK
	}
	for _, f := range r.Replies {
		if err := s.send(f, p); err != nil {
			s.cfg.Log.Warn("udp: a reply could not be sent", "peer", p.peer, "type", f.Type, "err", err)
		}
	}
	if r.Deliver {
		s.apply(r.Message.Clone(), p, len(b))
	}
}

// apply runs the application on a message for which there is room.
func (s *Server) apply(m wire.Frame, p path, octets int) {
	s.all.Go(func() {
		defer s.room.give(p.peer, octets)
		s.cfg.Handler(s.ctx, &Request{Message: m, Peer: p.peer, server: s, path: p})
	})
}

// send sends a frame in a datagram of its own [UDP-1], from the address and to the
// address of p [UDP-7].
func (s *Server) send(f wire.Frame, p path) error {
	b, err := f.AppendBinary(make([]byte, 0, f.EncodedLen()))
	if err != nil {
		return err
	}
	return s.sock.send(b, p)
}

// unmapped returns a source address and port. An IPv4-mapped IPv6 address is the
// IPv4 address; a link-local one keeps its zone.
func unmapped(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}
