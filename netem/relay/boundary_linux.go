package relay

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"syscall"
)

// diag asks the kernel about sockets, as the program ss does: over a netlink socket
// of the family INET_DIAG.
type diag struct {
	mu sync.Mutex
	fd int
	in [4096]byte
}

// The shapes and numbers of linux/inet_diag.h, linux/sock_diag.h and linux/tcp.h.
const (
	sockDiagByFamily  = 20  // SOCK_DIAG_BY_FAMILY
	inetDiagInfo      = 2   // INET_DIAG_INFO: the attribute with struct tcp_info
	netlinkHeaderLen  = 16  // struct nlmsghdr
	inetDiagReqLen    = 56  // struct inet_diag_req_v2
	inetDiagMsgLen    = 72  // struct inet_diag_msg
	rqueueOffset      = 56  // of idiag_rqueue in it
	wqueueOffset      = 60  // of idiag_wqueue in it
	bytesReceivedOffs = 128 // of tcpi_bytes_received in struct tcp_info
)

func newWatcher() watcher {
	fd, err := syscall.Socket(syscall.AF_NETLINK, syscall.SOCK_RAW|syscall.SOCK_CLOEXEC, syscall.NETLINK_INET_DIAG)
	if err != nil {
		return blind{}
	}
	// The kernel answers at once or not at all.
	timeout := syscall.NsecToTimeval(int64(patience))
	_ = syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &timeout)
	return &diag{fd: fd}
}

func (d *diag) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	_ = syscall.Close(d.fd)
	d.fd = -1
}

func (d *diag) state(local, remote netip.AddrPort) (socketState, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := syscall.Sendto(d.fd, request(local, remote), 0, &syscall.SockaddrNetlink{Family: syscall.AF_NETLINK}); err != nil {
		return socketState{}, fmt.Errorf("asking the kernel about a socket: %w", err)
	}
	n, _, err := syscall.Recvfrom(d.fd, d.in[:], 0)
	if err != nil {
		return socketState{}, fmt.Errorf("asking the kernel about a socket: %w", err)
	}
	return answer(d.in[:n])
}

// request asks for the one TCP socket with these addresses.
func request(local, remote netip.AddrPort) []byte {
	ne := binary.NativeEndian
	b := make([]byte, netlinkHeaderLen+inetDiagReqLen)
	ne.PutUint32(b, uint32(len(b)))
	ne.PutUint16(b[4:], sockDiagByFamily)
	ne.PutUint16(b[6:], syscall.NLM_F_REQUEST)
	r := b[netlinkHeaderLen:]
	r[0] = syscall.AF_INET6
	if local.Addr().Is4() {
		r[0] = syscall.AF_INET
	}
	r[1] = syscall.IPPROTO_TCP
	r[2] = 1 << (inetDiagInfo - 1)
	ne.PutUint32(r[4:], 1<<32-1) // in any state
	binary.BigEndian.PutUint16(r[8:], local.Port())
	binary.BigEndian.PutUint16(r[10:], remote.Port())
	copy(r[12:28], local.Addr().AsSlice())
	copy(r[28:44], remote.Addr().AsSlice())
	ne.PutUint32(r[48:], 1<<32-1) // no cookie
	ne.PutUint32(r[52:], 1<<32-1)
	return b
}

// answer reads what the kernel says about a socket.
func answer(b []byte) (socketState, error) {
	ne := binary.NativeEndian
	errShort := errors.New("the kernel's answer about a socket is too short")
	if len(b) < netlinkHeaderLen+4 {
		return socketState{}, errShort
	}
	if ne.Uint16(b[4:]) == syscall.NLMSG_ERROR {
		if errno := syscall.Errno(-int32(ne.Uint32(b[netlinkHeaderLen:]))); errno != syscall.ENOENT {
			return socketState{}, fmt.Errorf("asking the kernel about a socket: %w", errno)
		}
		return socketState{}, errors.New("the reader's socket is not on this host, or closed")
	}
	m := b[netlinkHeaderLen:]
	if len(m) < inetDiagMsgLen {
		return socketState{}, errShort
	}
	s := socketState{unread: ne.Uint32(m[rqueueOffset:]), unsent: ne.Uint32(m[wqueueOffset:])}
	for attr := m[inetDiagMsgLen:]; len(attr) >= 4; {
		size, kind := int(ne.Uint16(attr)), ne.Uint16(attr[2:])
		if size < 4 || size > len(attr) {
			break
		}
		if info := attr[4:size]; kind == inetDiagInfo && len(info) >= bytesReceivedOffs+8 {
			s.received = ne.Uint64(info[bytesReceivedOffs:])
			return s, nil
		}
		attr = attr[min((size+3)&^3, len(attr)):]
	}
	return socketState{}, errors.New("the kernel does not say how much a socket has received")
}
