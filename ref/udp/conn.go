package udp

import (
	"context"
	"fmt"
	"net"
	"net/netip"

	"github.com/vstp-project/vstp/ref/session"
	"github.com/vstp-project/vstp/ref/wire"
)

// Conn sends messages to any destination and receives them from anywhere, through
// one socket. From Dial to Close it answers PING, acknowledges, puts fragments
// together and recognises copies, whether or not anybody is waiting [UDP-14]
// [ACK-16] [RAS-22] [ACK-6]. All its methods may be called at the same time.
type Conn struct {
	server *Server // over UDP, a client has the duties of a server
	peer   netip.AddrPort
	inbox  chan received // has room for as many as the server's room
}

// Message is one message that a Conn has received.
type Message struct {
	// Frame is a DATA frame, or one of Config.MessageTypes, complete, checked and as the
	// extensions have left it. It owns its memory.
	Frame wire.Frame

	// Peer is where the message comes from, an IPv4-mapped IPv6 address being given as
	// the IPv4 address. Anyone can send with this address [SEC-2].
	Peer netip.AddrPort
}

// received is what waits to be received: a message, or an ERR.
type received struct {
	message Message
	err     error
	octets  int
}

// Dial opens a socket at cfg.Local. addr, host:port, is the destination that
// Conn.Peer returns and that the Conn uses where none is named; nothing is sent yet.
// Close is to be called in the end.
//
// It fails if addr cannot be resolved or reached by any route, if the socket cannot
// be opened, and if cfg asks for what is not allowed. ctx is for Dial only.
func Dial(ctx context.Context, addr string, cfg Config) (*Conn, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	peer, err := resolve(ctx, addr)
	if err != nil {
		return nil, fmt.Errorf("udp: dialing %q: %w", addr, err)
	}
	sock, err := listen(ctx, cfg.Local, cfg)
	if err != nil {
		return nil, fmt.Errorf("udp: dialing %q from %q: %w", addr, cfg.Local, err)
	}
	return newConn(sock, peer, cfg), nil
}

// NewConn makes a Conn of a packet connection that exists already and that the Conn
// closes, also if it fails. Its addresses are *net.UDPAddr, or read as host:port. No
// destination is set: Conn.Peer returns the zero value, and each message has to name
// its own.
func NewConn(pc net.PacketConn, cfg Config) (*Conn, error) {
	cfg, sock, err := prepare(pc, cfg)
	if err != nil {
		return nil, err
	}
	return newConn(sock, netip.AddrPort{}, cfg), nil
}

// resolve returns the address of a host to which there is a route.
func resolve(ctx context.Context, addr string) (netip.AddrPort, error) {
	var d net.Dialer
	probe, err := d.DialContext(ctx, "udp", addr)
	if err != nil {
		return netip.AddrPort{}, err
	}
	defer probe.Close()
	peer, err := addrPort(probe.RemoteAddr())
	return unmapped(peer), err
}

func newConn(sock socket, peer netip.AddrPort, cfg Config) *Conn {
	c := &Conn{
		server: newServer(context.Background(), sock, cfg, true),
		peer:   peer,
		inbox:  make(chan received, cfg.QueueMessages),
	}
	c.server.deliver = c.deliver
	c.server.report = c.report
	c.server.start()
	return c
}

// LocalAddr returns the bound local address [OBS-1].
func (c *Conn) LocalAddr() net.Addr { return c.server.Addr() }

// Peer returns the destination given to Dial.
func (c *Conn) Peer() netip.AddrPort { return c.peer }

// Sessions returns how many messages there are of which some fragments have arrived
// and some have not [OBS-1].
func (c *Conn) Sessions() int { return c.server.Sessions() }

// Buffers returns the octets of the socket's receive and send buffer as the system
// reports them, see Server.Buffers.
func (c *Conn) Buffers() (receive, send int) { return c.server.Buffers() }

// Offload returns whether the system hands over, and takes, several datagrams in one
// call, see Config.NoOffload.
func (c *Conn) Offload() (receive, send bool) { return c.server.Offload() }

// Close closes the socket and returns when all goroutines of the Conn are gone.
// Calls of other methods that are waiting end with an error that matches
// net.ErrClosed. It may be called more than once.
func (c *Conn) Close() error { return c.server.Close() }

// Send sends an application's frame to a destination, the zero value being Peer. It
// returns when the last datagram has left; until then f must not be changed. That
// it was sent does not mean that it will arrive.
//
// The COMP flag asks for compression. A DATA frame that does not fit a datagram then
// is cut into fragments, which are paced: a long message takes its time. With 256
// fragmented messages sent to one destination within 30 s the next one waits until a
// frag-id is free.
//
// "A sender MUST compress before it fragments and compute each CRC32 over the
// compressed octets." [CMP-3]
//
// If an extension fails the message is dropped, and the error matches an
// *extension.DropError.
//
// What session.Endpoint.CheckMessage refuses, what is too long, and a destination
// that is none, gives a *session.LocalError; what the system refuses is returned as
// it is. If ctx is done first, fragments may have been sent. Once the Conn is closed
// the error matches net.ErrClosed.
//
// "A UDP client MUST be able to send to any destination and to report the source of
// every message that it delivers." [UDP-17]
func (c *Conn) Send(ctx context.Context, to netip.AddrPort, f wire.Frame) error {
	return c.send(ctx, to, f, false)
}

