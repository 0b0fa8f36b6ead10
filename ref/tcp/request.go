package tcp

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/vstp-project/vstp/ref/session"
	"github.com/vstp-project/vstp/ref/wire"
)

// Request is one message for the application.
type Request struct {
	// Message is a DATA frame, complete and checked. It owns its memory: the handler
	// may keep and change it.
	Message wire.Frame

	// Peer is the address that the connection comes from, an IPv4-mapped IPv6 address
	// being given as the IPv4 address. It does not say who the peer is [SEC-2].
	Peer netip.AddrPort

	conn   *served
	number uint64
}

// Answer sends a DATA frame back, behind all answers given before. A message may
// have any number of answers, until the handler returns. Answer waits while the
// peer does not take what is queued for it; f may be used again when it returns.
//
// It refuses with a *session.LocalError what session.Server.Answer refuses: other
// types, flags other than CRC, the protocol's headers, frames above the limit, and
// answers after the handler has returned. Once the connection is closed the error
// matches net.ErrClosed as well.
func (r *Request) Answer(f wire.Frame) error {
	c := r.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.outbox.full() && c.sess.State() != session.StateClosed {
		c.changed.Wait()
	}
	actions, err := c.life.Answer(time.Now(), r.number, f)
	if errors.Is(err, wire.ConnectionClosed) {
		return fmt.Errorf("tcp: %w: %w", net.ErrClosed, err)
	}
	if err != nil {
		return fmt.Errorf("tcp: %w", err)
	}
	c.do(actions)
	return nil
}

// apply runs the application, message by message, until the session delivers no
// more or the connection is closed.
func (c *served) apply() {
	for {
		m, ok := c.next()
		if !ok {
			return
		}
		c.cfg.Handler(c.ctx, &Request{Message: m.frame, Peer: c.peer, conn: c, number: m.number})
		c.tell(func(now time.Time) []session.Action { return c.life.Done(now, m.number) })
	}
}

// next waits for a message. It returns false when there will be none.
func (c *served) next() (message, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.inbox.empty() && c.sess.Receiving() {
		c.changed.Wait()
	}
	if c.inbox.empty() || c.sess.State() == session.StateClosed {
		return message{}, false
	}
	m := c.inbox.pop()
	c.changed.Broadcast()
	return m, true
}
