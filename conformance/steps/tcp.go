package steps

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/vstp-project/vstp/conformance/dissect"
	"github.com/vstp-project/vstp/conformance/forge"
	"github.com/vstp-project/vstp/conformance/probe"
)

// The frames that the judge itself needs: to greet, and as the sentinel whose
// echo proves that everything sent before it has been dealt with.
const (
	typeHello   = 1
	typeWelcome = 2
	typeData    = 3
	typePing    = 4
	typePong    = 5
	typeBye     = 6
	typeAck     = 7
	typeErr     = 8
)

// Each step is defined in a package variable, so that patterns are compiled once.
var (
	_ = step0("a TCP connection", func(ctx context.Context, w *world) error {
		return w.dial(ctx, "A")
	})
	_ = step0("a greeted TCP connection", func(ctx context.Context, w *world) error {
		return w.dialGreeted(ctx, "A")
	})
	_ = step1("another greeted TCP connection {}", name, func(ctx context.Context, w *world, n string) error {
		return w.dialGreeted(ctx, n)
	})
	_ = step1("I use connection {}", name, func(_ context.Context, w *world, n string) error {
		s, ok := w.streams[n]
		if !ok {
			return fmt.Errorf("there is no connection %s", n)
		}
		w.stream = s
		return nil
	})
	_ = step1("I send {}", frame, func(_ context.Context, w *world, line string) error {
		return w.send([]string{line})
	})
	_ = stepDoc("I send, in one write:", func(_ context.Context, w *world, lines []string) error {
		return w.send(lines)
	})
	_ = stepDoc("I send, one octet at a time:", func(ctx context.Context, w *world, lines []string) error {
		return w.sendPieces(ctx, lines, 1)
	})
	_ = step2("I send, {} octets at a time, {}", number, frame, func(ctx context.Context, w *world, n int, line string) error {
		return w.sendPieces(ctx, []string{line}, n)
	})
	_ = step2("I send {} times {}", number, frame, func(_ context.Context, w *world, n int, line string) error {
		lines := make([]string, n)
		for i := range lines {
			lines[i] = line
		}
		return w.send(lines)
	})
	_ = step0("I end my sending direction", func(_ context.Context, w *world) error {
		return w.stream.CloseWrite()
	})
	_ = step0("I reset the connection", func(_ context.Context, w *world) error {
		w.stream.Reset()
		return nil
	})
	_ = step1("{} pass on the target's clock", duration, func(ctx context.Context, w *world, d time.Duration) error {
		return w.t.Wait(ctx, w.t.Scaled(d))
	})

	_ = step1("{} comes back", frame, func(ctx context.Context, w *world, line string) error {
		return w.wantFrames(ctx, []string{line}, w.reply())
	})
	_ = step2("{} comes back within {}", frame, duration, func(ctx context.Context, w *world, line string, d time.Duration) error {
		return w.wantFrames(ctx, []string{line}, d)
	})
	_ = stepDoc("these frames come back, in this order:", func(ctx context.Context, w *world, lines []string) error {
		return w.wantFrames(ctx, lines, w.reply())
	})
	_ = stepDoc("these frames come back, in any order:", func(ctx context.Context, w *world, lines []string) error {
		return w.wantFramesAnyOrder(ctx, lines)
	})
	_ = step2("{} times {} comes back", number, frame, func(ctx context.Context, w *world, n int, line string) error {
		lines := make([]string, n)
		for i := range lines {
			lines[i] = line
		}
		return w.wantFrames(ctx, lines, w.reply())
	})
	_ = step1("nothing comes back for {}", duration, func(ctx context.Context, w *world, d time.Duration) error {
		return w.wantSilence(ctx, d)
	})
	_ = step0("nothing but the echo of a sentinel comes back", func(ctx context.Context, w *world) error {
		return w.wantOnlySentinel(ctx)
	})
	_ = step0("it has not been delivered", func(ctx context.Context, w *world) error {
		return w.wantNotDelivered(ctx)
	})
	_ = step0("it has not been delivered, and the connection is still in use", func(ctx context.Context, w *world) error {
		return w.wantStillUsed(ctx)
	})
	_ = step0("the connection is still in use", func(ctx context.Context, w *world) error {
		return w.wantStillUsed(ctx)
	})
	_ = step1("at most one ERR comes back, and it is {}", frame, func(ctx context.Context, w *world, line string) error {
		return w.wantErr(ctx, line)
	})
	_ = step1("no {} comes back", typeName, func(ctx context.Context, w *world, typ string) error {
		return w.wantNone(ctx, typ)
	})
	_ = step1("any ACK that comes back comes before {}", frame, func(ctx context.Context, w *world, line string) error {
		return w.wantAckFirst(ctx, line)
	})
	_ = step0("the target closes the connection", func(ctx context.Context, w *world) error {
		_, err := w.wantEnd(ctx)
		return err
	})
	_ = step1("the only DATA before the target closes is {}", frame, func(ctx context.Context, w *world, line string) error {
		return w.wantOnlyData(ctx, line)
	})
	_ = step1("the last frame before the target closes is {}", frame, func(ctx context.Context, w *world, line string) error {
		return w.wantLastFrame(ctx, line)
	})
	_ = stepDoc("these frames come back, and then the target closes the connection:", func(ctx context.Context, w *world, lines []string) error {
		return w.wantUntilEnd(ctx, lines)
	})
	_ = step0("a new connection is served", func(ctx context.Context, w *world) error {
		return w.dialGreeted(ctx, "Z")
	})
	_ = step1("every frame that came back keeps {}", id, func(_ context.Context, w *world, requirement string) error {
		return w.wantKept(requirement)
	})
)

