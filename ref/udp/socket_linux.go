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
	p := packetInfo{oob: make([]byte, syscall.CmsgSpace(pktinfo6Len)+syscall.CmsgSpace(udpGROLen))}
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

// receive reads what has come in one piece.
func (s *udpSocket) receive(b []byte) (n, size int, p path, err error) {
	n, oobn, _, peer, err := s.conn.ReadMsgUDPAddrPort(b, s.info.oob)
	if err != nil {
		return 0, 0, path{}, err
	}
	l, size := parseControl(s.info.oob[:oobn])
	return n, size, path{peer: unmapped(peer), local: l}, nil
}

// send sends b as one datagram along p.
func (s *udpSocket) send(b []byte, p path) error {
	if !p.local.addr.IsValid() {
		_, err := s.conn.WriteToUDPAddrPort(b, p.peer)
		return err
	}
	var space [64]byte
	_, _, err := s.conn.WriteMsgUDPAddrPort(b, s.info.appendControl(space[:0], p.local), p.peer)
	return err
}

// parseControl finds the local address and the size of datagrams that were put
// together in control messages, and leaves zero what is not there or was cut.
func parseControl(oob []byte) (l local, size int) {
	for len(oob) >= syscall.SizeofCmsghdr {
		length, level, kind := controlHead(oob)
		if length < syscall.CmsgLen(0) || length > len(oob) {
			break
		}
		data := oob[syscall.CmsgLen(0):length]
		if n := parseSegment(level, kind, data); n > 0 {
			size = n
		} else if found, ok := parsePacketInfo(level, kind, data); ok {
			l = found
		}
		oob = oob[min(syscall.CmsgSpace(length-syscall.CmsgLen(0)), len(oob)):]
	}
	return l, size
}

// parsePacketInfo reads the local address, or returns false if the control message is
// not one that has it. An address that cannot be sent from, a multicast group, gives
// the zero value.
func parsePacketInfo(level, kind int32, data []byte) (l local, ok bool) {
	switch {
	case level == syscall.IPPROTO_IP && kind == syscall.IP_PKTINFO && len(data) >= pktinfo4Len:
		// For a broadcast the destination is not an address of ours, the local
		// address is.
		l.addr = netip.AddrFrom4([4]byte(data[4:8]))
	case level == syscall.IPPROTO_IPV6 && kind == syscall.IPV6_PKTINFO && len(data) >= pktinfo6Len:
		l.addr = netip.AddrFrom16([16]byte(data[:16])).Unmap()
		l.link = binary.NativeEndian.Uint32(data[16:20])
	default:
		return local{}, false
	}
	if l.addr.IsMulticast() {
		return local{}, true
	}
	if !l.addr.IsLinkLocalUnicast() {
		l.link = 0 // the route decides
	}
	return l, true
}

// appendControl appends the control message that sends from l, nothing if l is zero.
func (p packetInfo) appendControl(b []byte, l local) []byte {
	at := len(b)
	switch {
	case !l.addr.IsValid():
	case p.v6:
		b = append(b, make([]byte, syscall.CmsgSpace(pktinfo6Len))...)
		data := controlMessage(b[at:], syscall.IPPROTO_IPV6, syscall.IPV6_PKTINFO, pktinfo6Len)
		addr := l.addr.As16() // an IPv4 address in its mapped form
		copy(data, addr[:])
		binary.NativeEndian.PutUint32(data[16:], l.link)
	default:
		b = append(b, make([]byte, syscall.CmsgSpace(pktinfo4Len))...)
		data := controlMessage(b[at:], syscall.IPPROTO_IP, syscall.IP_PKTINFO, pktinfo4Len)
		addr := l.addr.As4()
		copy(data[4:8], addr[:])
	}
	return b
}

// A control message begins with a cmsghdr: length (one word, this head included),
// level (4), kind (4).
const levelAt, kindAt = syscall.SizeofCmsghdr - 8, syscall.SizeofCmsghdr - 4

// controlHead reads the head of a control message.
func controlHead(b []byte) (length int, level, kind int32) {
	if levelAt == 8 {
		length = int(binary.NativeEndian.Uint64(b))
	} else {
		length = int(binary.NativeEndian.Uint32(b))
	}
	return length, int32(binary.NativeEndian.Uint32(b[levelAt:])), int32(binary.NativeEndian.Uint32(b[kindAt:]))
}

// controlMessage writes the head of a control message to b, which is as long as
// the whole, and returns the part of b that holds its data.
func controlMessage(b []byte, level, kind int32, dataLen int) []byte {
	if levelAt == 8 {
		binary.NativeEndian.PutUint64(b, uint64(syscall.CmsgLen(dataLen)))
	} else {
		binary.NativeEndian.PutUint32(b, uint32(syscall.CmsgLen(dataLen)))
	}
	binary.NativeEndian.PutUint32(b[levelAt:], uint32(level))
	binary.NativeEndian.PutUint32(b[kindAt:], uint32(kind))
	return b[syscall.CmsgLen(0):]
}
