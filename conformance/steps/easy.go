package steps

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/vstp-project/vstp/conformance/dissect"
	"github.com/vstp-project/vstp/conformance/forge"
	"github.com/vstp-project/vstp/conformance/probe"
)

// value is a JSON text, up to the words that follow it in the step.
var value = param[json.RawMessage]{`(.+?)`, func(s string) (json.RawMessage, error) {
	if !json.Valid([]byte(s)) {
		return nil, fmt.Errorf("%s is no JSON text", s)
	}
	return json.RawMessage(s), nil
}}

// The steps of Easy endpoints. A server is sent frames as anywhere else; what comes back
// is compared as JSON. A client takes and yields values.
var (
	_ = step0("a served Easy connection", func(ctx context.Context, w *world) error {
		return w.dialEasy(ctx, "A")
	})
	_ = step0("a served Easy socket", func(ctx context.Context, w *world) error {
		return w.listenEasy(ctx, "A")
	})
	_ = step1("another served Easy socket {}", name, func(ctx context.Context, w *world, n string) error {
		return w.listenEasy(ctx, n)
	})
	_ = step1("the value {} comes back", value, func(ctx context.Context, w *world, v json.RawMessage) error {
		return w.wantValue(ctx, v, w.reply())
	})
	_ = step2("the value {} comes back within {}", value, duration, func(ctx context.Context, w *world, v json.RawMessage, d time.Duration) error {
		return w.wantValue(ctx, v, d)
	})
	_ = step0("nothing but the value of a sentinel comes back", func(ctx context.Context, w *world) error {
		return w.wantOnlyValueSentinel(ctx)
	})
	_ = step0("no value but that of a sentinel comes back", func(ctx context.Context, w *world) error {
		frames, err := w.valueSentinel(ctx)
		if err != nil {
			return err
		}
		for _, f := range frames {
			if f.Type == typeData {
				return &probe.Violation{Want: "no DATA but that of the sentinel", Got: f.String()}
			}
		}
		return nil
	})
	_ = step1("all frames that answer it have at most {} octets", number, func(ctx context.Context, w *world, most int) error {
		return w.wantShort(ctx, most)
	})

	_ = step0("an Easy client over TCP", func(ctx context.Context, w *world) error {
		return w.easyClientTCP(ctx)
	})
	_ = step0("an Easy client over UDP", func(ctx context.Context, w *world) error {
		return w.easyClientUDP(ctx)
	})
	_ = step1("the client sends the value {}", value, func(ctx context.Context, w *world, v json.RawMessage) error {
		return w.clientSendsValue(ctx, v)
	})
	_ = step1("the value {} arrives", value, func(ctx context.Context, w *world, v json.RawMessage) error {
		return w.wantValue(ctx, v, w.reply())
	})
	_ = step1("the client receives the value {}", value, func(ctx context.Context, w *world, v json.RawMessage) error {
		return w.clientReceivesValue(ctx, v, w.reply())
	})
	_ = step1("a receive of the client that waits for {} fails with Timeout", duration, func(ctx context.Context, w *world, d time.Duration) error {
		return w.wantReceiveTimeout(ctx, d)
	})
)

// greetingPrefix begins every value that only sets the scene.
const greetingPrefix = "greeting"

// jsonString is a text as JSON.
func jsonString(text []byte) json.RawMessage { return fmt.Appendf(nil, "%q", text) }

// easyData is a DATA with a value, labelled as it should be.
func easyData(v json.RawMessage) ([]byte, string) {
	f := forge.Frame{Type: typeData, Headers: forge.KV("content-type", "application/json"), Payload: v}
	return f.Bytes(), fmt.Sprintf("DATA content-type=application/json '%s'", v)
}

// carries says whether a frame is a DATA with a value equal to v.
func carries(f dissect.Frame, v json.RawMessage) bool {
	return f.Type == typeData && jsonEqual(f.Payload, v)
}

// isSceneSetting says whether a frame answers what was sent to set the scene.
func isSceneSetting(f dissect.Frame) bool {
	var s string
	if f.Type == typePong {
		return strings.HasPrefix(string(f.Payload), "ping-")
	}
	return f.Type == typeData && json.Unmarshal(f.Payload, &s) == nil && strings.HasPrefix(s, greetingPrefix)
}