func (w *world) dial(ctx context.Context, n string) error {
	s, err := w.t.DialOver(ctx, n, w.over)
	if err != nil {
		return err
	}
	w.stream, w.streams[n] = s, s
	return nil
}

// dialGreeted opens a connection and makes sure that it serves: HELLO as a
// client must send it, and a DATA whose echo has to come. The WELCOME is left to
// the cases that are about it.
func (w *world) dialGreeted(ctx context.Context, n string) error {
	if err := w.dial(ctx, n); err != nil {
		return err
	}
	payload := w.t.Unique("greeting")
	octets := append(forge.Frame{Type: typeHello}.Bytes(), greeting(payload)...)
	if err := w.stream.Send(octets, fmt.Sprintf("HELLO · DATA msg-id=1 '%s'", payload)); err != nil {
		return err
	}
	before := len(w.received)
	_, err := w.untilEcho(ctx, payload, w.reply())
	w.received = w.received[:before] // what the greeting draws is no answer to what a case sends
	return err
}

// greeting is a DATA that an echo of mere octets would answer wrongly: the echo
// application leaves the msg-id out.
func greeting(payload []byte) []byte {
	return forge.Frame{Type: typeData, Headers: forge.KV("msg-id", "1"), Payload: payload}.Bytes()
}

// isEcho says whether a frame is the echo application's answer to a DATA with the
// payload and no application headers.
func isEcho(f dissect.Frame, payload []byte) bool {
	return f.Type == typeData && string(f.Payload) == string(payload) && len(f.Headers) == 0
}

// untilEcho reads frames until the echo of a DATA with the payload comes, and
// returns those that came before it.
func (w *world) untilEcho(ctx context.Context, payload []byte, within time.Duration) ([]dissect.Frame, error) {
	var before []dissect.Frame
	limit := w.limit(within)
	want := fmt.Sprintf("the echo of DATA '%s' within %v", payload, within)
	for {
		a, err := w.takeFrame(ctx, limit.left())
		switch {
		case errors.Is(err, probe.ErrNothing):
			return before, limit.missed(want, w.instead(before, "nothing"))
		case errors.Is(err, probe.ErrEnded):
			return before, &probe.Violation{
				Want: fmt.Sprintf("the echo of DATA '%s'", payload),
				Got:  w.instead(before, "") + "the end of the stream",
			}
		case err != nil:
			return before, err
		}
		if isEcho(a.Frame, payload) {
			return before, limit.late(a.At, want)
		}
		before = append(before, a.Frame)
		w.received = append(w.received, a.Frame)
	}
}

// instead names the frames that came, for the "got" of a violation.
func (w *world) instead(frames []dissect.Frame, none string) string {
	if len(frames) == 0 {
		return none
	}
	text := ""
	for i, f := range frames {
		if i == 3 {
			text += fmt.Sprintf("%d more frames, ", len(frames)-i)
			break
		}
		text += f.String() + ", "
	}
	if none != "" {
		return text + "and no more"
	}
	return text + "then "
}

func (w *world) send(lines []string) error {
	ms, err := w.messages(lines)
	if err != nil {
		return err
	}
	var octets []byte
	for _, m := range ms {
		octets = append(octets, m.octets...)
	}
	w.sent(len(octets))
	text := joinTexts(ms)
	if len(ms) > 8 {
		text = fmt.Sprintf("%s · … (%d in all)", joinTexts(ms[:3]), len(ms))
	}
	return w.stream.Send(octets, text)
}

