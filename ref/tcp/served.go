package tcp

import (
	"context"
	"crypto/tls"
	"net"
	"time"

	"github.com/vstp-project/vstp/ref/session"
	"github.com/vstp-project/vstp/ref/wire"
)

// served is a connection that a Server has accepted.
type served struct {
	*link
	life   *session.Server    // link.sess
	ctx    context.Context    // the application's, done when the connection is closed
	cancel context.CancelFunc // of ctx
}

func newServed(s *Server, nc net.Conn) *served {
	inside := nc
	if s.tls != nil {
		inside = tls.Server(nc, s.tls)
	}
	c := &served{link: newLink(&s.cfg, nc, inside), life: session.NewServer(s.cfg.server(), session.NewSessionID())}
	c.ctx, c.cancel = context.WithCancel(s.ctx)
	c.sess, c.act = c.life, c.special
	c.frame = func(now time.Time, f wire.Frame) []session.Action {
		if !s.rates.allow(now, c.peer.Addr(), f.EncodedLen()) {
			return c.life.Limited(now, f)
		}
		return c.life.Frame(now, f)
	}
	return c
}

// special does what the link does not do for both ends. c.mu is held.
func (c *served) special(a session.Action) {
	if a.Kind == session.ActionClose {
		c.cancel()
	}
}

// run serves the connection until it is closed and its goroutines are gone. Nothing of
// it reaches the session before TLS, where it is used, has let the client in.
//
// "A server with client verification switched on MUST abort the handshake of a client
// that presents no certificate or one that the server does not trust." [TLS-3]
func (c *served) run() {
	if err := c.secure(c.ctx); err != nil {
		c.log.Warn("tcp: connection refused", "err", err)
		c.refuse()
		return
	}
	c.log.Info("tcp: connection opened", "session", c.life.ID())
	c.all.Go(c.apply)
	c.read()
	c.all.Wait()
	c.log.Info("tcp: connection closed")
}

// apply runs the application, message by message, until the session delivers no
// more or the connection is closed.
func (c *served) apply() {
	for {
		m, ok := c.next()
		if !ok {
			return
		}
		if f, ok := c.incoming(c.ctx, m.frame); ok {
			c.cfg.Handler(c.ctx, &Request{Message: f, Peer: c.peer, conn: c, number: m.number})
		}
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
