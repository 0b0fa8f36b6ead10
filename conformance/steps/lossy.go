package steps

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/vstp-project/vstp/conformance/dissect"
	"github.com/vstp-project/vstp/conformance/forge"
	"github.com/vstp-project/vstp/conformance/probe"
	"github.com/vstp-project/vstp/netem"
)

// Over a link the judge is a sender that keeps the rules: it asks for an ACK, and
// transmits again by the timeline of the specification until the ACK is there. From
// seed and labels it works out beforehand how often it will have to, and whether an ACK
// can come at all. What is then demanded of the target rests on the fates themselves:
// on what came out of the link at the target, and on what the target put into it,
// whether or not that was lost on its way back. A server answers what it is sent; a
// client has no echo, but says what it receives.

const (
	transmissions = 4  // of a message in all [RTX-2]
	linkBurst     = 32 // datagrams that are sent in one go
	linkPause     = time.Millisecond
)

// lossy is what a scenario has sent over its link.
type lossy struct {
	messages   []*lossyMessage
	answers    []probe.Datagram // that came back and are no ACKs
	received   []dissect.Frame  // messages that the client under test has received
	receivedAt time.Time        // when it has received the last of them
	failures   int              // errors that it has reported, one after another
	random     *rand.Rand       // draws payloads from the seed of the link
	settled    bool             // everything owed has been waited for
	sent       int              // datagrams
	last       time.Time        // when the last of them was
}

// A lossyMessage is a message that asks for an ACK.
type lossyMessage struct {
	text      string
	msgID     string
	datagrams [][]byte
	labels    []netem.Label // of them
	ack       netem.Label
	echo      string // the label of its echo; empty for a client, and where a server may have to cut it
	payload   []byte // of the echo
	headers   []forge.Header

	forecast forecast
	sent     int       // transmissions
	due      time.Time // of the next one
	last     time.Time // when nothing more is waited for
	acked    bool
}

var (
	_ = stepDoc("I send these messages until they are acknowledged:", func(ctx context.Context, w *world, lines []string) error {
		for _, line := range lines {
			if err := w.addLossy(line, 1); err != nil {
				return err
			}
		}
		return w.sendLossy(ctx)
	})
	_ = step2("I send in {} pieces, until it is acknowledged, {}", number, frame, func(ctx context.Context, w *world, n int, line string) error {
		if err := w.addLossy(line, n); err != nil {
			return err
		}
		return w.sendLossy(ctx)
	})
	_ = step2("I send {} messages of {} octets until they are acknowledged", number, number, func(ctx context.Context, w *world, n, octets int) error {
		for range n {
			if err := w.addDrawn(octets, 1); err != nil {
				return err
			}
		}
		return w.sendLossy(ctx)
	})
	_ = step2("I send {} messages in {} pieces of 40 octets until they are acknowledged", number, number, func(ctx context.Context, w *world, n, pieces int) error {
		for range n {
			if err := w.addDrawn(40*pieces, pieces); err != nil {
				return err
			}
		}
		return w.sendLossy(ctx)
	})
	_ = step2("I send {} messages in {} pieces of 1000 octets until they are acknowledged", number, number, func(ctx context.Context, w *world, n, pieces int) error {
		for range n {
			if err := w.addDrawn(1000*pieces, pieces); err != nil {
				return err
			}
		}
		return w.sendLossy(ctx)
	})
)

// addLossy adds a message, given as a line of the notation, in so many datagrams.
func (w *world) addLossy(line string, n int) error {
	f, err := w.frameOf(line)
	if err != nil {
		return err
	}
	return w.addMessage(line, f, n)
}

// addDrawn adds a message of random octets. They depend on the seed of the link and on
// nothing else, so that the same seed gives the same fates.
func (w *world) addDrawn(octets, n int) error {
	random, err := w.linkRandom()
	if err != nil {
		return err
	}
	number := len(w.lossy.messages) + 1
	f := forge.Frame{
		Type: typeData, Flags: flagReqAck, Payload: randomOctets(random, octets),
		Headers: forge.KV("msg-id", strconv.Itoa(number)),
	}
	return w.addMessage(fmt.Sprintf("message %d of %d octets", number, octets), f, n)
}

func (w *world) linkRandom() (*rand.Rand, error) {
	crossing := w.t.Crossing()
	if crossing == nil {
		return nil, errors.New("the scenario has no link")
	}
	if w.lossy.random == nil {
		w.lossy.random = rand.New(rand.NewPCG(crossing.Seed(), 0))
	}
	return w.lossy.random, nil
}

