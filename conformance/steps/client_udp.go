package steps

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/vstp-project/vstp/conformance/dissect"
	"github.com/vstp-project/vstp/conformance/forge"
	"github.com/vstp-project/vstp/conformance/probe"
)

// The steps of a client under test over UDP: the judge is its peer.
var (
	_ = step0("a served client over UDP", func(ctx context.Context, w *world) error {
		return w.serveClient(ctx)
	})
	_ = step1("another peer {} of the client", name, func(_ context.Context, w *world, n string) error {
		return w.anotherPeer(n, nil)
	})
	_ = step1("another peer {} of the client on the same address", name, func(_ context.Context, w *world, n string) error {
		return w.anotherPeer(n, w.socket)
	})
	_ = step1("the client sends to peer {}", name, func(_ context.Context, w *world, n string) error {
		if err := w.useSocket(n); err != nil {
			return err
		}
		w.destination = w.socket.Local().String()
		return nil
	})
	_ = step1("the datagram {} arrives", frame, func(ctx context.Context, w *world, line string) error {
		return w.wantDatagrams(ctx, []string{line}, w.reply())
	})
	_ = stepDoc("these datagrams arrive, in any order:", func(ctx context.Context, w *world, lines []string) error {
		return w.wantDatagrams(ctx, lines, w.reply())
	})
	_ = step0("no datagram but the client's next message arrives", func(ctx context.Context, w *world) error {
		return w.wantNothingMore(ctx)
	})
	_ = step1("no {} datagram arrives", typeName, func(ctx context.Context, w *world, typ string) error {
		return w.wantNoneOfType(ctx, typ)
	})
	_ = step1("every datagram that has arrived by the client's next message keeps {}", id, func(ctx context.Context, w *world, requirement string) error {
		if _, err := w.peerBarrier(ctx); err != nil {
			return err
		}
		return w.wantKept(requirement)
	})
	_ = step0("its source is the peer in use", func(_ context.Context, w *world) error {
		if want := w.socket.Local().String(); w.source != want {
			return &probe.Violation{Want: "the source " + want, Got: fmt.Sprintf("%q", w.source)}
		}
		return nil
	})

	_ = step1("the client sends a DATA of {} different octets", number, func(ctx context.Context, w *world, n int) error {
		return w.clientSendsDifferent(ctx, n)
	})
	_ = step1("the client sends with acknowledgement a DATA of {} different octets", number, func(ctx context.Context, w *world, n int) error {
		w.expected = forge.Frame{Type: typeData, Headers: forge.KV("a", "1", "b", "2"), Payload: w.different(n)}
		w.pending = append(w.pending, w.clientBegins(ctx, "send_ack", w.expected))
		return nil
	})
	_ = step1("the client sends a plain DATA of {} different octets", number, func(ctx context.Context, w *world, n int) error {
		w.expected = forge.Frame{Type: typeData, Payload: w.different(n)}
		return w.clientSendsFrame(ctx, w.expected)
	})
	_ = step1("the client is asked to send a DATA of {} octets", number, func(ctx context.Context, w *world, n int) error {
		return w.clientAsked(ctx, forge.Frame{Type: typeData, Payload: bytes.Repeat([]byte{'x'}, n)})
	})
	_ = step0("it arrives, whole or in fragments", func(ctx context.Context, w *world) error {
		return w.wantMessage(ctx, fmt.Sprintf("the message of %d octets", len(w.expected.Payload)), w.isExpectedEcho)
	})
	_ = step0("it arrives in fragments", func(ctx context.Context, w *world) error {
		return w.wantFragments(ctx)
	})
	_ = step1("every fragment that has arrived keeps {}", id, func(ctx context.Context, w *world, requirement string) error {
		return w.wantFragmentsKept(ctx, requirement)
	})
	_ = step0("it arrives in one datagram", func(ctx context.Context, w *world) error {
		m, err := w.arrival(ctx, fmt.Sprintf("the message of %d octets", len(w.expected.Payload)), w.isExpectedEcho)
		if err == nil && m != nil {
			err = &probe.Violation{Want: "the message in one datagram, which it fits", Got: fmt.Sprintf("%d fragments", m.total)}
		}
		return err
	})
	_ = step1("{} such messages in turn have different frag-ids", number, func(ctx context.Context, w *world, n int) error {
		return w.wantDifferentIDs(ctx, n, w.clientSendsDifferent)
	})
	_ = step1("no frag-id comes back within 30s when the client sends {} messages in fragments", number, func(ctx context.Context, w *world, n int) error {
		return w.wantRestingIDs(ctx, n)
	})

	_ = step0("nothing is acknowledged until the send ends", func(ctx context.Context, w *world) error {
		return w.watchSend(ctx)
	})
	_ = step1("transmission {} is acknowledged, and none before it", number, func(ctx context.Context, w *world, n int) error {
		if err := w.watchRounds(ctx, n); err != nil {
			return err
		}
		return w.acknowledgeLast()
	})
	_ = step1("transmission {} arrives", number, func(ctx context.Context, w *world, n int) error {
		return w.watchRounds(ctx, n)
	})
	_ = step2("it was transmitted {} to {} times", number, number, func(_ context.Context, w *world, least, most int) error {
		if n := len(w.rounds); n < least || n > most {
			return &probe.Violation{Want: fmt.Sprintf("%d to %d transmissions", least, most), Got: fmt.Sprint(n)}
		}
		return nil
	})
	_ = step0("the intervals keep RTX-3", func(_ context.Context, w *world) error {
		return w.wantIntervals(func(nominal time.Duration) (time.Duration, time.Duration) {
			return nominal - nominal/20, w.t.Scaled(7*time.Second) + w.t.Late()
		})
	})
	_ = step0("the intervals keep RTX-4", func(_ context.Context, w *world) error {
		return w.wantNominalIntervals()
	})
	_ = step0("every transmission has the same msg-id", func(_ context.Context, w *world) error {
		return w.wantSameMsgID()
	})
	_ = step0("every transmission is the same, octet for octet", func(_ context.Context, w *world) error {
		return w.wantSameOctets()
	})
	_ = step0("every transmission has the same fragments", func(_ context.Context, w *world) error {
		return w.wantSameFragments()
	})
	_ = step1("the send fails with Timeout, {} after the last transmission", duration, func(ctx context.Context, w *world, d time.Duration) error {
		return w.wantTimeout(ctx, d)
	})
	_ = step1("nothing more is transmitted for {} on the client's clock", duration, func(ctx context.Context, w *world, d time.Duration) error {
		return w.wantQuiet(ctx, d)
	})
	_ = step1("I use peer {}", name, func(_ context.Context, w *world, n string) error {
		return w.useSocket(n)
	})
	_ = step1("{} messages arrive, each with a msg-id of its own", number, func(ctx context.Context, w *world, n int) error {
		return w.wantOwnMsgIDs(ctx, n)
	})
	_ = step0("no protocol header arrives in a message", func(ctx context.Context, w *world) error {
		return w.wantNoProtocolHeaders(ctx)
	})
	_ = step0("I send the ACK from there", func(_ context.Context, w *world) error {
		return w.acknowledgeLast()
	})
	_ = step0("I send the ACK with a zero before its msg-id", func(_ context.Context, w *world) error {
		msgID, err := w.lastMsgID()
		if err != nil {
			return err
		}
		return w.sendFrame(forge.Frame{Type: typeAck, Headers: forge.KV("msg-id", "0"+msgID)}, "ACK msg-id=0"+msgID)
	})
	_ = step1("nothing listens at the peer's port for {} on the client's clock", duration, func(ctx context.Context, w *world, d time.Duration) error {
		return w.away(ctx, d)
	})
)

