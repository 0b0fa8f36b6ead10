package relay

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/vstp-project/vstp/netem"
)

const (
	// maxClients bounds the sockets that strangers can make a relay open.
	maxClients = 4096
	// keptGenerations is how many of a client's former addresses still have a socket,
	// so that what is sent to them is counted.
	keptGenerations = 8
	// readBuffer holds a burst of several thousand full datagrams where the host allows
	// a buffer of that size.
	readBuffer = 8 << 20
	// maxDatagram is the space that the largest datagram takes.
	maxDatagram = 64 << 10
)

// UDP is a relay for datagrams. Each client that sends to it, told from others by
// its address and port, gets a socket of its own towards the target, at the client's
// own address where both are on the loopback interface.
type UDP struct {
	link   *netem.Link
	watch  Watch // nil for none
	conn   *net.UDPConn
	target netip.AddrPort
	wake   chan struct{}
	done   chan struct{}
	undo   func() bool // ends the watch over the context
	tasks  sync.WaitGroup

	mu        sync.Mutex
	clients   map[netip.AddrPort]*client
	byPath    []*client
	closed    bool
	strangers int
	refused   int
	failed    int
	meter     dropMeter
	late      lateness
}

// client is one source of datagrams.
type client struct {
	path     int
	addr     netip.AddrPort
	upstream []*upstream // by generation; nil before its first datagram
}

// upstream is the socket at one address that a client has, or had.
type upstream struct {
	conn       *net.UDPConn
	client     *client
	generation int
}

// ListenUDP starts a relay at an address, such as "127.0.0.1:0", in front of a
// target. It runs until Close is called or ctx ends. Nothing else may use the link.
func ListenUDP(ctx context.Context, link *netem.Link, listen, target string) (*UDP, error) {
	return listenUDP(ctx, link, listen, target, nil)
}

func listenUDP(ctx context.Context, link *netem.Link, listen, target string, watch Watch) (*UDP, error) {
	to, err := resolve(target)
	if err != nil {
		return nil, fmt.Errorf("the target's address: %w", err)
	}
	at, err := net.ResolveUDPAddr("udp", listen)
	if err != nil {
		return nil, fmt.Errorf("the relay's address: %w", err)
	}
	conn, err := net.ListenUDP("udp", at)
	if err != nil {
		return nil, fmt.Errorf("listening for clients: %w", err)
	}
	enlarge(conn)
	if watch != nil {
		StampDatagrams(conn)
	}
	u := &UDP{
		link: link, watch: watch, conn: conn, target: to,
		wake: make(chan struct{}, 1), done: make(chan struct{}), clients: map[netip.AddrPort]*client{},
	}
	u.meter.watch(meterRelay, addrOf(conn))
	u.meter.watch(meterTarget, to)
	u.tasks.Go(u.listen)
	u.tasks.Go(u.deliver)
	u.mu.Lock()
	defer u.mu.Unlock()
	u.undo = context.AfterFunc(ctx, func() { _ = u.Close() })
	return u, nil
}

func resolve(address string) (netip.AddrPort, error) {
	addr, err := net.ResolveUDPAddr("udp", address)
	if err != nil {
		return netip.AddrPort{}, err
	}
	return plain(addr.AddrPort()), nil
}

// plain is an address in its shortest form, in which it compares.
func plain(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }

func addrOf(conn *net.UDPConn) netip.AddrPort {
	return plain(conn.LocalAddr().(*net.UDPAddr).AddrPort())
}

// Addr is where clients send to.
func (u *UDP) Addr() netip.AddrPort { return addrOf(u.conn) }

// Close ends the relay and drops what is in flight. It returns when nothing of it
// runs any more, and can be called again.
func (u *UDP) Close() error {
	u.mu.Lock()
	first := !u.closed
	if u.closed = true; first {
		u.undo()
		u.meter.read() // the counts go with the sockets
		close(u.done)
		_ = u.conn.Close()
		for _, c := range u.byPath {
			for _, up := range c.upstream {
				if up != nil {
					_ = up.conn.Close()
				}
			}
		}
	}
	u.mu.Unlock()
	u.tasks.Wait()
	return nil
}

// listen takes datagrams from clients.
func (u *UDP) listen() {
	buf, oob := make([]byte, maxDatagram), make([]byte, StampSpace)
	for {
		n, from, at, exact, err := u.readDatagram(u.conn, buf, oob)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // the host reports the failure of an earlier datagram
		}
		c := u.client(plain(from))
		if c == nil {
			continue
		}
		u.see(Sight{At: at, Exact: exact, Dir: netem.AB, Number: c.path, Client: c.addr, Data: buf[:n]})
		u.send(netem.Packet{Dir: netem.AB, Path: c.path, Data: slices.Clone(buf[:n])})
	}
}

