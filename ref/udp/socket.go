package udp

import (
	"context"
	"net"
	"net/netip"
)

// path is where a datagram came from and where it was sent to.
type path struct {
	peer  netip.AddrPort // its source, unmapped
	local local          // the address of ours that received it
}

// local is one of our own addresses. The zero value leaves the choice to the
// system.
type local struct {
	addr netip.Addr
	link uint32 // index of the network interface, where addr means something only there
}

// socket is a UDP socket that knows to which local address a datagram was sent,
// where the system tells. Receiving is for one goroutine, sending for any number.
type socket struct {
	conn *net.UDPConn
	info packetInfo
}

// listen opens a socket and asks for buffers of the given octets. That the system
// gives less is no error.
func listen(ctx context.Context, addr string, buffer int) (*socket, error) {
	var lc net.ListenConfig
	pc, err := lc.ListenPacket(ctx, "udp", addr)
	if err != nil {
		return nil, err
	}
	conn := pc.(*net.UDPConn)
	info, err := newPacketInfo(conn)
	if err != nil {
		conn.Close()
		return nil, err
	}
	conn.SetReadBuffer(buffer)
	conn.SetWriteBuffer(buffer)
	return &socket{conn: conn, info: info}, nil
}