// serveClient opens a client and makes sure that it works: a message of it that
// arrives, and an answer that it receives. Loopback may lose a datagram, so there
// are three attempts.
func (w *world) serveClient(ctx context.Context) error {
	s, err := w.t.ListenUDP("A", nil)
	if err != nil {
		return err
	}
	w.socket, w.sockets["A"] = s, s
	if w.client, err = w.t.Connect(ctx, "A", "udp", s.Local().String()); err != nil {
		return w.offered(err)
	}
	w.clients["A"] = w.client
	for range 3 {
		payload := w.t.Unique("greeting")
		if err := w.clientSendsFrame(ctx, forge.Frame{Type: typeData, Payload: payload}); err != nil {
			return err
		}
		var from netip.AddrPort
		_, err := w.datagramsUntil(ctx, w.reply()/2, func(d probe.Datagram) bool {
			from = d.From
			return d.Frame.Type == typeData && bytes.Equal(d.Frame.Payload, payload)
		})
		if errors.Is(err, probe.ErrNothing) {
			continue
		}
		if err != nil {
			return err
		}
		s.Talk(from)
		answer := w.t.Unique("answer")
		if err := w.sendPlain(answer); err != nil {
			return err
		}
		f, err := w.clientMessage(ctx, "the first answer")
		if err != nil {
			return err
		}
		if !bytes.Equal(f.Payload, answer) {
			return &probe.Violation{Want: fmt.Sprintf("that the client receives '%s'", answer), Got: f.String()}
		}
		w.received = nil
		return nil
	}
	return &probe.Violation{Want: "a DATA of the client", Got: "nothing, in three attempts", Timing: true}
}

