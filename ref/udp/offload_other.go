//go:build !linux

package udp

import "net"

// offload is nothing where this package does not know how the system sends or
// receives several datagrams at once.
type offload struct{}

func (*offload) start(*net.UDPConn)        {}
func (*offload) has() (receive, send bool) { return false, false }
func (*offload) limit() int                { return 0 }

// sendTogether returns false: datagrams are sent singly.
func (s *udpSocket) sendTogether([]byte, int, path) bool { return false }
