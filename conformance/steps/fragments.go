package steps

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/vstp-project/vstp/conformance/dissect"
	"github.com/vstp-project/vstp/conformance/forge"
	"github.com/vstp-project/vstp/conformance/probe"
)

const (
	flagFrag     = 0x10
	maxWhole     = 1200 // octets of a message that travels in one datagram [FRG-2]
	burst        = 16   // fragments that are sent in one go
	burstPause   = 10 * time.Millisecond
	perPacedTime = 64 // fragments that any 10 ms may contain [FRG-13]
	pacedTime    = 10 * time.Millisecond
)

var (
	_ = step0("a UDP socket whose fragments are put together", func(ctx context.Context, w *world) error {
		if err := w.listen(ctx, "A", nil); err != nil {
			return err
		}
		return w.greetInFragments(ctx)
	})
	_ = step2("I send the fragments of {} in {} pieces", frame, number, func(ctx context.Context, w *world, line string, n int) error {
		f, err := w.frameOf(line)
		if err != nil {
			return err
		}
		return w.sendPaced(ctx, cut(f, byte(w.t.Draw()), n))
	})
	_ = step1("the message {} comes back", frame, func(ctx context.Context, w *world, line string) error {
		p, err := w.notation.pattern(line)
		if err != nil {
			return err
		}
		return w.wantMessage(ctx, line, func(f dissect.Frame) bool { return p.mismatch(f) == "" })
	})

	_ = step1("I send a DATA of {} different octets", number, func(_ context.Context, w *world, n int) error {
		return w.sendDifferent(n)
	})
	_ = step0("its echo comes back, whole or in fragments", func(ctx context.Context, w *world) error {
		return w.wantEcho(ctx)
	})
	_ = step0("its answer comes in fragments", func(ctx context.Context, w *world) error {
		return w.wantFragments(ctx)
	})
	_ = step1("every fragment that came back keeps {}", id, func(ctx context.Context, w *world, requirement string) error {
		return w.wantFragmentsKept(ctx, requirement)
	})
	_ = step0("no message that fits a datagram comes back in fragments", func(ctx context.Context, w *world) error {
		return w.wantShortWhole(ctx)
	})
	_ = step1("the answers to {} such messages in turn have different frag-ids", number, func(ctx context.Context, w *world, n int) error {
		return w.wantDifferentIDs(ctx, n, w.sendsDifferent)
	})

	_ = step1("the answers to {} such messages in turn have different msg-ids", number, func(ctx context.Context, w *world, n int) error {
		return w.wantDifferentMsgIDs(ctx, n)
	})

	_ = step2("a message in {} fragments of {} octets is acknowledged and answered", number, number, func(ctx context.Context, w *world, n, octets int) error {
		return w.wantLargest(ctx, n, octets)
	})
	_ = step2("the echo of a message in {} fragments of {} octets comes back", number, number, func(ctx context.Context, w *world, n, octets int) error {
		return w.wantLargeEcho(ctx, n, octets)
	})
)

// frameOf reads a line of the notation as a frame that is to be cut.
func (w *world) frameOf(line string) (forge.Frame, error) {
	p, err := w.notation.pattern(line)
	if err != nil {
		return forge.Frame{}, fmt.Errorf("%q: %w", line, err)
	}
	f := forge.Frame{Type: p.typ, Flags: p.flags, Payload: p.payload}
	for _, h := range p.headers {
		if h.any {
			return forge.Frame{}, fmt.Errorf("%q: a header value * is for expectations", line)
		}
		f.Headers = append(f.Headers, forge.Header{Key: h.key, Value: h.value})
	}
	return f, nil
}

// cut cuts a message into n fragments, the first ones being one octet longer
// where its payload cannot be cut evenly.
func cut(f forge.Frame, id byte, n int) []forge.Frame {
	pieces := make([]forge.Frame, n)
	rest := f.Payload
	for i := range pieces {
		size := (len(rest) + n - i - 1) / (n - i)
		pieces[i] = forge.Frame{
			Type: f.Type, Flags: f.Flags | flagFrag, Payload: rest[:size],
			Headers: slices.Concat(f.Headers, forge.KV("frag-id", strconv.Itoa(int(id)), "frag-index", strconv.Itoa(i), "frag-total", strconv.Itoa(n))),
		}
		rest = rest[size:]
	}
	return pieces
}

