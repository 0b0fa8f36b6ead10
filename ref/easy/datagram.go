package easy

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"

	"github.com/vstp-project/vstp/ref/session"
	"github.com/vstp-project/vstp/ref/udp"
	"github.com/vstp-project/vstp/ref/wire"
)

// datagrams is an exchange over UDP, with one call at a time.
type datagrams struct {
	to       netip.AddrPort
	reliable bool
	redial   func(context.Context) (*udp.Conn, error) // nil if there is no way to
	calling  chan struct{}                            // has room for one

	mu     sync.Mutex
	conn   *udp.Conn
	late   bool // an answer that nobody waits for may still come
	closed bool
}

func newDatagrams(conn *udp.Conn, to netip.AddrPort, reliable bool) *datagrams {
	return &datagrams{conn: conn, to: to, reliable: reliable, calling: make(chan struct{}, 1)}
}

// OverUDP makes a client of a socket that exists already, which nobody else uses and which
// the client closes. to is the address of the server. Of cfg, UDP has no effect.
//
// The client cannot go on from another port, so that an answer which comes after its call
// has failed may be taken for that of a later call.
func OverUDP[Req, Resp any](conn *udp.Conn, to netip.AddrPort, cfg Config) *Client[Req, Resp] {
	to = netip.AddrPortFrom(to.Addr().Unmap(), to.Port())
	return &Client[Req, Resp]{exchange: newDatagrams(conn, to, cfg.Reliable), cfg: cfg}
}

func (d *datagrams) call(ctx context.Context, f wire.Frame) (wire.Frame, error) {
	select {
	case d.calling <- struct{}{}:
		defer func() { <-d.calling }()
	case <-ctx.Done():
		return wire.Frame{}, ctx.Err()
	}
	conn, err := d.fresh(ctx)
	if err != nil {
		return wire.Frame{}, err
	}
	answer, err := d.ask(ctx, conn, f)
	var reported *session.PeerError
	if err != nil && !errors.As(err, &reported) {
		d.mu.Lock()
		d.late = true
		d.mu.Unlock()
	}
	return answer, err
}

// ask sends a request and waits for its answer. An acknowledged one need not have been
// acknowledged when its answer comes.
func (d *datagrams) ask(ctx context.Context, conn *udp.Conn, f wire.Frame) (wire.Frame, error) {
	if !d.reliable {
		if err := conn.Send(ctx, d.to, f); err != nil {
			return wire.Frame{}, err
		}
		return d.from(ctx, conn)
	}
	asking, enough := context.WithCancel(ctx)
	waiting, failed := context.WithCancelCause(ctx)
	var sending sync.WaitGroup
	sending.Go(func() {
		if err := conn.SendReliable(asking, d.to, f); err != nil {
			failed(err)
		}
	})
	answer, err := d.from(waiting, conn)
	enough()
	sending.Wait()
	if err != nil && ctx.Err() == nil && waiting.Err() != nil {
		err = context.Cause(waiting)
	}
	failed(nil)
	return answer, err
}

// fresh returns a socket at which no late answer arrives, if that can be had.
func (d *datagrams) fresh(ctx context.Context) (*udp.Conn, error) {
	d.mu.Lock()
	old, late := d.conn, d.late && d.redial != nil && !d.closed
	d.mu.Unlock()
	if !late {
		return old, nil
	}
	old.Close() // first, for a configured port is taken until then
	conn, err := d.redial(ctx)
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case err != nil:
		return nil, err
	case d.closed:
		conn.Close()
		return nil, net.ErrClosed
	}
	d.conn, d.late = conn, false
	return conn, nil
}

// from returns the next answer of the server.
//
// "An Easy UDP client MUST ignore responses from any address other than the one to which
// it sent." [EASY-9]
func (d *datagrams) from(ctx context.Context, conn *udp.Conn) (wire.Frame, error) {
	for {
		m, err := conn.Receive(ctx)
		if m.Peer.IsValid() && m.Peer != d.to {
			continue
		}
		return m.Frame, err
	}
}

func (d *datagrams) send(ctx context.Context, f wire.Frame) error {
	conn := d.current()
	if d.reliable {
		return conn.SendReliable(ctx, d.to, f)
	}
	return conn.Send(ctx, d.to, f)
}

func (d *datagrams) receive(ctx context.Context) (wire.Frame, error) {
	return d.from(ctx, d.current())
}

// current returns the socket in use.
func (d *datagrams) current() *udp.Conn {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.conn
}

func (d *datagrams) usable() bool { return true }

func (d *datagrams) localAddr() net.Addr { return d.current().LocalAddr() }

func (d *datagrams) close() {
	d.mu.Lock()
	d.closed = true
	conn := d.conn
	d.mu.Unlock()
	conn.Close()
}
