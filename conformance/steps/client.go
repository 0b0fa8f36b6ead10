package steps

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/vstp-project/vstp/conformance/dissect"
	"github.com/vstp-project/vstp/conformance/forge"
	"github.com/vstp-project/vstp/conformance/probe"
	"github.com/vstp-project/vstp/conformance/target"
)

// longWait is how long a client is asked to wait for a message while a case does
// something else: longer than any of them takes.
const longWait = 60 * time.Second

// silence is how long a client is asked for a message that must not come, once
// everything sent before has been dealt with.
const silence = 300 * time.Millisecond

// The steps that are alike over both transports: what the client is asked to do,
// and what it says of it.
var (
	_ = step1("the client sends {}", frame, func(ctx context.Context, w *world, line string) error {
		return w.clientSends(ctx, line)
	})
	_ = stepDoc("the client sends, one after another:", func(ctx context.Context, w *world, lines []string) error {
		for _, line := range lines {
			if err := w.clientSends(ctx, line); err != nil {
				return err
			}
		}
		return nil
	})
	_ = step1("the client is asked to send {}", frame, func(ctx context.Context, w *world, line string) error {
		f, err := w.frameOf(line)
		if err != nil {
			return err
		}
		return w.clientAsked(ctx, f)
	})
	_ = step1("the client is asked to send a DATA with a header section of {} octets", number, func(ctx context.Context, w *world, n int) error {
		return w.clientAsked(ctx, forge.Frame{Type: typeData, Headers: headersFilling(n), Payload: []byte("x")})
	})
	_ = step0("it is refused", func(_ context.Context, w *world) error {
		if w.answer.OK {
			return &probe.Violation{Want: "that it is refused", Got: "it was sent"}
		}
		return nil
	})
	_ = step1("the client sends with acknowledgement {}", frame, func(ctx context.Context, w *world, line string) error {
		f, err := w.frameOf(line)
		if err != nil {
			return err
		}
		w.pending = append(w.pending, w.clientBegins(ctx, "send_ack", f))
		return nil
	})
	_ = step2("the client sends with acknowledgement {} times {}", number, frame, func(ctx context.Context, w *world, n int, line string) error {
		f, err := w.frameOf(line)
		if err != nil {
			return err
		}
		for range n {
			w.pending = append(w.pending, w.clientBegins(ctx, "send_ack", f))
		}
		return nil
	})
	_ = step0("the send succeeds", func(ctx context.Context, w *world) error {
		answer, err := w.sendEnds(ctx, w.reply())
		if err != nil {
			return err
		}
		if !answer.OK {
			return &probe.Violation{Want: "that the send succeeds", Got: said(answer), Timing: answer.Error == "Timeout"}
		}
		return nil
	})
	_ = step1("the send fails with the peer's {}", errorName, func(ctx context.Context, w *world, name string) error {
		answer, err := w.sendEnds(ctx, w.reply())
		if err != nil {
			return err
		}
		return wantSaid(answer, name, true)
	})
	_ = step0("the send has not ended", func(_ context.Context, w *world) error {
		if len(w.pending) == 0 {
			return errors.New("no send is under way")
		}
		if w.pending[0].Ended() {
			return &probe.Violation{Want: "that the send goes on", Got: "it has ended"}
		}
		return nil
	})
	_ = step0("the send goes on past a sentinel", func(ctx context.Context, w *world) error {
		return w.wantGoingOn(ctx)
	})
	_ = step1("the send fails with Timeout within {} on the client's clock", duration, func(ctx context.Context, w *world, d time.Duration) error {
		answer, err := w.sendEnds(ctx, w.t.Scaled(d)+w.reply())
		if err != nil {
			return err
		}
		return wantSaid(answer, "Timeout", false)
	})
	_ = step0("the client still receives and sends", func(ctx context.Context, w *world) error {
		return w.wantAtWork(ctx)
	})
	_ = step0("the client waits for a message", func(ctx context.Context, w *world) error {
		if w.receiving != nil {
			return errors.New("the client waits already")
		}
		w.receiving = w.client.Begin(ctx, "recv", map[string]any{"timeout_ms": longWait.Milliseconds()})
		return nil
	})
	_ = step1("the client receives {}", frame, func(ctx context.Context, w *world, line string) error {
		return w.clientReceives(ctx, line)
	})
	_ = stepDoc("the client receives, in this order:", func(ctx context.Context, w *world, lines []string) error {
		for _, line := range lines {
			if err := w.clientReceives(ctx, line); err != nil {
				return err
			}
		}
		return nil
	})
	_ = step1("the client reports {}", errorName, func(ctx context.Context, w *world, name string) error {
		answer, err := w.clientGets(ctx, w.reply())
		if err != nil {
			return err
		}
		return wantSaid(answer, name, false)
	})
	_ = step1("the client reports the peer's {}", errorName, func(ctx context.Context, w *world, name string) error {
		answer, err := w.clientGets(ctx, w.reply())
		if err != nil {
			return err
		}
		return wantSaid(answer, name, true)
	})
	_ = step0("the client receives nothing but a sentinel", func(ctx context.Context, w *world) error {
		return w.wantOnlySentinelReceived(ctx)
	})
	_ = step0("the client receives no message", func(ctx context.Context, w *world) error {
		return w.wantNoMessage(ctx)
	})
	_ = step0("the client closes the connection", func(ctx context.Context, w *world) error {
		w.closing = w.client.Begin(ctx, "close", nil)
		return nil
	})
	_ = step0("closing succeeds", func(ctx context.Context, w *world) error {
		answer, err := w.closing.Wait(ctx, w.close()+w.reply())
		if err != nil {
			return w.offered(err)
		}
		if !answer.OK {
			return &probe.Violation{Want: "that closing succeeds", Got: said(answer)}
		}
		return nil
	})
)

