package tcp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/vstp-project/vstp/ref/rate"
)

// acceptBackoff and maxAcceptBackoff are the first and the longest pause after a
// failed accept; the pause doubles with each failure in a row.
const (
	acceptBackoff    = 5 * time.Millisecond
	maxAcceptBackoff = time.Second
)

// Server serves VSTP to the connections that it accepts.
type Server struct {
	cfg      Config
	tls      *tls.Config // nil for none
	listener net.Listener
	rates    rates
	ctx      context.Context
	cancel   context.CancelFunc
	all      sync.WaitGroup // every goroutine of the server

	mu    sync.Mutex
	conns map[*served]struct{} // nil once the server is closed
	peers map[netip.Addr]int   // connections of each, see rate.Peer; no entry means none
}

// Listen serves on a TCP address, host:port, port 0 being any free one, until ctx
// is done or Close is called. Close is to be called in either case. With Config.TLS
// it serves TLS and nothing else there.
//
// "A TLS listener MUST NOT accept frames in plaintext, nor a plaintext listener frames
// inside TLS." [TLS-5]
func Listen(ctx context.Context, addr string, cfg Config) (*Server, error) {
	if err := cfg.checkServerTLS(); err != nil {
		return nil, fmt.Errorf("tcp: listening on %q: %w", addr, err)
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("tcp: listening on %q: %w", addr, err)
	}
	return Serve(ctx, listener, cfg), nil
}

// Serve is Listen on a listener that exists already and that the Server closes; with
// TLS, its connections are to be plain ones. Every handshake fails if there is no
// certificate. A
// connection of a type without a CloseWrite method is closed as soon as everything
// has been sent, without a time for the peer to read it.
func Serve(ctx context.Context, listener net.Listener, cfg Config) *Server {
	s := &Server{
		cfg:      cfg.withDefaults(),
		listener: listener,
		conns:    make(map[*served]struct{}),
		peers:    make(map[netip.Addr]int),
	}
	s.rates.limiter = rate.New(s.cfg.PeerRate)
	if cfg.TLS != nil {
		s.tls = cfg.tls()
	}
	s.ctx, s.cancel = context.WithCancel(ctx)
	s.all.Go(s.watch)
	s.all.Go(s.accept)
	return s
}

// Addr returns the bound local address [OBS-1].
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// Close ends the listener and every connection at once, and returns when all
// goroutines of the server are gone, handlers included. It may be called more than
// once.
func (s *Server) Close() error {
	s.cancel()
	s.all.Wait()
	return nil
}

// watch ends everything when the context does.
func (s *Server) watch() {
	<-s.ctx.Done()
	s.listener.Close()
	s.mu.Lock()
	conns := s.conns
	s.conns = nil
	s.mu.Unlock()
	for c := range conns {
		c.abort()
	}
}

// accept takes connections until the listener is closed. No failure ends it: a
// server that has run out of file descriptors serves on when it has some again
// [TCP-19].
func (s *Server) accept() {
	pause := acceptBackoff
	for {
		nc, err := s.listener.Accept()
		switch {
		case err == nil:
			pause = acceptBackoff
			s.serve(nc)
		case s.ctx.Err() != nil:
			return
		case errors.Is(err, net.ErrClosed):
			s.cfg.Log.Error("tcp: the listener was closed by someone else", "err", err)
			return
		default:
			s.cfg.Log.Warn("tcp: accepting a connection failed", "err", err, "pause", pause)
			select {
			case <-time.After(pause):
			case <-s.ctx.Done():
			}
			pause = min(2*pause, maxAcceptBackoff)
		}
	}
}

// serve starts a connection, or refuses it for want of room. Nothing is said to
// one that is refused, for it has not spoken yet [TCP-4].
func (s *Server) serve(nc net.Conn) {
	c := newServed(s, nc)
	peer := rate.Peer(c.peer.Addr())
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conns == nil || len(s.conns) >= s.cfg.MaxConns {
		c.log.Warn("tcp: connection refused, as many as configured are open", "max", s.cfg.MaxConns)
		c.abort()
		return
	}
	if limit := s.cfg.MaxConnsPerPeer; limit > 0 && s.peers[peer] >= limit {
		c.log.Warn("tcp: connection refused, its peer has as many as configured", "max", limit)
		c.abort()
		return
	}
	s.conns[c] = struct{}{}
	s.peers[peer]++
	s.all.Go(func() {
		c.run()
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.conns, c)
		if s.peers[peer]--; s.peers[peer] == 0 {
			delete(s.peers, peer)
		}
	})
}

// rates is the limiter that all connections of a server share.
type rates struct {
	mu      sync.Mutex
	limiter *rate.Limiter // nil for none
}

// allow reports whether a peer may send a frame of the given octets now.
func (r *rates) allow(now time.Time, from netip.Addr, octets int) bool {
	if r.limiter == nil {
		return true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	ok, _ := r.limiter.Take(now, from, octets)
	return ok
}

// peerAddr returns the remote address of a connection, an IPv4-mapped IPv6
// address as the IPv4 address that it is. It is invalid for a connection that is
// not over IP.
func peerAddr(nc net.Conn) netip.AddrPort {
	tcpAddr, ok := nc.RemoteAddr().(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	a := tcpAddr.AddrPort()
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}