// sendPieces writes in pieces of n octets. Each is a write of its own with
// Nagle's algorithm off, so that the target usually sees as many segments; what
// it must do does not depend on that.
func (w *world) sendPieces(_ context.Context, lines []string, n int) error {
	ms, err := w.messages(lines)
	if err != nil {
		return err
	}
	var octets []byte
	for _, m := range ms {
		octets = append(octets, m.octets...)
	}
	w.sent(len(octets))
	for rest := octets; len(rest) > 0; {
		k := min(n, len(rest))
		if err := w.stream.Send(rest[:k], fmt.Sprintf("%d of %d octets of %s", k, len(octets), joinTexts(ms))); err != nil {
			return err
		}
		rest = rest[k:]
	}
	return nil
}

// next reads the next frame that must come within the time allowed.
func (w *world) next(ctx context.Context, within time.Duration, want string) (dissect.Frame, error) {
	limit := w.limit(within)
	timely := fmt.Sprintf("%s within %v", want, within)
	a, err := w.takeFrame(ctx, limit.left())
	switch {
	case errors.Is(err, probe.ErrNothing):
		return dissect.Frame{}, limit.missed(timely, "nothing")
	case errors.Is(err, probe.ErrEnded):
		return dissect.Frame{}, &probe.Violation{Want: want, Got: "the end of the stream"}
	case err != nil:
		return dissect.Frame{}, err
	}
	w.received = append(w.received, a.Frame)
	return a.Frame, limit.late(a.At, timely)
}

func (w *world) wantFrames(ctx context.Context, lines []string, within time.Duration) error {
	ps, err := w.patterns(lines)
	if err != nil {
		return err
	}
	for _, p := range ps {
		f, err := w.next(ctx, within, p.line)
		if err != nil {
			return err
		}
		if m := p.mismatch(f); m != "" {
			return &probe.Violation{Want: p.line, Got: fmt.Sprintf("%v: %s", f, m)}
		}
	}
	return nil
}

func (w *world) wantFramesAnyOrder(ctx context.Context, lines []string) error {
	ps, err := w.patterns(lines)
	if err != nil {
		return err
	}
	for len(ps) > 0 {
		f, err := w.next(ctx, w.reply(), ps[0].line)
		if err != nil {
			return err
		}
		i := matching(ps, f)
		if i < 0 {
			return &probe.Violation{Want: patternList(ps), Got: f.String()}
		}
		ps = append(ps[:i], ps[i+1:]...)
	}
	return nil
}

// matching is the index of the first pattern that the frame matches, or -1.
func matching(ps []pattern, f dissect.Frame) int {
	for i, p := range ps {
		if p.mismatch(f) == "" {
			return i
		}
	}
	return -1
}

func patternList(ps []pattern) string {
	text := ps[0].line
	for _, p := range ps[1:] {
		text += " or " + p.line
	}
	return text
}

// wantSilence waits on the clock: only where the requirement is about the time
// before anything was sent, and no barrier is possible.
func (w *world) wantSilence(ctx context.Context, d time.Duration) error {
	a, err := w.takeFrame(ctx, d)
	switch {
	case errors.Is(err, probe.ErrNothing):
		return nil
	case errors.Is(err, probe.ErrEnded):
		return &probe.Violation{Want: fmt.Sprintf("silence for %v", d), Got: "the end of the stream"}
	case err != nil:
		return err
	}
	return &probe.Violation{Want: fmt.Sprintf("silence for %v", d), Got: a.Frame.String()}
}

// sentinel sends a DATA that no other exchange contains and reads until its echo.
func (w *world) sentinel(ctx context.Context) (before []dissect.Frame, err error) {
	payload := w.t.Unique("sentinel")
	if err := w.stream.Send(forge.Frame{Type: typeData, Payload: payload}.Bytes(), fmt.Sprintf("DATA '%s'", payload)); err != nil {
		return nil, err
	}
	return w.untilEcho(ctx, payload, w.reply())
}