// errorName is one of the error names of the specification.
var errorName = param[string]{`([A-Z][A-Za-z]+)`, verbatim}

// sendArgs are the arguments of a send. What a client does on its own is left out
// of the request: an adapter has to know nothing but DATA.
func sendArgs(f forge.Frame) map[string]any {
	a := target.Frame{Version: 1, Type: f.Type, Flags: f.Flags, Payload: f.Payload, Headers: [][2][]byte{}}
	for _, h := range f.Headers {
		a.Headers = append(a.Headers, [2][]byte{h.Key, h.Value})
	}
	return map[string]any{"frame": a}
}

func (w *world) clientBegins(ctx context.Context, op string, f forge.Frame) *probe.Pending {
	args := sendArgs(f)
	if w.destination != "" {
		args["destination"] = w.destination
	}
	return w.client.Begin(ctx, op, args)
}

// takes is how long a client may take to hand a message over to its system: the
// fragments of a long one are paced, and a request of many octets takes time to be
// read.
func (w *world) takes(octets int) time.Duration {
	const perSecond = 2 << 20 // on a busy host
	return w.reply() + time.Duration(octets)*time.Second/perSecond
}

// clientSends has the client send a message, which has to succeed.
func (w *world) clientSends(ctx context.Context, line string) error {
	f, err := w.frameOf(line)
	if err != nil {
		return err
	}
	return w.clientSendsFrame(ctx, f)
}

func (w *world) clientSendsFrame(ctx context.Context, f forge.Frame) error {
	answer, err := w.clientBegins(ctx, "send", f).Wait(ctx, w.takes(len(f.Payload)))
	if err != nil {
		return w.offered(err)
	}
	if !answer.OK {
		return &probe.Violation{Want: "that the client sends it", Got: said(answer)}
	}
	return nil
}

// clientAsked asks for a send that may be refused, and keeps the answer. What the
// interface behind an adapter has no way to ask for is refused as well.
func (w *world) clientAsked(ctx context.Context, f forge.Frame) error {
	answer, err := w.clientBegins(ctx, "send", f).Wait(ctx, w.takes(len(f.Payload)))
	if unsupported := (*probe.Unsupported)(nil); err != nil && !errors.As(err, &unsupported) {
		return err
	}
	w.answer = answer
	return nil
}

