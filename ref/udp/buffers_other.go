//go:build !unix

package udp

// buffers returns 0, 0: this package does not ask this system.
func (s *udpSocket) buffers() (receive, send int) { return 0, 0 }