func (w *world) addMessage(text string, f forge.Frame, n int) error {
	m := &lossyMessage{text: text, payload: f.Payload}
	for _, h := range f.Headers {
		switch string(h.Key) {
		case "msg-id":
			m.msgID = string(h.Value)
		case "x-reply-size":
			size, err := strconv.Atoi(string(h.Value))
			if err != nil {
				return fmt.Errorf("%q: %w", text, err)
			}
			m.payload = bytes.Repeat([]byte("x"), size)
			fallthrough
		default:
			m.headers = append(m.headers, h)
		}
	}
	if m.msgID == "" || f.Flags&flagReqAck == 0 {
		return fmt.Errorf("%q: it is to be acknowledged, and needs REQ_ACK and a msg-id", text)
	}
	pieces := []forge.Frame{f}
	if n > 1 {
		pieces = cut(f, byte(len(w.lossy.messages)+1), n)
	}
	names := probe.NewLabels(w.t.Registry())
	for _, piece := range pieces {
		b := piece.Bytes()
		m.datagrams = append(m.datagrams, b)
		m.labels = append(m.labels, names.Label(w.towards(), 0, b))
	}
	m.ack = names.Label(w.towards().Opposite(), 0, m.ackFrame())
	echo := forge.Frame{Type: typeData, Headers: m.headers, Payload: m.payload}.Bytes()
	if w.client == nil && len(echo)+longestMsgID <= maxWhole {
		m.echo = names.Label(netem.BA, 0, echo).Text
	}
	for _, other := range w.lossy.messages {
		if other.labels[0].Text == m.labels[0].Text {
			return fmt.Errorf("%q: it has the label of another message, %q: give it another payload", text, m.labels[0].Text)
		}
	}
	w.lossy.messages = append(w.lossy.messages, m)
	return nil
}

// longestMsgID is how many octets a server may add to an answer: a msg-id.
const longestMsgID = 28

func (m *lossyMessage) ackFrame() []byte {
	return forge.Frame{Type: typeAck, Headers: forge.KV("msg-id", m.msgID)}.Bytes()
}

// starts are the times of the transmissions of a message.
func (w *world) starts() []time.Duration {
	starts := make([]time.Duration, transmissions)
	interval := w.t.Scaled(w.t.Bound("retransmit"))
	for k := 1; k < transmissions; k++ {
		starts[k] = starts[k-1] + interval
		interval *= 2
	}
	return starts
}

// foretellAll works out what will become of the messages that have not been sent.
func (w *world) foretellAll() error {
	crossing := w.t.Crossing()
	if crossing == nil {
		return errors.New("the scenario has no link")
	}
	rebinds := slices.ContainsFunc(crossing.Profile().Rules, func(r netem.Rule) bool { return r.Rebind })
	possible, certain := 0, 0
	for _, m := range w.lossy.messages {
		if m.sent > 0 {
			continue
		}
		sizes := make([]int, len(m.datagrams))
		for i, b := range m.datagrams {
			sizes[i] = len(b)
		}
		m.forecast = foretell(crossing.Foresee, w.towards(), m.labels, sizes, m.ack, len(m.ackFrame()), w.starts())
		m.forecast.certain = m.forecast.certain && !rebinds // what came before decides as well
		if m.forecast.certain {
			certain++
			if m.forecast.acked {
				possible++
			}
		}
	}
	w.t.Note("foreseen for %d of %d messages: %d can be acknowledged, %d cannot", certain, len(w.lossy.messages), possible, certain-possible)
	return nil
}

// sendLossy sends every message that has not been sent, all of them at a time, each
// until it is acknowledged.
func (w *world) sendLossy(ctx context.Context) error {
	if err := w.foretellAll(); err != nil {
		return err
	}
	w.lossy.settled = false
	var open []*lossyMessage
	now := time.Now()
	for _, m := range w.lossy.messages {
		if m.sent == 0 {
			m.due = now
			open = append(open, m)
		}
	}
	for len(open) > 0 {
		next := time.Time{}
		for _, m := range open {
			if err := w.transmit(ctx, m); err != nil {
				return err
			}
			wake := m.last
			if m.more() {
				wake = m.due
			}
			if next.IsZero() || wake.Before(next) {
				next = wake
			}
		}
		if err := w.lossyUntil(ctx, next); err != nil {
			return err
		}
		now = time.Now()
		open = slices.DeleteFunc(open, func(m *lossyMessage) bool {
			return m.acked || !m.more() && !now.Before(m.last)
		})
	}
	return nil
}

// more says whether a message is to be transmitted again unless its ACK comes. Where the
// ACK is foreseen it is waited for, however late this host or the target is, so that
// the same datagrams are sent in every run.
func (m *lossyMessage) more() bool {
	if m.forecast.certain {
		return m.sent < m.forecast.transmissions
	}
	return m.sent < transmissions
}

