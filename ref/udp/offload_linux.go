package udp

import (
	"encoding/binary"
	"errors"
	"net"
	"sync/atomic"
	"syscall"
)

// The options and control messages of udp(7) by which one call of the system sends or
// receives several datagrams of one size: UDP_SEGMENT cuts what is sent (GSO),
// UDP_GRO puts together what has come. Package syscall does not name them.
const (
	solUDP        = syscall.IPPROTO_UDP
	udpSegment    = 103
	udpGRO        = 104
	udpSegmentLen = 2 // octets of the control message that is sent: the size
	udpGROLen     = 4 // and of the one that is received
)

// maxTogether is how many octets of datagrams leave in one call, and maxSegments how
// many datagrams: the system takes as many in one IPv4 packet at most, headers
// included, and 64 in all.
const (
	maxTogether = 65_000
	maxSegments = 64
)

// offload is what the system does for one socket with several datagrams at once.
type offload struct {
	sends    atomic.Bool // it takes several; false for good once it could not send them
	receives bool        // it may hand over several
}

// start asks the system for what it has. It has neither before Linux 4.18.
func (o *offload) start(conn *net.UDPConn) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return
	}
	raw.Control(func(fd uintptr) {
		_, err := syscall.GetsockoptInt(int(fd), solUDP, udpSegment)
		o.sends.Store(err == nil)
		o.receives = syscall.SetsockoptInt(int(fd), solUDP, udpGRO, 1) == nil
	})
}

func (o *offload) has() (receive, send bool) { return o.receives, o.sends.Load() }

// limit returns how many octets one call sends at most, 0 if it sends one datagram.
func (o *offload) limit() int {
	if o.sends.Load() {
		return maxTogether
	}
	return 0
}

// appendSegment appends the control message that has a packet cut into datagrams of
// the given size, the last being what is left.
func appendSegment(b []byte, size int) []byte {
	at := len(b)
	b = append(b, make([]byte, syscall.CmsgSpace(udpSegmentLen))...)
	binary.NativeEndian.PutUint16(controlMessage(b[at:], solUDP, udpSegment, udpSegmentLen), uint16(size))
	return b
}

// parseSegment returns the size of datagrams that were put together, or 0 if the
// control message is not the one that says so.
func parseSegment(level, kind int32, data []byte) int {
	if level != solUDP || kind != udpGRO || len(data) < udpGROLen {
		return 0
	}
	return max(int(int32(binary.NativeEndian.Uint32(data))), 0)
}

// sendTogether sends b, which is several datagrams of one size of which the last may
// be shorter, in one call. It returns false if they have to be sent singly: nothing
// was sent then. A network device that cannot do its part answers with EIO, and will
// again; any other failure concerns these datagrams or their way.
func (s *udpSocket) sendTogether(b []byte, size int, p path) bool {
	if !s.offload.sends.Load() || len(b) > maxTogether || len(b) > maxSegments*size {
		return false
	}
	var space [64]byte
	_, _, err := s.conn.WriteMsgUDPAddrPort(b, appendSegment(s.info.appendControl(space[:0], p.local), size), p.peer)
	if errors.Is(err, syscall.EIO) {
		s.offload.sends.Store(false)
	}
	return err == nil
}
