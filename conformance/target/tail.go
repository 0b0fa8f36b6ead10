package target

import "sync"

// tailSize is how much of what a process writes is kept.
const tailSize = 64 << 10

// A tail keeps the last tailSize octets written to it. It can be used from
// several goroutines.
type tail struct {
	mu  sync.Mutex
	buf []byte // grows to tailSize, then is a ring
	at  int    // in a full ring, where the oldest octet stands
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := len(p)
	if len(p) >= tailSize {
		t.buf = append(t.buf[:0], p[len(p)-tailSize:]...)
		t.at = 0
		return n, nil
	}
	if room := tailSize - len(t.buf); room > 0 {
		k := min(room, len(p))
		t.buf = append(t.buf, p[:k]...)
		p = p[k:]
	}
	for len(p) > 0 {
		k := copy(t.buf[t.at:], p)
		t.at = (t.at + k) % tailSize
		p = p[k:]
	}
	return n, nil
}

// Bytes returns a copy of what is kept, oldest first.
func (t *tail) Bytes() []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := make([]byte, 0, len(t.buf))
	if len(t.buf) < tailSize {
		return append(out, t.buf...)
	}
	return append(append(out, t.buf[t.at:]...), t.buf[:t.at]...)
}
