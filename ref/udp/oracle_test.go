package udp_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"

	"github.com/vstp-project/vstp/netem"
	"github.com/vstp-project/vstp/ref/udp"
	"github.com/vstp-project/vstp/ref/wire"
)

// oracle knows what was sent and judges what becomes of it. Each message has a name
// of its own and a payload that follows from name and size.
type oracle struct {
	mu       sync.Mutex
	messages map[string]*fate
	faults   []string

	slab []byte // for payloads until forget is called, as far as it goes
	used int    // octets of it
}

// fate is what is known of a message.
type fate struct {
	size      int
	delivered int
	repeats   bool // copies of it may be delivered
	ended     ending
}

// ending is how a send has ended.
type ending uint8

const (
	unended ending = iota
	succeeded
	timedOut
	abandoned // by its caller
)

func newOracle() *oracle { return &oracle{messages: map[string]*fate{}} }

// noise is what payloads are made of.
var noise = func() []byte {
	random := rand.New(rand.NewPCG(17, 23))
	b := make([]byte, 1<<19)
	for i := range b {
		b[i] = byte(random.Uint32())
	}
	return b
}()

// filling returns the octets that follow the name in a payload of the given size.
func filling(name string, size int) []byte {
	start := 0
	for _, c := range []byte(name) {
		start = (start*31 + int(c)) % (len(noise) / 3)
	}
	return noise[start : start+max(size-len(name)-1, 0)]
}

// send registers a message and returns its payload, which has as many octets as
// name and a space at least.
func (o *oracle) send(name string, size int) []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	rest := filling(name, size)
	if o.messages[name] != nil {
		o.fault("%s is sent twice by the test itself", name)
	}
	o.messages[name] = &fate{size: len(name) + 1 + len(rest)}
	payload := append(append(o.space(len(name)+1+len(rest)), name...), ' ')
	return append(payload, rest...)
}

// space returns memory for a payload.
func (o *oracle) space(octets int) []byte {
	if o.used+octets > len(o.slab) {
		return make([]byte, 0, octets)
	}
	b := o.slab[o.used : o.used : o.used+octets]
	o.used += octets
	return b
}

// mayRepeat says that a message has no msg-id, without which nothing is a copy.
func (o *oracle) mayRepeat(name string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.messages[name].repeats = true
}

// delivered takes note of what an application has been given. What hostile clients
// send has a name with an x in front and is not looked at.
func (o *oracle) delivered(payload []byte) {
	name := nameOf(payload)
	if name[0] == 'x' {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	m := o.messages[name]
	switch {
	case m == nil:
		o.fault("%s was delivered and never sent", name)
		return
	case len(payload) != m.size || !bytes.Equal(payload[len(name)+1:], filling(name, m.size)):
		o.fault("%s was corrupted", name)
	case m.delivered > 0 && !m.repeats:
		o.fault("%s was delivered twice", name)
	}
	m.delivered++
}

// end takes note of how a send that asked for an ACK has ended. [RTX-5] [RTX-8]
func (o *oracle) end(name string, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	m := o.messages[name]
	switch {
	case m.ended != unended:
		o.fault("%s has ended twice", name)
	case err == nil:
		m.ended = succeeded
		if m.delivered == 0 {
			o.fault("%s was reported as acknowledged and not delivered", name)
		}
	case errors.Is(err, wire.Timeout):
		m.ended = timedOut
	default:
		o.fault("%s failed with something other than Timeout: %v", name, err)
	}
}

// abandon takes note of a send that its caller has given up.
func (o *oracle) abandon(name string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.messages[name].ended = abandoned
}

// Begin makes an oracle a recorder of a link.
func (o *oracle) Begin(netem.Header) error { return nil }

// Record looks at what goes over the link: an ACK may leave only if what it
// acknowledges has been complete, and been delivered in the same instant. [ACK-2]
func (o *oracle) Record(e netem.Event) {
	name, ok := strings.CutPrefix(e.Label, "ACK of DATA ")
	if !ok {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if m := o.messages[name]; m == nil || m.delivered == 0 {
		o.fault("%s was acknowledged and not delivered", name)
	}
}

func (o *oracle) fault(format string, args ...any) {
	o.faults = append(o.faults, fmt.Sprintf(format, args...))
}

// deliveries returns how often a message has been delivered.
func (o *oracle) deliveries(name string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.messages[name].delivered
}

// count returns how many sends have ended in a way.
func (o *oracle) count(e ending) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := 0
	for _, m := range o.messages {
		if m.ended == e {
			n++
		}
	}
	return n
}

// verdict returns the first fault, if there is one.
func (o *oracle) verdict() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.faults) == 0 {
		return nil
	}
	return fmt.Errorf("%s (%d faults)", o.faults[0], len(o.faults))
}

// forget prepares for another run, when nobody has a payload of the last one any more.
func (o *oracle) forget() {
	clear(o.messages)
	o.faults, o.used = nil, 0
}

// handle is the application of a server that takes messages and answers none.
func (o *oracle) handle(_ context.Context, r *udp.Request) { o.delivered(r.Message.Payload) }

// receive is the application of a Conn, until that is closed.
func (o *oracle) receive(ctx context.Context, conn *udp.Conn) {
	for {
		m, err := conn.Receive(ctx)
		if err != nil {
			return
		}
		o.delivered(m.Frame.Payload)
	}
}
