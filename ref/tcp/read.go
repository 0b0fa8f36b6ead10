package tcp

import (
	"errors"
	"io"
	"runtime"
	"time"

	"github.com/vstp-project/vstp/ref/session"
	"github.com/vstp-project/vstp/ref/wire"
)

// discardBuffer is how many octets are thrown away at a time.
const discardBuffer = 32 << 10

// read reports what the peer sends, frame by frame, for as long as the session
// takes frames, and throws away what comes after.
func (c *link) read() {
	for c.admit() {
		f, err := c.frames.ReadFrame()
		var fault *wire.DecodeError
		switch {
		case err == nil:
			c.cfg.Metrics.FrameReceived(uint8(f.Type))
			c.trace("tcp: frame received", f)
			c.tell(func(now time.Time) []session.Action { return c.frame(now, f) })
			if c.frames.Buffered() == 0 {
				// There is hardly anything to be read by now: whoever has got this
				// frame, or is to send a reply to it, goes first.
				runtime.Gosched()
			}
		case errors.As(err, &fault):
			if fault.Reason == wire.CrcMismatch {
				c.cfg.Metrics.CRCError()
			}
			c.tell(func(now time.Time) []session.Action { return c.sess.Fault(now, fault) })
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			c.tell(c.sess.EndOfStream)
			return
		case errors.Is(err, errInputOver):
		default:
			c.lost("reading failed", err)
			return
		}
	}
	c.discard()
}

// admit waits until there is room for what another frame may bring about: a
// message for the application, replies for the peer. It returns false once the
// session takes no more frames.
func (c *link) admit() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.sess.Receiving() && (c.inbox.full(c.cfg) || c.outbox.overfull()) {
		c.changed.Wait()
	}
	return c.sess.Receiving()
}

// source is the stream that frames are read from.
type source struct{ c *link }

// Read waits for octets. It reports before how much of a frame there is, so that
// the session's stall timer runs only while the peer is being waited for.
func (s source) Read(p []byte) (int, error) {
	if !s.c.partial() {
		return 0, errInputOver
	}
	return s.c.nc.Read(p)
}

// partial reports how much of a frame there is. It returns false once the session
// takes no more of it.
func (c *link) partial() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.do(c.sess.Partial(time.Now(), c.frames.Buffered()))
	return c.sess.Receiving()
}

// discard throws away what the peer sends until it stops or the connection is
// closed.
func (c *link) discard() {
	b := make([]byte, discardBuffer)
	for c.state() != session.StateClosed {
		_, err := c.nc.Read(b)
		switch {
		case err == nil:
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF): // the latter from TLS
			c.tell(c.sess.EndOfStream)
			return
		default:
			c.lost("reading failed", err)
			return
		}
	}
}
