package target

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"
	"unicode/utf8"
)

// maxLine is the longest line of the adapter protocol, its line end included.
const maxLine = 32 << 20

// keepQueue is how large the buffer for requests may stay.
const keepQueue = 1 << 20

// Requests whose answers may come in any order; all others are answered as they
// were asked.
var anyOrder = []string{"connect", "send", "send_ack", "recv", "close", "local_addr"}

// An Adapter is a conversation with a running adapter. Its methods may be called
// from any number of goroutines.
type Adapter struct {
	in      io.Writer
	process ending
	hello   Hello // written before the adapter is handed out
	inspect func(op string, answer []byte) error
	lines   int // that were read; of the reader alone

	mu      sync.Mutex
	last    int64           // the number of the latest request
	pending map[int64]*call // by number
	turn    []*call         // those of pending that are answered in order, oldest first
	queue   []byte          // requests that are to be written
	spare   []byte          // the buffer that queue was before
	err     *AdapterError   // why the conversation is over; nil while it is not

	wake   chan struct{} // the queue is not empty
	failed chan struct{} // closed when err is set
	quiet  chan struct{} // closed when nothing more can be read
	shut   chan struct{} // closed when nothing more can be written
	rest   []byte        // the start of a line that has no end; written before quiet is closed
}

// An ending says how a process ended.
type ending interface {
	Exited() <-chan struct{}
	Exit() string
}

// A call is a request that waits for its answer.
type call struct {
	number  int64
	op      string
	inOrder bool
	done    chan outcome // has room for one
}

type outcome struct {
	answer Answer
	err    error
}

func (c *call) String() string { return fmt.Sprintf("request %d (%s)", c.number, c.op) }

// newAdapter begins a conversation with a process that has in as its standard
// input; what it writes has to be given to read. The goroutines of the adapter end
// when the process has ended, or when the conversation is over and in is closed.
func newAdapter(in io.Writer, p ending) *Adapter {
	a := &Adapter{
		in:      in,
		process: p,
		pending: map[int64]*call{},
		wake:    make(chan struct{}, 1),
		failed:  make(chan struct{}),
		quiet:   make(chan struct{}),
		shut:    make(chan struct{}),
	}
	go a.write()
	go a.watch()
	return a
}

// Hello is how the adapter introduced itself.
func (a *Adapter) Hello() Hello { return a.hello }

// Call sends a request and waits for its answer. It does not wait for the answers
// to earlier requests before it sends; so the way to ask for many operations at a
// time is to call from many goroutines.
//
// The members of the request are op, id, which is the number of the request, and
// those in args. A []byte in args is written in hexadecimal, a [Frame] anywhere in
// the notation of the protocol, and everything else as encoding/json does.
//
// A refusal by the adapter is an answer and no error. The error is
//
//   - an *AdapterError if there is no answer;
//   - an *AnswerError if the answer says neither that the operation was carried out
//     nor by which error it was refused;
//   - the cause of ctx if it ended in any other way than by its deadline, or before
//     anything was sent;
//   - anything else if the request cannot be expressed.
//
// Once the request is sent, the Answer has its Request, and if an answer came its
// Line, even beside an error.
func (a *Adapter) Call(ctx context.Context, op string, args map[string]any) (Answer, error) {
	if ctx.Err() != nil {
		return Answer{}, context.Cause(ctx)
	}
	members, err := encodeArgs(args)
	if err != nil {
		return Answer{}, fmt.Errorf("request %s: %w", op, err)
	}
	c, err := a.send(op, members)
	if err != nil {
		return Answer{}, err
	}
	select {
	case o := <-c.done:
		return o.answer, o.err
	case <-a.failed:
	case <-ctx.Done():
	}
	// What is there counts, whatever else has happened.
	select {
	case o := <-c.done:
		return o.answer, o.err
	default:
	}
	return Answer{Request: c.number}, a.unanswered(ctx, c)
}

