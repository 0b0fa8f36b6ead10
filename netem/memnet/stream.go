package memnet

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/vstp-project/vstp/netem"
)

// window is how many octets are under way or unread at most before writing waits.
const window = 64 << 10

// StreamConn is one end of a stream, as a *net.TCPConn is one. A Read returns octets
// of one slice at most, so that a reader sees every boundary that the link's plan
// makes. Its methods can be called from several goroutines.
type StreamConn struct {
	stream *stream
	out    *half // what this end writes
	in     *half // what it reads
	local  net.Addr
	remote net.Addr

	changed sync.Cond // with the lock of the stream
	closed  bool
	shut    bool // CloseWrite
	linger  bool // Close is graceful
	read    deadline
	write   deadline
}

// stream is both directions of a connection.
type stream struct {
	mu     sync.Mutex
	alarm  alarm
	halves [2]*half
	ends   [2]*StreamConn
	reset  bool // by either end or by the link
}

// half is one direction.
type half struct {
	shaper *netem.Shaper
	slices [][]byte // that have arrived and are unread
	unread int      // octets in them
	ended  bool     // nothing more arrives
}

var _ net.Conn = (*StreamConn)(nil)

// StreamPair makes a stream over a link. Of the link's profile its plans for streams
// act, and delay, jitter and rate.
func StreamPair(link *netem.Link) (client, server *StreamConn) {
	return streamPair(link, 1)
}

func streamPair(link *netem.Link, number int) (client, server *StreamConn) {
	s := &stream{}
	s.alarm.ring = s.run
	s.halves = [2]*half{{shaper: link.NewShaper(netem.AB, number)}, {shaper: link.NewShaper(netem.BA, number)}}
	clientPort := uint16(clientPort + number%maxGenerations)
	addrs := [2]net.Addr{
		net.TCPAddrFromAddrPort(netip.AddrPortFrom(clientAddr(0, 0).Addr(), clientPort)),
		net.TCPAddrFromAddrPort(serverAddr),
	}
	for i := range s.ends {
		c := &StreamConn{stream: s, out: s.halves[i], in: s.halves[1-i], local: addrs[i], remote: addrs[1-i], linger: true}
		c.changed.L = &s.mu
		s.ends[i] = c
	}
	return s.ends[0], s.ends[1]
}

// run takes the steps that are due.
func (s *stream) run() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.alarm.rang()
	s.advance()
}

