package peer

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/vstp-project/vstp/ref/wire"
)

// maxLine is the longest line in either direction, its line end included.
const maxLine = 32 << 20

// RunAdapter answers the requests of the adapter protocol until one of them is
// stop, stdin ends or ctx is done, and returns nil then. A request is one JSON
// object on a line of stdin, its answer one on a line of stdout; section 6 of the
// test contract describes them.
//
// The codec operations are offered, with the encodings of varint and binary
// string. Whatever else the protocol knows is refused as Unsupported, and a line
// that is no proper request as Protocol, with a message that says what is wrong
// with it. Requests are answered in order. Answers go out as soon as there is no
// further request at hand, so that many can be asked for in one go.
//
// Of the options only Types counts.
//
// It fails if stdin cannot be read or stdout cannot be written. The goroutine that
// reads stdin ends with stdin, which may be after RunAdapter has returned.
func RunAdapter(ctx context.Context, o Options, stdin io.Reader, stdout io.Writer) error {
	in, feed := io.Pipe()
	defer in.Close()
	go func() {
		_, err := io.Copy(feed, stdin)
		feed.CloseWithError(err)
	}()
	defer context.AfterFunc(ctx, func() { feed.CloseWithError(context.Canceled) })()

	out := bufio.NewWriterSize(stdout, 64<<10)
	lines := newLineReader(flushFirst{in, out}, maxLine)
	a := adapter{types: o.Types}
	for !a.stopped {
		line, err := lines.next()
		var reply answer
		switch {
		case err == io.EOF, ctx.Err() != nil:
			return flush(out)
		case errors.Is(err, errLongLine):
			reply = failure(err)
		case err != nil:
			return fmt.Errorf("peer: %w", err)
		case len(bytes.TrimSpace(line)) == 0:
			continue
		default:
			reply = a.answer(line)
		}
		if _, err := out.Write(reply.line()); err != nil {
			return fmt.Errorf("peer: writing an answer: %w", err)
		}
	}
	return flush(out)
}

func flush(out *bufio.Writer) error {
	if err := out.Flush(); err != nil {
		return fmt.Errorf("peer: writing an answer: %w", err)
	}
	return nil
}

// flushFirst sends the answers that are ready before it waits for more requests.
type flushFirst struct {
	in  io.Reader
	out *bufio.Writer
}

func (f flushFirst) Read(p []byte) (int, error) {
	if err := f.out.Flush(); err != nil {
		return 0, fmt.Errorf("writing an answer: %w", err)
	}
	n, err := f.in.Read(p)
	if err != nil && err != io.EOF {
		err = fmt.Errorf("reading a request: %w", err)
	}
	return n, err
}

// errLongLine is the refusal of a line, reported once, while the rest of the line
// is still to come.
const errLongLine = misuse("the line is longer than 33554432 octets")

// A lineReader cuts its input into lines.
type lineReader struct {
	r     *bufio.Reader
	buf   []byte
	limit int  // of a line with its end, in octets
	skip  bool // what comes up to the next line end belongs to a line that was refused
}

// keepLine is how large the buffer for a line may stay.
const keepLine = 1 << 20

func newLineReader(r io.Reader, limit int) *lineReader {
	return &lineReader{r: bufio.NewReaderSize(r, 64<<10), limit: limit}
}

// next returns the next line, without its end, valid until the next call. The last
// line needs no end. The error is errLongLine, after which reading may go on, or
// that of the input.
func (l *lineReader) next() ([]byte, error) {
	if l.buf = l.buf[:0]; cap(l.buf) > keepLine {
		l.buf = nil
	}
	for {
		part, err := l.r.ReadSlice('\n')
		ended := err == nil
		switch {
		case l.skip:
			l.skip = !ended
		case len(l.buf)+len(part) > l.limit:
			l.skip = !ended
			return nil, errLongLine
		case ended && len(l.buf) == 0:
			return part[:len(part)-1], nil
		default:
			l.buf = append(l.buf, part...)
			if ended || err == io.EOF && len(l.buf) > 0 {
				return bytes.TrimSuffix(l.buf, []byte{'\n'}), nil
			}
		}
		if err != nil && err != bufio.ErrBufferFull {
			return nil, err
		}
	}
}

