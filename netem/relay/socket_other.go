//go:build !linux

package relay

import "net"

// enlarge gives a socket large buffers, as far as the host allows.
func enlarge(conn *net.UDPConn) {
	_ = conn.SetReadBuffer(readBuffer)
	_ = conn.SetWriteBuffer(readBuffer)
}
