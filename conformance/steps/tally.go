package steps

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vstp-project/vstp/conformance/dissect"
	"github.com/vstp-project/vstp/conformance/forge"
	"github.com/vstp-project/vstp/conformance/probe"
	"github.com/vstp-project/vstp/netem"
)

// What came of the messages that were sent over a link, by the fates of all datagrams.

// holdTime is within which the fragments of a message have to arrive for a receiver to
// be bound to put it together [RAS-10].
const holdTime = 27 * time.Second

// A tally is what the link has seen of one message.
type tally struct {
	whole   int // how often it was whole at the target
	most    int // how often it may have been, whatever the order of arrival
	altered int // datagrams of it that arrived altered
	acks    int // that the target has sent
	answers int // echoes that a server has sent, or deliveries to the application of a client
}

// owed says that the target has not yet sent what it has to.
func (w *world) owed(m *lossyMessage, t tally) bool {
	acks := t.whole
	if w.client != nil {
		acks = min(acks, 1) // ACK-5 binds servers
	}
	return t.acks < acks || t.whole > 0 && w.showsAnswer(m) && t.answers == 0
}

// showsAnswer says whether it can be seen that the target has delivered a message.
func (w *world) showsAnswer(m *lossyMessage) bool { return w.client != nil || m.echo != "" }

// answering is what shows that, in words.
func (w *world) answering(many string, m *lossyMessage) string {
	if w.client != nil {
		return fmt.Sprintf("the client to receive %s %s", m.text, map[string]string{"an": "at all", "one": "once"}[many])
	}
	return fmt.Sprintf("%s answer to %s", many, m.text)
}

// tallies are those of all messages.
func (w *world) tallies() ([]tally, error) {
	events, err := w.linkEvents()
	if err != nil {
		return nil, err
	}
	type place struct{ message, index int }
	sent, acks, echoes := map[string]place{}, map[string]int{}, map[string]int{}
	for i, m := range w.lossy.messages {
		for j, label := range m.labels {
			sent[label.Text] = place{i, j}
		}
		acks[m.ack.Text] = i
		if m.echo != "" {
			echoes[m.echo] = i
		}
	}
	all := make([]tally, len(w.lossy.messages))
	arrivals := make([][]arrival, len(all))
	for _, e := range events {
		if e.Dir != w.towards() {
			if i, ok := acks[e.Label]; ok {
				all[i].acks++
			} else if i, ok := echoes[e.Label]; ok {
				all[i].answers++
			}
			continue
		}
		if p, ok := sent[e.Label]; ok {
			arrivals[p.message] = append(arrivals[p.message], arrivalsOf(e.Fate, e.At, p.index)...)
			if e.Fate.Verdict == netem.Deliver && len(e.Fate.Flips) > 0 {
				all[p.message].altered++
			}
		}
	}
	for i, m := range w.lossy.messages {
		for _, f := range w.lossy.received {
			if m.answeredBy(f) {
				all[i].answers++
			}
		}
		n := len(m.datagrams)
		all[i].most = mostWhole(arrivals[i], n)
		all[i].whole = len(completions(arrivals[i], n))
		if n > 1 && spread(arrivals[i]) > w.t.Scaled(holdTime) {
			all[i].whole = 0 // the target need not have waited
		}
	}
	return all, nil
}

// mostWhole is how often a message of n datagrams may have been whole in any order of
// arrival: each time takes one copy of each datagram.
func mostWhole(arrivals []arrival, n int) int {
	counts := map[int][]int{} // by generation and index
	for _, a := range arrivals {
		if counts[a.generation] == nil {
			counts[a.generation] = make([]int, n)
		}
		counts[a.generation][a.index]++
	}
	most := 0
	for _, c := range counts {
		most += slices.Min(c)
	}
	return most
}

// spread is the time between the first and the last arrival.
func spread(arrivals []arrival) time.Duration {
	if len(arrivals) == 0 {
		return 0
	}
	first, last := arrivals[0].at, arrivals[0].at
	for _, a := range arrivals {
		first, last = min(first, a.at), max(last, a.at)
	}
	return last - first
}