// anotherPeer opens a further socket that talks to the client, and makes it the one
// in use.
func (w *world) anotherPeer(n string, like *probe.Socket) error {
	s, err := w.t.ListenUDP(n, like)
	if err != nil {
		return err
	}
	s.Talk(w.sockets["A"].Target())
	w.socket, w.sockets[n] = s, s
	return nil
}

// wantAnyDatagram is the next datagram, which has to come.
func (w *world) wantAnyDatagram(ctx context.Context, within time.Duration, want string) (probe.Datagram, error) {
	d, err := w.nextDatagram(ctx, within)
	if errors.Is(err, probe.ErrNothing) {
		return d, &probe.Violation{Want: fmt.Sprintf("%s within %v", want, within), Got: "nothing", Timing: true}
	}
	return d, err
}

// peerBarrier has the client send a message of its own, and watches a while longer.
// It returns what else arrives.
func (w *world) peerBarrier(ctx context.Context) ([]probe.Datagram, error) {
	payload := w.t.Unique("sentinel")
	if err := w.clientSendsFrame(ctx, forge.Frame{Type: typeData, Payload: payload}); err != nil {
		return nil, err
	}
	others, err := w.datagramsUntil(ctx, w.reply(), func(d probe.Datagram) bool {
		return d.Frame.Type == typeData && bytes.Equal(d.Frame.Payload, payload)
	})
	if errors.Is(err, probe.ErrNothing) {
		return others, &probe.Violation{Want: fmt.Sprintf("the client's next message within %v", w.reply()), Got: "nothing", Timing: true}
	}
	if err != nil {
		return others, err
	}
	late, err := w.datagramsUntil(ctx, max(afterSentinel, w.ackBy-w.t.Elapsed()), func(probe.Datagram) bool { return false })
	if !errors.Is(err, probe.ErrNothing) {
		return others, err
	}
	return append(others, late...), nil
}

// rest is what else comes until a barrier, from a server or a client.
func (w *world) rest(ctx context.Context) ([]probe.Datagram, error) {
	if w.client != nil {
		return w.peerBarrier(ctx)
	}
	return w.udpSentinel(ctx)
}

// clientSendsDifferent has the client send a message with headers and a payload that
// show when anything is amiss.
func (w *world) clientSendsDifferent(ctx context.Context, n int) error {
	w.expected = forge.Frame{Type: typeData, Headers: forge.KV("a", "1", "b", "2"), Payload: w.different(n)}
	return w.clientSendsFrame(ctx, w.expected)
}

