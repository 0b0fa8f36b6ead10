package probe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/vstp-project/vstp/conformance/target"
)

// A Client is one connection of the client under test, which does what its adapter
// is asked to do. Its methods are for the goroutine of the case.
type Client struct {
	Name string

	t      *T
	conn   int64
	closed bool
}

// A Pending is an operation that has been asked for and may not have ended yet.
type Pending struct {
	op   string
	done chan struct{} // closed when answer and err are there

	answer target.Answer
	err    error
	at     time.Duration
}

// Connect has the client under test open a connection of a transport, "tcp" or
// "udp", to an address at which the judge listens.
func (t *T) Connect(ctx context.Context, name, transport, addr string) (*Client, error) {
	answer, err := t.Ask(ctx, "connect", map[string]any{"transport": transport, "addr": addr}).Wait(ctx, t.Bound("close"))
	if err != nil {
		return nil, err
	}
	return t.Connected(name, answer, fmt.Sprintf("a connection over %s to %s, where the judge listens", transport, addr))
}

// Connected is the connection that an answer to connect names. A refusal is a
// violation, for which want says what was asked for.
func (t *T) Connected(name string, answer target.Answer, want string) (*Client, error) {
	if !answer.OK {
		return nil, &Violation{Want: want, Got: refusal(answer)}
	}
	conn, err := answer.Int("conn")
	if err != nil {
		return nil, Malformed("connect", err)
	}
	c := &Client{Name: name, t: t, conn: conn}
	t.clients = append(t.clients, c)
	return c, nil
}

// Begin asks for an operation on the connection: "send", "send_ack", "recv",
// "close" or "local_addr". It does not wait for the answer.
func (c *Client) Begin(ctx context.Context, op string, args map[string]any) *Pending {
	members := map[string]any{"conn": c.conn}
	for name, value := range args {
		members[name] = value
	}
	c.closed = c.closed || op == "close"
	return c.t.Ask(ctx, op, members)
}

// Ask asks the adapter for an operation and does not wait for the answer. It ends
// with ctx, or when the case does.
func (t *T) Ask(ctx context.Context, op string, args map[string]any) *Pending {
	t.asking.Do(func() {
		t.askCtx, t.stopAsking = context.WithCancel(context.WithoutCancel(ctx))
	})
	ctx, cancel := context.WithCancel(ctx)
	detach := context.AfterFunc(t.askCtx, cancel)
	p := &Pending{op: op, done: make(chan struct{})}
	t.Asked(requestText(op, args))
	t.asked.Go(func() {
		defer cancel()
		defer detach()
		p.answer, p.err = t.cfg.Adapter.Call(ctx, op, args)
		p.at = t.Elapsed()
		if line := p.answer.Line(); len(line) > 0 {
			t.Answered(op + " " + Shorten(string(line)))
		}
		close(p.done)
	})
	return p
}

// Ended says whether the answer is there.
func (p *Pending) Ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// At is when the answer came, since the case began; only once it has.
func (p *Pending) At() time.Duration { return p.at }

// Wait waits for the answer. An adapter that does not answer in time, or that is
// none, has violated the test contract; a refusal is an answer.
func (p *Pending) Wait(ctx context.Context, within time.Duration) (target.Answer, error) {
	timer := time.NewTimer(within)
	defer timer.Stop()
	select {
	case <-p.done:
	case <-ctx.Done():
		return target.Answer{}, ctx.Err()
	case <-timer.C:
		if !p.Ended() {
			return target.Answer{}, &Violation{Want: fmt.Sprintf("an answer to %s within %v", p.op, within), Got: "none", Timing: true}
		}
	}
	if fault := (*target.AdapterError)(nil); errors.As(p.err, &fault) {
		return p.answer, &Violation{Want: "an answer to " + p.op, Got: fault.Error(), Timing: fault.Kind == target.Hung}
	}
	if p.err == nil && !p.answer.OK && p.answer.Error == "Unsupported" {
		return p.answer, &Unsupported{Op: p.op, Detail: p.answer.Message}
	}
	return p.answer, Malformed(p.op, p.err)
}

// An Unsupported says that the adapter refused an operation as one that it does
// not offer. Whether it may is for the case to say.
type Unsupported struct {
	Op     string
	Detail string
}

func (e *Unsupported) Error() string {
	if e.Detail == "" {
		return e.Op + " is not offered (Unsupported)"
	}
	return fmt.Sprintf("%s is not offered (Unsupported): %s", e.Op, e.Detail)
}

// Malformed makes a violation of an answer that lacks or garbles a member. Other
// errors, and nil, stay what they are.
func Malformed(op string, err error) error {
	if fault := (*target.AnswerError)(nil); errors.As(err, &fault) {
		return &Violation{Want: fmt.Sprintf("an answer to %s in the form of the test contract", op), Got: fault.Error()}
	}
	return err
}

// closeClients ends what the case began with the client under test: operations
// that are pending, and the connections.
func (t *T) closeClients() {
	if t.stopAsking == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), t.Bound("close"))
	defer cancel()
	var closing sync.WaitGroup
	for _, c := range t.clients {
		if !c.closed {
			closing.Go(func() { _, _ = t.cfg.Adapter.Call(ctx, "close", map[string]any{"conn": c.conn}) })
		}
	}
	closing.Wait()
	t.stopAsking()
	t.asked.Wait()
}

func refusal(a target.Answer) string {
	if a.Message == "" {
		return "the error " + a.Error
	}
	return fmt.Sprintf("the error %s: %s", a.Error, a.Message)
}

// requestText is a request for the record. One that is too long to look at is not
// written out.
func requestText(op string, args map[string]any) string {
	const most = 1 << 16
	for _, arg := range args {
		if f, ok := arg.(target.Frame); ok && len(f.Payload) > most {
			return fmt.Sprintf("%s of %d octets of payload", op, len(f.Payload))
		}
	}
	line, err := json.Marshal(args)
	if err != nil {
		return op
	}
	return op + " " + Shorten(string(line))
}

// Shorten cuts long lines for people.
func Shorten(line string) string {
	const most = 400
	if len(line) <= most {
		return line
	}
	return fmt.Sprintf("%s… (%d octets)", line[:most], len(line))
}
