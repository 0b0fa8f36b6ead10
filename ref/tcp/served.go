package tcp

import (
	"context"
	"net"
	"sync"

	"github.com/vstp-project/vstp/ref/session"
)

// served is a connection that a Server has accepted.
type served struct {
	*link
	life   *session.Server    // link.sess
	ctx    context.Context    // the application's, done when the connection is closed
	cancel context.CancelFunc // of ctx
}

func newServed(s *Server, nc net.Conn) *served {
	c := &served{link: newLink(&s.cfg, nc), life: session.NewServer(s.cfg.server(), session.NewSessionID())}
	c.ctx, c.cancel = context.WithCancel(s.ctx)
	c.sess, c.act = c.life, c.special
	return c
}

// special does what the link does not do for both ends. c.mu is held.
func (c *served) special(a session.Action) {
	if a.Kind == session.ActionClose {
		c.cancel()
	}
}

// run serves the connection until it is closed and its goroutines are gone.
func (c *served) run() {
	c.log.Info("tcp: connection opened", "session", c.life.ID())
	var others sync.WaitGroup
	others.Go(c.write)
	others.Go(c.apply)
	c.read()
	others.Wait()
	c.log.Info("tcp: connection closed")
}
