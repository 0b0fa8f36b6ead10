package steps

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/vstp-project/vstp/conformance/dissect"
	"github.com/vstp-project/vstp/conformance/forge"
	"github.com/vstp-project/vstp/conformance/probe"
)

// The steps of this file are for stimuli and checks that a line of the notation
// cannot express: in bulk, at random, about sums, memory or identifiers.

var quoted = param[string]{`'([^']*)'`, verbatim}

var (
	_ = step1("I send a DATA whose header section fills {} octets", number, func(_ context.Context, w *world, n int) error {
		f := forge.Frame{Type: typeData, Headers: headersFilling(n), Payload: []byte("full")}
		w.expected = f
		w.sent(15 + n + len(f.Payload))
		return w.stream.Send(f.Bytes(), fmt.Sprintf("DATA with %d headers in %d octets", len(f.Headers), n))
	})
	_ = step0("its echo comes back", func(ctx context.Context, w *world) error {
		f, err := w.next(ctx, w.reply(), "the echo")
		if err != nil {
			return err
		}
		if f.Type != typeData || !bytes.Equal(f.Payload, w.expected.Payload) || !sameHeaders(f, w.expected.Headers) {
			return &probe.Violation{Want: "the echo, with the same headers and payload", Got: f.String()}
		}
		return nil
	})
	_ = step2("I send a frame that declares {} octets, and {} octets of its body", number, number, func(_ context.Context, w *world, total, body int) error {
		octets := append(declaring(total), make([]byte, body)...)
		w.sent(len(octets))
		return w.stream.Send(octets, fmt.Sprintf("a DATA that declares %d octets, and %d of its body", total, body))
	})
	_ = step1("I send {} numbered DATA frames", number, func(_ context.Context, w *world, n int) error {
		var octets []byte
		for i := range n {
			octets = append(octets, forge.Frame{Type: typeData, Payload: fmt.Appendf(nil, "number %d", i)}.Bytes()...)
		}
		w.sent(len(octets))
		return w.stream.Send(octets, fmt.Sprintf("DATA 'number 0' to 'number %d'", n-1))
	})
	_ = step1("{} numbered DATA frames come back in order", number, func(ctx context.Context, w *world, n int) error {
		for i := range n {
			want := fmt.Sprintf("DATA 'number %d'", i)
			f, err := w.next(ctx, w.reply(), want)
			if err != nil {
				return err
			}
			if f.Type != typeData || string(f.Payload) != fmt.Sprintf("number %d", i) {
				return &probe.Violation{Want: want, Got: f.String()}
			}
		}
		return nil
	})

	_ = step0("no DATA comes back before the target closes the connection", func(ctx context.Context, w *world) error {
		frames, err := w.wantEnd(ctx)
		if err != nil {
			return err
		}
		for _, f := range frames {
			if f.Type == typeData {
				return &probe.Violation{Want: "the end of the stream without a DATA", Got: f.String()}
			}
		}
		return nil
	})
	_ = step0("nothing sent after it is delivered", func(ctx context.Context, w *world) error {
		return w.wantNotDelivered(ctx)
	})
	_ = step0("the target still takes what is sent", func(ctx context.Context, w *world) error {
		return w.wantTaken(ctx)
	})
	_ = step1("no frame that came back contains {}", quoted, func(_ context.Context, w *world, text string) error {
		for _, f := range w.received {
			if bytes.Contains(f.Raw, []byte(text)) {
				return &probe.Violation{Want: fmt.Sprintf("no frame that contains %q", text), Got: f.String()}
			}
		}
		return nil
	})

	_ = step1("no datagram names msg-id {}", number, func(ctx context.Context, w *world, n int) error {
		others, err := w.udpSentinel(ctx)
		if err != nil {
			return err
		}
		for _, d := range others {
			if v, ok := d.Frame.Header("msg-id"); ok && string(v) == fmt.Sprint(n) {
				return &probe.Violation{Want: fmt.Sprintf("no datagram that names msg-id %d", n), Got: d.Frame.String()}
			}
		}
		return nil
	})
	_ = step1("the replies of the protocol are at most {} times as long", number, func(ctx context.Context, w *world, factor int) error {
		request := w.sentOctets
		others, err := w.udpSentinel(ctx)
		if err != nil {
			return err
		}
		sum := 0
		for _, d := range others {
			if d.Frame.Type != typeData {
				sum += len(d.Frame.Raw)
			}
		}
		if sum > factor*request {
			return &probe.Violation{
				Want: fmt.Sprintf("at most %d octets of protocol replies to a datagram of %d", factor*request, request),
				Got:  fmt.Sprintf("%d octets", sum),
			}
		}
		return nil
	})
	_ = step1("another served UDP socket {} at another address", name, func(ctx context.Context, w *world, n string) error {
		if !w.t.SeveralSources() {
			return &probe.NotExercised{Cause: probe.CauseSurroundings, Reason: "this host has no loopback address beside 127.0.0.1, or the target is not on loopback"}
		}
		return w.listenServed(ctx, n, nil)
	})

	_ = step1("{} connections that have said HELLO", number, func(ctx context.Context, w *world, n int) error {
		for i := range n {
			if err := w.dial(ctx, fmt.Sprintf("S%d", i)); err != nil {
				return err
			}
			if err := w.stream.Send(forge.Frame{Type: typeHello}.Bytes(), "HELLO"); err != nil {
				return err
			}
		}
		for i := range n {
			w.stream = w.streams[fmt.Sprintf("S%d", i)]
			if err := w.noteSession(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	_ = step0("their session-ids are all different", func(_ context.Context, w *world) error {
		seen := map[string]int{}
		for i, id := range w.sessions {
			if j, ok := seen[id.String()]; ok {
				return &probe.Violation{Want: "a different session-id for each connection", Got: fmt.Sprintf("%v for connections %d and %d", id, j, i)}
			}
			seen[id.String()] = i
		}
		return nil
	})
	_ = step0("their session-ids do not follow a fixed step", func(_ context.Context, w *world) error {
		return w.wantNoFixedStep()
	})
	_ = step0("two WELCOMEs with the same session-id come back", func(ctx context.Context, w *world) error {
		for range 2 {
			if err := w.noteSession(ctx); err != nil {
				return err
			}
		}
		if w.sessions[0].Cmp(w.sessions[1]) != 0 {
			return &probe.Violation{Want: "the same session-id in both WELCOMEs", Got: fmt.Sprintf("%v and %v", w.sessions[0], w.sessions[1])}
		}
		return nil
	})

	_ = step0("the memory of the target is noted", func(_ context.Context, w *world) error {
		octets, ok := w.t.Memory()
		if !ok {
			return &probe.NotExercised{Cause: probe.CauseSurroundings, Reason: "the memory of a target that the judge did not start, or on a host without /proc, cannot be seen"}
		}
		w.memory = octets
		return nil
	})
	_ = step1("the memory of the target has grown by less than {} MiB", number, func(_ context.Context, w *world, mib int) error {
		now, ok := w.t.Memory()
		if !ok {
			return errors.New("the memory of the target can no longer be seen")
		}
		if grown := now - w.memory; grown >= int64(mib)<<20 {
			return &probe.Violation{Want: fmt.Sprintf("growth of less than %d MiB", mib), Got: fmt.Sprintf("%d MiB", grown>>20)}
		}
		return nil
	})
	_ = step2("{} connections each declare a frame of {} octets and send no more", number, number, func(ctx context.Context, w *world, n, total int) error {
		for i := range n {
			if err := w.dial(ctx, fmt.Sprintf("M%d", i)); err != nil {
				return err
			}
			if err := w.stream.Send(declaring(total), fmt.Sprintf("a DATA that declares %d octets", total)); err != nil {
				return err
			}
		}
		// A barrier: what was sent before a later exchange has been looked at.
		return w.dialGreeted(ctx, "Z")
	})
	_ = step2("{} connections each send {} random octets", number, number, func(ctx context.Context, w *world, n, octets int) error {
		random := w.random()
		for i := range n {
			if err := w.dial(ctx, fmt.Sprintf("R%d", i)); err != nil {
				return err
			}
			b := randomOctets(random, octets)
			if i%2 == 0 { // half of them get past the first checks
				copy(b, []byte{0x56, 0x54, 0x01, byte(1 + random.IntN(8)), 0, 0, 0, 0, 0, 0})
			}
			if err := w.stream.Send(b, "random octets"); err != nil {
				return err
			}
		}
		return nil
	})
	_ = step1("{} connections each send a frame with random faults", number, func(ctx context.Context, w *world, n int) error {
		random := w.random()
		for i := range n {
			if err := w.dial(ctx, fmt.Sprintf("R%d", i)); err != nil {
				return err
			}
			if err := w.stream.Send(faulty(random), "a frame with random faults"); err != nil {
				return err
			}
		}
		return nil
	})
	_ = step1("I send {} random datagrams", number, func(_ context.Context, w *world, n int) error {
		random := w.random()
		for i := range n {
			b := randomOctets(random, i/2%200) // every length there is, the empty one included
			if i%2 == 0 {
				b = faulty(random)
			}
			if err := w.sendDatagram("a random datagram", b); err != nil {
				return err
			}
		}
		return nil
	})
)

// answerTime is within which the answer to a write on a closed connection, a
// reset, has come back.
const answerTime = 50 * time.Millisecond

// wantTaken sends on a connection that the target has ended in its own direction:
// twice, for the first write is what draws the reset of a target that no longer
// reads.
func (w *world) wantTaken(ctx context.Context) error {
	for range 2 {
		if err := w.stream.Send(make([]byte, 1000), "1000 octets more"); err != nil {
			return err
		}
		if err := w.t.Wait(ctx, answerTime); err != nil {
			return err
		}
	}
	if w.stream.Refused() {
		return &probe.Violation{Want: "that what is sent after the last frame is still read and discarded", Got: "a reset"}
	}
	return nil
}

// headersFilling are headers whose section is exactly n octets long: keys of one
// octet and values as long as they may be, the last one shorter.
func headersFilling(n int) []forge.Header {
	var headers []forge.Header
	for n > 0 {
		value := min(n-3, 255)
		if rest := n - 3 - value; rest > 0 && rest < 3 {
			value -= 3 // leave room for one more header
		}
		headers = append(headers, forge.Header{Key: []byte("h"), Value: bytes.Repeat([]byte{'v'}, value)})
		n -= 3 + value
	}
	return headers
}

func sameHeaders(f dissect.Frame, want []forge.Header) bool {
	if len(f.Headers) != len(want) {
		return false
	}
	for i, h := range f.Headers {
		if !bytes.Equal(h.Key, want[i].Key) || !bytes.Equal(h.Value, want[i].Value) {
			return false
		}
	}
	return true
}

// declaring is the fixed part of a DATA frame of total octets without headers.
func declaring(total int) []byte {
	payload := uint32(total - 15)
	raw := forge.Raw{Type: typeData, PayloadLen: &payload, NoCRC: true}
	return raw.Bytes()
}

// noteSession reads a WELCOME and remembers its identifier.
func (w *world) noteSession(ctx context.Context) error {
	f, err := w.next(ctx, w.reply(), "WELCOME")
	if err != nil {
		return err
	}
	value, ok := f.Header("session-id")
	if !ok { // the spelling of the guide's figure, accepted in core
		value, ok = f.Header("session_id")
	}
	if !ok {
		return &probe.Violation{Requirement: "SES-2", Want: "WELCOME with a session-id", Got: f.String()}
	}
	id, ok := new(big.Int).SetString(string(value), 10)
	switch {
	case !ok || id.Sign() < 0:
		return &probe.Violation{Requirement: "SES-2", Want: "a session-id in decimal", Got: f.String()}
	case id.BitLen() > 128:
		return &probe.Violation{Requirement: "SES-1", Want: "a session-id below 2^128", Got: f.String()}
	}
	w.sessions = append(w.sessions, id)
	return nil
}

// wantNoFixedStep refuses identifiers that, once sorted, lie at equal distances,
// as counters do, or that all share their upper half.
func (w *world) wantNoFixedStep() error {
	ids := slices.Clone(w.sessions)
	slices.SortFunc(ids, func(a, b *big.Int) int { return a.Cmp(b) })
	steps := map[string]int{}
	for i := 1; i < len(ids); i++ {
		steps[new(big.Int).Sub(ids[i], ids[i-1]).String()]++
	}
	for step, n := range steps {
		if n > len(ids)/4 {
			return &probe.Violation{
				Want: "session-ids from a random source",
				Got:  fmt.Sprintf("%d of %d neighbours that differ by %s", n, len(ids)-1, step),
			}
		}
	}
	return nil
}

// random is a source that gives the same in every run with the same seed.
func (w *world) random() *rand.Rand { return rand.New(rand.NewPCG(w.t.Draw(), w.t.Draw())) }

func randomOctets(random *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(random.Uint32())
	}
	return b
}

// faulty is a frame that was good until some of its octets were changed; half of
// the time its CRC is made right again, so that what lies behind it is reached.
func faulty(random *rand.Rand) []byte {
	b := forge.Frame{
		Type: byte(1 + random.IntN(8)), Flags: byte(random.IntN(4)),
		Headers: forge.KV("msg-id", fmt.Sprint(random.IntN(100)), "key", "value"),
		Payload: randomOctets(random, random.IntN(60)),
	}.Bytes()
	for range 1 + random.IntN(4) {
		b[random.IntN(len(b))] = byte(random.Uint32())
	}
	if random.IntN(2) == 0 {
		b = forge.Reseal(b)
	}
	return b
}
