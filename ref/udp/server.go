package udp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"runtime"
	"sync"
	"time"

	"github.com/vstp-project/vstp/ref/frag"
	"github.com/vstp-project/vstp/ref/rate"
	"github.com/vstp-project/vstp/ref/reliable"
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
	sock     socket
	endpoint *session.Endpoint
	room     *room
	rates    *rate.Limiter // the receiving goroutine's, nil for none
	ctx      context.Context
	cancel   context.CancelFunc
	all      sync.WaitGroup // every goroutine of the server

	// What becomes of a message for which there is room, budget being what an ERR that
	// answers it may take, and of an ERR that settles nothing. Both are called by the receiving goroutine.
	deliver func(m wire.Frame, p path, octets, budget int)
	report  func(err *session.PeerError, p path)

	wake chan struct{} // something is to be done before armed

	mu         sync.Mutex // guards what follows
	fragments  *frag.Reassembler
	duplicates *reliable.Duplicates
	sender     *reliable.Sender
	counted    int       // reassembly sessions that the metrics know of
	armed      time.Time // when the transmitting goroutine looks again, zero if it does not
}

// Listen serves on a UDP address, host:port, port 0 being any free one, until ctx
// is done or Close is called. Close is to be called in either case.
//
// It fails if the address cannot be bound, and if cfg asks for what is not allowed.
func Listen(ctx context.Context, addr string, cfg Config) (*Server, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	sock, err := listen(ctx, addr, cfg)
	if err != nil {
		return nil, fmt.Errorf("udp: listening on %q: %w", addr, err)
	}
	return serve(ctx, sock, cfg), nil
}

// Serve is Listen on a packet connection that exists already and that the Server
// closes, also if it fails. Its addresses are *net.UDPAddr, or read as host:port.
func Serve(ctx context.Context, pc net.PacketConn, cfg Config) (*Server, error) {
	cfg, sock, err := prepare(pc, cfg)
	if err != nil {
		return nil, err
	}
	return serve(ctx, sock, cfg), nil
}

// prepare makes a socket of a packet connection, which it closes if it fails.
func prepare(pc net.PacketConn, cfg Config) (Config, socket, error) {
	cfg, err := cfg.withDefaults()
	if err == nil {
		var sock socket
		if sock, err = open(pc, cfg); err == nil {
			return cfg, sock, nil
		}
		err = fmt.Errorf("udp: using the socket at %v: %w", pc.LocalAddr(), err)
	}
	pc.Close()
	return cfg, nil, err
}

// serve starts a server.
func serve(ctx context.Context, sock socket, cfg Config) *Server {
	s := newServer(ctx, sock, cfg, false)
	s.rates = rate.New(cfg.PeerRate)
	s.deliver = s.apply
	s.report = func(*session.PeerError, path) {} // it is in the log
	s.start()
	return s
}

// newServer makes a server that has yet to be told what to do with messages.
func newServer(ctx context.Context, sock socket, cfg Config, client bool) *Server {
	s := &Server{
		cfg:        cfg,
		debug:      cfg.Log.Enabled(ctx, slog.LevelDebug),
		sock:       countingSocket{sock, cfg.Metrics},
		endpoint:   session.NewEndpoint(cfg.endpoint(client)),
		room:       newRoom(cfg),
		wake:       make(chan struct{}, 1),
		fragments:  frag.NewReassembler(cfg.reassembler()),
		duplicates: reliable.NewDuplicates(cfg.duplicates()),
		sender:     reliable.NewSender(cfg.sender()),
	}
	s.ctx, s.cancel = context.WithCancel(ctx)
	return s
}

// start starts the goroutines.
func (s *Server) start() {
	receive, send := s.Buffers()
	gro, gso := s.Offload()
	s.cfg.Log.Info("udp: serving", "addr", s.Addr(), "asked", s.cfg.Buffer, "receive_buffer", receive, "send_buffer", send, "receive_offload", gro, "send_offload", gso)
	if granted(receive) < s.cfg.Buffer && receive > 0 {
		s.cfg.Log.Warn("udp: the receive buffer is smaller than asked for, long messages may be lost; on Linux raise net.core.rmem_max", "asked", s.cfg.Buffer, "granted", granted(receive))
	}
	s.all.Go(s.watch)
	s.all.Go(s.receive)
	s.all.Go(s.transmit)
}

