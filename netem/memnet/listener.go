package memnet

import (
	"net"
	"sync"

	"github.com/vstp-project/vstp/netem"
)

// Listener accepts stream connections that are dialed on it.
type Listener struct {
	link *netem.Link

	mu      sync.Mutex
	changed sync.Cond
	waiting []*StreamConn
	dialed  int
	closed  bool
}

var _ net.Listener = (*Listener)(nil)

// Listen returns a listener. Its connections all follow the plans of the link, each
// with its own number.
func Listen(link *netem.Link) *Listener {
	l := &Listener{link: link}
	l.changed.L = &l.mu
	return l
}

// Dial connects at once, whether or not somebody accepts.
func (l *Listener) Dial() (*StreamConn, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Addr: l.Addr(), Err: net.ErrClosed}
	}
	l.dialed++
	client, server := streamPair(l.link, l.dialed)
	l.waiting = append(l.waiting, server)
	l.changed.Signal()
	return client, nil
}

// Accept waits for a connection.
func (l *Listener) Accept() (net.Conn, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for !l.closed {
		if len(l.waiting) > 0 {
			c := l.waiting[0]
			l.waiting = l.waiting[1:]
			return c, nil
		}
		l.changed.Wait()
	}
	return nil, &net.OpError{Op: "accept", Net: "tcp", Addr: l.Addr(), Err: net.ErrClosed}
}

// Close stops accepting. Connections that nobody has accepted are reset.
func (l *Listener) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return &net.OpError{Op: "close", Net: "tcp", Addr: l.Addr(), Err: net.ErrClosed}
	}
	l.closed = true
	for _, c := range l.waiting {
		_ = c.SetLinger(0)
		_ = c.Close()
	}
	l.waiting = nil
	l.changed.Broadcast()
	return nil
}

// Addr is the address of the server.
func (l *Listener) Addr() net.Addr { return net.TCPAddrFromAddrPort(serverAddr) }
