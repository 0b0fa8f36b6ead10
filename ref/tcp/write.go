package tcp

import (
	"errors"
	"os"
	"time"

	"github.com/vstp-project/vstp/ref/session"
)

// How many octets are sent under one deadline. TLS cannot go on behind a deadline that
// has passed, so that the whole of them has to be taken: it sends one record at a time.
const (
	writeChunk    = 64 << 10
	writeChunkTLS = 16 << 10
)

// write sends what the outbox holds, many frames at a time if there are, until the
// sending direction is shut down or the connection closed.
func (c *link) write() {
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
func (c *link) takeOutbox(spare []byte) (out []byte, last, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.outbox.octets) == 0 && !c.outbox.shut && c.sess.State() != session.StateClosed {
		c.changed.Wait()
	}
	if c.sess.State() == session.StateClosed {
		return nil, false, false
	}
	out = c.outbox.take(spare)
	c.changed.Broadcast()
	return out, c.outbox.shut, true
}

// writeAll sends b. The peer may take its time over it, as long as it takes
// something before every deadline.
func (c *link) writeAll(b []byte) error {
	chunk := writeChunk
	if c.cfg.TLS != nil {
		chunk = writeChunkTLS
	}
	for len(b) > 0 {
		if err := c.nc.SetWriteDeadline(time.Now().Add(c.cfg.StalledWrite)); err != nil {
			return err
		}
		n, err := c.nc.Write(b[:min(len(b), chunk)])
		b = b[n:]
		c.written(n)
		if err != nil && (n == 0 || !errors.Is(err, os.ErrDeadlineExceeded)) {
			return err
		}
	}
	return nil
}

// written notes that octets are with the operating system.
func (c *link) written(octets int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.outbox.advance(octets)
}

// shutdownWrite ends the sending direction.
func (c *link) shutdownWrite() {
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