// Addr returns the bound local address [OBS-1].
func (s *Server) Addr() net.Addr { return s.sock.localAddr() }

// Sessions returns how many messages there are of which some fragments have arrived
// and some have not [OBS-1].
func (s *Server) Sessions() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fragments.Sessions()
}

// Buffers returns the octets of the socket's receive and send buffer as the system
// reports them, or 0 where it does not tell. Linux gives at most net.core.rmem_max
// and net.core.wmem_max, and reports twice what it gives.
func (s *Server) Buffers() (receive, send int) { return s.sock.buffers() }

// Offload returns whether the system hands over, and takes, several datagrams in one
// call, see Config.NoOffload.
func (s *Server) Offload() (receive, send bool) { return s.sock.offloads() }

// granted returns the octets of datagrams that a buffer reported as this size takes.
func granted(reported int) int {
	if runtime.GOOS == "linux" {
		return reported / 2
	}
	return reported
}

// Close closes the socket and returns when all goroutines of the server are gone,
// handlers included. It may be called more than once.
func (s *Server) Close() error {
	s.cancel()
	s.all.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.countSessions(0)
	return nil
}

// watch ends everything when the context does.
func (s *Server) watch() {
	<-s.ctx.Done()
	s.sock.close()
}

// receive takes datagrams until the socket is closed. Nothing else ends it: an
// ICMP error that the system reports here says something about one peer, and
// nothing about the next [SEC-1].
func (s *Server) receive() {
	// One octet more than is taken, to tell a datagram that was cut. Datagrams that were
	// put together have no more octets than the longest one.
	b := make([]byte, session.MaxDatagramReceived+1)
	failures := 0
	for {
		n, size, p, err := s.sock.receive(b)
		switch {
		case err == nil:
			failures = 0
			s.datagrams(b[:n], size, p)
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

// datagrams reacts to what a socket has received.
func (s *Server) datagrams(b []byte, size int, p path) {
	for size > 0 && len(b) > size {
		s.datagram(b[:size:size], p)
		b = b[size:]
	}
	s.datagram(b, p)
}

// datagram reacts to one datagram.
func (s *Server) datagram(b []byte, p path) {
	if len(b) > session.MaxDatagramReceived {
		return // cut, or too long: never parsed
	}
	if s.rates != nil {
		if ok, tell := s.rates.Take(time.Now(), p.peer.Addr(), len(b)); !ok {
			s.limit(b, p, tell)
			return
		}
	}
	r := s.endpoint.Datagram(b)
	s.count(r)
	if r.Fragment {
		r = s.reassemble(r, p, len(b))
	}
	if r.Settles || r.Err != nil {
		s.settle(r, p)
	}
	octets := r.Message.EncodedLen()
	deliver := r.Deliver
	if r.Deliver {
		var room bool
		if deliver, room = s.take(r.Received, p, octets); !room {
			s.cfg.Log.Warn("udp: message dropped, the application has as many as configured", "peer", p.peer)
			return // with its ACK
		}
	}
	if s.debug {
		s.cfg.Log.Debug("udp: datagram received", "peer", p.peer, "octets", len(b), "delivered", deliver, "replies", len(r.Replies), "err", r.Err)
	}
	for _, f := range r.Replies {
		if err := s.send(f, p); err != nil {
			s.cfg.Log.Warn("udp: a reply could not be sent", "peer", p.peer, "type", f.Type, "err", err)
		}
	}
	if deliver {
		s.deliver(r.Message.Clone(), p, octets, r.Budget)
	}
}

// apply runs the application on a message for which there is room.
func (s *Server) apply(m wire.Frame, p path, octets, budget int) {
	r := &Request{Message: m, Peer: p.peer, server: s, path: p, refusable: session.NewRefusable(m, budget)}
	s.all.Go(func() {
		defer s.room.give(p.peer, octets)
		if f, ok := s.incoming(s.ctx, m, p.peer); ok {
			r.Message = f
			s.cfg.Handler(s.ctx, r)
		}
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
