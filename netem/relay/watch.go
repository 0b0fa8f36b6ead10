package relay

import (
	"context"
	"net"
	"net/netip"
	"time"

	"github.com/vstp-project/vstp/netem"
)

// A Stage is a point on the way of what passes a relay.
type Stage int

// The stages.
const (
	Came    Stage = iota // from the end that sent it, before the link
	Passing              // the relay is about to hand it to the end that it goes to
	Over                 // of a connection: nothing more is to come in either direction
)

// A Kind says what passes.
type Kind int

// The kinds. Only Octets occurs with datagrams.
const (
	Octets Kind = iota // a datagram, or some octets of a stream
	Fin                // the end of a stream
	Reset              // the abortion of a connection
)

// A Sight is something that passes a relay.
type Sight struct {
	Stage Stage
	Kind  Kind
	At    time.Time
	// Exact says that At is when the kernel received a datagram, and not when the relay
	// got round to it.
	Exact bool
	Dir   netem.Direction // netem.AB is from the client to the target
	// Number is that of the client of a relay for datagrams, from 0, or of the
	// connection of one for streams, from 1.
	Number int
	Client netip.AddrPort
	Data   []byte // is not to be changed or kept
}

// A Watch is told of everything that passes a relay. What is sent as an answer to
// something is always told of after it: that it is passing is told before it is handed
// over. A Watch is called from several goroutines, and holds the relay up.
type Watch func(Sight)

// WatchUDP is [ListenUDP] with a watch.
func WatchUDP(ctx context.Context, link *netem.Link, listen, target string, watch Watch) (*UDP, error) {
	return listenUDP(ctx, link, listen, target, watch)
}

// WatchTCP is [ListenTCP] with a watch.
func WatchTCP(ctx context.Context, link *netem.Link, listen, target string, watch Watch) (*TCP, error) {
	return listenTCP(ctx, link, listen, target, watch)
}

// readDatagram reads a datagram, and its time if there is a watch.
func (u *UDP) readDatagram(conn *net.UDPConn, buf, oob []byte) (n int, from netip.AddrPort, at time.Time, exact bool, err error) {
	if u.watch == nil {
		n, from, err = conn.ReadFromUDPAddrPort(buf)
		return n, from, time.Time{}, false, err
	}
	n, oobn, _, from, err := conn.ReadMsgUDPAddrPort(buf, oob)
	if at, exact = Stamp(oob[:oobn]); !exact {
		at = time.Now()
	}
	return n, from, at, exact, err
}

// see tells the watch of a datagram.
func (u *UDP) see(s Sight) {
	if u.watch != nil {
		u.watch(s)
	}
}

// see tells the watch of something on a connection.
func (s *session) see(stage Stage, kind Kind, dir netem.Direction, data []byte) {
	if watch := s.relay.watch; watch != nil {
		watch(Sight{Stage: stage, Kind: kind, At: time.Now(), Dir: dir, Number: s.number, Client: s.client, Data: data})
	}
}