// offered makes a violation of an operation that is not offered after all.
func (w *world) offered(err error) error {
	if u := (*probe.Unsupported)(nil); errors.As(err, &u) {
		return &probe.Violation{Requirement: "OBS-4", Want: "an operation that the declared capabilities promise", Got: u.Error()}
	}
	return err
}

// sendEnds waits for the end of the acknowledged send that was begun first.
func (w *world) sendEnds(ctx context.Context, within time.Duration) (target.Answer, error) {
	if len(w.pending) == 0 {
		return target.Answer{}, errors.New("no send is under way")
	}
	answer, err := w.pending[0].Wait(ctx, within)
	if err != nil {
		return answer, w.offered(err)
	}
	w.ended, w.pending = w.pending[0], w.pending[1:]
	return answer, nil
}

// clientGets is what the client receives next: a message, or an error that it
// reports.
func (w *world) clientGets(ctx context.Context, within time.Duration) (target.Answer, error) {
	p := w.receiving
	if w.receiving = nil; p == nil {
		p = w.client.Begin(ctx, "recv", map[string]any{"timeout_ms": within.Milliseconds()})
	}
	answer, err := p.Wait(ctx, within+w.reply())
	return answer, w.offered(err)
}

func (w *world) clientReceives(ctx context.Context, line string) error {
	p, err := w.notation.pattern(line)
	if err != nil {
		return err
	}
	f, err := w.clientMessage(ctx, line)
	if err != nil {
		return err
	}
	if m := p.mismatch(f); m != "" {
		return &probe.Violation{Want: "that the client receives " + line, Got: fmt.Sprintf("%v: %s", f, m)}
	}
	return nil
}

// clientMessage is the message that the client receives next.
func (w *world) clientMessage(ctx context.Context, want string) (dissect.Frame, error) {
	answer, err := w.clientGets(ctx, w.reply())
	if err != nil {
		return dissect.Frame{}, err
	}
	if !answer.OK {
		return dissect.Frame{}, &probe.Violation{Want: "that the client receives " + want, Got: said(answer), Timing: answer.Error == "Timeout"}
	}
	if w.source = ""; answer.Has("source") {
		if w.source, err = answer.String("source"); err != nil {
			return dissect.Frame{}, probe.Malformed("recv", err)
		}
	}
	f, err := answer.Frame()
	if err != nil {
		return dissect.Frame{}, probe.Malformed("recv", err)
	}
	return asReceived(f), nil
}

// asReceived is a message that a client was given, as a frame to compare.
func asReceived(f target.Frame) dissect.Frame {
	d := dissect.Frame{Version: f.Version, Type: f.Type, Flags: f.Flags, Payload: f.Payload}
	whole := forge.Frame{Type: f.Type, Flags: f.Flags, Payload: f.Payload}
	for _, h := range f.Headers {
		d.Headers = append(d.Headers, dissect.Header{Key: h[0], Value: h[1]})
		whole.Headers = append(whole.Headers, forge.Header{Key: h[0], Value: h[1]})
	}
	d.Raw = whole.Bytes() // for the record: it is never looked at
	return d
}

// sendPlain sends a DATA of the judge over the transport in use.
func (w *world) sendPlain(payload []byte) error {
	octets, text := forge.Frame{Type: typeData, Payload: payload}.Bytes(), fmt.Sprintf("DATA '%s'", payload)
	if w.stream != nil {
		return w.stream.Send(octets, text)
	}
	return w.socket.Send(octets, text)
}

// wantOnlySentinelReceived proves by a sentinel that nothing sent before it has
// reached the application: the client has to receive the sentinel first.
func (w *world) wantOnlySentinelReceived(ctx context.Context) error {
	payload := w.t.Unique("sentinel")
	if err := w.sendPlain(payload); err != nil {
		return err
	}
	f, err := w.clientMessage(ctx, "the sentinel")
	if err != nil {
		return err
	}
	if !bytes.Equal(f.Payload, payload) {
		return &probe.Violation{Want: "that the client receives nothing but the sentinel", Got: f.String()}
	}
	if w.stream != nil {
		return nil
	}
	// Datagrams may overtake each other.
	answer, err := w.client.Begin(ctx, "recv", map[string]any{"timeout_ms": silence.Milliseconds()}).Wait(ctx, silence+w.reply())
	if err != nil {
		return w.offered(err)
	}
	return wantSaid(answer, "Timeout", false)
}

