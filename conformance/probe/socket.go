package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/vstp-project/vstp/conformance/dissect"
	"github.com/vstp-project/vstp/netem/relay"
)

// A Datagram is what came to a socket, from where, and when.
type Datagram struct {
	Frame dissect.Frame
	From  netip.AddrPort
	At    time.Duration // since the case began
}

// A Socket is a UDP socket of the judge, a source of its own for the target. It
// is not connected, so that a reply from a wrong address is seen as well.
type Socket struct {
	Name string

	t      *T
	conn   *net.UDPConn
	target netip.AddrPort
	done   chan struct{}

	mu    sync.Mutex
	queue []received
	total int
	wake  chan struct{}
}

type received struct {
	octets []byte
	from   netip.AddrPort
	at     time.Duration
}

// Listen opens a UDP socket for talking to the target. Each has a source address
// of its own where the host offers that, unless like is given: then it shares
// the address of that socket and differs in port only.
func (t *T) Listen(ctx context.Context, name string, like *Socket) (*Socket, error) {
	if t.cfg.Addrs.UDP == "" {
		return nil, &NotApplicable{Reason: "the target offers no UDP listener"}
	}
	addr, err := t.UDPWay(t.cfg.Addrs.UDP) // where there may be a link in between
	if err != nil {
		return nil, err
	}
	return t.listen(name, like, addr)
}

// ListenEasy is Listen for talking to the Easy endpoint.
func (t *T) ListenEasy(name string, like *Socket) (*Socket, error) {
	if t.cfg.Addrs.EasyUDP == "" {
		return nil, &NotApplicable{Reason: "the target offers no Easy UDP listener"}
	}
	return t.listen(name, like, t.cfg.Addrs.EasyUDP)
}

func (t *T) listen(name string, like *Socket, addr string) (*Socket, error) {
	resolved, err := net.ResolveUDPAddr("udp", addr)
	if err != nil {
		return nil, fmt.Errorf("resolving the target's UDP address %q: %w", addr, err)
	}
	to := resolved.AddrPort()
	to = netip.AddrPortFrom(to.Addr().Unmap(), to.Port())

	var local netip.Addr
	switch {
	case like != nil:
		local = like.Local().Addr()
	case to.Addr().Is4() && to.Addr().IsLoopback():
		local = t.cfg.Sources.Take()
	case to.Addr().Is4():
		local = netip.IPv4Unspecified()
	default:
		local = netip.IPv6Unspecified()
	}
	return t.socket(name, netip.AddrPortFrom(local, 0), to)
}

// socket opens a socket at a local address, port 0 being any.
func (t *T) socket(name string, local, to netip.AddrPort) (*Socket, error) {
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(local))
	if err != nil {
		return nil, &NotExercised{Cause: CauseSurroundings, Reason: fmt.Sprintf("this host lets no socket be bound to %v: %v", local, err)}
	}
	// Replies must not be lost for want of room on our side: the judge would take
	// its own drop for the target's silence.
	_ = conn.SetReadBuffer(4 << 20)
	_ = conn.SetWriteBuffer(4 << 20)
	relay.StampDatagrams(conn) // so that our own delay in reading is not taken for the target's
	s := &Socket{
		Name: "udp " + name, t: t, conn: conn, target: to,
		done: make(chan struct{}), wake: make(chan struct{}, 1),
	}
	if to.IsValid() {
		t.record(s.Name, EventOpen, nil, fmt.Sprintf("%v → %v", s.Local(), to))
	} else {
		t.record(s.Name, EventOpen, nil, s.Local().String())
	}
	t.sockets = append(t.sockets, s)
	go s.read()
	return s, nil
}

// Local is the address and port from which the socket sends.
func (s *Socket) Local() netip.AddrPort { return s.conn.LocalAddr().(*net.UDPAddr).AddrPort() }

// Target is the address and port to which the socket sends.
func (s *Socket) Target() netip.AddrPort { return s.target }

func (s *Socket) read() {
	defer close(s.done)
	buf := make([]byte, 64<<10)
	oob := make([]byte, relay.StampSpace)
	for {
		n, oobn, _, from, err := s.conn.ReadMsgUDPAddrPort(buf, oob)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // an ICMP error that the host reports: what counts is what comes
		}
		s.mu.Lock()
		if s.total += n; s.total <= maxReceived {
			s.queue = append(s.queue, received{
				octets: append([]byte(nil), buf[:n]...),
				from:   netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), at: s.t.came(oob[:oobn]),
			})
		}
		s.mu.Unlock()
		select {
		case s.wake <- struct{}{}:
		default:
		}
	}
}

// came is when a datagram came: by the kernel's clock where it says so.
func (t *T) came(oob []byte) time.Duration {
	at, ok := relay.Stamp(oob)
	if !ok {
		return t.Elapsed()
	}
	return t.when(at)
}

// when is a time of the kernel's since the case began.
func (t *T) when(at time.Time) time.Duration {
	now := t.Elapsed()
	// The wall clock may have been set meanwhile: it can only be earlier than now,
	// and not by long.
	if ago := time.Now().Round(0).Sub(at); ago > 0 && ago < now {
		return now - ago
	}
	return now
}

// Send sends one datagram to the target.
func (s *Socket) Send(octets []byte, text string) error {
	if !s.target.IsValid() {
		return errors.New("the address of the target is not known yet")
	}
	s.t.record(s.Name, EventSend, octets, text)
	if _, err := s.conn.WriteToUDPAddrPort(octets, s.target); err != nil {
		return fmt.Errorf("sending a datagram of %d octets from %v: %w", len(octets), s.Local(), err)
	}
	return nil
}

// Next returns the next datagram that comes to the socket. It fails with
// ErrNothing when none comes within the time allowed, and with a *Violation when
// what comes is not exactly one frame.
func (s *Socket) Next(ctx context.Context, within time.Duration) (Datagram, error) {
	timer := time.NewTimer(within)
	defer timer.Stop()
	for {
		if d, done, err := s.take(); done {
			return d, err
		}
		select {
		case <-s.wake:
		case <-timer.C:
			if d, done, err := s.take(); done {
				return d, err
			}
			return Datagram{}, ErrNothing
		case <-ctx.Done():
			return Datagram{}, ctx.Err()
		}
	}
}

func (s *Socket) take() (Datagram, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.queue) > 0 {
		r := s.queue[0]
		s.queue = s.queue[1:]
		f := dissect.DecodeDatagram(r.octets, s.t.dissectOptions())
		if class := f.Class(); class == "" || class == "InvalidFrameType" {
			s.t.record(s.Name, EventRecv, r.octets, fmt.Sprintf("from %v: %v", r.from, f))
			return Datagram{Frame: f, From: r.from, At: r.at}, true, nil
		}
		if c := s.t.crossing; c != nil && c.altered(len(r.octets)) {
			s.t.record(s.Name, EventRecv, r.octets, fmt.Sprintf("from %v: altered by the link, and discarded", r.from))
			continue
		}
		s.t.record(s.Name, EventRecv, r.octets, fmt.Sprintf("from %v: a datagram that is no frame", r.from))
		v := notAFrame(f)
		if v.Requirement == "UDP-2" || v.Requirement == "UDP-3" {
			v.Requirement = "UDP-1"
		}
		return Datagram{}, true, v
	}
	return Datagram{}, false, nil
}

// Close closes the socket and waits for its reader.
func (s *Socket) Close() {
	_ = s.conn.Close()
	<-s.done
}