// wantRestingIDs has the client send more fragmented messages than there are
// frag-ids. One that waits until a frag-id is free, or refuses, keeps the rule.
func (w *world) wantRestingIDs(ctx context.Context, n int) error {
	const rests = 30 * time.Second
	least := w.t.Scaled(rests) - w.t.Scaled(rests)/20
	last := map[byte]time.Duration{} // when a fragment with a frag-id arrived last
	for i := range n {
		f := forge.Frame{Type: typeData, Payload: w.different(1300)}
		answer, err := w.clientBegins(ctx, "send", f).Wait(ctx, w.t.Scaled(rests)+2*w.reply())
		if err != nil {
			return w.offered(err)
		}
		if !answer.OK {
			if i < 256 {
				return &probe.NotExercised{Cause: probe.CauseTarget, Reason: fmt.Sprintf("message %d of %d was refused: %s", i+1, n, said(answer))}
			}
			return nil // it fails locally, as it may
		}
		m, _, err := w.messageUntil(ctx, w.reply(), func(got dissect.Frame) bool { return bytes.Equal(got.Payload, f.Payload) })
		if errors.Is(err, probe.ErrNothing) || err == nil && m == nil {
			return &probe.NotExercised{Cause: probe.CauseTarget, Reason: "a message did not arrive in fragments"}
		}
		if err != nil {
			return err
		}
		first, end := m.pieces[0].At, m.pieces[0].At
		for _, d := range m.pieces {
			first, end = min(first, d.At), max(end, d.At)
		}
		if before, used := last[m.id]; used && first-before < least {
			return &probe.Violation{
				Want:   fmt.Sprintf("frag-id %d to rest for %v", m.id, w.t.Scaled(rests)),
				Got:    fmt.Sprintf("another message under it %v after the last fragment of the one before", (first - before).Round(time.Millisecond)),
				Timing: true, Low: least, Measured: first - before,
			}
		}
		last[m.id] = end
	}
	return nil
}

// A round is one transmission of a message: its datagrams, in the order in which they
// arrived.
type round []probe.Datagram

func (r round) begin() time.Duration { return r[0].At }
func (r round) end() time.Duration   { return r[len(r)-1].At }

// complete says whether all datagrams of the transmission are there.
func (r round) complete() bool {
	if len(r) == 0 {
		return false
	}
	_, _, total, ok := place(r[0].Frame)
	return !ok || len(r) == total
}

// isTransmission says whether a datagram is one of the message under way.
func (w *world) isTransmission(d probe.Datagram) bool {
	return d.Frame.Type == typeData && d.Frame.Flags&flagReqAck != 0
}

// inRounds adds a datagram to transmissions: a new one begins when the one before is
// complete, or when a fragment comes that it has already.
func inRounds(rounds []round, d probe.Datagram) []round {
	n := len(rounds)
	if n == 0 || rounds[n-1].complete() {
		return append(rounds, round{d})
	}
	_, index, _, _ := place(d.Frame)
	for _, old := range rounds[n-1] {
		if _, i, _, _ := place(old.Frame); i == index {
			return append(rounds, round{d})
		}
	}
	rounds[n-1] = append(rounds[n-1], d)
	return rounds
}

// patience is how long the next transmission may take: more than any rule allows, so
// that the rule itself is judged and not this wait.
func (w *world) patience() time.Duration { return w.t.Scaled(7*time.Second) + w.reply() }

// watchRounds waits until so many transmissions of the message under way have arrived
// whole.
func (w *world) watchRounds(ctx context.Context, n int) error {
	for len(w.rounds) < n || !w.rounds[n-1].complete() {
		d, err := w.wantAnyDatagram(ctx, w.patience(), fmt.Sprintf("transmission %d", n))
		if err != nil {
			return err
		}
		if w.isTransmission(d) {
			w.rounds = inRounds(w.rounds, d)
		}
	}
	return nil
}

// watchSend notes the transmissions of a message that is never acknowledged, until
// the client gives it up.
func (w *world) watchSend(ctx context.Context) error {
	if len(w.pending) == 0 {
		return errors.New("no send is under way")
	}
	const look = 20 * time.Millisecond
	last := w.t.Elapsed()
	for ended := false; ; {
		d, err := w.nextDatagram(ctx, look)
		switch {
		case errors.Is(err, probe.ErrNothing):
			if ended {
				return nil
			}
			ended = w.pending[0].Ended() // and one more look, for what was on its way
			if !ended && w.t.Elapsed()-last > w.patience() {
				return &probe.Violation{Want: fmt.Sprintf("another transmission, or the end of the send, within %v", w.patience()), Got: "neither", Timing: true}
			}
		case err != nil:
			return err
		case w.isTransmission(d):
			w.rounds = inRounds(w.rounds, d)
			last = w.t.Elapsed()
		}
	}
}

