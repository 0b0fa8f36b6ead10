package wire

import "io"

// Writer writes frames to a stream. It is not safe for concurrent use.
//
// "A sender MUST NOT mix the octets of different frames on one connection,
// however many writers share it." [TCP-21]
type Writer struct {
	dst io.Writer
	lim Limits
	buf []byte
	err error
}

// NewWriter returns a Writer that refuses what is outside of lim.
func NewWriter(dst io.Writer, lim Limits) *Writer { return &Writer{dst: dst, lim: lim} }

// WriteFrame writes f with one call of Write. The frame is not retained.
//
// A frame larger than the limit, of a TYPE that is not in the limits' set, or that Frame.AppendBinary refuses, gives an *EncodeError;
// nothing is written then and the Writer stays usable. An error of the
// underlying writer is returned as it is, then and ever after: a part of the
// frame may be out, and whatever followed it would be taken for its rest.
//
// "A sender MUST refuse locally a frame larger than its own configured
// maximum." [LIM-4]
//
// "A sender MUST NOT emit a TYPE value that is neither 1 to 8 nor allocated in
// the registry." [TYP-2]
func (w *Writer) WriteFrame(f Frame) error {
	if w.err != nil {
		return w.err
	}
	if !w.lim.Types.Has(f.Type) {
		return refuse(Protocol, "%v is not among the frame types known here, add it to Limits.Types [TYP-2]", f.Type)
	}
	if size, limit := f.EncodedLen(), w.lim.maxFrame(); size > limit {
		return refuse(FrameTooLarge, "frame of %d octets, the limit is %d [LIM-4]", size, limit)
	}
	b, err := f.AppendBinary(w.buf[:0])
	if err != nil {
		return err
	}
	w.buf = nil
	if cap(b) <= keepBuffer {
		w.buf = b
	}
	n, err := w.dst.Write(b)
	if err == nil && n < len(b) {
		err = io.ErrShortWrite
	}
	w.err = err
	return err
}
