package tcp

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

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
	nc     net.Conn
	peer   netip.AddrPort
	log    *slog.Logger
	debug  bool         // single frames are logged
	frames *wire.Reader // the reading goroutine's

	mu      sync.Mutex
	changed sync.Cond // something below has changed
	sess    machine
	act     func(session.Action) // does what one of the ends alone does
	inbox   inbox
	outbox  outbox
	alarm   *time.Timer // tells the session when its timer is due; nil before the first
	timer   time.Time   // for when the alarm is set
	cause   error       // why the connection is lost
}

// newLink returns a link whose sess and act are to be filled in.
func newLink(cfg *Config, nc net.Conn) *link {
	l := &link{cfg: cfg, nc: nc, peer: peerAddr(nc)}
	l.log = cfg.Log.With("peer", l.peer)
	l.debug = l.log.Enabled(context.Background(), slog.LevelDebug)
	l.frames = wire.NewReader(source{l}, cfg.Limits)
	l.changed.L = &l.mu
	return l
}

// tell reports an event to the session and does what it asks for.
func (l *link) tell(event func(now time.Time) []session.Action) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.do(event(time.Now()))
}

// do carries out what the session asks for. l.mu is held.
func (l *link) do(actions []session.Action) {
	for _, a := range actions {
		switch a.Kind {
		case session.ActionSend:
			l.send(a.Frame)
			l.act(a)
		case session.ActionDeliver:
			l.trace("tcp: frame delivered", a.Frame)
			l.inbox.push(message{number: a.Message, frame: a.Frame.Clone(), octets: a.Frame.EncodedLen()})
		case session.ActionReport:
			l.log.Warn("tcp: " + a.Err.Error())
		case session.ActionShutdownWrite:
			l.outbox.shut = true
		case session.ActionClose:
			l.nc.Close()
			l.act(a)
		default:
			l.act(a)
		}
	}
	if t := l.sess.NextTimeout(); !t.Equal(l.timer) {
		l.timer = t
		l.setAlarm(t)
	}
	l.changed.Broadcast()
}

// setAlarm makes the alarm ring at a time, the zero time being never.
func (l *link) setAlarm(t time.Time) {
	switch {
	case t.IsZero():
		l.alarm.Stop()
	case l.alarm == nil:
		l.alarm = time.AfterFunc(time.Until(t), l.ring)
	default:
		l.alarm.Reset(time.Until(t))
	}
}

// ring tells the session that time has passed.
func (l *link) ring() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.timer = time.Time{} // the alarm is not set any more
	l.do(l.sess.Advance(time.Now()))
}

// send puts a frame into the outbox.
func (l *link) send(f wire.Frame) {
	if err := l.outbox.push(f); err != nil {
		l.log.Warn("tcp: a frame could not be sent", "err", err)
		return
	}
	l.trace("tcp: frame sent", f)
}

// trace logs a frame.
func (l *link) trace(what string, f wire.Frame) {
	if l.debug {
		l.log.Debug(what, "type", f.Type, "flags", f.Flags, "octets", f.EncodedLen())
	}
}

// abort gives the connection up at once.
func (l *link) abort() { l.tell(l.sess.Lost) }

// lost gives the connection up because of err.
func (l *link) lost(what string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch l.sess.State() {
	case session.StateClosed: // err is the consequence
	case session.StateLingering: // the peer need not wait for the end
		l.log.Debug("tcp: "+what, "err", err)
	default:
		l.log.Warn("tcp: "+what, "err", err)
	}
	if l.cause == nil {
		l.cause = err
	}
	l.do(l.sess.Lost(time.Now()))
}

// state returns where the connection stands.
func (l *link) state() session.State {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.sess.State()
}

// wait waits until something is so, or ctx is done. l.mu is held, but not while
// waiting.
func (l *link) wait(ctx context.Context, so func() bool) error {
	if so() {
		return nil
	}
	if ctx.Done() != nil {
		defer context.AfterFunc(ctx, func() {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.changed.Broadcast()
		})()
	}
	for !so() {
		if err := ctx.Err(); err != nil {
			return err
		}
		l.changed.Wait()
	}
	return nil
}

// errInputOver says that the session takes no more octets.
var errInputOver = errors.New("no more input is taken")