// wantIntervals holds the interval before each retransmission to bounds that follow
// from its nominal length. It counts from the last datagram of the transmission
// before.
func (w *world) wantIntervals(bounds func(nominal time.Duration) (least, most time.Duration)) error {
	if len(w.rounds) < 2 {
		return &probe.Violation{Want: "retransmissions", Got: fmt.Sprintf("%d transmissions", len(w.rounds))}
	}
	nominal := w.t.Scaled(100 * time.Millisecond)
	for i := 1; i < len(w.rounds); i++ {
		least, most := bounds(nominal)
		took := w.rounds[i].begin() - w.rounds[i-1].end()
		if took < least || took > most {
			return &probe.Violation{
				Want:   fmt.Sprintf("between %v and %v before retransmission %d", least.Round(10*time.Microsecond), most.Round(10*time.Microsecond), i),
				Got:    took.Round(10 * time.Microsecond).String(),
				Timing: true, Low: least, High: most, Measured: took,
			}
		}
		nominal *= 2
	}
	return nil
}

// wantNominalIntervals is wantIntervals with the bounds of RTX-4.
func (w *world) wantNominalIntervals() error {
	return w.wantIntervals(func(nominal time.Duration) (time.Duration, time.Duration) {
		return nominal - nominal/20, nominal + nominal/5 + 20*time.Millisecond
	})
}

func (w *world) wantSameMsgID() error {
	var first []byte
	for i, r := range w.rounds {
		for _, d := range r {
			msgID, ok := d.Frame.Header("msg-id")
			if !ok {
				return &probe.Violation{Want: "a msg-id in every transmission", Got: d.Frame.String()}
			}
			if first == nil {
				first = msgID
			}
			if !bytes.Equal(first, msgID) {
				return &probe.Violation{Want: fmt.Sprintf("msg-id %s in transmission %d", first, i+1), Got: fmt.Sprintf("msg-id %s", msgID)}
			}
		}
	}
	return w.repeated()
}

// repeated wants there to have been a retransmission at all.
func (w *world) repeated() error {
	if len(w.rounds) < 2 {
		return &probe.NotExercised{Cause: probe.CauseTarget, Reason: "nothing was transmitted again"}
	}
	return nil
}

func (w *world) wantSameOctets() error {
	if err := w.repeated(); err != nil {
		return err
	}
	for i, r := range w.rounds[1:] {
		if !slices.EqualFunc(r, w.rounds[0], func(a, b probe.Datagram) bool { return bytes.Equal(a.Frame.Raw, b.Frame.Raw) }) {
			return &probe.Violation{
				Want: fmt.Sprintf("the octets of the first transmission in transmission %d", i+2),
				Got:  fmt.Sprintf("%v instead of %v", r[0].Frame, w.rounds[0][0].Frame),
			}
		}
	}
	return nil
}

// wantSameFragments compares the fragments of all transmissions by index.
func (w *world) wantSameFragments() error {
	if err := w.repeated(); err != nil {
		return err
	}
	type piece struct {
		id      byte
		total   int
		payload string
	}
	first := map[int]piece{}
	for i, r := range w.rounds {
		for _, d := range r {
			id, index, total, ok := place(d.Frame)
			if !ok {
				return &probe.NotExercised{Cause: probe.CauseTarget, Reason: "the message did not arrive in fragments"}
			}
			p := piece{id, total, string(d.Frame.Payload)}
			if i == 0 {
				first[index] = p
			} else if first[index] != p {
				return &probe.Violation{
					Want: fmt.Sprintf("fragment %d under frag-id %d, of %d, with the same payload in transmission %d", index, first[index].id, first[index].total, i+1),
					Got:  d.Frame.String(),
				}
			}
		}
	}
	return nil
}

// wantTimeout wants the send to have failed with Timeout, not before its last
// transmission has gone unanswered for so long.
func (w *world) wantTimeout(ctx context.Context, unscaled time.Duration) error {
	answer, err := w.sendEnds(ctx, w.reply())
	if err != nil {
		return err
	}
	if err := wantSaid(answer, "Timeout", false); err != nil {
		return err
	}
	if len(w.rounds) == 0 {
		return &probe.NotExercised{Cause: probe.CauseTarget, Reason: "nothing was transmitted"}
	}
	return w.wantWaited(unscaled, w.ended.At()-w.rounds[len(w.rounds)-1].end())
}