// transmit transmits a message if its time has come.
func (w *world) transmit(ctx context.Context, m *lossyMessage) error {
	if m.acked || !m.more() || time.Now().Before(m.due) {
		return nil
	}
	for i, b := range m.datagrams {
		text := fmt.Sprintf("%s, transmission %d", m.text, m.sent+1)
		if len(m.datagrams) > 1 {
			text += fmt.Sprintf(", fragment %d of %d", i, len(m.datagrams))
		}
		if err := w.sendDatagram(text, b); err != nil {
			return err
		}
		w.lossy.last = time.Now()
		if w.lossy.sent++; w.lossy.sent%linkBurst == 0 {
			if err := w.lossyUntil(ctx, time.Now().Add(linkPause)); err != nil {
				return err
			}
		}
	}
	starts := w.starts()
	m.sent++
	now := time.Now()
	m.last = now.Add(w.ackWait(m))
	if m.sent < len(starts) {
		m.due = now.Add(starts[m.sent] - starts[m.sent-1])
	}
	return nil
}

// ackWait is how long the ACK of the last transmission is waited for. A target has the
// time that ACK-12 gives it, whatever its timers are scaled by.
func (w *world) ackWait(m *lossyMessage) time.Duration {
	starts := w.starts()
	allowed := w.t.Bound("ack") + w.onLink()
	switch {
	case !m.forecast.certain:
		return max(w.t.Scaled(w.t.Bound("ack-timeout")), allowed)
	case !m.forecast.acked:
		return 0
	}
	return m.forecast.acks - starts[m.forecast.transmissions-1] + allowed
}

// lossyUntil reads what comes until a time, or until the last ACK is there.
func (w *world) lossyUntil(ctx context.Context, until time.Time) error {
	for {
		d, err := w.lossyNext(ctx, until)
		if errors.Is(err, probe.ErrNothing) {
			return nil
		}
		if err != nil {
			return err
		}
		if d.Frame.Type != typeAck {
			w.lossy.answers = append(w.lossy.answers, d)
			continue
		}
		id, _ := d.Frame.Header("msg-id")
		all := true
		for _, m := range w.lossy.messages {
			m.acked = m.acked || m.sent > 0 && m.msgID == string(id)
			all = all && (m.acked || m.sent == 0)
		}
		if all {
			return nil
		}
	}
}

// lossyNext is the next datagram, and probe.ErrNothing where none comes until a time. A
// client under test is kept waiting to receive meanwhile.
func (w *world) lossyNext(ctx context.Context, until time.Time) (probe.Datagram, error) {
	if w.client == nil {
		return w.nextDatagram(ctx, time.Until(until))
	}
	const look = 2 * time.Millisecond
	for {
		if err := w.keepReceiving(ctx); err != nil {
			return probe.Datagram{}, err
		}
		d, err := w.nextDatagram(ctx, min(time.Until(until), look))
		if err == nil {
			w.socket.Talk(d.From) // the link may have given the client another address
		}
		if !errors.Is(err, probe.ErrNothing) || !time.Now().Before(until) {
			return d, err
		}
	}
}

// keepReceiving notes what the client has received, and has it wait for more.
func (w *world) keepReceiving(ctx context.Context) error {
	if w.receiving != nil {
		if !w.receiving.Ended() {
			return nil
		}
		answer, err := w.clientGets(ctx, w.reply())
		if err != nil {
			return err
		}
		if answer.OK {
			f, err := answer.Frame()
			if err != nil {
				return probe.Malformed("recv", err)
			}
			w.lossy.received, w.lossy.receivedAt, w.lossy.failures = append(w.lossy.received, asReceived(f)), time.Now(), 0
		} else if w.lossy.failures++; w.lossy.failures > mostFloodErrors {
			return tooManyErrors(mostFloodErrors)
		}
	}
	w.receiving = w.client.Begin(ctx, "recv", map[string]any{"timeout_ms": longWait.Milliseconds()})
	return nil
}

// towards is the direction of what is sent to the target: a client connects to the judge.
func (w *world) towards() netem.Direction {
	if w.client != nil {
		return netem.BA
	}
	return netem.AB
}

// wholeMessages are the messages that came back, in one datagram or put together.
func wholeMessages(datagrams []probe.Datagram) []dissect.Frame {
	var whole []dissect.Frame
	pieces := assembler{}
	for _, d := range datagrams {
		if !isFragment(d.Frame) {
			whole = append(whole, d.Frame)
		} else if m, complete := pieces.add(d); complete {
			whole = append(whole, m.message())
		}
	}
	return whole
}
