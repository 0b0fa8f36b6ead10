package tcp

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"time"

	"github.com/vstp-project/vstp/ref/wire"
)

// What a zero RedialConfig stands for.
const (
	DefaultMinDelay = 100 * time.Millisecond
	DefaultMaxDelay = 30 * time.Second
)

// RedialConfig sets a Redial up. The zero value of every field is the default named.
type RedialConfig struct {
	// Config is that of each connection. Its QueueMessages also bounds what waits in the
	// Redial to be received.
	Config

	// MinDelay is the pause after a connection has ended or could not be made. It doubles
	// with each connection in a row that has brought nothing, up to MaxDelay. Each pause
	// is drawn at random between half of that and the whole, so that the clients of a
	// server that starts again do not all come at once. Zero means DefaultMinDelay,
	// 100 ms, and DefaultMaxDelay, 30 s.
	MinDelay, MaxDelay time.Duration

	// DialTimeout is how long one attempt may take. Zero means until the system gives up,
	// or the TLS handshake times out.
	DialTimeout time.Duration

	// Connect makes the connection inside of which VSTP, and TLS where it is configured,
	// is spoken. Nil means over TCP to the address given.
	Connect func(ctx context.Context) (net.Conn, error)
}

// Redial is a client for programs that want to be connected again when a connection
// has ended. It sends nothing twice: what was under way when a connection ended has
// failed, with an *InterruptedError, and whether to send it again is for the
// application to decide, which alone knows what may be repeated. Each connection is a
// new session with a new greeting.
//
// A server that speaks another VERSION is not tried again: every call reports
// InvalidVersion from then on.
//
// All its methods may be called at the same time.
type Redial struct {
	addr   string
	cfg    RedialConfig
	ctx    context.Context // done when Close is called
	cancel context.CancelFunc
	done   chan struct{} // closed when the goroutine is gone

	mu      sync.Mutex
	changed chan struct{} // closed and replaced when something below has changed
	conn    *Conn         // nil while there is none
	failure error         // of the latest attempt
	again   bool          // there has been a connection before
	final   error         // why there will be no more connections
	queue   []arrival
}

// arrival is what waits to be received.
type arrival struct {
	frame wire.Frame
	err   error
}

// InterruptedError says that a connection has ended while something was under way on
// it, and that another will be made. A message that was being sent may have arrived;
// messages that the peer was going to send are lost. It does not unwrap, so that of the
// errors of a Redial those after Close alone match net.ErrClosed.
type InterruptedError struct {
	Cause error // what the Conn said
}

// Error names the cause.
func (e *InterruptedError) Error() string {
	return "tcp: the connection was interrupted: " + e.Cause.Error()
}

// NewRedial makes a client of the server at addr, host:port, and begins to connect. Close
// is to be called in the end.
func NewRedial(addr string, cfg RedialConfig) *Redial {
	cfg.Config = cfg.Config.withDefaults()
	if cfg.MinDelay <= 0 {
		cfg.MinDelay = DefaultMinDelay
	}
	if cfg.MaxDelay <= 0 {
		cfg.MaxDelay = DefaultMaxDelay
	}
	if cfg.Connect == nil {
		var d net.Dialer
		cfg.Connect = func(ctx context.Context) (net.Conn, error) { return d.DialContext(ctx, "tcp", addr) }
	}
	r := &Redial{addr: addr, cfg: cfg, done: make(chan struct{}), changed: make(chan struct{})}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	go r.run()
	return r
}

// Close ends the connection as Conn.Close does, or the attempt to make one. What has
// arrived can still be received. It may be called more than once, and its error is
// always nil.
func (r *Redial) Close() error {
	r.cancel()
	r.mu.Lock()
	c := r.conn
	r.mu.Unlock()
	if c != nil {
		c.Close()
	}
	<-r.done
	return nil
}

// Send waits for a connection and does Conn.Send on it.
func (r *Redial) Send(ctx context.Context, f wire.Frame) error {
	return r.with(ctx, func(c *Conn) error { return c.Send(ctx, f) })
}

// SendReliable waits for a connection and does Conn.SendReliable on it.
func (r *Redial) SendReliable(ctx context.Context, f wire.Frame) error {
	return r.with(ctx, func(c *Conn) error { return c.SendReliable(ctx, f) })
}

// Ping waits for a connection and does Conn.Ping on it.
func (r *Redial) Ping(ctx context.Context, payload []byte) error {
	return r.with(ctx, func(c *Conn) error { return c.Ping(ctx, payload) })
}

// Receive returns the next message or ERR, as Conn.Receive does, of whichever
// connection. Where a connection has ended there is an *InterruptedError in the order;
// several in a row are reported as the latest.
func (r *Redial) Receive(ctx context.Context) (wire.Frame, error) {
	var got arrival
	err := r.wait(ctx, func() (bool, error) {
		if len(r.queue) == 0 {
			return false, r.final
		}
		got, r.queue = r.queue[0], r.queue[1:]
		r.wake()
		return true, nil
	})
	if err != nil {
		return wire.Frame{}, fmt.Errorf("tcp: receiving: %w", err)
	}
	return got.frame, got.err
}