// client finds or makes the client with an address; nil if there are too many.
func (u *UDP) client(addr netip.AddrPort) *client {
	u.mu.Lock()
	defer u.mu.Unlock()
	c := u.clients[addr]
	if c == nil {
		if len(u.byPath) >= maxClients {
			u.refused++
			return nil
		}
		c = &client{path: len(u.byPath), addr: addr}
		u.clients[addr] = c
		u.byPath = append(u.byPath, c)
		u.meter.watch(meterClients, addr)
	}
	return c
}

// send brings a datagram onto the link, and has it delivered in time.
func (u *UDP) send(p netem.Packet) {
	u.link.Send(time.Now(), p)
	select {
	case u.wake <- struct{}{}:
	default:
	}
}

// deliver passes on what leaves the link.
func (u *UDP) deliver() {
	s := newSleeper()
	defer s.stop()
	var due []netem.Delivery
	for {
		due = u.link.Due(time.Now(), due[:0])
		for i := range due {
			u.pass(&due[i])
			due[i].Data = nil
		}
		if !s.sleep(u.link.NextTimeout(), u.wake, u.done) {
			return
		}
	}
}

// pass sends a datagram to where it goes.
func (u *UDP) pass(d *netem.Delivery) {
	u.mu.Lock()
	u.late.add(time.Since(d.At))
	c := u.byPath[d.Path]
	conn, to := u.conn, c.addr
	if d.Dir == netem.AB {
		conn, to = u.towards(c, d.Generation), u.target
	}
	u.mu.Unlock()
	if conn == nil {
		return
	}
	u.see(Sight{Stage: Passing, At: time.Now(), Dir: d.Dir, Number: c.path, Client: c.addr, Data: d.Data})
	if _, err := conn.WriteToUDPAddrPort(d.Data, to); err != nil && !errors.Is(err, net.ErrClosed) {
		u.mu.Lock()
		u.failed++
		u.mu.Unlock()
	}
}

// towards is the socket from which the target hears a client; nil if there is none.
func (u *UDP) towards(c *client, generation int) *net.UDPConn {
	for len(c.upstream) <= generation {
		c.upstream = append(c.upstream, nil)
	}
	if up := c.upstream[generation]; up != nil {
		return up.conn
	}
	if u.closed {
		return nil
	}
	conn, err := u.open(c)
	if err != nil {
		u.failed++
		return nil
	}
	up := &upstream{conn, c, generation}
	c.upstream[generation] = up
	u.meter.watch(meterRelay, addrOf(conn))
	u.tasks.Go(func() { u.receive(up) })
	if old := generation - keptGenerations; old >= 0 && c.upstream[old] != nil {
		u.meter.forget(addrOf(c.upstream[old].conn))
		_ = c.upstream[old].conn.Close()
	}
	return conn
}

// open opens a socket towards the target. An implementation may keep account of
// addresses, so that clients with different ones keep them.
func (u *UDP) open(c *client) (*net.UDPConn, error) {
	var local netip.Addr
	switch target := u.target.Addr(); {
	case target.Is4() && target.IsLoopback() && c.addr.Addr().Is4() && c.addr.Addr().IsLoopback():
		local = c.addr.Addr()
	case target.Is4():
		local = netip.IPv4Unspecified()
	default:
		local = netip.IPv6Unspecified()
	}
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(local, 0)))
	if err != nil {
		return nil, err
	}
	enlarge(conn)
	if u.watch != nil {
		StampDatagrams(conn)
	}
	return conn, nil
}

// receive takes datagrams from the target that are for one client.
func (u *UDP) receive(up *upstream) {
	buf, oob := make([]byte, maxDatagram), make([]byte, StampSpace)
	for {
		n, from, at, exact, err := u.readDatagram(up.conn, buf, oob)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // the host reports the failure of an earlier datagram
		}
		if plain(from) != u.target {
			u.mu.Lock()
			u.strangers++
			u.mu.Unlock()
			continue
		}
		u.see(Sight{At: at, Exact: exact, Dir: netem.BA, Number: up.client.path, Client: up.client.addr, Data: buf[:n]})
		u.send(netem.Packet{Dir: netem.BA, Path: up.client.path, Generation: up.generation, Data: slices.Clone(buf[:n])})
	}
}