var (
	_ = step0("every message that arrived whole is acknowledged", func(ctx context.Context, w *world) error {
		return w.checkLossy(ctx, func(m *lossyMessage, t tally) *probe.Violation {
			switch {
			case t.whole > 0 && t.acks == 0:
				return &probe.Violation{Requirement: w.ackRule(), Want: fmt.Sprintf("an ACK of %s, which arrived whole", m.text), Got: "none"}
			case t.acks > t.most:
				return &probe.Violation{Requirement: w.ackRule(), Want: fmt.Sprintf("at most %d ACKs of %s, one for each time that it arrived whole", t.most, m.text), Got: fmt.Sprint(t.acks)}
			}
			return nil
		})
	})
	_ = step0("every copy that arrived whole is acknowledged", func(ctx context.Context, w *world) error {
		return w.checkLossy(ctx, func(m *lossyMessage, t tally) *probe.Violation {
			if t.acks < t.whole {
				return &probe.Violation{Requirement: "ACK-5", Want: fmt.Sprintf("%d ACKs of %s, one for each copy that arrived whole", t.whole, m.text), Got: fmt.Sprint(t.acks)}
			}
			return nil
		})
	})
	// A server that does not know copies answers each of them, which the profile core
	// lets it do.
	_ = step0("every message that arrived whole is answered", func(ctx context.Context, w *world) error {
		return w.wantAnswered(ctx)
	})
	_ = step0("every message that arrived whole is received", func(ctx context.Context, w *world) error {
		return w.wantAnswered(ctx)
	})
	_ = step0("every message that arrived whole is answered once", func(ctx context.Context, w *world) error {
		return w.wantAnsweredOnce(ctx)
	})
	_ = step0("every message that arrived whole is received once", func(ctx context.Context, w *world) error {
		return w.wantAnsweredOnce(ctx)
	})
	_ = step0("no message is acknowledged or answered that did not arrive whole", func(ctx context.Context, w *world) error {
		return w.wantNothingIncomplete(ctx)
	})
	_ = step0("no message is acknowledged or received that did not arrive whole", func(ctx context.Context, w *world) error {
		return w.wantNothingIncomplete(ctx)
	})
	_ = step0("every answer is that to a message that was sent, octet for octet", func(ctx context.Context, w *world) error {
		return w.wantAnswersTrue(ctx)
	})
	_ = step0("every message that the client receives is one that was sent, octet for octet", func(ctx context.Context, w *world) error {
		return w.wantAnswersTrue(ctx)
	})
	_ = step1("the client has received at least {} messages", number, func(_ context.Context, w *world, n int) error {
		return tooFew(len(w.lossy.received), n, "message", "brought")
	})
	_ = step1("at least {} answers have come back", number, func(_ context.Context, w *world, n int) error {
		if got := len(wholeMessages(w.lossy.answers)); got < n {
			return tooFew(got, n, "answer", "brought")
		}
		return nil
	})
	_ = step1("at least {} messages have arrived whole", number, func(ctx context.Context, w *world, n int) error {
		if err := w.settle(ctx); err != nil {
			return err
		}
		tallies, err := w.tallies()
		if err != nil {
			return err
		}
		whole := 0
		for _, t := range tallies {
			if t.whole > 0 {
				whole++
			}
		}
		return tooFew(whole, n, "whole message", "brought")
	})
	_ = step1("at least {} messages have not arrived whole", number, func(_ context.Context, w *world, n int) error {
		tallies, err := w.tallies()
		if err != nil {
			return err
		}
		never := 0
		for _, t := range tallies {
			if t.most == 0 {
				never++
			}
		}
		return tooFew(never, n, "message", "destroyed")
	})
	_ = step1("the answer to {} goes to the address from which it was sent", quoted, func(ctx context.Context, w *world, payload string) error {
		return w.wantToFormerAddress(ctx, payload)
	})
)

// ackRule is the requirement that has a message acknowledged.
func (w *world) ackRule() string {
	if w.client != nil {
		return "ACK-16"
	}
	return "ACK-1"
}

// notAnswered is the violation of a message that nothing shows to have been delivered.
func (w *world) notAnswered(many string, m *lossyMessage, t tally) *probe.Violation {
	if t.whole == 0 || !w.showsAnswer(m) || t.answers > 0 {
		return nil
	}
	return &probe.Violation{Want: w.answering(many, m) + ", which arrived whole", Got: "none", Timing: true}
}

