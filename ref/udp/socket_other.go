//go:build !linux

package udp

import (
	"net"
	"net/netip"
)

// path is where a datagram came from.
type path struct {
	peer netip.AddrPort // its source, unmapped
}

// packetInfo is empty where this package does not ask the system for the local
// address of a datagram. The system then chooses the address to send from, which is
// the right one unless the socket is bound to the wildcard address of a host with
// several.
type packetInfo struct{}

func newPacketInfo(*net.UDPConn) (packetInfo, error) { return packetInfo{}, nil }

// receive reads one datagram into b, cut if b is too short.
func (s *udpSocket) receive(b []byte) (n, size int, p path, err error) {
	n, peer, err := s.conn.ReadFromUDPAddrPort(b)
	if err != nil {
		return 0, 0, path{}, err
	}
	return n, 0, path{peer: unmapped(peer)}, nil
}

// send sends b as one datagram to the peer of p.
func (s *udpSocket) send(b []byte, p path) error {
	_, err := s.conn.WriteToUDPAddrPort(b, p.peer)
	return err
}
