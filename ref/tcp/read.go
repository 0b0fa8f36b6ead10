package tcp

import (
	"errors"
	"io"
	"time"

	"github.com/vstp-project/vstp/ref/session"
	"github.com/vstp-project/vstp/ref/wire"
)

// discardBuffer is how many octets are thrown away at a time.
const discardBuffer = 32 << 10

// read reports what the peer sends, frame by frame, for as long as the session
// takes frames, and throws away what comes after.
func (l *link) read() {
	for l.admit() {
		f, err := l.frames.ReadFrame()
		var fault *wire.DecodeError
		switch {
		case err == nil:
			l.tell(func(now time.Time) []session.Action { return l.sess.Frame(now, f) })
		case errors.As(err, &fault):
			l.tell(func(now time.Time) []session.Action { return l.sess.Fault(now, fault) })
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			l.tell(l.sess.EndOfStream)
			return
		case errors.Is(err, errInputOver):
		default:
			l.lost("reading failed", err)
			return
		}
	}
	l.discard()
}

// admit waits until there is room for what another frame may bring about: a
// message for the application, replies for the peer. It returns false once the
// session takes no more frames.
func (l *link) admit() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.sess.Receiving() && (l.inbox.full(l.cfg) || l.outbox.full()) {
		l.changed.Wait()
	}
	return l.sess.Receiving()
}

// source is the stream that frames are read from.
type source struct{ l *link }

// Read waits for octets. It reports before how much of a frame there is, so that
// the session's stall timer runs only while the peer is being waited for.
func (s source) Read(p []byte) (int, error) {
	if !s.l.partial() {
		return 0, errInputOver
	}
	return s.l.nc.Read(p)
}

// partial reports how much of a frame there is. It returns false once the session
// takes no more of it.
func (l *link) partial() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.do(l.sess.Partial(time.Now(), l.frames.Buffered()))
	return l.sess.Receiving()
}

// discard throws away what the peer sends until it stops or the connection is
// closed.
func (l *link) discard() {
	b := make([]byte, discardBuffer)
	for l.state() != session.StateClosed {
		_, err := l.nc.Read(b)
		switch {
		case err == nil:
		case errors.Is(err, io.EOF):
			l.tell(l.sess.EndOfStream)
			return
		default:
			l.lost("reading failed", err)
			return
		}
	}
}