// textOf names a fragment for the record.
func textOf(f forge.Frame) string {
	at := len(f.Headers) - 3
	return fmt.Sprintf("fragment %s of %s, frag-id %s, %d octets of payload", f.Headers[at+1].Value, f.Headers[at+2].Value, f.Headers[at].Value, len(f.Payload))
}

// sendPaced sends frames, a datagram each, with a pause after each burst.
func (w *world) sendPaced(ctx context.Context, pieces []forge.Frame) error {
	for i, f := range pieces {
		if i > 0 && i%burst == 0 {
			if err := w.t.Wait(ctx, burstPause); err != nil {
				return err
			}
		}
		if err := w.sendDatagram(textOf(f), f.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

// greetInFragments makes sure that the target puts fragments together: a message
// in two of them whose echo has to come, in three attempts as greetUDP makes.
func (w *world) greetInFragments(ctx context.Context) error {
	var open [][]byte
	echoed := func(d probe.Datagram) bool {
		i := slices.IndexFunc(open, func(payload []byte) bool { return isEcho(d.Frame, payload) })
		if i >= 0 {
			open = slices.Delete(open, i, i+1)
		}
		return i >= 0
	}
	for i := range 3 {
		payload := w.t.Unique("fragmented greeting")
		open = append(open, payload)
		f := forge.Frame{Type: typeData, Headers: forge.KV("msg-id", strconv.Itoa(1_000_000+i)), Payload: payload}
		if err := w.sendPaced(ctx, cut(f, byte(250+i), 2)); err != nil {
			return err
		}
		switch _, err := w.datagramsUntil(ctx, w.reply()/2, echoed); {
		case err == nil:
			w.late = append(w.late, open...)
			return nil
		case !errors.Is(err, probe.ErrNothing):
			return err
		}
	}
	return &probe.Violation{Want: "the echo of a message that was sent in two fragments", Got: "nothing, in three attempts", Timing: true}
}

func isFragment(f dissect.Frame) bool { return f.Flags&flagFrag != 0 }

// An assembly is a message of which fragments have come back.
type assembly struct {
	id     byte
	total  int
	pieces map[int]probe.Datagram // the first that came under each index
}

// place reads the fragment headers of a frame, false if they place it nowhere.
func place(f dissect.Frame) (id byte, index, total int, ok bool) {
	var values [3]int
	for i, key := range []string{"frag-id", "frag-index", "frag-total"} {
		v, found := f.Header(key)
		n, err := strconv.ParseUint(string(v), 10, 8)
		if !found || err != nil {
			return 0, 0, 0, false
		}
		values[i] = int(n)
	}
	return byte(values[0]), values[1], values[2], values[1] < values[2]
}

// An assembler puts together what comes back to one socket. It is as simple as can
// be: whether a sender keeps the rules is looked at elsewhere.
type assembler map[string]*assembly

// add takes a datagram and returns the message that it completes, if it does.
func (a assembler) add(d probe.Datagram) (m *assembly, complete bool) {
	id, index, total, ok := place(d.Frame)
	if !ok {
		return nil, false
	}
	msgID, _ := d.Frame.Header("msg-id")
	key := fmt.Sprintf("%d %q", id, msgID)
	m = a[key]
	if m == nil || m.total != total {
		m = &assembly{id: id, total: total, pieces: map[int]probe.Datagram{}}
		a[key] = m
	}
	if _, stored := m.pieces[index]; !stored {
		m.pieces[index] = d
	}
	if len(m.pieces) < m.total {
		return m, false
	}
	delete(a, key)
	return m, true
}

// message is the message that a complete assembly makes up.
func (m *assembly) message() dissect.Frame {
	f := m.pieces[0].Frame
	f.Flags &^= flagFrag
	f.Headers = ownHeaders(f)
	f.Payload = nil
	for i := range m.total {
		f.Payload = append(f.Payload, m.pieces[i].Frame.Payload...)
	}
	return f
}

// ownHeaders are the headers of a message, those of its fragments left out.
func ownHeaders(f dissect.Frame) []dissect.Header {
	return slices.DeleteFunc(slices.Clone(f.Headers), func(h dissect.Header) bool {
		switch string(h.Key) {
		case "frag-id", "frag-index", "frag-total":
			return true
		}
		return false
	})
}

// messageUntil reads datagrams until a message, in one or in fragments, satisfies
// done. What else came is left for later steps; where nothing does it in time the
// error is probe.ErrNothing, and other is the first message that came instead.
func (w *world) messageUntil(ctx context.Context, within time.Duration, done func(dissect.Frame) bool) (m *assembly, other string, err error) {
	deadline := time.Now().Add(within)
	var others []probe.Datagram
	defer func() { w.unread[w.socket] = append(others, w.unread[w.socket]...) }()
	pieces := assembler{}
	for {
		d, err := w.nextDatagram(ctx, time.Until(deadline))
		if err != nil {
			if other == "" && len(pieces) > 0 {
				other = "fragments that make up no whole message"
			}
			return nil, other, err
		}
		f, complete := d.Frame, !isFragment(d.Frame)
		if !complete {
			if m, complete = pieces.add(d); complete {
				f = m.message()
			}
		}
		if complete && done(f) {
			if m != nil {
				others = slices.DeleteFunc(others, func(o probe.Datagram) bool {
					_, index, _, ok := place(o.Frame)
					return ok && m.pieces[index].At == o.At && bytes.Equal(m.pieces[index].Frame.Raw, o.Frame.Raw)
				})
			}
			return m, other, nil
		}
		if complete && other == "" {
			other = fmt.Sprintf("%s with %d octets of payload", f.TypeName(), len(f.Payload))
		}
		others = append(others, d)
		m = nil
	}
}

func (w *world) wantMessage(ctx context.Context, line string, done func(dissect.Frame) bool) error {
	_, err := w.arrival(ctx, line, done)
	return err
}

// arrival is wantMessage, and the fragments that the message came in, if it did.
func (w *world) arrival(ctx context.Context, line string, done func(dissect.Frame) bool) (*assembly, error) {
	limit := w.limit(w.reply())
	want := fmt.Sprintf("%s, whole or in fragments, within %v", line, w.reply())
	m, other, err := w.messageUntil(ctx, limit.left(), done)
	if errors.Is(err, probe.ErrNothing) {
		if other == "" {
			other = "nothing"
		}
		return m, limit.missed(want, other)
	}
	if err == nil {
		err = limit.late(w.t.Elapsed(), want)
	}
	return m, err
}

// different is a payload in which no run of octets comes twice.
func (w *world) different(n int) []byte { return randomOctets(w.random(), n) }

// sendDifferent sends a message in one datagram whose answer has to be cut, with
// headers and a payload that show when anything is amiss.
func (w *world) sendDifferent(n int) error {
	f := forge.Frame{Type: typeData, Headers: forge.KV("a", "1", "b", "2"), Payload: w.different(n)}
	w.expected = f
	return w.sendDatagram(fmt.Sprintf("DATA a=1 b=2 and %d octets", n), f.Bytes())
}

// isExpectedEcho says whether a message is the echo of what was sent last; a
// sender may have given it a msg-id.
func (w *world) isExpectedEcho(f dissect.Frame) bool {
	f.Headers = slices.DeleteFunc(slices.Clone(f.Headers), func(h dissect.Header) bool { return string(h.Key) == "msg-id" })
	return f.Type == typeData && bytes.Equal(f.Payload, w.expected.Payload) && sameHeaders(f, w.expected.Headers)
}

func (w *world) wantEcho(ctx context.Context) error {
	return w.wantMessage(ctx, fmt.Sprintf("the echo of %d octets", len(w.expected.Payload)), w.isExpectedEcho)
}

// wantFragments waits for fragments with as much payload as was sent, whether or
// not they make up a message. Where there are none at all, there is nothing to
// judge.
func (w *world) wantFragments(ctx context.Context) error {
	deadline := time.Now().Add(w.reply())
	octets := 0
	for octets < len(w.expected.Payload) {
		d, err := w.nextDatagram(ctx, time.Until(deadline))
		if errors.Is(err, probe.ErrNothing) {
			break
		}
		if err != nil {
			return err
		}
		if isFragment(d.Frame) {
			octets += len(d.Frame.Payload)
			w.pieces = append(w.pieces, d)
		}
	}
	if octets == 0 {
		return &probe.NotExercised{Cause: probe.CauseTarget, Reason: "no answer came back in fragments"}
	}
	return nil
}

// wantFragmentsKept holds the fragments of the one answer that came back to a rule
// for senders.
func (w *world) wantFragmentsKept(ctx context.Context, requirement string) error {
	others, err := w.rest(ctx)
	if err != nil {
		return err
	}
	for _, d := range others {
		if isFragment(d.Frame) {
			w.pieces = append(w.pieces, d)
		}
	}
	if len(w.pieces) == 0 {
		return &probe.NotExercised{Cause: probe.CauseTarget, Reason: "no answer came back in fragments"}
	}
	fault := ""
	var low, took time.Duration
	switch requirement {
	case "FRG-4":
		fault = numbering(w.pieces)
	case "FRG-10":
		fault = unlike(w.pieces)
	case "FRG-13":
		fault, low, took = pacing(w.pieces)
	default:
		return fmt.Errorf("no rule for fragments is known here as %s", requirement)
	}
	if fault != "" {
		return &probe.Violation{Want: "fragments that keep " + requirement, Got: fault, Timing: low > 0, Low: low, Measured: max(took, 1)}
	}
	return nil
}

// numbering says what is wrong with the numbers of the fragments of one message. A
// message that asks for an ACK may be transmitted again.
func numbering(pieces []probe.Datagram) string {
	seen := map[int]bool{}
	firstID, _, firstTotal, _ := place(pieces[0].Frame)
	for _, d := range pieces {
		id, index, total, ok := place(d.Frame)
		switch {
		case !ok:
			return fmt.Sprintf("%v, whose fragment headers give it no place", d.Frame)
		case id != firstID:
			return fmt.Sprintf("frag-id %d and %d", firstID, id)
		case total != firstTotal:
			return fmt.Sprintf("frag-total %d and %d", firstTotal, total)
		case seen[index] && d.Frame.Flags&flagReqAck == 0:
			return fmt.Sprintf("frag-index %d twice", index)
		}
		seen[index] = true
	}
	for i := range firstTotal {
		if !seen[i] {
			return fmt.Sprintf("%d of %d fragments, without frag-index %d", len(seen), firstTotal, i)
		}
	}
	return ""
}

// unlike says in what the fragments of one message differ that ought to be alike.
func unlike(pieces []probe.Datagram) string {
	first := pieces[0].Frame
	want := ownHeaders(first)
	for _, d := range pieces[1:] {
		same := slices.EqualFunc(ownHeaders(d.Frame), want, func(a, b dissect.Header) bool {
			return bytes.Equal(a.Key, b.Key) && bytes.Equal(a.Value, b.Value)
		})
		if d.Frame.Type != first.Type || d.Frame.Flags != first.Flags || !same {
			return fmt.Sprintf("%v beside %v", d.Frame, first)
		}
	}
	return ""
}

// pacing says that fragments came in less time than the rule leaves them, which is
// returned beside the time that they took. It looks
// at the whole of them: a judge that reads late sees bursts that nobody sent.
func pacing(pieces []probe.Datagram) (fault string, least, took time.Duration) {
	least = time.Duration((len(pieces)-1)/perPacedTime) * pacedTime
	took = pieces[len(pieces)-1].At - pieces[0].At
	if took < least {
		fault = fmt.Sprintf("%d fragments within %v", len(pieces), took.Round(10*time.Microsecond))
	}
	return fault, least, took
}

// wantShortWhole refuses fragments of a message that would have fitted a datagram.
func (w *world) wantShortWhole(ctx context.Context) error {
	others, err := w.rest(ctx)
	if err != nil {
		return err
	}
	pieces := assembler{}
	for _, d := range others {
		if !isFragment(d.Frame) {
			continue
		}
		m, complete := pieces.add(d)
		if !complete {
			continue
		}
		f := m.message()
		size := 15 + len(f.Payload)
		for _, h := range f.Headers {
			size += 2 + len(h.Key) + len(h.Value)
		}
		if size <= maxWhole {
			return &probe.Violation{Want: fmt.Sprintf("a message of %d octets in one datagram", size), Got: fmt.Sprintf("%d fragments", m.total)}
		}
	}
	return nil
}

// nextAssembly has a message sent like the one before and returns the fragments that
// it, or the answer to it, comes in.
func (w *world) nextAssembly(ctx context.Context, send func(context.Context, int) error) (*assembly, error) {
	if err := send(ctx, len(w.expected.Payload)); err != nil {
		return nil, err
	}
	m, _, err := w.messageUntil(ctx, w.reply(), w.isExpectedEcho)
	if errors.Is(err, probe.ErrNothing) || err == nil && m == nil {
		return nil, &probe.NotExercised{Cause: probe.CauseTarget, Reason: "a message did not come in fragments"}
	}
	return m, err
}

// sendsDifferent is sendDifferent, for nextAssembly.
func (w *world) sendsDifferent(_ context.Context, n int) error { return w.sendDifferent(n) }

// wantDifferentIDs has messages sent one after another, each once the one before has
// come whole, and compares their frag-ids.
func (w *world) wantDifferentIDs(ctx context.Context, n int, send func(context.Context, int) error) error {
	last := -1
	for range n {
		m, err := w.nextAssembly(ctx, send)
		if err != nil {
			return err
		}
		if int(m.id) == last {
			return &probe.Violation{Want: "another frag-id for the next message", Got: fmt.Sprintf("frag-id %d again", m.id)}
		}
		last = int(m.id)
	}
	return nil
}

// wantDifferentMsgIDs does so with the msg-ids of answers, no two of which may be the
// same.
func (w *world) wantDifferentMsgIDs(ctx context.Context, n int) error {
	seen := map[string]bool{}
	for range n {
		m, err := w.nextAssembly(ctx, w.sendsDifferent)
		if err != nil {
			return err
		}
		msgID, ok := m.pieces[0].Frame.Header("msg-id")
		if !ok {
			return &probe.NotApplicable{Reason: "the fragments of an answer have no msg-id, which core leaves free"}
		}
		if seen[string(msgID)] {
			return &probe.Violation{Want: "another msg-id for another message", Got: fmt.Sprintf("msg-id %s again", msgID)}
		}
		seen[string(msgID)] = true
	}
	return nil
}

// largeAttempts is how often a message of very many fragments is sent, each time as
// another message, before its loss is believed to be the target's doing.
const largeAttempts = 3

// wantLargest sends a message whose echo would be too large to come back: its ACK
// and the short answer that it asks for have to.
func (w *world) wantLargest(ctx context.Context, n, octets int) error {
	for range largeAttempts {
		msgID := fmt.Sprint(100_000_000 + w.t.Draw()%900_000_000)
		f := forge.Frame{
			Type: typeData, Flags: flagReqAck, Headers: forge.KV("x-reply-size", "9", "msg-id", msgID),
			Payload: w.different(n * octets),
		}
		if err := w.sendPaced(ctx, cut(f, byte(w.t.Draw()), n)); err != nil {
			return err
		}
		acked, answered := false, false
		_, err := w.datagramsUntil(ctx, w.reply(), func(d probe.Datagram) bool {
			id, _ := d.Frame.Header("msg-id")
			acked = acked || d.Frame.Type == typeAck && string(id) == msgID
			answered = answered || d.Frame.Type == typeData && string(d.Frame.Payload) == "xxxxxxxxx"
			return acked && answered
		})
		if !errors.Is(err, probe.ErrNothing) {
			return err
		}
	}
	return &probe.Violation{Want: fmt.Sprintf("ACK and answer of a message in %d fragments of %d octets", n, octets), Got: fmt.Sprintf("not both, in %d attempts", largeAttempts), Timing: true}
}

// wantLargeEcho sends a message whose echo just comes back.
func (w *world) wantLargeEcho(ctx context.Context, n, octets int) error {
	for range largeAttempts {
		f := forge.Frame{Type: typeData, Payload: w.different(n * octets)}
		w.expected = f
		f.Headers = forge.KV("msg-id", fmt.Sprint(100_000_000+w.t.Draw()%900_000_000))
		if err := w.sendPaced(ctx, cut(f, byte(w.t.Draw()), n)); err != nil {
			return err
		}
		if _, _, err := w.messageUntil(ctx, w.reply(), w.isExpectedEcho); !errors.Is(err, probe.ErrNothing) {
			return err
		}
	}
	return &probe.Violation{Want: fmt.Sprintf("the echo of a message in %d fragments of %d octets", n, octets), Got: fmt.Sprintf("not the whole of it, in %d attempts", largeAttempts), Timing: true}
}
