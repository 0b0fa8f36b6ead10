package tcp

import (
	"errors"
	"os"
	"time"

	"github.com/vstp-project/vstp/ref/priority"
	"github.com/vstp-project/vstp/ref/session"
)

// How many octets are sent under one deadline. TLS cannot go on behind a deadline that
// has passed, so that the whole of them has to be taken: it sends one record at a time.
// Otherwise a remainder of up to a quarter goes along, for a frame with 64 KiB of payload
// is a little longer than that and would take two calls.
const (
	writeChunk    = 64 << 10
	writeChunkTLS = 16 << 10
)

// flush sees to it that what the outbox holds is being sent. c.mu is held.
//
// The goroutine that sends is there only while there is something to send, so that the
// many connections on which nothing happens have no stack for it. It is not the caller
// of Send who does it: a program that sends one small frame after the other, on its own,
// would make a system call of each. Whatever is queued while the goroutine is in such a
// call leaves with the next one.
//
// Whoever is here belongs to one of the connection's other goroutines, or finds the
// connection open, which it is only while the one that reads is there. So whoever waits
// for them all waits for this one too.
func (c *link) flush() {
	if c.flushing || c.outbox.idle() || c.sess.State() == session.StateClosed {
		return
	}
	c.flushing = true
	c.all.Go(c.write)
}

// write sends what the outbox holds, many frames at a time if there are, until there is
// nothing more, the sending direction is shut down or the connection closed.
func (c *link) write() {
	for {
		out, last, ok := c.takeOutbox()
		if !ok {
			return
		}
		if last {
			c.shutdownWrite()
			return
		}
		if err := c.writeAll(out.Octets()); err != nil {
			c.lost("writing failed", err)
			return
		}
		out.Free()
	}
}

// takeOutbox returns what is to be sent next. last says that there is nothing and that
// nothing will follow; ok is false if nothing is to be sent for now, or ever.
func (c *link) takeOutbox() (out *priority.Batch, last, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sess.State() == session.StateClosed || c.outbox.idle() {
		c.flushing = false
		return nil, false, false
	}
	if out = c.outbox.take(); out == nil {
		return nil, true, true
	}
	c.changed.Broadcast()
	return out, false, true
}

// writeAll sends b. The peer may take its time over it, as long as it takes
// something before every deadline.
func (c *link) writeAll(b []byte) error {
	chunk, remainder := writeChunk, writeChunk/4
	if c.cfg.TLS != nil {
		chunk, remainder = writeChunkTLS, 0
	}
	for len(b) > 0 {
		if err := c.nc.SetWriteDeadline(time.Now().Add(c.cfg.StalledWrite)); err != nil {
			return err
		}
		size := len(b)
		if size > chunk+remainder {
			size = chunk
		}
		n, err := c.nc.Write(b[:size])
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
