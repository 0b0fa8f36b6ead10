package probe

import (
	"encoding/binary"
	"net"
	"syscall"
	"time"
)

// stampSpace is the room for a timestamp beside a datagram.
var stampSpace = syscall.CmsgSpace(16)

// stampDatagrams asks the kernel to say of each datagram when it came, so that a
// judge that is late in reading does not take its own delay for the target's.
func stampDatagrams(conn *net.UDPConn) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) {
		_ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_TIMESTAMPNS, 1)
	})
}

// stamp is the time that the kernel gave a datagram.
func stamp(oob []byte) (at time.Time, ok bool) {
	messages, err := syscall.ParseSocketControlMessage(oob)
	if err != nil {
		return time.Time{}, false
	}
	for _, m := range messages {
		// Seconds and nanoseconds, of eight octets each on 64-bit systems.
		if m.Header.Level == syscall.SOL_SOCKET && m.Header.Type == syscall.SCM_TIMESTAMPNS && len(m.Data) == 16 {
			sec := int64(binary.NativeEndian.Uint64(m.Data))
			nsec := int64(binary.NativeEndian.Uint64(m.Data[8:]))
			return time.Unix(sec, nsec), true
		}
	}
	return time.Time{}, false
}