// otherValue is the violation of a DATA that does not carry the one value that was sent.
func otherValue(v json.RawMessage, got dissect.Frame) error {
	return &probe.Violation{Requirement: "EASY-1", Want: fmt.Sprintf("a DATA whose payload is the JSON text of the value %s", v), Got: got.String()}
}

// dialEasy opens a connection to the Easy endpoint and makes sure that it serves: HELLO
// is part of that, for who sends every octet back would return the value too.
func (w *world) dialEasy(ctx context.Context, n string) error {
	s, err := w.t.DialEasy(ctx, n)
	if err != nil {
		return err
	}
	w.stream, w.streams[n] = s, s
	v := jsonString(w.t.Unique(greetingPrefix))
	data, text := easyData(v)
	if err := s.Send(append(forge.Frame{Type: typeHello}.Bytes(), data...), "HELLO · "+text); err != nil {
		return err
	}
	before, err := w.untilValue(ctx, v)
	if i := slices.IndexFunc(before, func(f dissect.Frame) bool { return f.Type == typeData }); i >= 0 {
		return otherValue(v, before[i])
	}
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(before, func(f dissect.Frame) bool { return f.Type == typeWelcome }) {
		return &probe.Violation{Requirement: "TCP-1", Want: "WELCOME in answer to HELLO, ahead of the value", Got: w.instead(before, "the value alone")}
	}
	w.received = nil
	return nil
}

// listenEasy opens a socket for the Easy endpoint and makes sure that it serves: a PING is
// part of that, for who sends every datagram back would return the value too. Loopback may
// lose a datagram, so there are three attempts.
func (w *world) listenEasy(ctx context.Context, n string) error {
	s, err := w.t.ListenEasy(n, nil)
	if err != nil {
		return err
	}
	w.socket, w.sockets[n] = s, s
	ping := w.t.Unique("ping")
	answered, ponged := false, false
	for range 3 {
		v := jsonString(w.t.Unique(greetingPrefix))
		data, text := easyData(v)
		if err := s.Send(data, text); err != nil {
			return err
		}
		if err := s.Send(forge.Frame{Type: typePing, Payload: ping}.Bytes(), fmt.Sprintf("PING '%s'", ping)); err != nil {
			return err
		}
		others, err := w.datagramsUntil(ctx, w.reply()/2, func(d probe.Datagram) bool {
			answered = answered || d.Frame.Type == typeData && isSceneSetting(d.Frame)
			ponged = ponged || d.Frame.Type == typePong && string(d.Frame.Payload) == string(ping)
			return answered && ponged
		})
		if slices.ContainsFunc(w.received, func(f dissect.Frame) bool { return f.Type == typePing && string(f.Payload) == string(ping) }) {
			return &probe.Violation{Requirement: "UDP-8", Want: fmt.Sprintf("PONG '%s' in answer to the PING", ping), Got: "the same PING, sent back"}
		}
		if i := slices.IndexFunc(others, func(d probe.Datagram) bool { return d.Frame.Type == typeData && !isSceneSetting(d.Frame) }); i >= 0 {
			return otherValue(v, others[i].Frame)
		}
		if !errors.Is(err, probe.ErrNothing) {
			w.received = nil
			return err
		}
	}
	return &probe.Violation{Want: "the value of a greeting, and PONG for a PING", Got: "not both of them, in three attempts", Timing: true}
}

// untilValue reads frames of the connection until a value comes, and returns those that
// came before it.
func (w *world) untilValue(ctx context.Context, v json.RawMessage) ([]dissect.Frame, error) {
	var before []dissect.Frame
	deadline := time.Now().Add(w.reply())
	for {
		f, err := w.next(ctx, time.Until(deadline), "the value "+string(v))
		if err != nil {
			return before, err
		}
		if carries(f, v) {
			return before, nil
		}
		before = append(before, f)
	}
}

