package memnet

import (
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/vstp-project/vstp/netem"
)

// Options are the circumstances of a network.
type Options struct {
	// AsWritten lets datagrams of the same instant enter the link in the order in which
	// they were written.
	AsWritten bool
}

// Net is a network: a server, any number of clients, and one link between them.
type Net struct {
	link *netem.Link
	opts Options

	mu         sync.Mutex
	server     *PacketConn
	clients    []*PacketConn
	parked     []parked
	together   []netem.Packet   // space for those of one instant
	deliveries []netem.Delivery // space for those that are due
	alarm      alarm
	open       int
	unroutable int
}

// parked is a datagram that waits for the end of the instant in which it was written.
type parked struct {
	at     time.Time
	packet netem.Packet
}

// New makes a network over a link, which nothing else may use.
func New(link *netem.Link, o Options) *Net {
	n := &Net{link: link, opts: o}
	n.alarm.ring = n.run
	n.server = n.conn(-1, serverAddr)
	return n
}

// PacketPair makes a network of a client and a server.
func PacketPair(link *netem.Link) (client, server *PacketConn) {
	n := New(link, Options{})
	return n.Client(), n.Server()
}

// Server is the connection of the server.
func (n *Net) Server() *PacketConn { return n.server }

// Client returns the connection of a new client with an address of its own. There
// are addresses for 65,536 clients; asking for more panics.
func (n *Net) Client() *PacketConn {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.clients) == maxClients {
		panic("memnet: there are no addresses left for a further client")
	}
	c := n.conn(len(n.clients), clientAddr(len(n.clients), 0))
	n.clients = append(n.clients, c)
	return c
}

func (n *Net) conn(path int, addr netip.AddrPort) *PacketConn {
	n.open++
	c := &PacketConn{net: n, path: path, addr: addr, room: defaultReadBuffer}
	c.readable.L = &n.mu
	return c
}

// Unroutable is how many datagrams were written to addresses that nobody has.
func (n *Net) Unroutable() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.unroutable
}

// The addresses are those that are set aside for documentation and for benchmarks.
// A client's port rises with each rebinding.
var serverAddr = netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, 1}), 4000)

const (
	clientPort = 40000
	// maxClients and maxGenerations keep addresses within their net and port range.
	maxClients     = 1 << 16
	maxGenerations = 1 << 14
)

func clientAddr(path, generation int) netip.AddrPort {
	addr := netip.AddrFrom4([4]byte{198, 18 + byte(path>>15), byte(path >> 7), byte(path<<1) | 1})
	return netip.AddrPortFrom(addr, uint16(clientPort+generation%maxGenerations))
}

// route finds the client that has, or once had, an address.
func (n *Net) route(to netip.AddrPort) (path, generation int, ok bool) {
	if !to.Addr().Is4() {
		return 0, 0, false
	}
	b := to.Addr().As4()
	path = int(b[1]-18)<<15 | int(b[2])<<7 | int(b[3]>>1)
	generation = int(to.Port()) - clientPort
	ok = path < len(n.clients) && generation >= 0 && clientAddr(path, generation) == to
	return path, generation, ok
}

// send parks a datagram, which belongs to the network from now on.
func (n *Net) send(now time.Time, p netem.Packet) {
	if n.opts.AsWritten {
		n.link.Send(now, p)
	} else {
		n.parked = append(n.parked, parked{now, p})
	}
	n.schedule(now)
}

// schedule sets the alarm for what is to be done next. An instant is over a
// nanosecond later: in a bubble time passes only when every goroutine waits.
func (n *Net) schedule(now time.Time) {
	next := n.link.NextTimeout()
	if len(n.parked) > 0 {
		if over := n.parked[0].at.Add(1); next.IsZero() || over.Before(next) {
			next = over
		}
	}
	if n.open == 0 {
		next = time.Time{}
	}
	n.alarm.set(now, next)
}

// run brings what was parked onto the link and hands over what is due.
func (n *Net) run() {
	n.mu.Lock()
	defer n.mu.Unlock()
	now := time.Now()
	over := 0 // of those parked, how many are of an instant that is over
	for over < len(n.parked) && n.parked[over].at.Before(now) {
		at := n.parked[over].at
		n.together = n.together[:0]
		for over < len(n.parked) && n.parked[over].at.Equal(at) {
			n.together = append(n.together, n.parked[over].packet)
			over++
		}
		n.link.SendTogether(at, n.together)
	}
	n.parked = slices.Delete(n.parked, 0, over)
	clear(n.together)
	n.deliveries = n.link.Due(now, n.deliveries[:0])
	for i := range n.deliveries {
		n.deliver(&n.deliveries[i])
	}
	clear(n.deliveries)
	n.alarm.rang()
	n.schedule(now)
}

func (n *Net) deliver(d *netem.Delivery) {
	if d.Dir == netem.AB {
		n.server.push(d.Data, clientAddr(d.Path, d.Generation))
	} else {
		n.clients[d.Path].push(d.Data, serverAddr)
	}
}
