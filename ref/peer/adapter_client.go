package peer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"sync"
	"time"

	"github.com/vstp-project/vstp/ref/session"
	"github.com/vstp-project/vstp/ref/wire"
)

// maxPending is how many client operations may be under way.
const maxPending = 1024

// A client is one connection of an adapter. Its methods may be called at the same
// time; close ends the others with an error that matches net.ErrClosed.
type client interface {
	send(ctx context.Context, m outgoing) error
	receive(ctx context.Context) (incoming, error) // the next message

	localAddr() (string, error)
	close() error
}

// outgoing is a message to be sent.
type outgoing struct {
	frame        wire.Frame      // with COMP if it is to be compressed
	value        json.RawMessage // in place of the frame, on Easy connections; otherwise nil
	destination  string          // empty for the one that the client was made for
	acknowledged bool            // wait for the ACK
}

// incoming is a message that was received.
type incoming struct {
	frame  *wire.Frame     // nil on Easy connections
	value  json.RawMessage // nil on others
	source string          // where there can be several
}

// A dialer opens a client.
type dialer func(ctx context.Context) (client, error)

// A task is the part of an operation that takes its time.
type task func(ctx context.Context) (answer, error)

// The operations whose answers come in any order. Each reads its request and finds
// its connection while no other request is looked at.
var clientOperations = map[string]func(*adapter, members) (task, error){
	"connect":    (*adapter).connect,
	"send":       func(a *adapter, r members) (task, error) { return a.send(r, false) },
	"send_ack":   func(a *adapter, r members) (task, error) { return a.send(r, true) },
	"recv":       (*adapter).recv,
	"close":      (*adapter).close,
	"local_addr": (*adapter).localAddr,
}

// The transports by their names.
var transports = map[string]func(*adapter, members, string) (dialer, error){
	"tcp":      (*adapter).dialTCP,
	"udp":      (*adapter).dialUDP,
	"tls":      (*adapter).dialTLS,
	"easy-tcp": (*adapter).dialEasyTCP,
	"easy-udp": (*adapter).dialEasyUDP,
}

func (a *adapter) connect(r members) (task, error) {
	transport, err := r.text("transport")
	if err != nil {
		return nil, err
	}
	addr, err := r.text("addr")
	if err != nil {
		return nil, err
	}
	prepare, known := transports[transport]
	if !known {
		return nil, misusef("there is no transport %.40q", transport)
	}
	if _, _, err := splitAddr(addr); err != nil {
		return nil, err
	}
	dial, err := prepare(a, r, addr)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) (answer, error) {
		c, err := dial(ctx)
		if errors.Is(err, io.EOF) { // there was no connection yet that could be closed
			err = fmt.Errorf("%w: %w", wire.Io, err)
		}
		if err != nil {
			return answer{}, err
		}
		n, err := a.clients.add(c)
		return answer{Conn: &n}, err
	}, nil
}

func (a *adapter) send(r members, acknowledged bool) (task, error) {
	c, err := a.clients.named(r)
	if err != nil {
		return nil, err
	}
	m := outgoing{value: r["value"], acknowledged: acknowledged}
	if m.value == nil || r["frame"] != nil {
		if m.frame, err = r.message(); err != nil {
			return nil, err
		}
	}
	if r["destination"] != nil {
		if m.destination, err = r.text("destination"); err != nil {
			return nil, err
		}
		if _, _, err := splitAddr(m.destination); err != nil {
			return nil, err
		}
	}
	return func(ctx context.Context) (answer, error) { return answer{}, c.send(ctx, m) }, nil
}

// message reads the frame that is to be sent.
func (r members) message() (wire.Frame, error) {
	m, err := r.object("frame")
	if err != nil {
		return wire.Frame{}, err
	}
	f, err := m.frame()
	if err != nil {
		return wire.Frame{}, err
	}
	compress, err := r.flag("compress")
	if err != nil {
		return wire.Frame{}, err
	}
	// To a transport the flag is how it is asked to compress. In a frame that is to be
	// sent it asks for what no application can: to send as compressed what is not.
	if f.Type == wire.TypeData && f.Flags.Has(wire.FlagComp) {
		return wire.Frame{}, fmt.Errorf(`the flag COMP is not an application's to set, say "compress":true: %w`, wire.Unsupported)
	}
	if compress {
		f.Flags |= wire.FlagComp
	}
	return f, nil
}

