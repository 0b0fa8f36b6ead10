package relay

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"

	"github.com/vstp-project/vstp/netem"
)

// TCP is a relay for streams. Every connection to it becomes one to the target, and
// what goes over it is cut, held up and ended as the link's plans for streams say.
type TCP struct {
	link     *netem.Link
	watch    Watch // nil for none
	listener *net.TCPListener
	target   string
	watcher  watcher
	undo     func() bool // ends the watch over the context
	cancel   func()      // ends dialing
	tasks    sync.WaitGroup

	mu       sync.Mutex
	closed   bool
	sessions map[*session]bool
	stats    TCPStats
}

// TCPStats are the figures of a relay.
type TCPStats struct {
	Connections int // that clients made
	Open        int // of them still
	Refused     int // because the target could not be reached
	AB, BA      StreamCounts
	// Boundaries is how many slices were ended by the plan, Verified after how many of
	// them the reader was seen to have taken all octets before further ones were sent.
	Boundaries, Verified int
	// Unverified says why not all boundaries were verified; "" if they were.
	Unverified string
}

// StreamCounts are the figures of one direction.
type StreamCounts struct {
	Octets, Slices int
	Fins, Resets   int // that the relay sent
}

// ListenTCP starts a relay at an address, such as "127.0.0.1:0", in front of a
// target. It runs until Close is called or ctx ends.
func ListenTCP(ctx context.Context, link *netem.Link, listen, target string) (*TCP, error) {
	return listenTCP(ctx, link, listen, target, nil)
}

func listenTCP(ctx context.Context, link *netem.Link, listen, target string, watch Watch) (*TCP, error) {
	if _, err := net.ResolveTCPAddr("tcp", target); err != nil {
		return nil, fmt.Errorf("the target's address: %w", err)
	}
	at, err := net.ResolveTCPAddr("tcp", listen)
	if err != nil {
		return nil, fmt.Errorf("the relay's address: %w", err)
	}
	listener, err := net.ListenTCP("tcp", at)
	if err != nil {
		return nil, fmt.Errorf("listening for clients: %w", err)
	}
	t := &TCP{
		link: link, watch: watch, listener: listener, target: target, watcher: newWatcher(), sessions: map[*session]bool{},
	}
	ctx, cancel := context.WithCancel(ctx)
	t.tasks.Go(func() { t.accept(ctx) })
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cancel = cancel
	t.undo = context.AfterFunc(ctx, func() { _ = t.Close() })
	return t, nil
}

// Addr is where clients connect to.
func (t *TCP) Addr() netip.AddrPort { return plain(t.listener.Addr().(*net.TCPAddr).AddrPort()) }

// Stats are the figures so far.
func (t *TCP) Stats() TCPStats {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.stats
	s.Open = len(t.sessions)
	return s
}

// Close ends the relay and resets its connections. It returns when nothing of it
// runs any more, and can be called again.
func (t *TCP) Close() error {
	t.mu.Lock()
	if !t.closed {
		t.closed = true
		t.undo()
		t.cancel()
		_ = t.listener.Close()
		for s := range t.sessions {
			s.reset()
		}
		defer t.watcher.close()
	}
	t.mu.Unlock()
	t.tasks.Wait()
	return nil
}

func (t *TCP) accept(ctx context.Context) {
	for number := 1; ; number++ {
		client, err := t.listener.AcceptTCP()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			number--
			continue
		}
		t.tasks.Go(func() { t.serve(ctx, client, number) })
	}
}

// serve connects to the target for a client.
func (t *TCP) serve(ctx context.Context, client *net.TCPConn, number int) {
	var dialer net.Dialer
	target, err := dialer.DialContext(ctx, "tcp", t.target)
	t.count(func(s *TCPStats) {
		s.Connections++
		if err != nil {
			s.Refused++
		}
	})
	if err != nil {
		abort(client)
		return
	}
	newSession(t, number, client, target.(*net.TCPConn)).run()
}

func (t *TCP) count(change func(*TCPStats)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	change(&t.stats)
}

// abort closes a connection with a reset.
func abort(c *net.TCPConn) {
	_ = c.SetLinger(0)
	_ = c.Close()
}