// An adapter is the state of one conversation.
type adapter struct {
	types   wire.TypeSet
	started bool
	stopped bool
}

// answer carries out the request on a line.
func (a *adapter) answer(line []byte) answer {
	r, err := parseRequest(line)
	if err != nil {
		return failure(err)
	}
	id, err := r.id()
	if err != nil {
		return failure(err)
	}
	reply, err := a.perform(r)
	if err != nil {
		// What an operation reports beside its error is kept.
		needed := reply.Needed
		reply = failure(err)
		reply.Needed = needed
	} else {
		reply.OK = true
	}
	reply.ID = id
	return reply
}

// The operations of the protocol beside start and stop. A nil one is not offered.
var operations = map[string]func(*adapter, members) (answer, error){
	"decode":        (*adapter).decode,
	"encode":        (*adapter).encode,
	"decompress":    nil,
	"varint_encode": varintEncode,
	"varint_decode": varintDecode,
	"string_encode": stringEncode,
	"string_decode": stringDecode,
	"connect":       nil,
	"send":          nil,
	"send_ack":      nil,
	"recv":          nil,
	"close":         nil,
	"local_addr":    nil,
}

func (a *adapter) perform(r members) (answer, error) {
	op, err := r.text("op")
	if err != nil {
		return answer{}, err
	}
	switch op {
	case "start":
		return a.start(r)
	case "stop":
		a.stopped = true
		return answer{}, nil
	}
	operation, known := operations[op]
	switch {
	case !known:
		return answer{}, misusef("there is no operation %.40q", op)
	case !a.started:
		return answer{}, misusef("%s came before start", op)
	case operation == nil:
		return answer{}, wire.Unsupported
	}
	return operation(a, r)
}

// start begins the conversation. The roles are those that this adapter serves: as a
// server the reference implementation is another program, and a client needs the
// client operations.
func (a *adapter) start(r members) (answer, error) {
	switch protocol, err := r.whole("protocol"); {
	case err != nil:
		return answer{}, err
	case protocol != 1:
		return answer{}, fmt.Errorf("protocol %d is asked for, 1 is offered: %w", protocol, wire.Unsupported)
	case a.started:
		return answer{}, misuse("start came twice")
	}
	// Neither has an effect: no timer runs here and nothing is drawn at random.
	if scale, err := r.number("time_scale"); err != nil {
		return answer{}, err
	} else if scale < 0.05 || scale > 1 {
		return answer{}, misusef("time_scale %v is not from 0.05 to 1", scale)
	}
	if _, err := r.whole("seed"); err != nil {
		return answer{}, err
	}
	a.started = true
	return answer{
		Name:         "vstp reference implementation",
		Version:      new(version()),
		Roles:        []string{"codec"},
		Capabilities: []string{"varint", "string"},
	}, nil
}

// An answer is one line on stdout; its members are those of all operations.
type answer struct {
	OK bool    `json:"ok"`
	ID *uint64 `json:"id,omitempty"`

	// Of a refusal.
	Error   string `json:"error,omitempty"`
	Needed  *int   `json:"needed,omitempty"`
	Message string `json:"message,omitempty"`

	// Of start.
	Name         string   `json:"name,omitempty"`
	Version      *string  `json:"version,omitempty"`
	Roles        []string `json:"roles,omitempty"`
	Capabilities []string `json:"capabilities,omitempty"`

	// Of the codec operations.
	Frame    *frame  `json:"frame,omitempty"`
	Hex      *string `json:"hex,omitempty"`
	Value    *string `json:"value,omitempty"`
	Consumed *int    `json:"consumed,omitempty"`
}

// failure is the refusal that reports err: by the error of the specification in
// it, otherwise as a request that is wrong in itself.
func failure(err error) answer {
	reason := wire.Protocol
	errors.As(err, &reason)
	return answer{Error: reason.String(), Message: err.Error()}
}

// line returns the answer as a line. One that would be too long is replaced by the
// refusal to give it.
func (a answer) line() []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(a); err != nil {
		panic(err) // strings, numbers and lists of them
	}
	if b.Len() > maxLine {
		refusal := failure(misuse("the answer would be longer than 33554432 octets"))
		refusal.ID = a.ID
		return refusal.line()
	}
	return b.Bytes()
}
