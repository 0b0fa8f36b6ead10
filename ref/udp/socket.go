package udp

import (
	"context"
	"fmt"
	"net"
	"net/netip"

	"github.com/vstp-project/vstp/ref/metrics"
)

// socket is a packet connection that knows to which local address a datagram was
// sent, where the system tells. Receiving is for one goroutine, sending for any
// number.
type socket interface {
	// receive reads one datagram, cut if b is too short, or, with a size that is not 0,
	// several along one path: each of that size, and the last possibly shorter.
	receive(b []byte) (n, size int, p path, err error)
	send(b []byte, p path) error // as one datagram along p

	// sendTogether sends several datagrams, each of one size and the last possibly
	// shorter, or returns false without having sent any. together is how many octets
	// there may be of them, 0 if it always returns false.
	sendTogether(b []byte, size int, p path) bool
	together() int

	buffers() (receive, send int)   // octets, 0 if unknown
	offloads() (receive, send bool) // several datagrams in one call
	localAddr() net.Addr
	close() error
}

// open makes a socket of a packet connection. A socket of the system is asked for
// buffers as configured, that it gives less is no error, and unless that is switched
// off to take and give several datagrams at once.
func open(pc net.PacketConn, cfg Config) (socket, error) {
	buffer := cfg.Buffer
	if conn, ok := pc.(interface{ SetReadBuffer(int) error }); ok {
		conn.SetReadBuffer(buffer)
	}
	if conn, ok := pc.(interface{ SetWriteBuffer(int) error }); ok {
		conn.SetWriteBuffer(buffer)
	}
	switch conn := pc.(type) {
	case *net.UDPConn:
		info, err := newPacketInfo(conn)
		if err != nil {
			return nil, err
		}
		s := &udpSocket{sys: conn, conn: conn, info: info}
		if !cfg.NoOffload {
			s.offload.start(conn)
		}
		return s, nil
	case addrPortConn:
		return addrPortSocket{packetSocket{conn}, conn}, nil
	default:
		return packetSocket{conn}, nil
	}
}

// listen opens a socket of the system.
func listen(ctx context.Context, addr string, cfg Config) (socket, error) {
	var lc net.ListenConfig
	pc, err := lc.ListenPacket(ctx, "udp", addr)
	if err != nil {
		return nil, err
	}
	sock, err := open(pc, cfg)
	if err != nil {
		pc.Close()
	}
	return sock, err
}

// udpSocket is a socket of the system.
type udpSocket struct {
	sys     *net.UDPConn
	conn    messageConn // the same socket, where it sends and receives
	info    packetInfo
	offload offload
}

// messageConn sends and receives datagrams along with control messages.
type messageConn interface {
	addrPortConn
	ReadMsgUDPAddrPort(b, oob []byte) (n, oobn, flags int, addr netip.AddrPort, err error)
	WriteMsgUDPAddrPort(b, oob []byte, addr netip.AddrPort) (n, oobn int, err error)
}

func (s *udpSocket) together() int                  { return s.offload.limit() }
func (s *udpSocket) offloads() (receive, send bool) { return s.offload.has() }
func (s *udpSocket) localAddr() net.Addr            { return s.sys.LocalAddr() }
func (s *udpSocket) close() error                   { return s.sys.Close() }

// countingSocket is a socket that counts what it sends.
type countingSocket struct {
	socket
	metrics *metrics.Metrics
}

// typeAt is the octet of a frame with its TYPE.
const typeAt = 3

func (s countingSocket) send(b []byte, p path) error {
	err := s.socket.send(b, p)
	if err == nil {
		s.metrics.FrameSent(b[typeAt])
	}
	return err
}

func (s countingSocket) sendTogether(b []byte, size int, p path) bool {
	if !s.socket.sendTogether(b, size, p) {
		return false
	}
	for ; len(b) > 0; b = b[min(size, len(b)):] {
		s.metrics.FrameSent(b[typeAt])
	}
	return true
}

// packetSocket is any other packet connection. It has one local address.
type packetSocket struct{ conn net.PacketConn }

func (s packetSocket) receive(b []byte) (n, size int, p path, err error) {
	n, addr, err := s.conn.ReadFrom(b)
	if err != nil {
		return 0, 0, path{}, err
	}
	peer, err := addrPort(addr)
	if err != nil {
		return 0, 0, path{}, err
	}
	return n, 0, path{peer: unmapped(peer)}, nil
}

func (s packetSocket) sendTogether([]byte, int, path) bool { return false }
func (s packetSocket) together() int                       { return 0 }
func (s packetSocket) offloads() (receive, send bool)      { return false, false }

func (s packetSocket) send(b []byte, p path) error {
	_, err := s.conn.WriteTo(b, net.UDPAddrFromAddrPort(p.peer))
	return err
}

func (s packetSocket) buffers() (receive, send int) { return 0, 0 }
func (s packetSocket) localAddr() net.Addr          { return s.conn.LocalAddr() }
func (s packetSocket) close() error                 { return s.conn.Close() }

// addrPortConn is a packet connection that knows addresses without allocating them.
type addrPortConn interface {
	net.PacketConn
	ReadFromUDPAddrPort(b []byte) (n int, addr netip.AddrPort, err error)
	WriteToUDPAddrPort(b []byte, addr netip.AddrPort) (int, error)
}

// addrPortSocket is such a connection.
type addrPortSocket struct {
	packetSocket
	conn addrPortConn
}

func (s addrPortSocket) receive(b []byte) (n, size int, p path, err error) {
	n, peer, err := s.conn.ReadFromUDPAddrPort(b)
	return n, 0, path{peer: unmapped(peer)}, err
}

func (s addrPortSocket) send(b []byte, p path) error {
	_, err := s.conn.WriteToUDPAddrPort(b, p.peer)
	return err
}

// addrPort reads the address that a packet connection gives.
func addrPort(addr net.Addr) (netip.AddrPort, error) {
	if a, ok := addr.(*net.UDPAddr); ok {
		return a.AddrPort(), nil
	}
	a, err := netip.ParseAddrPort(addr.String())
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("a datagram came from %v, which is no address and port: %w", addr, err)
	}
	return a, nil
}
