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
	"github.com/vstp-project/vstp/conformance/target"
	"github.com/vstp-project/vstp/netem"
)

// A client under test sends over a link to a judge that keeps the rules for receivers:
// each time that a message is whole it is acknowledged, at once, and what the link does
// to the ACK is part of the scenario. What the client has sent is seen where it enters
// the link, by the kernel's clock; whether a send can succeed follows from the fates of
// the ACKs.

// ackTimeout is how long a client waits for an ACK after its last transmission [RTX-5].
const ackTimeout = 2 * time.Second

// A clientSend is a message that the client under test sends until it is acknowledged.
type clientSend struct {
	text    string
	message forge.Frame
	pending *probe.Pending
	ended   bool
	answer  target.Answer // once it has ended
}

// An outcome is what a link has seen of a send.
type outcome struct {
	rounds []round         // its transmissions, as they entered the link
	acks   []time.Duration // when an ACK of it came out at the client, since the case began
}

var (
	_ = step0("a client over UDP", func(ctx context.Context, w *world) error {
		return w.clientAcross(ctx)
	})
	_ = stepDoc("the client sends these until they are acknowledged:", func(ctx context.Context, w *world, lines []string) error {
		for _, line := range lines {
			f, err := w.frameOf(line)
			if err != nil {
				return err
			}
			w.beginSend(ctx, line, f)
		}
		return w.endSends(ctx)
	})
	_ = stepDoc("the client sends these until they are acknowledged, one after another:", func(ctx context.Context, w *world, lines []string) error {
		for _, line := range lines {
			f, err := w.frameOf(line)
			if err != nil {
				return err
			}
			w.beginSend(ctx, line, f)
			if err := w.endSends(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	_ = step2("the client sends {} messages of {} octets until they are acknowledged", number, number, func(ctx context.Context, w *world, n, octets int) error {
		random, err := w.linkRandom()
		if err != nil {
			return err
		}
		for i := range n {
			f := forge.Frame{Type: typeData, Headers: forge.KV("a", "1"), Payload: randomOctets(random, octets)}
			w.beginSend(ctx, fmt.Sprintf("message %d of %d octets", i+1, octets), f)
		}
		return w.endSends(ctx)
	})

	_ = step1("{} connections of the client in turn are greeted", number, func(ctx context.Context, w *world, n int) error {
		for i := range n {
			if i > 0 {
				w.stream.Close()
				if _, err := w.client.Begin(ctx, "close", nil).Wait(ctx, w.close()+w.reply()); err != nil {
					return w.offered(err)
				}
			}
			if err := w.greetClient(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	_ = step1("the client receives {} numbered DATA frames in order", number, func(ctx context.Context, w *world, n int) error {
		for i := range n {
			if err := w.clientReceives(ctx, fmt.Sprintf("DATA 'number %d'", i)); err != nil {
				return err
			}
		}
		return nil
	})
	_ = step0("the client reports the end of the connection, and no message before it", func(ctx context.Context, w *world) error {
		return w.wantOnlyEnd(ctx)
	})

	_ = step0("every send ends as the fates of its ACKs say", func(_ context.Context, w *world) error {
		return w.checkSends(w.wantAsFated)
	})
	_ = step1("every send keeps {}", id, func(_ context.Context, w *world, requirement string) error {
		return w.wantSendsKept(requirement)
	})
	_ = step1("at least {} sends have succeeded", number, func(_ context.Context, w *world, n int) error {
		return w.wantSends(n, "succeeded", func(s *clientSend, _ outcome) bool { return s.answer.OK })
	})
	_ = step1("at least {} sends have failed", number, func(_ context.Context, w *world, n int) error {
		return w.wantSends(n, "failed", func(s *clientSend, _ outcome) bool { return !s.answer.OK })
	})
	_ = step1("at least {} sends were transmitted again", number, func(_ context.Context, w *world, n int) error {
		return w.wantSends(n, "transmitted again", func(_ *clientSend, o outcome) bool { return len(o.rounds) > 1 })
	})
	_ = step1("at least {} messages of the client have come whole, each octet for octet", number, func(_ context.Context, w *world, n int) error {
		for _, f := range w.came {
			if !slices.ContainsFunc(w.sends, func(s *clientSend) bool { return s.is(f) }) {
				return &probe.Violation{Want: "a message with the payload and headers of one that the client was to send", Got: fmt.Sprintf("%s with %d octets of payload", f.TypeName(), len(f.Payload))}
			}
		}
		return tooFew(len(w.came), n, "whole message", "brought")
	})
)

// clientAcross opens a client on the other side of the link. The judge learns its address
// from a message that the link lets through.
func (w *world) clientAcross(ctx context.Context) error {
	s, err := w.t.ListenUDP("L", nil)
	if err != nil {
		return err
	}
	addr, err := w.t.UDPWay(s.Local().String())
	if err != nil {
		return err
	}
	if w.client, err = w.t.Connect(ctx, "L", "udp", addr); err != nil {
		return w.offered(err)
	}
	w.socket, w.sockets["L"], w.clients["L"] = s, s, w.client
	passes := func(payload []byte) (through, certain bool) {
		return w.foresee(netem.AB, forge.Frame{Type: typeData, Payload: payload}.Bytes())
	}
	for range sentinels {
		payload, certain, err := w.drawThrough("greeting", passes)
		if err != nil {
			return err
		}
		if err := w.clientSendsFrame(ctx, forge.Frame{Type: typeData, Payload: payload}); err != nil {
			return err
		}
		var from netip.AddrPort
		_, err = w.datagramsUntil(ctx, w.reply(), func(d probe.Datagram) bool {
			from = d.From
			return d.Frame.Type == typeData && bytes.Equal(d.Frame.Payload, payload)
		})
		switch {
		case err == nil:
			s.Talk(from)
			w.received = nil
			return nil
		case !errors.Is(err, probe.ErrNothing):
			return err
		case certain:
			return &probe.Violation{Want: fmt.Sprintf("a DATA of the client that the link lets through, within %v", w.reply()), Got: "nothing", Timing: true}
		}
	}
	return noneThrough("greetings")
}

// wantOnlyEnd wants the client to report that the connection has ended: after the fault
// that it may have seen in it, and without a message.
func (w *world) wantOnlyEnd(ctx context.Context) error {
	for range mostErrors {
		answer, err := w.clientGets(ctx, w.close())
		switch {
		case err != nil:
			return err
		case answer.OK, answer.Error == "Timeout":
			return &probe.Violation{Want: "that the client reports ConnectionClosed", Got: said(answer), Timing: answer.Error == "Timeout"}
		case answer.Error == "ConnectionClosed":
			return nil
		}
	}
	return tooManyErrors(mostErrors)
}

func (w *world) beginSend(ctx context.Context, text string, f forge.Frame) {
	w.sends = append(w.sends, &clientSend{text: text, message: f, pending: w.clientBegins(ctx, "send_ack", f)})
}

// endSends acknowledges what comes whole until every send has ended. A client may send
// one message after the other: only when nothing happens any more has it failed.
func (w *world) endSends(ctx context.Context) error {
	const look = 2 * time.Millisecond
	patience := w.patience() + w.t.Scaled(ackTimeout)
	pieces := map[netip.AddrPort]assembler{} // what comes from different addresses makes up nothing together
	last := w.t.Elapsed()
	for {
		d, err := w.nextDatagram(ctx, look)
		switch {
		case errors.Is(err, probe.ErrNothing):
		case err != nil:
			return err
		default:
			last = w.t.Elapsed()
			if err := w.acknowledgeWhole(d, pieces); err != nil {
				return err
			}
			continue // what has come is answered first
		}
		open := 0
		for _, s := range w.sends {
			switch {
			case s.ended:
			case !s.pending.Ended():
				open++
			default:
				if s.answer, err = s.pending.Wait(ctx, w.reply()); err != nil {
					return w.offered(err)
				}
				s.ended, last = true, w.t.Elapsed()
			}
		}
		switch {
		case open == 0:
			return nil
		case w.t.Elapsed()-last > patience:
			return &probe.Violation{Want: fmt.Sprintf("another transmission, or the end of a send, within %v", patience), Got: "neither", Timing: true}
		}
	}
}

// acknowledgeWhole acknowledges the message that a datagram makes whole, if it asks for
// that, at the address from which it came.
func (w *world) acknowledgeWhole(d probe.Datagram, pieces map[netip.AddrPort]assembler) error {
	if !w.isTransmission(d) {
		return nil
	}
	f := d.Frame
	if isFragment(f) {
		if pieces[d.From] == nil {
			pieces[d.From] = assembler{}
		}
		m, complete := pieces[d.From].add(d)
		if !complete {
			return nil
		}
		f = m.message()
	}
	w.came = append(w.came, f)
	msgID, ok := f.Header("msg-id")
	if !ok {
		return nil
	}
	w.socket.Talk(d.From)
	return w.socket.Send(ackOf(string(msgID)), "ACK msg-id="+string(msgID))
}

func ackOf(msgID string) []byte {
	return forge.Frame{Type: typeAck, Headers: forge.KV("msg-id", msgID)}.Bytes()
}

// is says whether a message that came is the one to be sent; the protocol gives it a
// msg-id.
func (s *clientSend) is(f dissect.Frame) bool {
	m := lossyMessage{payload: s.message.Payload, headers: s.message.Headers}
	return m.answeredBy(f)
}

// has says whether a datagram is a transmission of the message, or a part of one: payloads
// differ.
func (s *clientSend) has(f dissect.Frame) bool {
	if isFragment(f) {
		return bytes.Contains(s.message.Payload, f.Payload)
	}
	return bytes.Equal(s.message.Payload, f.Payload)
}

// outcomes are those of all sends.
func (w *world) outcomes() ([]outcome, error) {
	events, err := w.linkEvents()
	if err != nil {
		return nil, err
	}
	if len(w.sends) == 0 {
		return nil, errors.New("the client has sent nothing that is to be acknowledged")
	}
	all := make([]outcome, len(w.sends))
	labels := make([]*probe.Labels, len(w.sends))
	ids := make([]string, len(w.sends))
	for _, e := range w.t.Crossing().Entered() {
		d := probe.Datagram{Frame: dissect.DecodeDatagram(e.Octets, dissect.Options{Registry: w.t.Registry()}), At: e.At}
		if d.Frame.Class() != "" || !w.isTransmission(d) {
			continue
		}
		i := slices.IndexFunc(w.sends, func(s *clientSend) bool { return s.has(d.Frame) })
		if i < 0 {
			continue
		}
		if labels[i] == nil {
			labels[i] = probe.NewLabels(w.t.Registry())
		}
		labels[i].Label(netem.AB, 0, e.Octets)
		msgID, _ := d.Frame.Header("msg-id")
		ids[i] = string(msgID)
		all[i].rounds = inRounds(all[i].rounds, d)
	}
	began := w.t.Elapsed() - time.Since(w.t.Crossing().Began())
	for i := range all {
		if labels[i] == nil {
			continue
		}
		label := labels[i].Label(netem.BA, 0, ackOf(ids[i])).Text
		for _, e := range events {
			if e.Dir != netem.BA || e.Label != label {
				continue
			}
			for _, a := range arrivalsOf(e.Fate, e.At, 0) {
				all[i].acks = append(all[i].acks, began+a.at)
			}
		}
		slices.Sort(all[i].acks)
	}
	return all, nil
}

// checkSends holds each send to a rule.
func (w *world) checkSends(rule func(*clientSend, outcome) error) error {
	outcomes, err := w.outcomes()
	if err != nil {
		return err
	}
	for i, s := range w.sends {
		if len(outcomes[i].rounds) == 0 {
			return &probe.Violation{Want: "a transmission of " + s.text, Got: "none, and the send ended with " + said(s.answer)}
		}
		if err := rule(s, outcomes[i]); err != nil {
			return about(s, err)
		}
	}
	return nil
}

// about says in a violation which send it is about.
func about(s *clientSend, err error) error {
	if v := (*probe.Violation)(nil); errors.As(err, &v) {
		named := *v
		named.Want += ", for " + s.text
		return &named
	}
	return err
}

// wantSends wants enough of the sends to have come to a point for the case to prove
// anything.
func (w *world) wantSends(n int, deed string, is func(*clientSend, outcome) bool) error {
	outcomes, err := w.outcomes()
	if err != nil {
		return err
	}
	count := 0
	for i, s := range w.sends {
		if is(s, outcomes[i]) {
			count++
		}
	}
	w.t.Note("%d of %d sends %s", count, len(w.sends), deed)
	if count >= n {
		return nil
	}
	return &probe.NotExercised{Cause: probe.CauseSurroundings, Reason: fmt.Sprintf("%d sends %s on this link, and the case needs %d", count, deed, n)}
}

// wantAsFated wants a send to succeed when an ACK came out of the link before the client
// may have given up, and to fail when none came. An ACK on the very edge decides nothing.
func (w *world) wantAsFated(s *clientSend, o outcome) error {
	wait := w.t.Scaled(ackTimeout)
	gaveUp := o.rounds[len(o.rounds)-1].end() + wait
	edge := wait/20 + underway + w.t.Late()
	switch {
	case len(o.acks) == 0 && s.answer.OK:
		return &probe.Violation{Requirement: "RTX-5", Want: "failure, because no ACK came", Got: "success"}
	case len(o.acks) == 0:
		if err := wantSaid(s.answer, "Timeout", false); err != nil {
			return err
		}
		if n := len(o.rounds); n < transmissions {
			return &probe.Violation{Requirement: "RTX-9", Want: fmt.Sprintf("at least %d transmissions before the send fails", transmissions), Got: fmt.Sprint(n)}
		}
	case !s.answer.OK && o.acks[0] < gaveUp-edge:
		return &probe.Violation{Want: fmt.Sprintf("success, because an ACK came out of the link %v after the first transmission", (o.acks[0] - o.rounds[0].begin()).Round(time.Millisecond)), Got: said(s.answer), Timing: s.answer.Error == "Timeout"}
	}
	return nil
}

// wantSendsKept holds what the client has put into the link to a rule about its sends.
func (w *world) wantSendsKept(requirement string) error {
	repeated := func(rule func() error) func(*clientSend, outcome) error {
		return func(_ *clientSend, o outcome) error {
			w.rounds = o.rounds
			if last := len(w.rounds) - 1; !w.rounds[last].complete() {
				w.rounds = w.rounds[:last] // its ACK cut it short [RTX-8]
			}
			if len(w.rounds) < 2 {
				return nil
			}
			return rule()
		}
	}
	switch requirement {
	case "RTX-2":
		return w.checkSends(func(s *clientSend, o outcome) error {
			if n := len(o.rounds); n > transmissions || !s.answer.OK && n < transmissions {
				return &probe.Violation{Want: fmt.Sprintf("%d transmissions unless an ACK comes before", transmissions), Got: fmt.Sprint(n)}
			}
			return nil
		})
	case "RTX-4":
		return w.checkSends(repeated(w.wantNominalIntervals))
	case "RTX-5":
		return w.checkSends(w.wantTimeoutAfter)
	case "RTX-6":
		return w.checkSends(repeated(w.wantSameMsgID))
	case "RTX-7":
		return w.checkSends(repeated(w.wantSameFragments))
	case "RTX-8":
		return w.checkSends(w.wantNoneAfterACK)
	case "RTX-10":
		return w.checkSends(repeated(w.wantSameOctets))
	}
	return fmt.Errorf("sends over a link are not held to %s", requirement)
}

// wantTimeoutAfter wants a send that no ACK came for to have waited for one.
func (w *world) wantTimeoutAfter(s *clientSend, o outcome) error {
	if len(o.acks) > 0 {
		return nil
	}
	if err := wantSaid(s.answer, "Timeout", false); err != nil {
		return err
	}
	return w.wantWaited(ackTimeout, s.pending.At()-o.rounds[len(o.rounds)-1].end())
}

// wantNoneAfterACK wants no transmission to begin when the client must have had an ACK.
func (w *world) wantNoneAfterACK(_ *clientSend, o outcome) error {
	if len(o.acks) == 0 {
		return nil
	}
	known := o.acks[0] + underway + w.t.Late()
	for i, r := range o.rounds {
		if r.begin() > known {
			return &probe.Violation{Want: "no transmission once an ACK has come", Got: fmt.Sprintf("transmission %d, %v after the ACK came out of the link", i+1, (r.begin() - o.acks[0]).Round(time.Millisecond)), Timing: true}
		}
	}
	return nil
}