func (w *world) wantAnswered(ctx context.Context) error {
	return w.checkLossy(ctx, func(m *lossyMessage, t tally) *probe.Violation {
		if v := w.notAnswered("an", m, t); v != nil {
			return v
		}
		if t.answers > t.most {
			return &probe.Violation{Want: fmt.Sprintf("%s at most %d times, once for each time that it arrived whole", w.answering("an", m), t.most), Got: fmt.Sprint(t.answers)}
		}
		return nil
	})
}

func (w *world) wantAnsweredOnce(ctx context.Context) error {
	if err := w.wantNothingTwice(); err != nil {
		return err
	}
	err := w.checkLossy(ctx, func(m *lossyMessage, t tally) *probe.Violation { return w.notAnswered("one", m, t) })
	if err != nil {
		return err
	}
	if err := w.lossySentinel(ctx); err != nil {
		return err
	}
	return w.wantNothingTwice()
}

func (w *world) wantNothingIncomplete(ctx context.Context) error {
	if err := w.settle(ctx); err != nil {
		return err
	}
	if err := w.lossySentinel(ctx); err != nil {
		return err
	}
	return w.checkLossy(ctx, func(m *lossyMessage, t tally) *probe.Violation {
		switch {
		case t.most == 0 && t.acks > 0:
			return &probe.Violation{Want: fmt.Sprintf("no ACK of %s, which never arrived whole", m.text), Got: fmt.Sprintf("%d of them", t.acks)}
		case t.most == 0 && t.answers > 0:
			return &probe.Violation{Want: fmt.Sprintf("no answer to %s, and no delivery: it never arrived whole", m.text), Got: fmt.Sprintf("%d of them", t.answers)}
		}
		return nil
	})
}

func (w *world) wantAnswersTrue(ctx context.Context) error {
	if err := w.settle(ctx); err != nil {
		return err
	}
	if err := w.lossyUntilOnly(ctx, time.Now().Add(afterSentinel)); err != nil {
		return err
	}
	return w.wantAnswersWhole()
}

// checkLossy waits until the target has done what it owes and holds each message to a
// rule.
func (w *world) checkLossy(ctx context.Context, rule func(*lossyMessage, tally) *probe.Violation) error {
	if err := w.settle(ctx); err != nil {
		return err
	}
	tallies, err := w.tallies()
	if err != nil {
		return err
	}
	for i, m := range w.lossy.messages {
		if v := rule(m, tallies[i]); v != nil {
			return v
		}
	}
	return nil
}

// settle waits until the target has sent what it owes for what came to it, or has had
// its time to.
func (w *world) settle(ctx context.Context) error {
	if w.lossy.settled {
		return nil
	}
	if len(w.lossy.messages) == 0 {
		return errors.New("nothing has been sent that is to be acknowledged")
	}
	for {
		tallies, err := w.tallies()
		if err != nil {
			return err
		}
		owed := w.behind()
		for i, m := range w.lossy.messages {
			owed = owed || w.owed(m, tallies[i])
		}
		last := w.lastArrival()
		for _, at := range []time.Time{w.lossy.last, w.lossy.receivedAt} { // a client hands over one message after the other
			if last.Before(at) {
				last = at
			}
		}
		if !owed || time.Now().After(last.Add(w.t.Bound("reply"))) {
			w.lossy.settled = true
			return nil
		}
		if err := w.lossyUntil(ctx, time.Now().Add(burstPause)); err != nil {
			return err
		}
	}
}

// behind says that datagrams which were sent have not entered the link yet.
func (w *world) behind() bool {
	entered := 0
	for _, e := range w.t.Crossing().Events() {
		if e.Dir == w.towards() {
			entered++
		}
	}
	return entered < w.lossy.sent
}

// lastArrival is when the last of what has been sent to the target comes out of the link.
func (w *world) lastArrival() time.Time {
	crossing := w.t.Crossing()
	last := time.Duration(0)
	for _, e := range crossing.Events() {
		if e.Dir == w.towards() {
			for _, a := range arrivalsOf(e.Fate, e.At, 0) {
				last = max(last, a.at)
			}
		}
	}
	return crossing.Began().Add(last)
}

