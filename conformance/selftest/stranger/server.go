package stranger

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"github.com/vstp-project/vstp/conformance/dissect"
	"github.com/vstp-project/vstp/conformance/forge"
)

// A Server is the stranger, listening on loopback over TCP and UDP.
type Server struct {
	lifetime time.Duration // of an incomplete message
	tcp      net.Listener
	udp      *net.UDPConn

	ctx     context.Context
	cancel  context.CancelFunc
	running sync.WaitGroup

	mu       sync.Mutex
	open     map[net.Conn]bool
	sessions int // how many there were

	post post
}

// lifetime is how long an incomplete message is kept, in unscaled time. [RAS-8] [RAS-10]
const lifetime = 29 * time.Second

// receiveBuffer is what the test contract recommends, in octets.
const receiveBuffer = 4 << 20

// Start lets the stranger listen, its timers multiplied by scale. Close ends it.
func Start(scale float64) (*Server, error) {
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	udp, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, errors.Join(err, tcp.Close())
	}
	_ = udp.SetReadBuffer(receiveBuffer) // what the system grants
	s := &Server{tcp: tcp, udp: udp, open: map[net.Conn]bool{}, lifetime: time.Duration(float64(lifetime) * scale)}
	s.post.partials = map[partKey]*partial{}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.running.Go(s.accept)
	s.running.Go(s.receive)
	return s, nil
}

// TCP is the host:port that it listens at for connections.
func (s *Server) TCP() string { return s.tcp.Addr().String() }

// UDP is the host:port that it listens at for datagrams.
func (s *Server) UDP() string { return s.udp.LocalAddr().String() }

// Close ends all connections and waits for everything that was started.
func (s *Server) Close() {
	s.cancel()
	_ = s.tcp.Close()
	_ = s.udp.Close()
	s.mu.Lock()
	for c := range s.open {
		_ = c.Close()
	}
	s.mu.Unlock()
	s.running.Wait()
}

func (s *Server) accept() {
	for {
		nc, err := s.tcp.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // whoever it was has gone
		}
		s.mu.Lock()
		s.open[nc] = true
		s.sessions++
		c := &conn{Conn: nc, server: s, session: sessionID(s.sessions), answers: make(chan dissect.Frame, 1024)}
		s.mu.Unlock()
		s.running.Go(func() {
			c.serve()
			_ = nc.Close()
			s.mu.Lock()
			delete(s.open, nc)
			s.mu.Unlock()
		})
	}
}

// pause waits, unless the server ends first.
func (s *Server) pause(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.ctx.Done():
		return false
	}
}

// marked is the CRC bit, which says nothing, on all that may have it. [CRC-4]
func marked(f forge.Frame) forge.Frame {
	if f.Type != dissect.TypeAck {
		f.Flags |= dissect.FlagCRC
	}
	return f
}