// untilBarrier returns what the target still sends up to the echo of a sentinel,
// or up to its close: for requirements that leave it free to close. A target that
// closes must still serve a new connection.
func (w *world) untilBarrier(ctx context.Context) (frames []dissect.Frame, err error) {
	payload := w.t.Unique("sentinel")
	if err := w.stream.Send(forge.Frame{Type: typeData, Payload: payload}.Bytes(), fmt.Sprintf("DATA '%s'", payload)); err != nil {
		return nil, err
	}
	limit := w.limit(w.close())
	for {
		a, err := w.takeFrame(ctx, limit.left())
		switch {
		case errors.Is(err, probe.ErrEnded):
			return frames, w.dialGreeted(ctx, "Z")
		case errors.Is(err, probe.ErrNothing):
			return frames, limit.missed("the echo of the sentinel, or the end of the stream", w.instead(frames, "nothing"))
		case err != nil:
			return frames, err
		case isEcho(a.Frame, payload):
			return frames, nil
		}
		frames = append(frames, a.Frame)
		w.received = append(w.received, a.Frame)
	}
}

// wantErr wants the ERR that comes back to be the one given, and no other. A
// target that sends none has given no occasion to judge what it says.
func (w *world) wantErr(ctx context.Context, line string) error {
	ps, err := w.patterns([]string{line})
	if err != nil {
		return err
	}
	frames, err := w.untilBarrier(ctx)
	if err != nil {
		return err
	}
	return ps[0].atMostOne(frames)
}

// atMostOne wants one frame of the pattern's type, and that it matches. Without any
// there is nothing to judge.
func (p pattern) atMostOne(frames []dissect.Frame) error {
	seen, err := p.countOnly(frames)
	if err != nil {
		return err
	}
	switch {
	case seen == 0:
		return &probe.NotExercised{Cause: probe.CauseTarget, Reason: "no ERR came back"}
	case seen > 1:
		return &probe.Violation{Want: "one " + p.line, Got: fmt.Sprintf("%d of them", seen)}
	}
	return nil
}

// countOnly counts the frames of the pattern's type, all of which have to match.
func (p pattern) countOnly(frames []dissect.Frame) (seen int, err error) {
	for _, f := range frames {
		if f.Type != p.typ {
			continue
		}
		if m := p.mismatch(f); m != "" {
			return seen, &probe.Violation{Want: fmt.Sprintf("%s and no other %s", p.line, f.TypeName()), Got: fmt.Sprintf("%v: %s", f, m)}
		}
		seen++
	}
	return seen, nil
}

// wantNone is the barrier for a requirement that forbids one type of answer and
// leaves the others free.
func (w *world) wantNone(ctx context.Context, typ string) error {
	frames, err := w.untilBarrier(ctx)
	if err != nil {
		return err
	}
	for _, f := range frames {
		if f.TypeName() == typ {
			return &probe.Violation{Want: "no " + typ, Got: f.String()}
		}
	}
	return nil
}

// wantAckFirst wants the frame given, and every ACK ahead of it. A target that
// sends no ACK has given no occasion to judge their order.
func (w *world) wantAckFirst(ctx context.Context, line string) error {
	ps, err := w.patterns([]string{line})
	if err != nil {
		return err
	}
	frames, err := w.untilBarrier(ctx)
	if err != nil {
		return err
	}
	acks, answered := 0, false
	for _, f := range frames {
		switch {
		case f.Type == typeAck && answered:
			return &probe.Violation{Want: "the ACK before " + line, Got: w.instead(frames, "nothing")}
		case f.Type == typeAck:
			acks++
		case ps[0].mismatch(f) == "":
			answered = true
		}
	}
	switch {
	case acks == 0:
		return &probe.NotExercised{Cause: probe.CauseTarget, Reason: "no ACK came back"}
	case !answered:
		return &probe.Violation{Want: line, Got: w.instead(frames, "nothing")}
	}
	return nil
}

func (w *world) wantOnlySentinel(ctx context.Context) error {
	before, err := w.sentinel(ctx)
	if err != nil {
		return err
	}
	if len(before) > 0 {
		return &probe.Violation{Want: "nothing but the echo of the sentinel", Got: before[0].String()}
	}
	return nil
}

// wantNotDelivered proves by a sentinel that nothing sent before it reached the
// application; a close that comes before any echo proves it as well. A target
// that closes must still serve a new connection.
func (w *world) wantNotDelivered(ctx context.Context) error {
	payload := w.t.Unique("sentinel")
	if err := w.stream.Send(forge.Frame{Type: typeData, Payload: payload}.Bytes(), fmt.Sprintf("DATA '%s'", payload)); err != nil {
		return err
	}
	limit := w.limit(w.close())
	for {
		a, err := w.takeFrame(ctx, limit.left())
		switch {
		case errors.Is(err, probe.ErrEnded):
			return w.dialGreeted(ctx, "Z")
		case errors.Is(err, probe.ErrNothing):
			return limit.missed("the echo of the sentinel, or the end of the stream", "nothing")
		case err != nil:
			return err
		}
		if a.Frame.Type == typeData {
			if string(a.Frame.Payload) == string(payload) {
				return nil
			}
			return &probe.Violation{Want: "that it is not delivered to the application", Got: "its echo: " + a.Frame.String()}
		}
		w.received = append(w.received, a.Frame)
	}
}