// wantNothingTwice refuses an answer that the target has put into the link a second
// time: the labels of answers are those of their payloads. After a rebinding a copy
// comes from another source, for which it is another message.
func (w *world) wantNothingTwice() error {
	if w.client != nil {
		return w.wantNoneReceivedTwice()
	}
	events, err := w.linkEvents()
	if err != nil {
		return err
	}
	sources := 1
	for _, e := range events {
		sources = max(sources, 1+e.Fate.Generation)
		if e.Dir == netem.BA && e.Occurrence > sources && strings.HasPrefix(e.Label, "DATA") {
			return &probe.Violation{Requirement: "ACK-6", Want: "one answer to each message", Got: fmt.Sprintf("%q sent %d times, the last after %v", e.Label, e.Occurrence, e.At.Round(time.Millisecond))}
		}
	}
	return nil
}

// wantNoneReceivedTwice refuses a message that the client has received a second time.
func (w *world) wantNoneReceivedTwice() error {
	for i, f := range w.lossy.received {
		if slices.ContainsFunc(w.lossy.received[:i], func(g dissect.Frame) bool { return bytes.Equal(f.Raw, g.Raw) }) {
			return &probe.Violation{Requirement: "ACK-6", Want: "each message once", Got: fmt.Sprintf("%v received again", f)}
		}
	}
	return nil
}

// candidates are how many sentinels are looked at, and sentinels how many are sent where
// it cannot be foreseen whether they arrive.
const (
	candidates = 64
	sentinels  = 8
)

// lossySentinel is udpSentinel over a link: a message that the link lets through, with its
// echo where there is one, and a while of watching.
func (w *world) lossySentinel(ctx context.Context) error {
	last := w.lastArrival()
	for range sentinels {
		payload, certain, err := w.drawThrough("sentinel", w.passes)
		if err != nil {
			return err
		}
		if err := w.sendDatagram(fmt.Sprintf("DATA msg-id=1 '%s'", payload), greeting(payload)); err != nil {
			return err
		}
		switch err := w.sentinelArrives(ctx, payload); {
		case err == nil:
			until := time.Now().Add(afterSentinel)
			if acks := last.Add(w.t.Bound("ack")); acks.After(until) {
				until = acks
			}
			return w.lossyUntilOnly(ctx, until)
		case !errors.Is(err, probe.ErrNothing):
			return err
		case certain && w.client != nil:
			return &probe.Violation{Requirement: "UDP-16", Want: fmt.Sprintf("that the client receives a sentinel which the link lets through, within %v", w.reply()), Got: "nothing", Timing: true}
		case certain:
			return &probe.Violation{Requirement: "UDP-6", Want: fmt.Sprintf("the echo of a sentinel that the link lets through, within %v", w.reply()), Got: "nothing", Timing: true}
		}
	}
	return noneThrough("sentinels")
}

// drawThrough draws payloads until the link lets one through, if it can be foreseen.
func (w *world) drawThrough(prefix string, passes func(payload []byte) (through, certain bool)) (payload []byte, certain bool, err error) {
	random, err := w.linkRandom()
	if err != nil {
		return nil, false, err
	}
	for range candidates {
		payload = fmt.Appendf(nil, "%s %016x", prefix, random.Uint64())
		var through bool
		if through, certain = passes(payload); !certain || through {
			break
		}
	}
	return payload, certain, nil
}

func noneThrough(what string) error {
	return &probe.NotExercised{Cause: probe.CauseSurroundings, Reason: fmt.Sprintf("the link let none of %d %s through", sentinels, what)}
}

// sentinelArrives waits for what shows that the target has delivered a sentinel, with
// probe.ErrNothing where that does not come.
func (w *world) sentinelArrives(ctx context.Context, payload []byte) error {
	if w.client == nil {
		before, err := w.datagramsUntil(ctx, w.reply(), func(d probe.Datagram) bool { return isEcho(d.Frame, payload) })
		w.lossy.answers = append(w.lossy.answers, slices.DeleteFunc(before, func(d probe.Datagram) bool { return d.Frame.Type == typeAck })...)
		return err
	}
	for deadline := time.Now().Add(w.reply()); time.Now().Before(deadline); {
		if err := w.lossyUntil(ctx, time.Now().Add(burstPause)); err != nil {
			return err
		}
		if slices.ContainsFunc(w.lossy.received, func(f dissect.Frame) bool { return bytes.Equal(f.Payload, payload) }) {
			return nil
		}
	}
	return probe.ErrNothing
}

