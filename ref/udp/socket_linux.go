package udp

import (
	"encoding/binary"
	"net"
	"net/netip"
	"os"
	"syscall"
)

// path is where a datagram came from and where it was sent to.
type path struct {
	peer  netip.AddrPort // its source, unmapped
	local local          // the address of ours that received it
}

// local is one of our own addresses. The zero value leaves the choice to the
// system.
type local struct {
	addr netip.Addr
	link uint32 // index of the network interface, where addr means something only there
}

// The control messages of ip(7) and ipv6(7) that name the local address of a
// datagram: when receiving the one it was sent to, when sending the one to send
// from.
//
//	in_pktinfo:  interface index (4), local address (4), destination (4)
//	in6_pktinfo: address (16), interface index (4)
const (
	pktinfo4Len = 12
	pktinfo6Len = 20
)

// packetInfo reads and writes these messages for one socket.
type packetInfo struct {
	v6  bool   // the socket is of family AF_INET6; it may carry IPv4 all the same
	oob []byte // the receiving goroutine's
}

// newPacketInfo asks for the control messages.
func newPacketInfo(conn *net.UDPConn) (packetInfo, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return packetInfo{}, err
	}
	p := packetInfo{oob: make([]byte, syscall.CmsgSpace(pktinfo6Len))}
	var failed error
	err = raw.Control(func(fd uintptr) {
		// Only a socket of family AF_INET6 knows the first option.
		if syscall.SetsockoptInt(int(fd), syscall.IPPROTO_IPV6, syscall.IPV6_RECVPKTINFO, 1) == nil {
			p.v6 = true
			return
		}
		failed = os.NewSyscallError("setsockopt IP_PKTINFO", syscall.SetsockoptInt(int(fd), syscall.IPPROTO_IP, syscall.IP_PKTINFO, 1))
	})
	if err == nil {
		err = failed
	}
	return p, err
}

// receive reads one datagram into b, cut if b is too short.
func (s *udpSocket) receive(b []byte) (n int, p path, err error) {
	n, oobn, _, peer, err := s.conn.ReadMsgUDPAddrPort(b, s.info.oob)
	if err != nil {
		return 0, path{}, err
	}
	return n, path{peer: unmapped(peer), local: parsePacketInfo(s.info.oob[:oobn])}, nil
}

// send sends b as one datagram along p.
func (s *udpSocket) send(b []byte, p path) error {
	_, _, err := s.conn.WriteMsgUDPAddrPort(b, s.info.control(p.local), p.peer)
	return err
}

// parsePacketInfo finds the local address in control messages. An address that
// cannot be sent from, a multicast group, gives the zero value.
func parsePacketInfo(oob []byte) local {
	messages, err := syscall.ParseSocketControlMessage(oob)
	if err != nil {
		return local{}
	}
	for _, m := range messages {
		var l local
		switch {
		case m.Header.Level == syscall.IPPROTO_IP && m.Header.Type == syscall.IP_PKTINFO && len(m.Data) >= pktinfo4Len:
			// For a broadcast the destination is not an address of ours, the local
			// address is.
			l.addr = netip.AddrFrom4([4]byte(m.Data[4:8]))
		case m.Header.Level == syscall.IPPROTO_IPV6 && m.Header.Type == syscall.IPV6_PKTINFO && len(m.Data) >= pktinfo6Len:
			l.addr = netip.AddrFrom16([16]byte(m.Data[:16])).Unmap()
			l.link = binary.NativeEndian.Uint32(m.Data[16:20])
		default:
			continue
		}
		if l.addr.IsMulticast() {
			return local{}
		}
		if !l.addr.IsLinkLocalUnicast() {
			l.link = 0 // the route decides
		}
		return l
	}
	return local{}
}

// control returns the control message that sends from l, nil if l is zero.
func (p packetInfo) control(l local) []byte {
	if !l.addr.IsValid() {
		return nil
	}
	if p.v6 {
		b := make([]byte, syscall.CmsgSpace(pktinfo6Len))
		data := controlMessage(b, syscall.IPPROTO_IPV6, syscall.IPV6_PKTINFO, pktinfo6Len)
		addr := l.addr.As16() // an IPv4 address in its mapped form
		copy(data, addr[:])
		binary.NativeEndian.PutUint32(data[16:], l.link)
		return b
	}
	b := make([]byte, syscall.CmsgSpace(pktinfo4Len))
	data := controlMessage(b, syscall.IPPROTO_IP, syscall.IP_PKTINFO, pktinfo4Len)
	addr := l.addr.As4()
	copy(data[4:8], addr[:])
	return b
}

// controlMessage writes the head of a control message to b, which is as long as
// the whole, and returns the part of b that holds its data.
func controlMessage(b []byte, level, kind int32, dataLen int) []byte {
	// cmsghdr: length (one word, this head included), level (4), type (4).
	const levelAt, kindAt = syscall.SizeofCmsghdr - 8, syscall.SizeofCmsghdr - 4
	if levelAt == 8 {
		binary.NativeEndian.PutUint64(b, uint64(syscall.CmsgLen(dataLen)))
	} else {
		binary.NativeEndian.PutUint32(b, uint32(syscall.CmsgLen(dataLen)))
	}
	binary.NativeEndian.PutUint32(b[levelAt:], uint32(level))
	binary.NativeEndian.PutUint32(b[kindAt:], uint32(kind))
	return b[syscall.CmsgLen(0):]
}
