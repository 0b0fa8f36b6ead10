package easy

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"

	"github.com/vstp-project/vstp/ref/session"
)

// DefaultPoolClients is how many clients a Pool has at most if it is not told.
const DefaultPoolClients = 8

// Pool makes calls through several clients of one server, so that as many can be worked on
// at the same time. It dials when all its clients are busy, up to a maximum, and again
// when a connection has ended. All its methods may be called at the same time.
type Pool[Req, Resp any] struct {
	network, addr string
	cfg           Config
	slots         chan struct{} // one is taken by each call
	ctx           context.Context
	cancel        context.CancelFunc
	calls         sync.WaitGroup

	mu     sync.Mutex
	idle   []*Client[Req, Resp] // the one used last is the last
	closed bool
}

// NewPool returns a pool of most clients at most, zero or less meaning DefaultPoolClients,
// 8. Nothing is dialed before the first call. Close is to be called in the end.
//
// It fails with a *session.LocalError if cfg is wrong or there is no such network.
func NewPool[Req, Resp any](network, addr string, cfg Config, most int) (*Pool[Req, Resp], error) {
	if err := cfg.check(network); err != nil {
		return nil, fmt.Errorf("easy: %w", err)
	}
	if most <= 0 {
		most = DefaultPoolClients
	}
	p := &Pool[Req, Resp]{network: network, addr: addr, cfg: cfg, slots: make(chan struct{}, most)}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	return p, nil
}

// Call is Client.Call through a client that is not busy, for which it waits if there is
// none. What it says of errors holds here too, and errors of Dial come on top. Nothing is
// ever sent twice: a call that the end of a connection has interrupted has failed, and may
// have been served.
func (p *Pool[Req, Resp]) Call(ctx context.Context, request Req) (Resp, error) {
	var none Resp
	if !p.enter() {
		return none, fmt.Errorf("easy: calling: %w", net.ErrClosed)
	}
	defer p.calls.Done()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(p.ctx, func() { cancel(net.ErrClosed) })()
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-ctx.Done():
		return none, fmt.Errorf("easy: calling: waiting for a client: %w", timedOut(context.Cause(ctx)))
	}
	c, err := p.take(ctx)
	if err != nil {
		return none, p.closing(err)
	}
	response, err := c.Call(ctx, request)
	p.give(c, err)
	if err != nil {
		return none, p.closing(err)
	}
	return response, nil
}

// enter counts a call, unless the pool is closed.
func (p *Pool[Req, Resp]) enter() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed {
		p.calls.Add(1)
	}
	return !p.closed
}

// closing says of an error that it comes of closing the pool, if it does.
func (p *Pool[Req, Resp]) closing(err error) error {
	if p.ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return fmt.Errorf("%w: %w", net.ErrClosed, err)
	}
	return err
}

// take returns a client that is not busy.
func (p *Pool[Req, Resp]) take(ctx context.Context) (*Client[Req, Resp], error) {
	for {
		p.mu.Lock()
		n := len(p.idle)
		if n == 0 {
			p.mu.Unlock()
			return Dial[Req, Resp](ctx, p.network, p.addr, p.cfg)
		}
		c := p.idle[n-1]
		p.idle = p.idle[:n-1]
		p.mu.Unlock()
		if c.exchange.usable() {
			return c, nil
		}
		c.Close() // the server has ended it while nobody looked
	}
}

// give puts a client back, unless it is of no more use: one whose call was given up is
// closed rather than kept with an answer under way.
func (p *Pool[Req, Resp]) give(c *Client[Req, Resp], err error) {
	var reported *session.PeerError
	var local *session.LocalError
	keep := err == nil || errors.As(err, &reported) || errors.As(err, &local) && !errors.Is(err, net.ErrClosed) && !errors.Is(err, context.DeadlineExceeded)
	p.mu.Lock()
	if keep = keep && !p.closed; keep {
		p.idle = append(p.idle, c)
	}
	p.mu.Unlock()
	if !keep { // the caller need not wait for what the peer has still to say
		p.calls.Go(func() { c.Close() })
	}
}

// Close ends all clients and returns when no call is under way any more; those that were
// have failed with an error that matches net.ErrClosed. It may be called more than once,
// and its error is always nil.
func (p *Pool[Req, Resp]) Close() error {
	p.mu.Lock()
	idle := p.idle
	p.idle, p.closed = nil, true
	p.mu.Unlock()
	p.cancel()
	var closing sync.WaitGroup
	for _, c := range idle {
		closing.Go(func() { c.Close() })
	}
	closing.Wait()
	p.calls.Wait()
	return nil
}
