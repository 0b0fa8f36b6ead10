package steps

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/vstp-project/vstp/conformance/dissect"
	"github.com/vstp-project/vstp/conformance/forge"
	"github.com/vstp-project/vstp/conformance/probe"
)

// The steps of a client under test over TCP: the judge is the server, and the
// client the target. What a client sends arrives; everything else is worded as for
// servers.
var (
	_ = step0("a client connected over TCP", func(ctx context.Context, w *world) error {
		return w.connectTCP(ctx)
	})
	_ = step0("a greeted client over TCP", func(ctx context.Context, w *world) error {
		return w.greetClient(ctx)
	})
	_ = step1("{} arrives", frame, func(ctx context.Context, w *world, line string) error {
		return w.wantFrames(ctx, []string{line}, w.reply())
	})
	_ = stepDoc("these frames arrive, in this order:", func(ctx context.Context, w *world, lines []string) error {
		return w.wantFrames(ctx, lines, w.reply())
	})
	_ = stepDoc("these frames arrive, and then the client closes the connection:", func(ctx context.Context, w *world, lines []string) error {
		return w.wantUntilEnd(ctx, lines)
	})
	_ = step1("a DATA arrives within {}, after HELLO or without", duration, func(ctx context.Context, w *world, d time.Duration) error {
		_, err := w.firstData(ctx, d)
		return err
	})
	_ = step0("HELLO arrives before any DATA", func(ctx context.Context, w *world) error {
		return w.wantHelloFirst(ctx)
	})
	_ = step0("nothing but the client's next message arrives", func(ctx context.Context, w *world) error {
		before, err := w.clientBarrier(ctx)
		if err != nil {
			return err
		}
		if len(before) > 0 {
			return &probe.Violation{Want: "nothing but the client's next message", Got: before[0].String()}
		}
		return nil
	})
	_ = step1("no {} arrives before the client's next message", typeName, func(ctx context.Context, w *world, typ string) error {
		before, err := w.clientBarrier(ctx)
		if err != nil {
			return err
		}
		for _, f := range before {
			if f.TypeName() == typ {
				return &probe.Violation{Want: "no " + typ, Got: f.String()}
			}
		}
		return nil
	})
	_ = step1("every frame that has arrived by the client's next message keeps {}", id, func(ctx context.Context, w *world, requirement string) error {
		if _, err := w.clientBarrier(ctx); err != nil {
			return err
		}
		return w.wantKept(requirement)
	})
	_ = step1("at most one ERR arrives, and it is {}", frame, func(ctx context.Context, w *world, line string) error {
		p, err := w.notation.pattern(line)
		if err != nil {
			return err
		}
		if err := w.dealtWith(ctx); err != nil {
			return err
		}
		before, err := w.clientBarrier(ctx)
		if err != nil {
			return err
		}
		return p.atMostOne(before)
	})
	_ = step0("no frame with FRAG has arrived by the client's next message", func(ctx context.Context, w *world) error {
		if _, err := w.clientBarrier(ctx); err != nil {
			return err
		}
		for _, f := range w.received {
			if f.Flags&flagFrag != 0 {
				return &probe.Violation{Want: "no frame with FRAG over TCP", Got: f.String()}
			}
		}
		return nil
	})
	_ = step0("no protocol header arrives in a message over TCP", func(ctx context.Context, w *world) error {
		before, err := w.clientBarrier(ctx)
		if err != nil {
			return err
		}
		return withoutProtocolHeaders(before)
	})
	_ = step0("the client receives these headers", func(ctx context.Context, w *world) error {
		f, err := w.clientMessage(ctx, "a DATA with as many headers")
		if err != nil {
			return err
		}
		if !sameHeaders(f, w.expected.Headers) {
			return &probe.Violation{Want: fmt.Sprintf("%d headers as they were sent", len(w.expected.Headers)), Got: fmt.Sprintf("%d headers, or others", len(f.Headers))}
		}
		return nil
	})
	_ = step1("I send {} random octets", number, func(_ context.Context, w *world, n int) error {
		return w.stream.Send(randomOctets(w.random(), n), "random octets")
	})
	_ = step0("a new connection of the client works", func(ctx context.Context, w *world) error {
		w.receiving = nil // the connection before keeps it
		return w.greetClient(ctx)
	})
	_ = step1("the last frame before the client closes the connection is {}", frame, func(ctx context.Context, w *world, line string) error {
		return w.wantLastFrame(ctx, line)
	})
	_ = step0("the client has closed the connection", func(ctx context.Context, w *world) error {
		_, err := w.wantEnd(ctx)
		return err
	})
	_ = step2("the client sends {} messages of {} octets at the same time", number, number, func(ctx context.Context, w *world, n, octets int) error {
		return w.sendAtOnce(ctx, n, octets)
	})
	_ = step1("all {} of them arrive whole", number, func(ctx context.Context, w *world, n int) error {
		return w.wantAllWhole(ctx, n)
	})
	_ = step1("DATA arrive {} times, each with another msg-id", number, func(ctx context.Context, w *world, n int) error {
		return w.wantMsgIDs(ctx, n)
	})
	_ = step0("I acknowledge the last DATA", func(_ context.Context, w *world) error {
		return w.acknowledgeLast()
	})
	_ = step1("I answer the last DATA with ERR code {}", number, func(_ context.Context, w *world, code int) error {
		msgID, err := w.lastMsgID()
		if err != nil {
			return err
		}
		f := forge.Frame{Type: typeErr, Headers: forge.KV("err-code", fmt.Sprint(code), "msg-id", msgID)}
		defer func() { w.settledAt = w.t.Elapsed() }()
		return w.sendFrame(f, fmt.Sprintf("ERR err-code=%d msg-id=%s", code, msgID))
	})
)

