package tcp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/vstp-project/vstp/ref/priority"
	"github.com/vstp-project/vstp/ref/session"
	"github.com/vstp-project/vstp/ref/wire"
)

// machine is the life of a connection: a *session.Server or a *session.Client.
type machine interface {
	State() session.State
	Receiving() bool
	NextTimeout() time.Time
	Frame(now time.Time, f wire.Frame) []session.Action
	Fault(now time.Time, fault *wire.DecodeError) []session.Action
	Partial(now time.Time, octets int) []session.Action
	EndOfStream(now time.Time) []session.Action
	Flushed(now time.Time) []session.Action
	Lost(now time.Time) []session.Action
	Advance(now time.Time) []session.Action
}

// link is what both ends of a connection have in common.
type link struct {
	cfg    *Config
	raw    net.Conn // the connection
	nc     net.Conn // the same, or TLS inside of it
	peer   netip.AddrPort
	log    *slog.Logger
	debug  bool           // single frames are logged
	frames *wire.Reader   // the reading goroutine's
	all    sync.WaitGroup // every goroutine but that of who waits for them

	mu       sync.Mutex
	changed  sync.Cond // something below has changed
	sess     machine
	frame    func(now time.Time, f wire.Frame) []session.Action // takes a frame
	act      func(session.Action)                               // does what one of the ends alone does
	inbox    inbox
	outbox   outbox
	flushing bool        // a goroutine sends what the outbox holds
	alarm    *time.Timer // tells the session when its timer is due; nil before the first
	timer    time.Time   // for when the alarm is set
	cause    error       // why the connection is lost
}

// newLink returns a link whose sess, frame and act are to be filled in. nc is raw, or TLS
// inside of it.
func newLink(cfg *Config, raw, nc net.Conn) *link {
	c := &link{cfg: cfg, raw: raw, nc: nc, peer: peerAddr(raw)}
	c.log = cfg.Log.With("peer", c.peer)
	c.buffers()
	c.debug = c.log.Enabled(context.Background(), slog.LevelDebug)
	c.frames = wire.NewReader(source{c}, cfg.Limits)
	c.outbox.queue = priority.NewQueue(priority.Config{MaxOctets: cfg.PendingOctets})
	c.changed.L = &c.mu
	return c
}

// buffers sets the buffers of the socket, where there is one.
func (c *link) buffers() {
	sock, ok := c.raw.(interface {
		SetReadBuffer(octets int) error
		SetWriteBuffer(octets int) error
	})
	if !ok {
		return
	}
	if n := c.cfg.ReceiveBuffer; n > 0 {
		if err := sock.SetReadBuffer(n); err != nil {
			c.log.Warn("tcp: the receive buffer could not be set", "octets", n, "err", err)
		}
	}
	if n := c.cfg.SendBuffer; n > 0 {
		if err := sock.SetWriteBuffer(n); err != nil {
			c.log.Warn("tcp: the send buffer could not be set", "octets", n, "err", err)
		}
	}
}

// tell reports an event to the session and does what it asks for.
func (c *link) tell(event func(now time.Time) []session.Action) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.do(event(time.Now()))
}

// do carries out what the session asks for. c.mu is held.
func (c *link) do(actions []session.Action) {
	for i := range actions {
		a := &actions[i]
		switch a.Kind {
		case session.ActionSend:
			c.send(a.Frame, a.InOrder)
			if a.Acknowledged {
				c.act(*a)
			}
		case session.ActionDeliver:
			c.trace("tcp: frame delivered", a.Frame)
			c.inbox.push(message{number: a.Message, frame: a.Frame.Clone(), octets: a.Frame.EncodedLen()})
		case session.ActionReport:
			c.log.Warn("tcp: " + a.Err.Error())
		case session.ActionShutdownWrite:
			c.outbox.shut = true
		case session.ActionClose:
			c.raw.Close() // TLS has said what it had to say when the sending direction was shut down
			c.act(*a)
		default:
			c.act(*a)
		}
	}
	if t := c.sess.NextTimeout(); !t.Equal(c.timer) {
		c.timer = t
		c.setAlarm(t)
	}
	c.changed.Broadcast()
	c.flush()
}

// setAlarm makes the alarm ring at a time, the zero time being never.
func (c *link) setAlarm(t time.Time) {
	switch {
	case t.IsZero():
		c.alarm.Stop()
	case c.alarm == nil:
		c.alarm = time.AfterFunc(time.Until(t), c.ring)
	default:
		c.alarm.Reset(time.Until(t))
	}
}

// ring tells the session that time has passed.
func (c *link) ring() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.timer = time.Time{} // the alarm is not set any more
	c.do(c.sess.Advance(time.Now()))
}

// send puts a frame into the outbox.
func (c *link) send(f wire.Frame, inOrder bool) {
	if err := c.outbox.push(f, inOrder); err != nil {
		c.log.Warn("tcp: a frame could not be sent", "err", err)
		return
	}
	c.cfg.Metrics.FrameSent(uint8(f.Type))
	c.trace("tcp: frame sent", f)
}

// trace logs a frame.
func (c *link) trace(what string, f wire.Frame) {
	if c.debug {
		c.log.Debug(what, "type", f.Type, "flags", f.Flags, "octets", f.EncodedLen())
	}
}

// abort gives the connection up at once.
func (c *link) abort() { c.tell(c.sess.Lost) }

// lost gives the connection up because of err.
func (c *link) lost(what string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch c.sess.State() {
	case session.StateClosed: // err is the consequence
	case session.StateLingering: // the peer need not wait for the end
		c.log.Debug("tcp: "+what, "err", err)
	default:
		c.log.Warn("tcp: "+what, "err", err)
	}
	if c.cause == nil {
		c.cause = err
	}
	c.do(c.sess.Lost(time.Now()))
}

// closedBy makes of the session's refusal of what comes after the end what its caller is
// told. c.mu is held.
func (c *link) closedBy(refusal error) error {
	if c.cause != nil {
		return fmt.Errorf("%w: %w: %w", net.ErrClosed, refusal, c.cause)
	}
	return fmt.Errorf("%w: %w", net.ErrClosed, refusal)
}

// state returns where the connection stands.
func (c *link) state() session.State {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sess.State()
}

// wait waits until something is so, or ctx is done. c.mu is held, but not while
// waiting.
func (c *link) wait(ctx context.Context, so func() bool) error {
	if so() {
		return nil
	}
	if ctx.Done() != nil {
		defer context.AfterFunc(ctx, func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.changed.Broadcast()
		})()
	}
	for !so() {
		if err := ctx.Err(); err != nil {
			return err
		}
		c.changed.Wait()
	}
	return nil
}

// errInputOver says that the session takes no more octets.
var errInputOver = errors.New("no more input is taken")