// SessionID returns the session identifier of the present connection, see
// Conn.SessionID.
func (r *Redial) SessionID() (string, bool) {
	r.mu.Lock()
	c := r.conn
	r.mu.Unlock()
	if c == nil {
		return "", false
	}
	return c.SessionID()
}

// with does something on the present connection, or on the next if there is none.
func (r *Redial) with(ctx context.Context, do func(*Conn) error) error {
	var c *Conn
	err := r.wait(ctx, func() (bool, error) {
		c = r.conn
		return c != nil, r.final
	})
	if err != nil {
		return fmt.Errorf("tcp: waiting for a connection to %s: %w", r.addr, err)
	}
	if err := do(c); err != nil {
		return r.interrupted(err)
	}
	return nil
}

// interrupted makes the end of one connection look different from the end of all.
func (r *Redial) interrupted(err error) error {
	if errors.Is(err, net.ErrClosed) && r.ctx.Err() == nil {
		return &InterruptedError{Cause: err}
	}
	return err
}

// wait waits until ready says true or gives an error. ready is called with the lock.
func (r *Redial) wait(ctx context.Context, ready func() (bool, error)) error {
	for {
		r.mu.Lock()
		ok, err := ready()
		changed, failure := r.changed, r.failure
		r.mu.Unlock()
		if ok || err != nil {
			return err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			if failure != nil {
				return fmt.Errorf("%w; the latest attempt to connect: %w", ctx.Err(), failure)
			}
			return ctx.Err()
		}
	}
}

// wake makes everybody look again who waits. r.mu is held.
func (r *Redial) wake() {
	close(r.changed)
	r.changed = make(chan struct{})
}

// run makes one connection after another until Close is called.
func (r *Redial) run() {
	defer close(r.done)
	delay := r.cfg.MinDelay
	for {
		fruitful, err := r.connect()
		switch {
		case r.ctx.Err() != nil:
			r.finish(closedError("the client was closed"))
			return
		case errors.Is(err, wire.InvalidVersion):
			r.finish(err)
			return
		case fruitful:
			delay = r.cfg.MinDelay
		}
		r.cfg.Log.Info("tcp: connecting again", "addr", r.addr, "pause", delay, "err", err)
		select {
		case <-time.After(delay/2 + rand.N(delay/2+1)):
		case <-r.ctx.Done():
		}
		delay = min(2*delay, r.cfg.MaxDelay)
	}
}

// connect makes a connection and hands over what it brings until it has ended. It
// reports whether that was anything, and how it has ended.
func (r *Redial) connect() (fruitful bool, err error) {
	c, err := r.dial()
	if err != nil {
		return false, err
	}
	if r.ctx.Err() != nil { // Close may have missed it
		c.Close()
	}
	var fatal error // another VERSION is spoken there
	for {
		f, err := c.Receive(context.Background())
		switch {
		case errors.Is(err, net.ErrClosed):
			_, greeted := c.SessionID()
			r.end(cmp.Or(fatal, err))
			c.Close() // what is left of it
			return fruitful || greeted, cmp.Or(fatal, err)
		case err == nil:
			fruitful = true
		case errors.Is(err, wire.InvalidVersion):
			fatal = err
		}
		r.push(arrival{f, err})
	}
}

// dial makes a connection.
func (r *Redial) dial() (*Conn, error) {
	ctx := r.ctx
	if r.cfg.DialTimeout > 0 {
		limited, cancel := context.WithTimeout(ctx, r.cfg.DialTimeout)
		defer cancel()
		ctx = limited
	}
	c, err := dial(ctx, r.addr, r.cfg.Config, r.cfg.Connect)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.conn, r.failure = c, err
	if err == nil {
		if r.again {
			r.cfg.Metrics.Reconnection()
		}
		r.again = true
	}
	r.wake()
	return c, err
}

// push adds to the queue as soon as there is room, and after Close in any case.
func (r *Redial) push(a arrival) {
	r.wait(r.ctx, func() (bool, error) { return len(r.queue) < r.cfg.QueueMessages, nil })
	r.mu.Lock()
	defer r.mu.Unlock()
	r.queue = append(r.queue, a)
	r.wake()
}

// end notes that a connection has ended, which is told unless it was the last one.
func (r *Redial) end(cause error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.conn, r.failure = nil, cause
	r.wake()
	if r.ctx.Err() != nil || errors.Is(cause, wire.InvalidVersion) {
		return
	}
	var before *InterruptedError
	if last := len(r.queue) - 1; last >= 0 && errors.As(r.queue[last].err, &before) {
		r.queue = r.queue[:last]
	}
	r.queue = append(r.queue, arrival{err: &InterruptedError{Cause: cause}})
}

// finish notes that there will be no more connections.
func (r *Redial) finish(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.final = err
	r.wake()
}