// unanswered says why there is no answer.
func (a *Adapter) unanswered(ctx context.Context, c *call) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.err != nil:
		return a.err
	case !errors.Is(ctx.Err(), context.DeadlineExceeded):
		return context.Cause(ctx)
	}
	hung := &AdapterError{Kind: Hung, Detail: fmt.Sprintf("it did not answer %v in time", c), Request: c.number}
	if c.inOrder && len(a.turn) > 0 && a.turn[0] != c {
		hung.Detail += fmt.Sprintf(", nor %v before it", a.turn[0])
		hung.Request = a.turn[0].number
	}
	return hung
}

// encodeArgs returns the members of a request beside op and id, each led by a
// comma.
func encodeArgs(args map[string]any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	for _, name := range slices.Sorted(maps.Keys(args)) {
		if name == "op" || name == "id" {
			return nil, fmt.Errorf("the member %q is not the caller's to set", name)
		}
		value := args[name]
		if octets, ok := value.([]byte); ok {
			value = hexText(octets)
		}
		b.WriteByte(',')
		if err := enc.Encode(name); err != nil {
			return nil, err
		}
		b.Truncate(b.Len() - 1) // Encode adds a line end
		b.WriteByte(':')
		if err := enc.Encode(value); err != nil {
			return nil, err
		}
		b.Truncate(b.Len() - 1)
	}
	return b.Bytes(), nil
}

// send puts a request into the queue.
func (a *Adapter) send(op string, members []byte) (*call, error) {
	name, err := json.Marshal(op)
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.err != nil {
		return nil, a.err
	}
	start := len(a.queue)
	a.queue = append(a.queue, `{"op":`...)
	a.queue = append(a.queue, name...)
	a.queue = append(a.queue, `,"id":`...)
	a.queue = strconv.AppendInt(a.queue, a.last+1, 10)
	a.queue = append(a.queue, members...)
	a.queue = append(a.queue, '}', '\n')
	if octets := len(a.queue) - start; octets > maxLine {
		a.queue = a.queue[:start]
		return nil, fmt.Errorf("request %s: its line would have %d octets, more than the %d of the adapter protocol", op, octets, maxLine)
	}
	a.last++
	c := &call{number: a.last, op: op, inOrder: !slices.Contains(anyOrder, op), done: make(chan outcome, 1)}
	a.pending[c.number] = c
	if c.inOrder {
		a.turn = append(a.turn, c)
	}
	select {
	case a.wake <- struct{}{}:
	default:
	}
	return c, nil
}

// write writes what is in the queue, whenever there is something. A pipe that is
// full holds up nothing but this.
func (a *Adapter) write() {
	for {
		select {
		case <-a.wake:
		case <-a.failed:
			return
		}
		a.mu.Lock()
		requests := a.queue
		a.queue, a.spare = a.spare[:0], nil
		a.mu.Unlock()
		if len(requests) == 0 {
			continue // an earlier round took them
		}
		if _, err := a.in.Write(requests); err != nil {
			close(a.shut)
			return
		}
		if cap(requests) <= keepQueue {
			a.mu.Lock()
			a.spare = requests
			a.mu.Unlock()
		}
	}
}

// deaf says whether the adapter has closed its standard input, by writing it an
// empty line, which it has to ignore. It is for a conversation in which nothing is
// being written.
func (a *Adapter) deaf() bool {
	_, err := a.in.Write([]byte{'\n'})
	return err != nil
}

// watch ends the conversation when the process does, or no longer takes part.
func (a *Adapter) watch() {
	var what string
	select {
	case <-a.quiet:
		what = "output"
	case <-a.shut:
		what = "input"
	case <-a.failed:
		return
	}
	// A process that ends closes both, shortly before its end is known.
	t := time.NewTimer(stopGrace)
	defer t.Stop()
	select {
	case <-a.process.Exited():
		<-a.quiet
		a.fail(Crashed, "it ended with "+a.process.Exit()+a.midLine())
	case <-t.C:
		a.fail(Crashed, "it closed its standard "+what+" without ending")
	case <-a.failed:
	}
}