// wantValue wants a value: over TCP in the next frame, over UDP in one of the datagrams
// that come; what else comes there is left for later steps.
func (w *world) wantValue(ctx context.Context, v json.RawMessage, within time.Duration) error {
	want := fmt.Sprintf("a DATA with the value %s", v)
	if w.stream != nil {
		f, err := w.next(ctx, within, want)
		if err != nil {
			return err
		}
		if !carries(f, v) {
			return &probe.Violation{Want: want, Got: f.String()}
		}
		return nil
	}
	others, err := w.datagramsUntil(ctx, within, func(d probe.Datagram) bool { return carries(d.Frame, v) })
	var kept []probe.Datagram
	for _, d := range others {
		if !isSceneSetting(d.Frame) { // the answer to one that was repeated
			kept = append(kept, d)
		}
	}
	if errors.Is(err, probe.ErrNothing) {
		got := "nothing"
		if len(kept) > 0 {
			got = kept[0].Frame.String()
		}
		return &probe.Violation{Want: fmt.Sprintf("%s within %v", want, within), Got: got, Timing: true}
	}
	w.unread[w.socket] = append(kept, w.unread[w.socket]...)
	return err
}

// valueSentinel sends a value that no other exchange contains and returns what comes
// before it; over UDP it watches a while longer, for what was overtaken.
func (w *world) valueSentinel(ctx context.Context) ([]dissect.Frame, error) {
	v := jsonString(w.t.Unique("sentinel"))
	data, text := easyData(v)
	if w.stream != nil {
		if err := w.stream.Send(data, text); err != nil {
			return nil, err
		}
		return w.untilValue(ctx, v)
	}
	if err := w.socket.Send(data, text); err != nil {
		return nil, err
	}
	others, err := w.datagramsUntil(ctx, w.reply(), func(d probe.Datagram) bool { return carries(d.Frame, v) })
	if errors.Is(err, probe.ErrNothing) {
		return nil, &probe.Violation{Want: fmt.Sprintf("the value %s within %v", v, w.reply()), Got: "nothing", Timing: true}
	}
	if err != nil {
		return nil, err
	}
	late, err := w.datagramsUntil(ctx, max(afterSentinel, w.ackBy-w.t.Elapsed()), func(probe.Datagram) bool { return false })
	if !errors.Is(err, probe.ErrNothing) {
		return nil, err
	}
	var frames []dissect.Frame
	for _, d := range append(others, late...) {
		if !isSceneSetting(d.Frame) {
			frames = append(frames, d.Frame)
		}
	}
	return frames, nil
}

func (w *world) wantOnlyValueSentinel(ctx context.Context) error {
	frames, err := w.valueSentinel(ctx)
	if err != nil {
		return err
	}
	if len(frames) > 0 {
		return &probe.Violation{Want: "nothing but the value of the sentinel", Got: frames[0].String()}
	}
	return nil
}

// wantShort wants an answer, and that all that is sent for the stimulus before has no
// more octets than so many.
func (w *world) wantShort(ctx context.Context, most int) error {
	frames, err := w.valueSentinel(ctx)
	if err != nil {
		return err
	}
	if len(frames) == 0 {
		return &probe.NotExercised{Cause: probe.CauseTarget, Reason: "nothing was sent in answer"}
	}
	total := 0
	for _, f := range frames {
		total += len(f.Raw)
	}
	if total > most {
		return &probe.Violation{Want: fmt.Sprintf("at most %d octets in answer", most), Got: fmt.Sprintf("%d, the first frame being %v", total, frames[0])}
	}
	return nil
}

// easyClientTCP has a client connect to an Easy endpoint of the judge's and makes sure
// that it works.
func (w *world) easyClientTCP(ctx context.Context) error {
	listener, err := w.t.ListenTCP()
	if err != nil {
		return err
	}
	w.listener = listener
	if w.client, err = w.t.Connect(ctx, "A", "easy-tcp", listener.Addr()); err != nil {
		return w.offered(err)
	}
	w.clients["A"] = w.client
	if w.stream, err = listener.Accept(ctx, "A", w.close()); err != nil {
		return err
	}
	w.streams["A"] = w.stream
	v := jsonString(w.t.Unique(greetingPrefix))
	if err := w.clientSendsValue(ctx, v); err != nil {
		return err
	}
	f, err := w.firstData(ctx, w.reply())
	if err != nil {
		return err
	}
	if !carries(f, v) {
		return otherValue(v, f)
	}
	welcome := forge.Frame{Type: typeWelcome, Headers: forge.KV("session-id", fmt.Sprint(w.t.Draw()))}.Bytes()
	data, text := easyData(v)
	if err := w.stream.Send(append(welcome, data...), "WELCOME · "+text); err != nil {
		return err
	}
	err = w.clientReceivesValue(ctx, v, w.reply())
	w.received = nil
	return err
}

