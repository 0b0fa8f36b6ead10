package netem

import (
	"bufio"
	"errors"
	"io"
	"sync"
)

// errMixed is returned to a link whose header differs from the one that the
// recorder already has.
var errMixed = errors.New("links that share a recorder have to have the same profile, seed and labeler")

// Memory is a Recorder that keeps a record in memory. The zero value is ready.
type Memory struct {
	mu  sync.Mutex
	log Log
}

// Begin sets the header.
func (m *Memory) Begin(h Header) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.log.Header.Version != 0 && !m.log.Header.equal(h) {
		return errMixed
	}
	m.log.Header = h
	return nil
}

// Record keeps an event.
func (m *Memory) Record(e Event) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.log.Events = append(m.log.Events, e)
}

// Log returns the record so far. It shares nothing with the recorder that the
// recorder would change.
func (m *Memory) Log() *Log {
	m.mu.Lock()
	defer m.mu.Unlock()
	return &Log{Header: m.log.Header, Events: m.log.Events[:len(m.log.Events):len(m.log.Events)]}
}

// Writer is a Recorder that writes JSON lines as they come.
type Writer struct {
	mu     sync.Mutex
	w      *bufio.Writer
	header *Header
	line   []byte
	err    error
}

// NewWriter returns a recorder that writes to w. It is buffered: Flush brings
// everything out.
func NewWriter(w io.Writer) *Writer { return &Writer{w: bufio.NewWriter(w)} }

// Begin writes the header, once.
func (w *Writer) Begin(h Header) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.header != nil {
		if !w.header.equal(h) {
			return errMixed
		}
		return nil
	}
	w.header = &h
	w.write(object{&h})
	return w.err
}

// Record writes an event.
func (w *Writer) Record(e Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.write(object{&e})
}

func (w *Writer) write(o object) {
	if w.err != nil {
		return
	}
	w.line = append(o.appendJSON(w.line[:0]), '\n')
	_, w.err = w.w.Write(w.line)
}

// Flush writes what is buffered. It returns the first error of all writing.
func (w *Writer) Flush() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil {
		w.err = w.w.Flush()
	}
	return w.err
}

func (h Header) equal(other Header) bool {
	return string(object{&h}.appendJSON(nil)) == string(object{&other}.appendJSON(nil))
}
