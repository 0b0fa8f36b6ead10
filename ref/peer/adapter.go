package peer

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"

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
// string, and the client operations over TCP, with TLS or without, and UDP, with frames
// and with the values of the Easy API. Whatever
// else the protocol knows is refused as Unsupported, and a line that is no proper
// request as Protocol, with a message that says what is wrong with it. Codec operations are answered in
// order, and their answers go out as soon as there is no further request at hand, so
// that many can be asked for in one go. A client operation is answered when it ends;
// 1,024 may be pending, and one beyond that is refused.
//
// Of the options Types and NoCompression count.
//
// It fails if stdin cannot be read or stdout cannot be written. Every connection is
// closed and every operation has ended when it returns. The goroutine that reads
// stdin ends with stdin, which may be after that.
func RunAdapter(ctx context.Context, o Options, stdin io.Reader, stdout io.Writer) error {
	in, feed := io.Pipe()
	defer in.Close()
	go func() {
		_, err := io.Copy(feed, stdin)
		feed.CloseWithError(err)
	}()
	defer context.AfterFunc(ctx, func() { feed.CloseWithError(context.Canceled) })()

	// An answer that cannot be written ends the conversation wherever it is.
	out := newOutput(stdout, func() { feed.Close() })
	a := &adapter{options: Options{Types: o.Types, NoCompression: o.NoCompression}, out: out, clients: newClients(ctx, out)}
	err := a.converse(ctx, newLineReader(flushFirst{in, out}, maxLine))
	a.clients.end()
	if broken := out.flush(); broken != nil {
		return fmt.Errorf("peer: %w", broken)
	}
	if err != nil {
		return fmt.Errorf("peer: %w", err)
	}
	return nil
}

// converse takes requests until there are no more.
func (a *adapter) converse(ctx context.Context, lines *lineReader) error {
	for !a.stopped {
		line, err := lines.next()
		switch {
		case err == io.EOF, ctx.Err() != nil:
			return nil
		case errors.Is(err, errLongLine):
			err = a.out.put(failure(err))
		case err != nil:
			return err
		case len(bytes.TrimSpace(line)) > 0:
			err = a.handle(line)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// flushFirst sends the answers that are ready before it waits for more requests.
type flushFirst struct {
	in  io.Reader
	out *output
}

func (f flushFirst) Read(p []byte) (int, error) {
	if err := f.out.flush(); err != nil {
		return 0, err
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
	options Options
	random  *rand.Rand // set by start
	out     *output
	clients *clients
	started bool
	stopped bool
}

// handle carries out the request on a line, or begins to. The error is that of the
// output.
func (a *adapter) handle(line []byte) error {
	var id *uint64
	r, err := parseRequest(line)
	if err == nil {
		id, err = r.id()
	}
	if err != nil {
		return a.out.put(failure(err))
	}
	reply, pending, err := a.perform(r, id)
	if pending {
		return nil
	}
	return a.out.put(reply.completed(id, err))
}

// The operations that are carried out in order, beside start and stop.
var operations = map[string]func(*adapter, members) (answer, error){
	"decode":        (*adapter).decode,
	"encode":        (*adapter).encode,
	"decompress":    (*adapter).decompress,
	"varint_encode": varintEncode,
	"varint_decode": varintDecode,
	"string_encode": stringEncode,
	"string_decode": stringDecode,
}

// perform carries out a request. If it is pending, its answer comes by itself.
func (a *adapter) perform(r members, id *uint64) (reply answer, pending bool, err error) {
	op, err := r.text("op")
	if err != nil {
		return answer{}, false, err
	}
	switch op {
	case "start":
		reply, err = a.start(r)
		return reply, false, err
	case "stop":
		a.clients.end()
		a.stopped = true
		return answer{}, false, nil
	}
	operation, inOrder := operations[op]
	prepare, ofClient := clientOperations[op]
	switch {
	case !inOrder && !ofClient:
		return answer{}, false, misusef("there is no operation %.40q", op)
	case !a.started:
		return answer{}, false, misusef("%s came before start", op)
	case ofClient && id == nil:
		return answer{}, false, misusef(`the member "id" is missing, %s always carries one`, op)
	case ofClient:
		err = a.clients.begin(*id, func() (task, error) { return prepare(a, r) })
		return answer{}, err == nil, err
	}
	reply, err = operation(a, r)
	return reply, false, err
}

// start begins the conversation. The roles are those that this adapter serves: as a
// server the reference implementation is another program.
func (a *adapter) start(r members) (answer, error) {
	switch protocol, err := r.whole("protocol"); {
	case err != nil:
		return answer{}, err
	case protocol != 1:
		return answer{}, fmt.Errorf("protocol %d is asked for, 1 is offered: %w", protocol, wire.Unsupported)
	case a.started:
		return answer{}, misuse("start came twice")
	}
	scale, err := r.number("time_scale")
	if err != nil {
		return answer{}, err
	} else if scale < 0.05 || scale > 1 {
		return answer{}, misusef("time_scale %v is not from 0.05 to 1", scale)
	}
	seed, err := r.whole("seed")
	if err != nil {
		return answer{}, err
	}
	a.options.TimeScale = scale
	a.random = rand.New(rand.NewPCG(seed, 0))
	a.started = true
	capabilities := []string{"tcp", "udp", "tls", "easy-tcp", "easy-udp", "varint", "string", "time-scale"}
	if !a.options.NoCompression {
		capabilities = append(capabilities, "compression")
	}
	return answer{
		Name:         "vstp reference implementation",
		Version:      new(version()),
		Roles:        []string{"client", "codec"},
		Capabilities: capabilities,
	}, nil
}

// An answer is one line on stdout; its members are those of all operations.
type answer struct {
	OK bool    `json:"ok"`
	ID *uint64 `json:"id,omitempty"`

	// Of a refusal.
	Error   string `json:"error,omitempty"`
	Remote  bool   `json:"remote,omitempty"`
	Needed  *int   `json:"needed,omitempty"`
	Message string `json:"message,omitempty"`

	// Of start.
	Name         string   `json:"name,omitempty"`
	Version      *string  `json:"version,omitempty"`
	Roles        []string `json:"roles,omitempty"`
	Capabilities []string `json:"capabilities,omitempty"`

	// Of the codec operations; Frame also of recv.
	Frame    *frame  `json:"frame,omitempty"`
	Hex      *string `json:"hex,omitempty"`
	Value    any     `json:"value,omitempty"` // a string; of recv any JSON
	Consumed *int    `json:"consumed,omitempty"`

	// Of the client operations.
	Conn   *uint64 `json:"conn,omitempty"`
	Source string  `json:"source,omitempty"`
	Addr   string  `json:"addr,omitempty"`
}

// completed returns the answer to a request with the given id: a, or the refusal
// that reports err. What an operation says beside its error is kept.
func (a answer) completed(id *uint64, err error) answer {
	if err != nil {
		needed := a.Needed
		a = failure(err)
		a.Needed = needed
	} else {
		a.OK = true
	}
	a.ID = id
	return a
}

// failure is the refusal that reports err.
func failure(err error) answer {
	reason, remote := reasonOf(err)
	return answer{Error: reason.String(), Remote: remote, Message: err.Error()}
}

// line returns the answer as a line. One that would be too long is replaced by the
// refusal to give it.
func (a answer) line() []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(a); err != nil {
		panic(err) // strings, numbers, lists of them, and JSON that has been read
	}
	if b.Len() > maxLine {
		refusal := failure(misuse("the answer would be longer than 33554432 octets"))
		refusal.ID = a.ID
		return refusal.line()
	}
	return b.Bytes()
}