// errNoValue refuses a value where frames are sent.
const errNoValue = misuse(`the member "frame" is missing: this is no Easy connection, which would carry a value`)

func (a *adapter) recv(r members) (task, error) {
	c, err := a.clients.named(r)
	if err != nil {
		return nil, err
	}
	ms, err := r.whole("timeout_ms")
	if err != nil {
		return nil, err
	}
	timeout := time.Duration(min(ms, math.MaxInt64/uint64(time.Millisecond))) * time.Millisecond
	return func(ctx context.Context) (answer, error) {
		ctx, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		m, err := c.receive(ctx)
		if errors.Is(err, context.DeadlineExceeded) {
			err = &session.LocalError{Reason: wire.Timeout, Detail: fmt.Sprintf("nothing has come within %d ms", ms)}
		}
		if err != nil {
			return answer{}, err
		}
		return m.answer(), nil
	}, nil
}

// answer shows the message.
func (m incoming) answer() answer {
	if m.frame == nil {
		return answer{Value: m.value}
	}
	return answer{Frame: shown(*m.frame), Source: m.source}
}

func (a *adapter) close(r members) (task, error) {
	c, err := a.clients.take(r)
	if err != nil {
		return nil, err
	}
	return func(context.Context) (answer, error) { return answer{}, c.close() }, nil
}

func (a *adapter) localAddr(r members) (task, error) {
	c, err := a.clients.named(r)
	if err != nil {
		return nil, err
	}
	return func(context.Context) (answer, error) {
		addr, err := c.localAddr()
		return answer{Addr: addr}, err
	}, nil
}

// clients are the connections of an adapter and the operations that are under way.
type clients struct {
	out     *output
	ctx     context.Context // of the operations
	cancel  context.CancelFunc
	slots   chan struct{} // one is taken by each operation
	running sync.WaitGroup

	mu    sync.Mutex
	conns map[uint64]client
	last  uint64 // the number given last
	ended bool
}

func newClients(ctx context.Context, out *output) *clients {
	c := &clients{out: out, slots: make(chan struct{}, maxPending), conns: make(map[uint64]client)}
	c.ctx, c.cancel = context.WithCancel(ctx)
	return c
}

// begin prepares an operation and carries it out, its answer being sent when it has
// ended. The error says that it has not begun.
func (c *clients) begin(id uint64, prepare func() (task, error)) error {
	select {
	case c.slots <- struct{}{}:
	default:
		return misusef("%d operations are pending, wait for one of them to end", maxPending)
	}
	run, err := prepare()
	if err != nil {
		<-c.slots
		return err
	}
	c.running.Go(func() {
		reply, err := run(c.ctx)
		<-c.slots // before the answer, after which the next request may come
		c.out.send(reply.completed(&id, err))
	})
	return nil
}

// add takes a connection in and returns its number. After the end it closes it.
func (c *clients) add(conn client) (uint64, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return 0, errors.Join(net.ErrClosed, conn.close())
	}
	c.last++
	c.conns[c.last] = conn
	return c.last, nil
}

// named returns the connection that a request names.
func (c *clients) named(r members) (client, error) { return c.find(r, false) }

// take is named, and the connection has its number no longer.
func (c *clients) take(r members) (client, error) { return c.find(r, true) }

func (c *clients) find(r members, remove bool) (client, error) {
	n, err := r.whole("conn")
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	conn, ok := c.conns[n]
	if !ok {
		return nil, misusef("there is no connection %d, or it has been closed", n)
	}
	if remove {
		delete(c.conns, n)
	}
	return conn, nil
}

// end closes all connections and returns when every operation has ended and is
// answered. No operation may be begun afterwards.
func (c *clients) end() {
	c.mu.Lock()
	c.ended = true
	conns := c.conns
	c.conns = nil
	c.mu.Unlock()
	var closing sync.WaitGroup
	for _, conn := range conns {
		closing.Go(func() { conn.close() })
	}
	closing.Wait()
	c.cancel() // what has no connection yet
	c.running.Wait()
}