// wantNoMessage wants the client to receive no message that was sent before a
// sentinel: neither does a fault that ends the connection deliver one.
func (w *world) wantNoMessage(ctx context.Context) error {
	payload := w.t.Unique("sentinel")
	if err := w.sendPlain(payload); err != nil {
		return err
	}
	for range mostErrors {
		answer, err := w.clientGets(ctx, w.close())
		if err != nil {
			return err
		}
		if !answer.OK {
			switch {
			case answer.Error == "Timeout":
				return &probe.Violation{Want: "that the client receives the sentinel, or reports the end of the connection", Got: "neither", Timing: true}
			case answer.Error == "ConnectionClosed":
				return nil
			}
			continue // the fault itself, or what an ERR reported
		}
		f, err := answer.Frame()
		if err != nil {
			return probe.Malformed("recv", err)
		}
		if bytes.Equal(f.Payload, payload) {
			return nil
		}
		return &probe.Violation{Want: "that the client does not receive it", Got: asReceived(f).String()}
	}
	return tooManyErrors(mostErrors)
}

// How many errors a client may report, one after another, in place of a message: more
// than a case gives occasion to, and more than the datagrams of a flood, each of which
// may be a good ERR.
const (
	mostErrors      = 16
	mostFloodErrors = 500
)

func tooManyErrors(most int) error {
	return &probe.Violation{Want: "that the client reports each error once", Got: fmt.Sprintf("%d errors without a message between them", most)}
}

// said is an answer in words.
func said(a target.Answer) string {
	if a.OK {
		if f, err := a.Frame(); err == nil {
			return "the message " + asReceived(f).String()
		}
		return "success"
	}
	text := "the error " + a.Error
	if a.Remote() {
		text = "the peer's error " + a.Error
	}
	if a.Message != "" {
		text += ": " + probe.Shorten(a.Message)
	}
	return text
}

// wantSaid wants an error by its name, and from where it is.
func wantSaid(a target.Answer, name string, fromPeer bool) error {
	if !a.OK && a.Error == name && a.Remote() == fromPeer {
		return nil
	}
	want := "the error " + name
	if fromPeer {
		want = "the peer's error " + name
	}
	return &probe.Violation{Want: want, Got: said(a), Timing: a.Error == "Timeout"}
}

// wantGoingOn wants the send under way not to have ended once a good exchange has
// been made: what was sent before it has been dealt with.
func (w *world) wantGoingOn(ctx context.Context) error {
	if err := w.wantOnlySentinelReceived(ctx); err != nil {
		return err
	}
	if len(w.pending) == 0 || w.pending[0].Ended() {
		return &probe.Violation{Want: "that the send goes on", Got: "it has ended"}
	}
	return nil
}

// wantAtWork makes a good exchange in both directions, whatever else the client
// received before.
func (w *world) wantAtWork(ctx context.Context) error {
	payload := w.t.Unique("sentinel")
	if err := w.sendPlain(payload); err != nil {
		return err
	}
	arrived := false
	for range mostFloodErrors {
		answer, err := w.clientGets(ctx, w.reply())
		if err != nil {
			return err
		}
		if answer.Error == "Timeout" || answer.Error == "ConnectionClosed" {
			return &probe.Violation{Want: "that the client receives the sentinel", Got: said(answer), Timing: answer.Error == "Timeout"}
		}
		if !answer.OK {
			continue
		}
		f, err := answer.Frame()
		if err != nil {
			return probe.Malformed("recv", err)
		}
		if arrived = bytes.Equal(f.Payload, payload); arrived {
			break
		}
	}
	if !arrived {
		return tooManyErrors(mostFloodErrors)
	}
	if w.stream != nil {
		_, err := w.clientBarrier(ctx)
		return err
	}
	_, err := w.peerBarrier(ctx)
	return err
}
