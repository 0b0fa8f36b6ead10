package udp

import (
	"fmt"
	"net/netip"

	"github.com/vstp-project/vstp/ref/wire"
)

// Request is one message for the application.
type Request struct {
	// Message is a DATA frame, complete and checked. It owns its memory: the handler
	// may keep and change it.
	Message wire.Frame

	// Peer is where the message comes from, an IPv4-mapped IPv6 address being given
	// as the IPv4 address. Anyone can send with this address [SEC-2].
	Peer netip.AddrPort

	server *Server
	path   path
}

// Answer sends a DATA frame back, in a datagram of its own. It may be used again
// when Answer returns. That it was sent does not mean that it will arrive.
//
// It refuses with a *session.LocalError what session.Endpoint.CheckAnswer refuses:
// other types, flags other than CRC, the protocol's headers and frames of more
// than session.MaxDatagram octets. What the system refuses is returned as it is;
// once the server is closed it matches net.ErrClosed.
func (r *Request) Answer(f wire.Frame) error {
	err := r.server.endpoint.CheckAnswer(f)
	if err == nil {
		err = r.server.send(f, r.path)
	}
	if err != nil {
		return fmt.Errorf("udp: answering %v: %w", r.Peer, err)
	}
	return nil
}
