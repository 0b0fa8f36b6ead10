//go:build !linux

package relay

import (
	"net"
	"time"
)

// enlarge gives a socket large buffers, as far as the host allows.
func enlarge(conn *net.UDPConn) {
	_ = conn.SetReadBuffer(readBuffer)
	_ = conn.SetWriteBuffer(readBuffer)
}

// StampSpace is none: the host is not asked when datagrams came.
const StampSpace = 0

func StampDatagrams(*net.UDPConn) {}

func Stamp([]byte) (at time.Time, ok bool) { return time.Time{}, false }
