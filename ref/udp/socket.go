package udp

import (
	"context"
	"net"
)

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
