package tcp

import (
	"errors"
	"os"
	"time"

	"github.com/vstp-project/vstp/ref/session"
)

// Sizes of the sending side, in octets.
const (
	maxOutbox  = 256 << 10 // nothing more is put into an outbox that has reached it
	writeChunk = 64 << 10  // sent under one deadline
	keepOutbox = 64 << 10  // a larger buffer is let go after use
)

// outboxFull reports whether the peer must take something first. c.mu is held.
func (c *conn) outboxFull() bool { return len(c.outbox) >= maxOutbox }

// write sends what the outbox holds, many frames at a time if there are, until the
// sending direction is shut down or the connection closed.
func (c *conn) write() {
	var spare []byte
	for {
		out, last, ok := c.takeOutbox(spare)
		if !ok {
			return
		}
		if err := c.writeAll(out); err != nil {
			c.lost("writing failed", err)
			return
		}
		if last {
			c.shutdownWrite()
			return
		}
		if spare = nil; cap(out) <= keepOutbox {
			spare = out[:0]
		}
	}
}

// takeOutbox waits for something to send and leaves spare in its place. last says
// that nothing will follow; ok is false once the connection is closed.
func (c *conn) takeOutbox(spare []byte) (out []byte, last, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.outbox) == 0 && !c.shut && c.sess.State() != session.StateClosed {
		c.changed.Wait()
	}
	if c.sess.State() == session.StateClosed {
		return nil, false, false
	}
	out, c.outbox = c.outbox, spare
	c.changed.Broadcast()
	return out, c.shut, true
}

// writeAll sends b. The peer may take its time over it, as long as it takes
// something before every deadline.
func (c *conn) writeAll(b []byte) error {
	for len(b) > 0 {
		if err := c.nc.SetWriteDeadline(time.Now().Add(c.cfg.StalledWrite)); err != nil {
			return err
		}
		n, err := c.nc.Write(b[:min(len(b), writeChunk)])
		b = b[n:]
		if err != nil && (n == 0 || !errors.Is(err, os.ErrDeadlineExceeded)) {
			return err
		}
	}
	return nil
}

// shutdownWrite ends the sending direction.
func (c *conn) shutdownWrite() {
	half, ok := c.nc.(interface{ CloseWrite() error })
	if !ok {
		c.abort()
		return
	}
	if err := half.CloseWrite(); err != nil {
		c.lost("shutting down the sending direction failed", err)
		return
	}
	c.tell(c.sess.Flushed)
}
