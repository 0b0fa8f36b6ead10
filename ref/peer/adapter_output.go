package peer

import (
	"bufio"
	"fmt"
	"io"
	"sync"
)

// An output takes the answers of an adapter, from any number of goroutines.
type output struct {
	broken func() // called when nothing more can be written, perhaps more than once

	mu sync.Mutex
	w  *bufio.Writer // keeps its first error
}

func newOutput(w io.Writer, broken func()) *output {
	return &output{broken: broken, w: bufio.NewWriterSize(w, 64<<10)}
}

// put adds an answer, which goes out with the next flush at the latest.
func (o *output) put(a answer) error {
	line := a.line()
	o.mu.Lock()
	defer o.mu.Unlock()
	_, err := o.w.Write(line)
	return o.check(err)
}

// flush sends what has been put.
func (o *output) flush() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.check(o.w.Flush())
}

// send is put and flush at once. What is put before goes out with it, and if it
// fails, every later call does.
func (o *output) send(a answer) {
	if o.put(a) == nil {
		o.flush()
	}
}

func (o *output) check(err error) error {
	if err == nil {
		return nil
	}
	o.broken()
	return fmt.Errorf("writing an answer: %w", err)
}