// advance takes the steps that are due and sets the alarm for the next.
func (s *stream) advance() {
	now := time.Now()
	var next time.Time
	for i, h := range s.halves {
		for !s.reset {
			step, ok := h.shaper.Step(now)
			if !ok {
				break
			}
			s.take(h, s.ends[1-i], step)
		}
		if at := h.shaper.NextTimeout(); !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	if s.reset {
		next = time.Time{}
	}
	s.alarm.set(now, next)
	for _, c := range s.ends {
		c.changed.Broadcast()
	}
}

func (s *stream) take(h *half, to *StreamConn, step netem.Step) {
	switch {
	case step.Kind == netem.StepReset, step.Kind == netem.StepData && to.closed:
		// Octets for an end that is closed are answered with a reset.
		s.reset = true
	case step.Kind == netem.StepFin:
		h.ended = true
	default:
		h.slices = append(h.slices, step.Data)
		h.unread += len(step.Data)
	}
}

// Read reads what is left of a slice.
func (c *StreamConn) Read(b []byte) (int, error) {
	c.stream.mu.Lock()
	defer c.stream.mu.Unlock()
	for {
		switch {
		case c.closed:
			return 0, c.fail("read", net.ErrClosed)
		case c.read.passed():
			return 0, c.fail("read", os.ErrDeadlineExceeded)
		case len(b) == 0:
			return 0, nil
		case len(c.in.slices) > 0:
			return c.take(b), nil
		case c.stream.reset:
			return 0, c.fail("read", syscall.ECONNRESET)
		case c.in.ended:
			return 0, io.EOF
		}
		c.changed.Wait()
	}
}

func (c *StreamConn) take(b []byte) int {
	slice := c.in.slices[0]
	n := copy(b, slice)
	if n < len(slice) {
		c.in.slices[0] = slice[n:]
	} else {
		c.in.slices = c.in.slices[1:]
	}
	c.in.unread -= n
	c.stream.advance() // there is room again for whoever writes
	return n
}

// Write writes all of b, and waits while the stream is full.
func (c *StreamConn) Write(b []byte) (int, error) {
	c.stream.mu.Lock()
	defer c.stream.mu.Unlock()
	written := 0
	for {
		switch {
		case written > 0 && written == len(b):
			return written, nil // whatever has become of the stream since
		case c.closed:
			return written, c.fail("write", net.ErrClosed)
		case c.write.passed():
			return written, c.fail("write", os.ErrDeadlineExceeded)
		case c.stream.reset:
			return written, c.fail("write", syscall.ECONNRESET)
		case c.shut:
			return written, c.fail("write", syscall.EPIPE)
		case len(b) == 0:
			return 0, nil
		}
		if room := window - c.out.shaper.Buffered() - c.out.unread; room > 0 {
			n := min(room, len(b)-written)
			c.out.shaper.Write(time.Now(), b[written:written+n])
			written += n
			c.stream.advance()
			continue
		}
		c.changed.Wait()
	}
}

// CloseWrite ends what this end writes; it can still read.
func (c *StreamConn) CloseWrite() error {
	c.stream.mu.Lock()
	defer c.stream.mu.Unlock()
	if c.closed {
		return c.fail("close", net.ErrClosed)
	}
	c.shut = true
	c.out.shaper.CloseWrite(time.Now())
	c.stream.advance()
	return nil
}

// SetLinger with 0 seconds makes Close reset the connection, as it does on a
// *net.TCPConn; any other number makes it graceful.
func (c *StreamConn) SetLinger(seconds int) error {
	c.stream.mu.Lock()
	defer c.stream.mu.Unlock()
	if c.closed {
		return c.fail("set", net.ErrClosed)
	}
	c.linger = seconds != 0
	return nil
}

// Close closes this end. What it has written still arrives, unless SetLinger(0) was
// called or there are octets that it has not read: then the other end is reset.
func (c *StreamConn) Close() error {
	c.stream.mu.Lock()
	defer c.stream.mu.Unlock()
	if c.closed {
		return c.fail("close", net.ErrClosed)
	}
	c.closed = true
	c.read.set(time.Time{}, nil)
	c.write.set(time.Time{}, nil)
	if !c.linger || c.in.unread > 0 {
		c.stream.reset = true
	}
	c.out.shaper.CloseWrite(time.Now())
	c.stream.advance()
	return nil
}

// LocalAddr is the address of this end.
func (c *StreamConn) LocalAddr() net.Addr { return c.local }

// RemoteAddr is the address of the other end.
func (c *StreamConn) RemoteAddr() net.Addr { return c.remote }

// SetDeadline sets both deadlines.
func (c *StreamConn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

// SetReadDeadline sets the time after which reading fails; the zero time is never.
func (c *StreamConn) SetReadDeadline(t time.Time) error { return c.setDeadline(&c.read, t) }

// SetWriteDeadline sets the time after which writing fails; the zero time is never.
func (c *StreamConn) SetWriteDeadline(t time.Time) error { return c.setDeadline(&c.write, t) }

func (c *StreamConn) setDeadline(d *deadline, t time.Time) error {
	c.stream.mu.Lock()
	defer c.stream.mu.Unlock()
	if c.closed {
		return c.fail("set", net.ErrClosed)
	}
	d.set(t, &c.changed)
	return nil
}

func (c *StreamConn) fail(op string, err error) error {
	return &net.OpError{Op: op, Net: "tcp", Source: c.local, Addr: c.remote, Err: err}
}