// wantWaited wants a send to have waited for so long after its last transmission.
func (w *world) wantWaited(unscaled, took time.Duration) error {
	wait := w.t.Scaled(unscaled)
	if took < wait-wait/20 || took > wait+w.reply() {
		return &probe.Violation{
			Want: fmt.Sprintf("Timeout %v after the last transmission", wait), Got: took.Round(time.Millisecond).String(),
			Timing: true, Low: wait - wait/20, High: wait + w.reply(), Measured: took,
		}
	}
	return nil
}

// underway is how long after the judge has ended a send a transmission may still have
// been begun before: what the two programs take to notice, beside the lateness of the
// host.
const underway = 20 * time.Millisecond

// wantQuiet watches on the client's clock: a retransmission has no barrier but time.
// One that was sent before the client can have known is none that it should not have
// sent.
func (w *world) wantQuiet(ctx context.Context, unscaled time.Duration) error {
	known := w.settledAt + underway + w.t.Late()
	_, err := w.datagramsUntil(ctx, w.t.Scaled(unscaled)+afterSentinel, func(d probe.Datagram) bool {
		return w.isTransmission(d) && d.At > known
	})
	switch {
	case errors.Is(err, probe.ErrNothing):
		return nil
	case err != nil:
		return err
	}
	return &probe.Violation{Want: "no further transmission", Got: w.received[len(w.received)-1].String()}
}

// wantOwnMsgIDs reads messages that ask for an ACK, each of which may be transmitted
// several times, until so many msg-ids have come as there are messages. Each is
// acknowledged, for a client may send the next one only then.
func (w *world) wantOwnMsgIDs(ctx context.Context, n int) error {
	first := map[string]bool{} // by msg-id
	copies := 0
	deadline := time.Now().Add(w.reply())
	for len(first) < n {
		d, err := w.nextDatagram(ctx, time.Until(deadline))
		if errors.Is(err, probe.ErrNothing) {
			return &probe.Violation{
				Want: fmt.Sprintf("%d msg-ids for %d messages", n, n),
				Got:  fmt.Sprintf("%d of them in %d datagrams", len(first), len(first)+copies), Timing: len(first)+copies < n,
			}
		}
		if err != nil {
			return err
		}
		msgID, ok := d.Frame.Header("msg-id")
		switch {
		case d.Frame.Type != typeData:
			continue
		case !ok:
			return &probe.Violation{Want: "a DATA with a msg-id", Got: d.Frame.String()}
		}
		if first[string(msgID)] {
			copies++
			continue
		}
		first[string(msgID)] = true
		if err := w.acknowledgeLast(); err != nil {
			return err
		}
		deadline = time.Now().Add(w.reply())
	}
	return nil
}

// wantNoProtocolHeaders looks at what the client sent of messages that were given
// headers of the protocol: it may have refused them, or sent them without.
func (w *world) wantNoProtocolHeaders(ctx context.Context) error {
	others, err := w.peerBarrier(ctx)
	if err != nil {
		return err
	}
	frames := make([]dissect.Frame, len(others))
	for i, d := range others {
		frames[i] = d.Frame
	}
	return withoutProtocolHeaders(frames)
}

// away closes the socket in use for a while, so that what the client sends there
// draws an ICMP error, and opens it again at the same address and port.
func (w *world) away(ctx context.Context, unscaled time.Duration) error {
	for n, s := range w.sockets {
		if s != w.socket {
			continue
		}
		local, to := s.Local(), s.Target()
		s.Close()
		if err := w.t.Wait(ctx, w.t.Scaled(unscaled)); err != nil {
			return err
		}
		again, err := w.t.ListenUDPAt(n, local)
		if err != nil {
			return err
		}
		again.Talk(to)
		w.socket, w.sockets[n] = again, again
		w.rounds = nil
		return nil
	}
	return errors.New("no socket is in use")
}
