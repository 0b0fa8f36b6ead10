package tcp

import (
	"context"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/vstp-project/vstp/ref/session"
	"github.com/vstp-project/vstp/ref/wire"
)

// conn is one connection.
type conn struct {
	cfg    *Config
	nc     net.Conn
	peer   netip.AddrPort
	log    *slog.Logger
	debug  bool            // single frames are logged
	ctx    context.Context // done when the connection is closed
	cancel context.CancelFunc
	frames *wire.Reader // the reading goroutine's

	mu      sync.Mutex
	changed sync.Cond // something below has changed
	sess    *session.Server
	inbox   inbox
	outbox  []byte    // encoded frames, not yet taken by the writer
	shut    bool      // the sending direction ends behind outbox
	timer   time.Time // the read deadline in force
}

func newConn(s *Server, nc net.Conn) *conn {
	c := &conn{
		cfg:  &s.cfg,
		nc:   nc,
		peer: peerAddr(nc),
		sess: session.NewServer(s.sessionConfig(), session.NewSessionID()),
	}
	c.log = s.cfg.Log.With("peer", c.peer)
	c.ctx, c.cancel = context.WithCancel(s.ctx)
	c.debug = c.log.Enabled(c.ctx, slog.LevelDebug)
	c.frames = wire.NewReader(source{c}, s.cfg.Limits)
	c.changed.L = &c.mu
	return c
}

// run serves the connection until it is closed and its goroutines are gone.
func (c *conn) run() {
	c.log.Info("tcp: connection opened", "session", c.sess.ID())
	var others sync.WaitGroup
	others.Go(c.write)
	others.Go(c.apply)
	c.read()
	others.Wait()
	c.log.Info("tcp: connection closed")
}

// abort gives the connection up at once.
func (c *conn) abort() { c.tell(c.sess.Lost) }

// tell reports an event to the session and does what it asks for.
func (c *conn) tell(event func(now time.Time) []session.Action) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.do(event(time.Now()))
}

// do carries out what the session asks for. c.mu is held.
func (c *conn) do(actions []session.Action) {
	for _, a := range actions {
		switch a.Kind {
		case session.ActionSend:
			c.send(a.Frame)
		case session.ActionDeliver:
			c.trace("tcp: frame delivered", a.Frame)
			c.inbox.push(message{number: a.Message, frame: a.Frame.Clone()})
		case session.ActionReport:
			c.log.Warn("tcp: " + a.Err.Error())
		case session.ActionShutdownWrite:
			c.shut = true
		case session.ActionClose:
			c.nc.Close()
			c.cancel()
		}
	}
	if t := c.sess.NextTimeout(); !t.Equal(c.timer) {
		c.timer = t
		c.nc.SetReadDeadline(t)
	}
	c.changed.Broadcast()
}

// send puts a frame into the outbox.
func (c *conn) send(f wire.Frame) {
	out, err := f.AppendBinary(c.outbox)
	if err != nil {
		c.log.Warn("tcp: a frame could not be sent", "err", err)
		return
	}
	c.trace("tcp: frame sent", f)
	c.outbox = out
}

// trace logs a frame.
func (c *conn) trace(what string, f wire.Frame) {
	if c.debug {
		c.log.Debug(what, "type", f.Type, "flags", f.Flags, "octets", f.EncodedLen())
	}
}

// lost gives the connection up because of err.
func (c *conn) lost(what string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch c.sess.State() {
	case session.StateClosed: // err is the consequence
	case session.StateLingering: // the peer need not wait for the end
		c.log.Debug("tcp: "+what, "err", err)
	default:
		c.log.Warn("tcp: "+what, "err", err)
	}
	c.do(c.sess.Lost(time.Now()))
}

// state returns where the connection stands.
func (c *conn) state() session.State {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sess.State()
}