// midLine tells of a line that the adapter began and did not end.
func (a *Adapter) midLine() string {
	if len(a.rest) == 0 {
		return ""
	}
	return fmt.Sprintf(" in the middle of the line %s", excerpt(a.rest))
}

// fail ends the conversation, for the first reason that is given: everything that
// waits gets that error, and so does every later request.
func (a *Adapter) fail(kind AdapterErrorKind, detail string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	due := int64(0)
	if kind != Closed && len(a.turn) > 0 {
		due = a.turn[0].number
	}
	a.failAt(kind, detail, due)
}

// failAt is fail with the number of the request that it points at. The caller
// holds the mutex.
func (a *Adapter) failAt(kind AdapterErrorKind, detail string, number int64) {
	if a.err != nil {
		return
	}
	a.err = &AdapterError{Kind: kind, Detail: detail, Request: number}
	close(a.failed)
}

// read takes in answers until the output ends or one of them is none.
func (a *Adapter) read(out io.Reader) {
	defer close(a.quiet)
	lines := newLineReader(out, maxLine)
	for {
		line, err := lines.next()
		a.lines++
		switch {
		case errors.Is(err, errLongLine):
			a.fail(Rubbish, fmt.Sprintf("it wrote a line longer than %d octets: %s", maxLine, excerpt(line)))
			return
		case err != nil:
			a.rest = line
			return
		case len(bytes.TrimSpace(line)) == 0:
			continue
		case !a.take(line):
			return
		}
	}
}

// take gives an answer to whom it belongs. It returns false if it belongs to
// nobody.
func (a *Adapter) take(line []byte) bool {
	answer := Answer{line: bytes.Clone(line)}
	switch err := json.Unmarshal(answer.line, &answer.members); {
	case !utf8.Valid(line):
		a.fail(Rubbish, fmt.Sprintf("it wrote a line that is not UTF-8: %s", excerpt(line)))
		return false
	case err != nil, answer.members == nil:
		a.fail(Rubbish, fmt.Sprintf("it wrote a line that is not a JSON object: %s", excerpt(line)))
		return false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	c, number, problem := a.due(answer)
	if problem != "" {
		a.failAt(OutOfTurn, fmt.Sprintf("%s: %s", problem, excerpt(line)), number)
		return false
	}
	delete(a.pending, c.number)
	if c.inOrder {
		a.turn[0], a.turn = nil, a.turn[1:]
	}
	answer.Request = c.number
	err := a.examine(c, &answer)
	c.done <- outcome{answer, err}
	return true
}

// examine reads what is common to all answers, and has the answer inspected.
func (a *Adapter) examine(c *call, answer *Answer) error {
	if err := answer.read(); err != nil || a.inspect == nil {
		return err
	}
	if err := a.inspect(c.op, answer.line); err != nil {
		return &AnswerError{Problem: fmt.Sprintf("in line %d of its output is not in the form of the adapter protocol: %v", a.lines, err)}
	}
	return nil
}

// due returns the call that an answer belongs to, or what is wrong with it and at
// which request that points. The caller holds the mutex.
func (a *Adapter) due(answer Answer) (c *call, number int64, problem string) {
	waiting := "no request waited for one"
	if len(a.turn) > 0 {
		waiting = fmt.Sprintf("%v was due", a.turn[0])
		number = a.turn[0].number
	}
	if !answer.Has("id") {
		return nil, number, fmt.Sprintf("it gave an answer without the id of its request when %s", waiting)
	}
	id, err := answer.Int("id")
	if err != nil {
		return nil, number, fmt.Sprintf("it gave an answer whose id is not a whole number when %s", waiting)
	}
	c = a.pending[id]
	switch {
	case c == nil && id >= 1 && id <= a.last:
		return nil, id, fmt.Sprintf("it answered request %d a second time", id)
	case c == nil:
		return nil, number, fmt.Sprintf("it answered request %d, which was never made", id)
	case c.inOrder && a.turn[0] != c:
		return nil, id, fmt.Sprintf("it answered %v when %s", c, waiting)
	}
	return c, id, ""
}
