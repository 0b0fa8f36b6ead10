package memnet

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/vstp-project/vstp/netem"
)

const (
	// maxDatagram is the largest payload of a UDP datagram over IPv4.
	maxDatagram = 65507
	// defaultReadBuffer holds any burst that a test is likely to make.
	defaultReadBuffer = 4 << 20
)

// PacketConn is a packet connection of the network, as a UDP socket is one of a real
// network. Its methods can be called from several goroutines.
type PacketConn struct {
	net  *Net
	path int // of a client, from 0; -1 for the server
	addr netip.AddrPort

	readable   sync.Cond // with the lock of the network
	queue      queue
	queued     int // octets
	room       int // octets that are kept at most
	overflowed int
	closed     bool
	read       deadline
	write      deadline
}

var _ net.PacketConn = (*PacketConn)(nil)

// push puts a datagram into the read buffer, if there is room. A buffer that is
// empty takes one of any size.
func (c *PacketConn) push(data []byte, from netip.AddrPort) {
	switch {
	case c.closed:
	case c.queue.len() > 0 && c.queued+len(data) > c.room:
		c.overflowed++
	default:
		c.queue.push(datagram{data, from})
		c.queued += len(data)
		c.readable.Signal()
	}
}

// ReadFrom reads a datagram. What does not fit into b is lost, as with UDP.
func (c *PacketConn) ReadFrom(b []byte) (int, net.Addr, error) {
	n, from, err := c.ReadFromUDPAddrPort(b)
	if err != nil {
		return 0, nil, err
	}
	return n, net.UDPAddrFromAddrPort(from), nil
}

// ReadFromUDPAddrPort is ReadFrom with an address that costs no memory.
func (c *PacketConn) ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error) {
	c.net.mu.Lock()
	defer c.net.mu.Unlock()
	for {
		switch {
		case c.closed:
			return 0, netip.AddrPort{}, c.fail("read", nil, net.ErrClosed)
		case c.read.passed():
			return 0, netip.AddrPort{}, c.fail("read", nil, os.ErrDeadlineExceeded)
		case c.queue.len() > 0:
			d := c.queue.pop()
			c.queued -= len(d.data)
			return copy(b, d.data), d.from, nil
		}
		c.readable.Wait()
	}
}

// WriteTo writes a datagram. A client reaches the server, and the server its
// clients; what goes elsewhere is lost, as it is in a network.
func (c *PacketConn) WriteTo(b []byte, addr net.Addr) (int, error) {
	to, ok := addr.(*net.UDPAddr)
	if !ok || to == nil {
		return 0, c.fail("write", addr, syscall.EINVAL)
	}
	return c.WriteToUDPAddrPort(b, to.AddrPort())
}

// WriteToUDPAddrPort is WriteTo with an address that costs no memory.
func (c *PacketConn) WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error) {
	to = netip.AddrPortFrom(to.Addr().Unmap(), to.Port())
	c.net.mu.Lock()
	defer c.net.mu.Unlock()
	switch {
	case c.closed:
		return 0, c.fail("write", net.UDPAddrFromAddrPort(to), net.ErrClosed)
	case c.write.passed():
		return 0, c.fail("write", net.UDPAddrFromAddrPort(to), os.ErrDeadlineExceeded)
	case len(b) > maxDatagram:
		return 0, c.fail("write", net.UDPAddrFromAddrPort(to), syscall.EMSGSIZE)
	}
	p := netem.Packet{Dir: netem.AB, Path: c.path}
	ok := to == serverAddr
	if c.path < 0 {
		p.Dir = netem.BA
		p.Path, p.Generation, ok = c.net.route(to)
	}
	if !ok {
		c.net.unroutable++
		return len(b), nil
	}
	p.Data = slices.Clone(b)
	c.net.send(time.Now(), p)
	return len(b), nil
}

// Close closes the connection and frees whoever waits for it. What it has written
// still arrives.
func (c *PacketConn) Close() error {
	c.net.mu.Lock()
	defer c.net.mu.Unlock()
	if c.closed {
		return c.fail("close", nil, net.ErrClosed)
	}
	c.closed, c.queue = true, queue{}
	c.read.set(time.Time{}, nil)
	c.readable.Broadcast()
	if c.net.open--; c.net.open == 0 {
		c.net.schedule(time.Now())
	}
	return nil
}

// LocalAddr is the address of the connection, for a client the one before all
// rebindings: like a host behind a NAT it does not know its others.
func (c *PacketConn) LocalAddr() net.Addr { return net.UDPAddrFromAddrPort(c.addr) }

// SetDeadline sets both deadlines.
func (c *PacketConn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

// SetReadDeadline sets the time after which reading fails; the zero time is never.
func (c *PacketConn) SetReadDeadline(t time.Time) error {
	c.net.mu.Lock()
	defer c.net.mu.Unlock()
	if c.closed {
		return c.fail("set", nil, net.ErrClosed)
	}
	c.read.set(t, &c.readable)
	return nil
}

// SetWriteDeadline sets the time after which writing fails. Writing never waits.
func (c *PacketConn) SetWriteDeadline(t time.Time) error {
	c.net.mu.Lock()
	defer c.net.mu.Unlock()
	if c.closed {
		return c.fail("set", nil, net.ErrClosed)
	}
	c.write.set(t, nil)
	return nil
}

// SetReadBuffer sets how many octets of datagrams are kept until they are read;
// those that find no room are lost.
func (c *PacketConn) SetReadBuffer(octets int) error {
	if octets <= 0 {
		return c.fail("set", nil, syscall.EINVAL)
	}
	c.net.mu.Lock()
	defer c.net.mu.Unlock()
	if c.closed {
		return c.fail("set", nil, net.ErrClosed)
	}
	c.room = octets
	return nil
}

// Overflowed is how many datagrams found no room in the read buffer.
func (c *PacketConn) Overflowed() int {
	c.net.mu.Lock()
	defer c.net.mu.Unlock()
	return c.overflowed
}

func (c *PacketConn) fail(op string, to net.Addr, err error) error {
	return &net.OpError{Op: op, Net: "udp", Source: net.UDPAddrFromAddrPort(c.addr), Addr: to, Err: err}
}