// SendReliable is Send with an ACK: it repeats f until an ACK comes, and returns nil
// then. Several may be under way at the same time. A message in one datagram that
// finds as many under way to its destination as Config.Window allows waits before it
// is sent first. SendBulk sends many.
//
// If no ACK comes in time, the error is a *session.LocalError of Reason Timeout; if
// the destination answers with an ERR, it is a *session.PeerError. Errors of the
// system do not end it [RTX-13]. If ctx is done first the message may have arrived. Types
// from 0x10 on are refused: nobody acknowledges them [ACK-15].
//
// "A sender MUST report a Timeout error once the last permitted transmission has
// gone unacknowledged for the ACK timeout." [RTX-5]
func (c *Conn) SendReliable(ctx context.Context, to netip.AddrPort, f wire.Frame) error {
	if err := c.server.acknowledged(f.Type); err != nil {
		return fmt.Errorf("udp: sending to %v: %w", to, err)
	}
	return c.send(ctx, to, f, true)
}

func (c *Conn) send(ctx context.Context, to netip.AddrPort, f wire.Frame, acknowledged bool) error {
	if !to.IsValid() {
		to = c.peer
	}
	f, err := c.outgoing(ctx, to, f)
	if err == nil {
		err = c.server.message(ctx, f, path{peer: unmapped(to)}, acknowledged)
	}
	if err != nil {
		return fmt.Errorf("udp: sending to %v: %w", to, err)
	}
	return nil
}

// outgoing returns what is sent when an application sends f.
func (c *Conn) outgoing(ctx context.Context, to netip.AddrPort, f wire.Frame) (wire.Frame, error) {
	f, err := c.server.outgoing(ctx, f, to)
	switch {
	case err != nil:
	case !to.IsValid():
		err = &session.LocalError{Reason: wire.InvalidAddress, Detail: "no destination is given, and none was given to Dial"}
	default:
		err = c.server.endpoint.CheckMessage(f)
	}
	return f, err
}

// Receive returns the next message, from whomever it comes. Messages wait until they
// are received, within the bounds of Config.
//
// An ERR that ends no SendReliable is reported as a *session.PeerError, with its
// source in Message.Peer; Receive may be called again then. What has arrived is
// handed over even if ctx is done or the Conn is closed; when there is nothing more,
// the error is that of ctx, or matches net.ErrClosed.
//
// Extensions see the messages here; what one of them drops is passed over. They are not
// told when ctx is done, for a message must not be lost by that.
//
// "A client MUST deliver to its application the DATA messages that it receives while
// it waits for an ACK." [ACK-10]
//
// "A client MUST report a received ERR to its application as an error of the code
// that it carries and not as a message." [ERR-7]
func (c *Conn) Receive(ctx context.Context) (Message, error) {
	for {
		m, err := c.receive(ctx)
		if err != nil {
			return m, err
		}
		if f, ok := c.server.incoming(context.WithoutCancel(ctx), m.Frame, m.Peer); ok {
			m.Frame = f
			return m, nil
		}
	}
}

// receive returns the next message as it has come.
func (c *Conn) receive(ctx context.Context) (Message, error) {
	var err error
	select {
	case r := <-c.inbox:
		return c.received(r)
	case <-ctx.Done():
		err = ctx.Err()
	case <-c.server.ctx.Done():
		err = net.ErrClosed
	}
	select {
	case r := <-c.inbox: // what is there is handed over in any case
		return c.received(r)
	default:
		return Message{}, fmt.Errorf("udp: receiving: %w", err)
	}
}

// received hands over what has waited.
func (c *Conn) received(r received) (Message, error) {
	c.server.room.give(r.message.Peer, r.octets)
	if r.err != nil {
		return r.message, fmt.Errorf("udp: %v: %w", r.message.Peer, r.err)
	}
	return r.message, nil
}

// deliver keeps a message until it is received.
func (c *Conn) deliver(m wire.Frame, p path, octets, _ int) {
	c.inbox <- received{message: Message{Frame: m, Peer: p.peer}, octets: octets}
}

// report keeps an ERR until it is received, or drops it if there is no room.
func (c *Conn) report(err *session.PeerError, p path) {
	octets := wire.Overhead + len(err.Text)
	if !c.server.room.take(p.peer, octets) {
		c.server.cfg.Log.Warn("udp: ERR dropped, as many messages as configured have not been received", "peer", p.peer, "err", err)
		return
	}
	c.inbox <- received{message: Message{Peer: p.peer}, err: err, octets: octets}
}
