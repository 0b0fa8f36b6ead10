package tcp

import (
	"errors"
	"os"
	"time"

	"github.com/vstp-project/vstp/ref/session"
)

// writeChunk is how many octets are sent under one deadline.
const writeChunk = 64 << 10

// write sends what the outbox holds, many frames at a time if there are, until the
// sending direction is shut down or the connection closed.
func (l *link) write() {
	var spare []byte
	for {
		out, last, ok := l.takeOutbox(spare)
		if !ok {
			return
		}
		if err := l.writeAll(out); err != nil {
			l.lost("writing failed", err)
			return
		}
		if last {
			l.shutdownWrite()
			return
		}
		if spare = nil; cap(out) <= keepOutbox {
			spare = out[:0]
		}
	}
}

// takeOutbox waits for something to send and leaves spare in its place. last says
// that nothing will follow; ok is false once the connection is closed.
func (l *link) takeOutbox(spare []byte) (out []byte, last, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.outbox.octets) == 0 && !l.outbox.shut && l.sess.State() != session.StateClosed {
		l.changed.Wait()
	}
	if l.sess.State() == session.StateClosed {
		return nil, false, false
	}
	out = l.outbox.take(spare)
	l.changed.Broadcast()
	return out, l.outbox.shut, true
}

// writeAll sends b. The peer may take its time over it, as long as it takes
// something before every deadline.
func (l *link) writeAll(b []byte) error {
	for len(b) > 0 {
		if err := l.nc.SetWriteDeadline(time.Now().Add(l.cfg.StalledWrite)); err != nil {
			return err
		}
		n, err := l.nc.Write(b[:min(len(b), writeChunk)])
		b = b[n:]
		l.written(n)
		if err != nil && (n == 0 || !errors.Is(err, os.ErrDeadlineExceeded)) {
			return err
		}
	}
	return nil
}

// written notes that octets are with the operating system.
func (l *link) written(octets int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.outbox.advance(octets)
}

// shutdownWrite ends the sending direction.
func (l *link) shutdownWrite() {
	half, ok := l.nc.(interface{ CloseWrite() error })
	if !ok {
		l.abort()
		return
	}
	if err := half.CloseWrite(); err != nil {
		l.lost("shutting down the sending direction failed", err)
		return
	}
	l.tell(l.sess.Flushed)
}