// easyClientUDP is easyClientTCP over UDP, where a datagram may be lost: there are three
// attempts.
func (w *world) easyClientUDP(ctx context.Context) error {
	s, err := w.t.ListenUDP("A", nil)
	if err != nil {
		return err
	}
	w.socket, w.sockets["A"] = s, s
	if w.client, err = w.t.Connect(ctx, "A", "easy-udp", s.Local().String()); err != nil {
		return w.offered(err)
	}
	w.clients["A"] = w.client
	for range 3 {
		v := jsonString(w.t.Unique(greetingPrefix))
		if err := w.clientSendsValue(ctx, v); err != nil {
			return err
		}
		var from netip.AddrPort
		others, err := w.datagramsUntil(ctx, w.reply()/2, func(d probe.Datagram) bool { from = d.From; return carries(d.Frame, v) })
		if i := slices.IndexFunc(others, func(d probe.Datagram) bool { return d.Frame.Type == typeData && !isSceneSetting(d.Frame) }); i >= 0 {
			return otherValue(v, others[i].Frame)
		}
		if errors.Is(err, probe.ErrNothing) {
			continue
		}
		if err != nil {
			return err
		}
		s.Talk(from)
		data, text := easyData(v)
		if err := s.Send(data, text); err != nil {
			return err
		}
		err = w.clientReceivesValue(ctx, v, w.reply())
		w.received = nil
		return err
	}
	return &probe.Violation{Want: "a DATA of the client", Got: "nothing, in three attempts", Timing: true}
}

func (w *world) clientSendsValue(ctx context.Context, v json.RawMessage) error {
	answer, err := w.client.Begin(ctx, "send", map[string]any{"value": v}).Wait(ctx, w.takes(len(v)))
	if err != nil {
		return w.offered(err)
	}
	if !answer.OK {
		return &probe.Violation{Want: "that the client sends the value", Got: said(answer)}
	}
	return nil
}

func (w *world) clientReceivesValue(ctx context.Context, v json.RawMessage, within time.Duration) error {
	answer, err := w.clientGets(ctx, within)
	if err != nil {
		return err
	}
	want := fmt.Sprintf("that the client receives the value %s", v)
	if !answer.OK {
		return &probe.Violation{Want: want, Got: said(answer), Timing: answer.Error == "Timeout"}
	}
	got, err := answer.Value("value")
	if err != nil {
		return probe.Malformed("recv", err)
	}
	if !jsonEqual(got, v) {
		return &probe.Violation{Want: want, Got: "the value " + probe.Shorten(string(got))}
	}
	return nil
}

// early is by how much a time that was waited for may be missed: clocks are rounded.
const early = 20 * time.Millisecond

// wantReceiveTimeout wants a receive to last as long as it was told, and no longer.
func (w *world) wantReceiveTimeout(ctx context.Context, d time.Duration) error {
	began := w.t.Elapsed()
	p := w.client.Begin(ctx, "recv", map[string]any{"timeout_ms": d.Milliseconds()})
	answer, err := p.Wait(ctx, d+w.reply())
	if err != nil {
		return w.offered(err)
	}
	if answer.OK || answer.Error != "Timeout" || answer.Remote() {
		return &probe.Violation{Want: fmt.Sprintf("Timeout after %v, since nothing was sent to the client", d), Got: said(answer)}
	}
	if took := p.At() - began; took < d-early {
		return &probe.Violation{Want: fmt.Sprintf("Timeout after %v", d), Got: fmt.Sprintf("Timeout after %v", took.Round(time.Millisecond))}
	}
	return nil
}
