//go:build unix

package udp

import "syscall"

// buffers returns the octets of the receive and the send buffer as the system
// reports them, 0 if it does not.
func (s *udpSocket) buffers() (receive, send int) {
	raw, err := s.sys.SyscallConn()
	if err != nil {
		return 0, 0
	}
	raw.Control(func(fd uintptr) {
		receive, _ = syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF)
		send, _ = syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_SNDBUF)
	})
	return receive, send
}