// wantStillUsed is a barrier on a connection that must have survived: no DATA
// comes before the echo of the sentinel.
func (w *world) wantStillUsed(ctx context.Context) error {
	before, err := w.sentinel(ctx)
	if err != nil {
		return err
	}
	for _, f := range before {
		if f.Type == typeData {
			return &probe.Violation{Want: "no DATA before the echo of the sentinel", Got: f.String()}
		}
	}
	return nil
}

// wantEnd waits for the target to close, and returns the frames that still came.
func (w *world) wantEnd(ctx context.Context) ([]dissect.Frame, error) {
	limit := w.limit(w.close())
	want := fmt.Sprintf("the target to close the connection within %v", w.close())
	at, err := w.stream.Ended(ctx, limit.left())
	if errors.Is(err, probe.ErrNothing) {
		return nil, limit.missed(want, "it is still open")
	}
	if err == nil {
		err = limit.late(at, want)
	}
	if err != nil {
		return nil, err
	}
	var frames []dissect.Frame
	for {
		a, err := w.takeFrame(ctx, 0)
		if errors.Is(err, probe.ErrEnded) {
			return frames, nil
		}
		if err != nil {
			return frames, err
		}
		frames = append(frames, a.Frame)
		w.received = append(w.received, a.Frame)
	}
}

// wantOnlyData wants one DATA among the frames that come up to the end of the
// stream, the one given.
func (w *world) wantOnlyData(ctx context.Context, line string) error {
	ps, err := w.patterns([]string{line})
	if err != nil {
		return err
	}
	frames, err := w.wantEnd(ctx)
	if err != nil {
		return err
	}
	seen, err := ps[0].countOnly(frames)
	if err != nil {
		return err
	}
	if seen != 1 {
		return &probe.Violation{Want: "one " + line + " before the end of the stream", Got: fmt.Sprintf("%d of them", seen)}
	}
	return nil
}

func (w *world) wantLastFrame(ctx context.Context, line string) error {
	ps, err := w.patterns([]string{line})
	if err != nil {
		return err
	}
	frames, err := w.wantEnd(ctx)
	if err != nil {
		return err
	}
	if len(frames) == 0 {
		return &probe.Violation{Want: line + " as the last frame before the end of the stream", Got: "no frame at all"}
	}
	last := frames[len(frames)-1]
	if m := ps[0].mismatch(last); m != "" {
		return &probe.Violation{Want: line + " as the last frame before the end of the stream", Got: fmt.Sprintf("%v: %s", last, m)}
	}
	return nil
}

// wantUntilEnd wants exactly these frames, and then the end of the stream.
func (w *world) wantUntilEnd(ctx context.Context, lines []string) error {
	var ps []pattern
	if len(lines) > 0 {
		var err error
		if ps, err = w.patterns(lines); err != nil {
			return err
		}
	}
	frames, err := w.wantEnd(ctx)
	if err != nil {
		return err
	}
	// A server is free to answer BYE with BYE, a client is not.
	if n := len(frames); w.client == nil && n > len(ps) && frames[n-1].Type == typeBye {
		frames = frames[:n-1]
	}
	for i, p := range ps {
		if i >= len(frames) {
			return &probe.Violation{Want: p.line + " before the end of the stream", Got: w.instead(frames, "") + "the end of the stream"}
		}
		if m := p.mismatch(frames[i]); m != "" {
			return &probe.Violation{Want: p.line, Got: fmt.Sprintf("%v: %s", frames[i], m)}
		}
	}
	if len(frames) > len(ps) {
		return &probe.Violation{Want: "the end of the stream", Got: frames[len(ps)].String()}
	}
	return nil
}

// wantKept holds every frame that came back to a rule for senders.
func (w *world) wantKept(requirement string) error {
	if len(w.received) == 0 {
		return &probe.NotExercised{Cause: probe.CauseTarget, Reason: "no frame came back"}
	}
	for _, f := range w.received {
		for _, v := range f.Violations {
			if v.Requirement == requirement {
				return &probe.Violation{Want: "frames that keep " + requirement, Got: fmt.Sprintf("%v: %s", f, v.Text)}
			}
		}
	}
	return nil
}
