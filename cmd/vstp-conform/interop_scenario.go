package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vstp-project/vstp/conformance/dissect"
	"github.com/vstp-project/vstp/conformance/tap"
	"github.com/vstp-project/vstp/conformance/target"
)

// interopScenario is something that a client and a server do together.
type interopScenario struct {
	name       string
	transports []string
	compressed bool // it needs compression
	run        func(t *interopTalk) error
}

const (
	ackedMessages   = 20
	largeMessage    = 1 << 20
	largeOverLink   = 1 << 14
	fragmentMessage = 20_000
)

// ownHeaders are headers of the application, which come back with an echo and stand in
// no answer of the protocol.
var ownHeaders = [][2][]byte{{[]byte("k"), []byte("v")}, {[]byte("k"), nil}}

// interopScenarios are all scenarios, in their order.
var interopScenarios = []interopScenario{
	{"greeting", []string{"tcp"}, false, func(t *interopTalk) error {
		if err := t.echo(target.Frame{Payload: []byte("first")}, false); err != nil {
			return err
		}
		return t.seen("a HELLO of the client and a WELCOME of the server", func(s tap.Summary) bool {
			return s.Sent(tap.Client, dissect.TypeHello) > 0 && s.Sent(tap.Server, dissect.TypeWelcome) > 0
		})
	}},
	{"echo-small", []string{"tcp", "udp"}, false, func(t *interopTalk) error {
		return t.echo(target.Frame{Headers: ownHeaders, Payload: []byte{0, 1, 0xff}}, false)
	}},
	{"echo-large", []string{"tcp", "udp"}, false, func(t *interopTalk) error {
		if t.transport == "udp" {
			return t.echo(target.Frame{Payload: pattern(1000)}, false)
		}
		if t.lossy { // some links let few octets through at a time
			return t.echo(target.Frame{Payload: pattern(largeOverLink)}, false)
		}
		return t.echo(target.Frame{Payload: pattern(largeMessage)}, false)
	}},
	{"acknowledged", []string{"tcp", "udp"}, false, (*interopTalk).acknowledged},
	{"fragments", []string{"udp"}, false, func(t *interopTalk) error {
		if err := t.echo(target.Frame{Payload: pattern(fragmentMessage)}, true); err != nil {
			return err
		}
		return t.seen("fragments both ways", func(s tap.Summary) bool {
			return s.Flagged(tap.Client, dissect.FlagFrag) > 0 && s.Flagged(tap.Server, dissect.FlagFrag) > 0
		})
	}},
	{"ping", []string{"tcp", "udp"}, false, func(t *interopTalk) error {
		err := t.send("send", target.Frame{Type: dissect.TypePing, Headers: ownHeaders, Payload: []byte("ping")}, false)
		if refused := (*refusedError)(nil); errors.As(err, &refused) && !refused.remote {
			return &notOfferedError{"the adapter of the client sends no PING: " + refused.Error()}
		}
		if err != nil {
			return err
		}
		return t.seen("a PONG of the server", func(s tap.Summary) bool { return s.Sent(tap.Server, dissect.TypePong) > 0 })
	}},
	{"compressed", []string{"tcp", "udp"}, true, func(t *interopTalk) error {
		text := []byte(strings.Repeat("It compresses well. ", 200))
		if err := t.exchange(target.Frame{Payload: text}, "send", true); err != nil {
			return err
		}
		if t.tap.Summary().Flagged(tap.Client, dissect.FlagComp) == 0 {
			return &notOfferedError{"the client was asked to compress, and did not"}
		}
		return nil
	}},
	{"close", []string{"tcp"}, false, func(t *interopTalk) error {
		if err := t.echo(target.Frame{Payload: []byte("last")}, false); err != nil {
			return err
		}
		if err := t.close(); err != nil {
			return err
		}
		return t.seen("a BYE of the client", func(s tap.Summary) bool { return s.Sent(tap.Client, dissect.TypeBye) > 0 })
	}},
}

func scenariosOf(transport string) []interopScenario {
	var list []interopScenario
	for _, s := range interopScenarios {
		for _, t := range s.transports {
			if t == transport {
				list = append(list, s)
			}
		}
	}
	return list
}

// pattern is a payload in which no stretch is like another one soon.
func pattern(n int) []byte {
	b := make([]byte, n)
	x := uint32(1)
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = byte(x >> 24)
	}
	return b
}

// notOfferedError says that a client refuses an operation that is optional.
type notOfferedError struct{ what string }

func (e *notOfferedError) Error() string { return e.what }

const (
	// callPatience is how long an operation may take beyond what it is given.
	callPatience = 15 * time.Second
	recvPatience = 5 * time.Second
	// lossyPatience and lossyAttempts are for links on which answers can be lost.
	lossyPatience = 1500 * time.Millisecond
	lossyAttempts = 4
	seenPatience  = 3 * time.Second
)

// interopTalk is what a client is asked to do in a scenario.
type interopTalk struct {
	ctx             context.Context
	adapter         *target.Adapter
	transport, addr string
	tap             *tap.Tap
	lossy           bool
	conn            int64
	closed          bool
}

// run connects, runs the scenario and closes.
func (t *interopTalk) run(s interopScenario) error {
	answer, err := t.call("connect", map[string]any{"transport": t.transport, "addr": t.addr})
	if err != nil {
		return err
	}
	if t.conn, err = answer.Int("conn"); err != nil {
		return err
	}
	err = s.run(t)
	if t.closed || errors.As(err, new(*target.AdapterError)) {
		return err
	}
	if closeErr := t.close(); err == nil {
		err = closeErr
	}
	return err
}