// connectTCP has the client connect to a port of the judge's own.
func (w *world) connectTCP(ctx context.Context) error {
	// A link leads to one listener: every connection of the case that crosses it comes there.
	if w.listener == nil || w.t.Crossing() == nil {
		listener, err := w.t.ListenTCP()
		if err != nil {
			return err
		}
		w.listener = listener
	}
	addr, err := w.t.TCPWay(w.listener.Addr())
	if err != nil {
		return err
	}
	if w.client, err = w.t.Connect(ctx, "A", "tcp", addr); err != nil {
		return w.offered(err)
	}
	w.clients["A"] = w.client
	w.stream, err = w.listener.Accept(ctx, "A", w.close())
	w.streams["A"] = w.stream
	return err
}

// greetClient has a client connect and makes sure that it works: its first message
// has to arrive, and the answer to be received. Whether HELLO comes first is left
// to the case that is about it.
func (w *world) greetClient(ctx context.Context) error {
	connect := w.connectTCP
	if w.over == "tls" {
		connect = w.connectTLS
	}
	if err := connect(ctx); err != nil {
		return err
	}
	payload := w.t.Unique("greeting")
	if err := w.clientSendsFrame(ctx, forge.Frame{Type: typeData, Payload: payload}); err != nil {
		return err
	}
	f, err := w.firstData(ctx, w.reply())
	if err != nil {
		return err
	}
	if string(f.Payload) != string(payload) {
		return &probe.Violation{Want: fmt.Sprintf("DATA '%s'", payload), Got: f.String()}
	}
	answer := w.t.Unique("answer")
	welcome := forge.Frame{Type: typeWelcome, Headers: forge.KV("session-id", fmt.Sprint(w.t.Draw()))}.Bytes()
	octets := append(welcome, forge.Frame{Type: typeData, Payload: answer}.Bytes()...)
	if err := w.stream.Send(octets, fmt.Sprintf("WELCOME · DATA '%s'", answer)); err != nil {
		return err
	}
	got, err := w.clientMessage(ctx, "the first answer")
	if err != nil {
		return err
	}
	if string(got.Payload) != string(answer) {
		return &probe.Violation{Want: fmt.Sprintf("that the client receives '%s'", answer), Got: got.String()}
	}
	w.received = nil // what the greeting draws is no answer to what a case does
	return nil
}

// firstData reads up to the first DATA, leaving aside a HELLO.
func (w *world) firstData(ctx context.Context, within time.Duration) (dissect.Frame, error) {
	deadline := time.Now().Add(within)
	for {
		f, err := w.next(ctx, time.Until(deadline), "a DATA")
		if err != nil || f.Type == typeData {
			return f, err
		}
		if f.Type != typeHello {
			return f, &probe.Violation{Want: "a DATA, with a HELLO before it", Got: f.String()}
		}
	}
}

func (w *world) wantHelloFirst(ctx context.Context) error {
	f, err := w.next(ctx, w.reply(), "HELLO")
	if err != nil {
		return err
	}
	if f.Type != typeHello {
		return &probe.Violation{Want: "HELLO before any other frame", Got: f.String()}
	}
	_, err = w.firstData(ctx, w.reply())
	return err
}

// clientBarrier has the client send a message of its own and returns what arrives
// before it: what it was asked to send before has left by then.
func (w *world) clientBarrier(ctx context.Context) ([]dissect.Frame, error) {
	payload := w.t.Unique("sentinel")
	if err := w.clientSendsFrame(ctx, forge.Frame{Type: typeData, Payload: payload}); err != nil {
		return nil, err
	}
	var before []dissect.Frame
	deadline := time.Now().Add(w.reply())
	for {
		f, err := w.next(ctx, time.Until(deadline), "the client's next message")
		if err != nil {
			return before, err
		}
		if f.Type == typeData && string(f.Payload) == string(payload) {
			return before, nil
		}
		before = append(before, f)
	}
}

