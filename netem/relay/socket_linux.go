package relay

import (
	"encoding/binary"
	"net"
	"syscall"
)

var littleEndian = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

// enlarge gives a socket large buffers, by force where the process has the right to.
func enlarge(conn *net.UDPConn) {
	_ = conn.SetReadBuffer(readBuffer)
	_ = conn.SetWriteBuffer(readBuffer)
	if raw, err := conn.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) {
			_ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUFFORCE, readBuffer)
		})
	}
}