// refusedError says by which error an operation was refused.
type refusedError struct {
	op, name, text string
	remote         bool
}

func (e *refusedError) Error() string { return fmt.Sprintf("%s was refused with %s", e.op, e.text) }

// call asks for an operation. A refusal is an error.
func (t *interopTalk) call(op string, args map[string]any) (target.Answer, error) {
	ctx, cancel := context.WithTimeout(t.ctx, callPatience)
	defer cancel()
	answer, err := t.adapter.Call(ctx, op, args)
	switch {
	case err != nil:
		return answer, err
	case answer.OK:
		return answer, nil
	case answer.Error == "Unsupported":
		return answer, &notOfferedError{"the client does not offer " + op + " of this kind"}
	}
	text := answer.Error
	if answer.Remote() {
		text += " of the server"
	}
	if answer.Message != "" {
		text += fmt.Sprintf(" (%.200s)", answer.Message)
	}
	return answer, &refusedError{op, answer.Error, text, answer.Remote()}
}

func (t *interopTalk) send(op string, f target.Frame, compress bool) error {
	if f.Type == 0 {
		f.Type = dissect.TypeData
	}
	f.Version = 1
	args := map[string]any{"conn": t.conn, "frame": f}
	if compress {
		args["compress"] = true
	}
	_, err := t.call(op, args)
	return err
}

func (t *interopTalk) recv(patience time.Duration) (target.Frame, error) {
	answer, err := t.call("recv", map[string]any{"conn": t.conn, "timeout_ms": patience.Milliseconds()})
	if err != nil {
		return target.Frame{}, err
	}
	return answer.Frame()
}

func (t *interopTalk) close() error {
	t.closed = true
	_, err := t.call("close", map[string]any{"conn": t.conn})
	return err
}

// echo sends a message and takes its echo; acknowledged says how it is sent.
func (t *interopTalk) echo(f target.Frame, acknowledged bool) error {
	op := "send"
	if acknowledged || t.lossyUDP() {
		op = "send_ack"
	}
	return t.exchange(f, op, false)
}

// lossyUDP says whether answers can be lost.
func (t *interopTalk) lossyUDP() bool { return t.lossy && t.transport == "udp" }

// exchange sends a message and takes its echo, more than once where it can be lost.
func (t *interopTalk) exchange(f target.Frame, op string, compress bool) error {
	attempts, patience := 1, recvPatience
	if t.lossyUDP() {
		attempts, patience = lossyAttempts, lossyPatience
	}
	var err error
	for range attempts {
		if err = t.send(op, f, compress); err == nil {
			var got target.Frame
			if got, err = t.recv(patience); err == nil {
				return same(f, got)
			}
		}
		var refused *refusedError
		if !errors.As(err, &refused) || refused.name != "Timeout" {
			return err
		}
	}
	return err
}

// protocolKeys are the keys of headers that an echo need not have in common with what
// was sent.
var protocolKeys = map[string]bool{
	dissect.KeyMsgID: true, dissect.KeyFragID: true, dissect.KeyFragIndex: true, dissect.KeyFragTotal: true,
	dissect.KeySessionID: true, dissect.KeyErrCode: true,
}

// same compares an echo with what was sent.
func same(sent, got target.Frame) error {
	if !bytes.Equal(sent.Payload, got.Payload) {
		return fmt.Errorf("the echo has another payload: %d octets were sent, and %d came back", len(sent.Payload), len(got.Payload))
	}
	// What the protocol puts into a message is not the application's.
	got.Headers = slices.DeleteFunc(got.Headers, func(h [2][]byte) bool { return protocolKeys[string(h[0])] })
	equal := len(sent.Headers) == len(got.Headers)
	for i := 0; equal && i < len(sent.Headers); i++ {
		equal = bytes.Equal(sent.Headers[i][0], got.Headers[i][0]) && bytes.Equal(sent.Headers[i][1], got.Headers[i][1])
	}
	if !equal {
		return fmt.Errorf("the echo has other headers: %q was sent, and %q came back", sent.Headers, got.Headers)
	}
	return nil
}

// acknowledged sends messages one after the other, each with acknowledgement, and
// takes the echoes where none can be lost.
func (t *interopTalk) acknowledged() error {
	waiting := map[string]bool{}
	for i := range ackedMessages {
		payload := fmt.Sprintf("message %d", i+1)
		waiting[payload] = true
		if err := t.send("send_ack", target.Frame{Headers: ownHeaders, Payload: []byte(payload)}, false); err != nil {
			return fmt.Errorf("message %d of %d: %w", i+1, ackedMessages, err)
		}
	}
	if t.lossyUDP() {
		return nil
	}
	for i := range ackedMessages {
		got, err := t.recv(recvPatience)
		if err != nil {
			return fmt.Errorf("echo %d of %d: %w", i+1, ackedMessages, err)
		}
		if !waiting[string(got.Payload)] {
			return fmt.Errorf("echo %d of %d is none that is waited for: %.60q", i+1, ackedMessages, got.Payload)
		}
		delete(waiting, string(got.Payload))
	}
	return nil
}

// seen waits until the tap has seen something.
func (t *interopTalk) seen(what string, there func(tap.Summary) bool) error {
	patience, cancel := context.WithTimeout(t.ctx, seenPatience)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !there(t.tap.Summary()) {
		select {
		case <-tick.C:
		case <-patience.Done():
			return fmt.Errorf("the tap did not see %s within %v", what, seenPatience)
		}
	}
	return nil
}
