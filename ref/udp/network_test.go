package udp_test

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/udp"
	"github.com/vstp-project/vstp/ref/wire"
)

// network is a network in memory. Under testing/synctest its time is virtual, and
// every test in it takes as long as its computing does.
type network struct {
	// fate says what becomes of a datagram: when each copy of it arrives. Nil lets every
	// datagram arrive at once.
	fate func(from, to netip.AddrPort, b []byte) []time.Duration

	mu    sync.Mutex
	nodes map[netip.AddrPort]*node
}

func newNetwork() *network { return &network{nodes: map[netip.AddrPort]*node{}} }

// packet is a datagram that has arrived.
type packet struct {
	from   netip.AddrPort
	octets []byte
	at     time.Time
}

// node is a packet connection in a network.
type node struct {
	network *network
	addr    netip.AddrPort
	inbox   chan packet
	closed  chan struct{}
	once    sync.Once

	// The next calls of WriteTo and ReadFrom fail with these errors.
	mu         sync.Mutex
	writeFails []error
	readFails  chan error
}

// node joins the network with an address of 10.0.0.0/24.
func (n *network) node(host byte, port uint16) *node {
	c := &node{
		network:   n,
		addr:      netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, host}), port),
		inbox:     make(chan packet, 1000),
		closed:    make(chan struct{}),
		readFails: make(chan error, 10),
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.nodes[c.addr] = c
	return c
}

func (n *network) deliver(to netip.AddrPort, p packet) {
	n.mu.Lock()
	c := n.nodes[to]
	n.mu.Unlock()
	if c == nil {
		return
	}
	p.at = time.Now()
	select {
	case c.inbox <- p:
	default: // the receive buffer is full
	}
}

func (c *node) ReadFrom(b []byte) (int, net.Addr, error) {
	select {
	case p := <-c.inbox:
		return copy(b, p.octets), net.UDPAddrFromAddrPort(p.from), nil
	case err := <-c.readFails:
		return 0, nil, err
	case <-c.closed:
		return 0, nil, net.ErrClosed
	}
}

func (c *node) WriteTo(b []byte, addr net.Addr) (int, error) {
	c.mu.Lock()
	if len(c.writeFails) > 0 {
		err := c.writeFails[0]
		c.writeFails = c.writeFails[1:]
		c.mu.Unlock()
		return 0, err
	}
	c.mu.Unlock()
	select {
	case <-c.closed:
		return 0, net.ErrClosed
	default:
	}
	to := addr.(*net.UDPAddr).AddrPort()
	p := packet{from: c.addr, octets: bytes.Clone(b)}
	if c.network.fate == nil {
		c.network.deliver(to, p)
		return len(b), nil
	}
	for _, delay := range c.network.fate(c.addr, to, p.octets) {
		time.AfterFunc(delay, func() { c.network.deliver(to, p) })
	}
	return len(b), nil
}

func (c *node) Close() error {
	c.once.Do(func() { close(c.closed) })
	return nil
}

func (c *node) LocalAddr() net.Addr              { return net.UDPAddrFromAddrPort(c.addr) }
func (c *node) SetDeadline(time.Time) error      { return os.ErrNoDeadline }
func (c *node) SetReadDeadline(time.Time) error  { return os.ErrNoDeadline }
func (c *node) SetWriteDeadline(time.Time) error { return os.ErrNoDeadline }

// fails makes the next writes fail.
func (c *node) fails(errs ...error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.writeFails = append(c.writeFails, errs...)
}

// send sends octets as one datagram.
func (c *node) send(t *testing.T, to netip.AddrPort, b []byte) {
	t.Helper()
	_, err := c.WriteTo(b, net.UDPAddrFromAddrPort(to))
	require.NoError(t, err)
}

// next returns the next datagram as a frame, and when it arrived.
func (c *node) next(t *testing.T) (wire.Frame, packet) {
	t.Helper()
	select {
	case p := <-c.inbox:
		f, n, err := wire.Parse(p.octets, wire.Limits{})
		require.NoError(t, err)
		require.Equal(t, len(p.octets), n)
		return f, p
	case <-time.After(time.Hour):
		require.Fail(t, "nothing has come within an hour")
		return wire.Frame{}, packet{}
	}
}

// want returns the next datagram, which has the given type and payload.
func (c *node) want(t *testing.T, typ wire.Type, payload string) wire.Frame {
	t.Helper()
	f, _ := c.next(t)
	require.Equal(t, typ, f.Type)
	require.Equal(t, payload, string(f.Payload))
	return f
}

// idle proves that nothing more has come.
func (c *node) idle(t *testing.T) {
	t.Helper()
	assert.Empty(t, c.inbox)
}

// ack acknowledges a message.
func (c *node) ack(t *testing.T, to netip.AddrPort, m wire.Frame) {
	t.Helper()
	c.send(t, to, encode(t, wire.TypeAck, 0, "", "msg-id", msgID(t, m)))
}

func msgID(t *testing.T, m wire.Frame) string {
	t.Helper()
	value, ok := m.Headers.Get(wire.KeyMsgID)
	require.True(t, ok)
	return string(value)
}

// fragment returns the octets of a fragment.
func fragment(t *testing.T, flags wire.Flags, id, index, total int, payload string, headers ...string) []byte {
	t.Helper()
	return encode(t, wire.TypeData, flags|wire.FlagFrag, payload, append(headers[:len(headers):len(headers)],
		"frag-id", fmt.Sprint(id), "frag-index", fmt.Sprint(index), "frag-total", fmt.Sprint(total))...)
}

// conn makes a Conn of a new node.
func (n *network) conn(t *testing.T, host byte, cfg udp.Config) (*udp.Conn, *node) {
	t.Helper()
	c := n.node(host, 4000)
	conn, err := udp.NewConn(c, cfg)
	require.NoError(t, err)
	return conn, c
}

// server makes a Server of a new node.
func (n *network) server(t *testing.T, host byte, cfg udp.Config) (*udp.Server, *node) {
	t.Helper()
	c := n.node(host, 4000)
	if cfg.Handler == nil {
		cfg.Handler = echo
	}
	s, err := udp.Serve(t.Context(), c, cfg)
	require.NoError(t, err)
	return s, c
}
