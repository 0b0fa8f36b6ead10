package relay

import (
	"encoding/binary"
	"net"
	"syscall"
	"time"
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

// StampSpace is the room for a timestamp beside a datagram.
var StampSpace = syscall.CmsgSpace(16)

// StampDatagrams asks the kernel to say of each datagram when it came.
func StampDatagrams(conn *net.UDPConn) {
	if raw, err := conn.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) {
			_ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_TIMESTAMPNS, 1)
		})
	}
}

// Stamp is the time that the kernel gave a datagram.
func Stamp(oob []byte) (at time.Time, ok bool) {
	messages, err := syscall.ParseSocketControlMessage(oob)
	if err != nil {
		return time.Time{}, false
	}
	for _, m := range messages {
		// Seconds and nanoseconds, of eight octets each where a word has as many.
		if m.Header.Level == syscall.SOL_SOCKET && m.Header.Type == syscall.SCM_TIMESTAMPNS && len(m.Data) == 16 {
			return time.Unix(int64(binary.NativeEndian.Uint64(m.Data)), int64(binary.NativeEndian.Uint64(m.Data[8:]))), true
		}
	}
	return time.Time{}, false
}