// lossyUntilOnly reads until a time, ACKs or not.
func (w *world) lossyUntilOnly(ctx context.Context, until time.Time) error {
	for time.Now().Before(until) {
		if err := w.lossyUntil(ctx, until); err != nil {
			return err
		}
	}
	return nil
}

// passes says whether the link lets a message with this payload, and its echo, through.
func (w *world) passes(payload []byte) (through, certain bool) {
	through, certain = w.foresee(w.towards(), greeting(payload))
	if w.client != nil {
		return through, certain
	}
	back, certainly := w.foresee(netem.BA, forge.Frame{Type: typeData, Payload: payload}.Bytes())
	return through && back, certain && certainly
}

// foresee says whether the link lets a datagram through that has not been sent before.
func (w *world) foresee(d netem.Direction, datagram []byte) (through, certain bool) {
	label := probe.NewLabels(w.t.Registry()).Label(d, 0, datagram)
	fate, certain := w.t.Crossing().Foresee(d, label, 1, len(datagram))
	return len(arrivalsOf(fate, 0, 0)) > 0, certain
}

// wantAnswersWhole compares each answer that came back whole with what it answers.
func (w *world) wantAnswersWhole() error {
	messages, want := wholeMessages(w.lossy.answers), "an answer with the payload and headers of a message that was sent"
	if w.client != nil {
		messages, want = w.lossy.received, "a message with the payload and headers of one that was sent"
	}
	for _, f := range messages {
		if f.Type != typeData || isSentinel(f) {
			continue
		}
		if !slices.ContainsFunc(w.lossy.messages, func(m *lossyMessage) bool { return m.answeredBy(f) }) {
			return &probe.Violation{Want: want, Got: fmt.Sprintf("%s with %d octets of payload", f.TypeName(), len(f.Payload))}
		}
	}
	return nil
}

func isSentinel(f dissect.Frame) bool { return bytes.HasPrefix(f.Payload, []byte("sentinel ")) }

// answeredBy says whether a message from the target is the answer; a sender may have
// given it a msg-id.
func (m *lossyMessage) answeredBy(f dissect.Frame) bool {
	f.Headers = slices.DeleteFunc(slices.Clone(f.Headers), func(h dissect.Header) bool { return string(h.Key) == "msg-id" })
	return bytes.Equal(f.Payload, m.payload) && sameHeaders(f, m.headers)
}

// wantToFormerAddress wants the answer to a message to go to the address that the client
// had when it sent the message, where nobody is any more.
func (w *world) wantToFormerAddress(ctx context.Context, payload string) error {
	if err := w.settle(ctx); err != nil {
		return err
	}
	i := slices.IndexFunc(w.lossy.messages, func(m *lossyMessage) bool { return string(m.payload) == payload })
	if i < 0 {
		return fmt.Errorf("no message with the payload %q was sent", payload)
	}
	m := w.lossy.messages[i]
	for deadline := w.lastArrival().Add(w.reply()); ; {
		answers, former := w.answersTo(m)
		switch late := time.Now().After(deadline); {
		case former > 0: // a copy may have been sent from the new address, and answered there
			return nil
		case late && answers == 0:
			return &probe.Violation{Want: fmt.Sprintf("an answer to %s", m.text), Got: "none", Timing: true}
		case late:
			return &probe.Violation{Want: fmt.Sprintf("an answer to %s at the address from which it was first sent", m.text), Got: "answers at the address of a later message only"}
		}
		if err := w.lossyUntil(ctx, time.Now().Add(burstPause)); err != nil {
			return err
		}
	}
}

// answersTo counts the answers that the target has sent to a message, and those among
// them that went to an address which the client no longer has.
func (w *world) answersTo(m *lossyMessage) (answers, former int) {
	for _, e := range w.t.Crossing().Events() {
		if e.Dir == netem.BA && e.Label == m.echo {
			answers++
			if e.Fate.Reason == netem.ReasonRebind {
				former++
			}
		}
	}
	return answers, former
}