// dealtWith waits until the client has come to a sentinel, whatever it reports before:
// what it sends of its own accord about what came earlier is on its way by then, and
// ahead of its next message.
func (w *world) dealtWith(ctx context.Context) error {
	payload := w.t.Unique("sentinel")
	if err := w.sendPlain(payload); err != nil {
		return err
	}
	for deadline := time.Now().Add(w.reply()); time.Now().Before(deadline); {
		answer, err := w.clientGets(ctx, w.reply())
		if err != nil {
			return err
		}
		if answer.Error == "ConnectionClosed" {
			break
		}
		if !answer.OK {
			continue
		}
		f, err := answer.Frame()
		if err != nil {
			return probe.Malformed("recv", err)
		}
		if bytes.Equal(f.Payload, payload) {
			return nil
		}
	}
	return &probe.Violation{Want: "that the client receives the sentinel", Got: "it does not", Timing: true}
}

// sendAtOnce begins many sends before it waits for any of them.
func (w *world) sendAtOnce(ctx context.Context, n, octets int) error {
	var begun []*probe.Pending
	for i := range n {
		payload := make([]byte, octets)
		for j := range payload {
			payload[j] = byte(i)
		}
		begun = append(begun, w.clientBegins(ctx, "send", forge.Frame{Type: typeData, Payload: payload}))
	}
	for _, p := range begun {
		answer, err := p.Wait(ctx, w.takes(n*octets))
		if err != nil {
			return w.offered(err)
		}
		if !answer.OK {
			return &probe.Violation{Want: "that the client sends it", Got: said(answer)}
		}
	}
	w.expected = forge.Frame{Type: typeData, Payload: make([]byte, octets)}
	return nil
}

// wantAllWhole wants the messages of sendAtOnce, in any order, each once and none
// mixed with another.
func (w *world) wantAllWhole(ctx context.Context, n int) error {
	seen := map[byte]bool{}
	for len(seen) < n {
		f, err := w.next(ctx, w.takes(n*len(w.expected.Payload)), fmt.Sprintf("%d messages", n))
		if err != nil {
			return err
		}
		if f.Type != typeData {
			continue
		}
		if len(f.Payload) != len(w.expected.Payload) {
			return &probe.Violation{Want: fmt.Sprintf("messages of %d octets", len(w.expected.Payload)), Got: f.String()}
		}
		for _, octet := range f.Payload {
			if octet != f.Payload[0] {
				return &probe.Violation{Want: "each message whole", Got: "octets of several in one: " + f.String()}
			}
		}
		if seen[f.Payload[0]] {
			return &probe.Violation{Want: "each message once", Got: fmt.Sprintf("message %d again", f.Payload[0])}
		}
		seen[f.Payload[0]] = true
	}
	return nil
}

// wantMsgIDs reads messages that ask for an ACK and wants their msg-ids to differ.
func (w *world) wantMsgIDs(ctx context.Context, n int) error {
	seen := map[string]bool{}
	for len(seen) < n {
		f, err := w.nextFrame(ctx, fmt.Sprintf("%d DATA", n))
		if err != nil {
			return err
		}
		if f.Type != typeData {
			continue
		}
		msgID, ok := f.Header("msg-id")
		if !ok {
			return &probe.Violation{Want: "a DATA with a msg-id", Got: f.String()}
		}
		if seen[string(msgID)] {
			return &probe.Violation{Want: "another msg-id for another message", Got: fmt.Sprintf("msg-id %s again", msgID)}
		}
		seen[string(msgID)] = true
	}
	return nil
}

// nextFrame is the next frame over the transport in use.
func (w *world) nextFrame(ctx context.Context, want string) (dissect.Frame, error) {
	if w.stream != nil {
		return w.next(ctx, w.reply(), want)
	}
	d, err := w.wantAnyDatagram(ctx, w.reply(), want)
	return d.Frame, err
}

// sendFrame sends a frame of the judge over the transport in use.
func (w *world) sendFrame(f forge.Frame, text string) error {
	if w.stream != nil {
		return w.stream.Send(f.Bytes(), text)
	}
	return w.socket.Send(f.Bytes(), text)
}

// withoutProtocolHeaders looks at messages that were given headers of the protocol:
// the client may have refused them, or sent them without.
func withoutProtocolHeaders(frames []dissect.Frame) error {
	for _, f := range frames {
		for _, h := range f.Headers {
			if f.Type == typeData && slices.Contains(protocolKeys, string(h.Key)) {
				return &probe.Violation{Want: "a message without the protocol's headers, or none", Got: f.String()}
			}
		}
	}
	return nil
}

// lastMsgID is the msg-id of the DATA that arrived last.
func (w *world) lastMsgID() (string, error) {
	for i := len(w.received) - 1; i >= 0; i-- {
		if f := w.received[i]; f.Type == typeData {
			msgID, ok := f.Header("msg-id")
			if !ok {
				return "", &probe.Violation{Want: "a DATA with a msg-id", Got: f.String()}
			}
			return string(msgID), nil
		}
	}
	return "", fmt.Errorf("no DATA has arrived")
}

func (w *world) acknowledgeLast() error {
	msgID, err := w.lastMsgID()
	if err != nil {
		return err
	}
	defer func() { w.settledAt = w.t.Elapsed() }()
	return w.sendFrame(forge.Frame{Type: typeAck, Headers: forge.KV("msg-id", msgID)}, "ACK msg-id="+msgID)
}
