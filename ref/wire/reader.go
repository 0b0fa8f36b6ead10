package wire

import (
	"errors"
	"io"
)

// Buffer sizes, in octets.
const (
	minBuffer  = 4 << 10   // to begin with: what an idle connection costs
	readAhead  = 64 << 10  // for a stream that fills its buffer in one read
	keepBuffer = 256 << 10 // a larger buffer serves one large frame and is let go after it
)

// maxEmptyReads is how often a source may return neither octets nor an error.
const maxEmptyReads = 100

// Reader reads frames from a stream. It takes whatever cut the stream comes in,
// and hands over a frame as soon as its last octet has arrived [TCP-22]. It is
// not safe for concurrent use.
//
// "A receiver MUST find the start of the next frame by length arithmetic alone,
// never by searching for MAGIC." [FRM-6]
//
// Its buffer grows in steps with the octets received, never ahead of them to the
// size that a frame declares. A buffer that has grown beyond 256 KiB for
// a large frame is replaced by a small one as soon as the next frame is asked
// for: a peer that sends one large frame and then rests does not hold memory.
// Growing anew for every frame of a stream of large ones is the price of that.
//
// "A receiver MUST NOT reserve memory in proportion to a length that is
// declared but not yet received." [LIM-5]
type Reader struct {
	src io.Reader
	lim Limits

	buf        []byte
	start, end int  // buf[start:end] has been received and not yet consumed
	filled     bool // the last read left no room in buf

	pending error // what the source returned together with its last octets
	fault   error // a framing error, after which there is no next frame
}

// NewReader returns a Reader that refuses what is outside of lim.
func NewReader(src io.Reader, lim Limits) *Reader { return &Reader{src: src, lim: lim} }

// ReadFrame returns the next frame. It aliases the Reader's buffer and is valid
// until the next call of ReadFrame; Frame.Clone keeps one longer.
//
// A frame that Parse refuses gives its *DecodeError, as soon as the octets at
// fault are there and without reading further. InvalidFrameType concerns that
// frame alone: it is consumed, and the next call goes on behind it [TYP-4]. Any
// other is final, for there is no searching for the next frame [FRM-6]: every
// later call returns the same error. Frames that stand before the one at fault
// are returned first [TCP-15].
//
// The end of the stream is io.EOF between frames and io.ErrUnexpectedEOF inside
// one. Other errors of the source are returned as they are. None of these is
// final here: the octets received are kept, and a later call asks the source
// again, so that a read may be resumed after a deadline.
func (r *Reader) ReadFrame() (Frame, error) {
	if r.fault != nil {
		return Frame{}, r.fault
	}
	r.release()
	for {
		var f Frame
		n, err := ParseInto(&f, r.buf[r.start:r.end], r.lim)
		switch {
		case err == nil:
			r.start += n
			return f, nil
		case errors.Is(err, InvalidFrameType):
			r.start += n
			return Frame{}, err
		case err != ErrShort:
			r.fault = err
			return Frame{}, err
		}
		if err := r.fill(n); err != nil {
			return Frame{}, err
		}
	}
}

// Buffered returns how many octets have been received and not yet consumed. While
// ReadFrame waits in the source's Read, and after it has failed for want of
// octets, they are the start of a frame; zero means that the stream is between
// frames.
func (r *Reader) Buffered() int { return r.end - r.start }

// release lets go of an outsized buffer unless the octets in it need one.
func (r *Reader) release() {
	if len(r.buf) > keepBuffer && r.Buffered() <= readAhead {
		r.resize(readAhead)
	}
}

// fill adds what one read brings, for a frame that is known to need total octets.
func (r *Reader) fill(total int) error {
	if r.pending == nil {
		r.makeRoom(total)
		n, err := r.readSome(r.buf[r.end:])
		r.filled = n == len(r.buf)-r.end
		r.end += n
		r.pending = err
		if n > 0 {
			return nil
		}
	}
	err := r.pending
	r.pending = nil
	if err == io.EOF && r.Buffered() > 0 {
		return io.ErrUnexpectedEOF
	}
	return err
}

// readSome reads until there is an octet or an error.
func (r *Reader) readSome(p []byte) (int, error) {
	for range maxEmptyReads {
		if n, err := r.src.Read(p); n > 0 || err != nil {
			return n, err
		}
	}
	return 0, io.ErrNoProgress
}

// makeRoom makes the buffer end with free octets, for a frame that is known to
// need total. It never makes it larger than readAhead, unless it is full: then at
// most four times the size, and no larger than the frame.
func (r *Reader) makeRoom(total int) {
	size := len(r.buf)
	switch {
	case size == 0:
		r.resize(minBuffer)
	case r.Buffered() == size:
		r.resize(min(4*size, max(total, readAhead)))
	case r.filled && size < readAhead:
		// The source has more to give than the buffer takes at a time.
		r.resize(4 * size)
	case r.Buffered() == 0 || r.end == size:
		// Frames before have been consumed: move what is left to the front.
		r.end = copy(r.buf, r.buf[r.start:r.end])
		r.start = 0
	}
}

// resize moves the octets at hand to a buffer of the given size. The old one is
// left as it is.
func (r *Reader) resize(size int) {
	buf := make([]byte, size)
	r.end = copy(buf, r.buf[r.start:r.end])
	r.start = 0
	r.buf = buf
}
