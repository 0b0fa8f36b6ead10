package steps

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/vstp-project/vstp/conformance/forge"
	"github.com/vstp-project/vstp/conformance/probe"
)

// afterSentinel is how long a socket is still watched once the sentinel has been
// answered: datagrams may overtake each other.
const afterSentinel = 300 * time.Millisecond

// Where a frame asks for an ACK.
const (
	flagsAt    = 4 // offset of the FLAGS octet
	flagReqAck = 0x01
	flagCRC    = 0x02
)

var (
	_ = step0("a UDP socket", func(ctx context.Context, w *world) error {
		return w.listen(ctx, "A", nil)
	})
	_ = step0("a served UDP socket", func(ctx context.Context, w *world) error {
		return w.listenServed(ctx, "A", nil)
	})
	_ = step1("another served UDP socket {} on the same address", name, func(ctx context.Context, w *world, n string) error {
		return w.listenServed(ctx, n, w.socket)
	})
	_ = step1("another UDP socket {} that says HELLO and is served", name, func(ctx context.Context, w *world, n string) error {
		if err := w.listen(ctx, n, nil); err != nil {
			return err
		}
		if err := w.socket.Send(forge.Frame{Type: typeHello}.Bytes(), "HELLO"); err != nil {
			return err
		}
		return w.greetUDP(ctx)
	})
	_ = step1("I use socket {}", name, func(_ context.Context, w *world, n string) error {
		return w.useSocket(n)
	})
	_ = step1("I send the datagram {}", frame, func(_ context.Context, w *world, line string) error {
		return w.sendDatagrams([]string{line})
	})
	_ = stepDoc("I send these datagrams:", func(_ context.Context, w *world, lines []string) error {
		return w.sendDatagrams(lines)
	})
	_ = stepDoc("I send in one datagram:", func(_ context.Context, w *world, lines []string) error {
		return w.sendOneDatagram(lines)
	})
	_ = step0("I send an empty datagram", func(_ context.Context, w *world) error {
		return w.sendDatagram("an empty datagram")
	})
	_ = step2("I send {} times the datagram {}", number, frame, func(ctx context.Context, w *world, n int, line string) error {
		return w.sendMany(ctx, n, line)
	})
	_ = step2("{} other sources each send the datagram {}", number, frame, func(ctx context.Context, w *world, n int, line string) error {
		return w.sendFromMany(ctx, n, line)
	})

	_ = step1("the datagram {} comes back", frame, func(ctx context.Context, w *world, line string) error {
		return w.wantDatagrams(ctx, []string{line}, w.reply())
	})
	_ = step2("the datagram {} comes back within {}", frame, duration, func(ctx context.Context, w *world, line string, d time.Duration) error {
		return w.wantDatagrams(ctx, []string{line}, d)
	})
	_ = stepDoc("these datagrams come back, in any order:", func(ctx context.Context, w *world, lines []string) error {
		return w.wantDatagrams(ctx, lines, w.reply())
	})
	_ = stepDoc("only these datagrams come back, in any order:", func(ctx context.Context, w *world, lines []string) error {
		if err := w.wantDatagrams(ctx, lines, w.reply()); err != nil {
			return err
		}
		return w.wantNothingMore(ctx)
	})
	_ = step0("no datagram comes back", func(ctx context.Context, w *world) error {
		return w.wantNothingMore(ctx)
	})
	_ = step1("no {} datagram comes back", typeName, func(ctx context.Context, w *world, typ string) error {
		return w.wantNoneOfType(ctx, typ)
	})
	_ = step1("no datagram that breaks {} comes back", id, func(ctx context.Context, w *world, requirement string) error {
		if _, err := w.udpSentinel(ctx); err != nil {
			return err
		}
		return w.wantKept(requirement)
	})
	_ = step0("the socket is still served", func(ctx context.Context, w *world) error {
		_, err := w.udpAnswered(ctx)
		return err
	})
	_ = step0("another source is still served", func(ctx context.Context, w *world) error {
		return w.listenServed(ctx, "Z", nil)
	})
)

// Loopback loses datagrams that come faster than the target takes them, once its
// socket's buffer is full. What is sent in bulk leaves pauseAfter datagrams and a
// pause at a time, so that most of it arrives.
const (
	pauseAfter = 64
	pause      = time.Millisecond
)

// useSocket makes a socket the one that steps speak of.
func (w *world) useSocket(n string) error {
	s, ok := w.sockets[n]
	if !ok {
		return fmt.Errorf("there is no socket %s", n)
	}
	w.socket = s
	return nil
}

func (w *world) listen(ctx context.Context, n string, like *probe.Socket) error {
	s, err := w.t.Listen(ctx, n, like)
	if err != nil {
		return err
	}
	w.socket, w.sockets[n] = s, s
	return nil
}

// listenServed opens a socket and makes sure that the target serves it.
func (w *world) listenServed(ctx context.Context, n string, like *probe.Socket) error {
	if err := w.listen(ctx, n, like); err != nil {
		return err
	}
	return w.greetUDP(ctx)
}

// greetUDP makes sure that the target serves the socket: a DATA whose echo has to
// come. Loopback may lose a datagram when the target's buffer is full, so the
// exchange that sets the scene is allowed three attempts. Each is a message of its
// own, for a copy need not be answered [ACK-6].
func (w *world) greetUDP(ctx context.Context) error {
	var open [][]byte // payloads whose echo has not come
	echoed := func(d probe.Datagram) bool {
		i := slices.IndexFunc(open, func(payload []byte) bool { return isEcho(d.Frame, payload) })
		if i >= 0 {
			open = slices.Delete(open, i, i+1)
		}
		return i >= 0
	}
	for range 3 {
		payload := w.t.Unique("greeting")
		open = append(open, payload)
		if err := w.socket.Send(greeting(payload), fmt.Sprintf("DATA msg-id=1 '%s'", payload)); err != nil {
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
	return &probe.Violation{Want: fmt.Sprintf("the echo of DATA '%s', or of one of the two sent before it", open[2]), Got: "nothing", Timing: true}
}

// isLate says whether a datagram is the echo of a greeting that was given up,
// which a later step must not take for an answer to its own stimulus.
func (w *world) isLate(d probe.Datagram) bool {
	i := slices.IndexFunc(w.late, func(payload []byte) bool { return isEcho(d.Frame, payload) })
	if i >= 0 {
		w.late = slices.Delete(w.late, i, i+1)
	}
	return i >= 0
}

// nextDatagram returns a datagram that an earlier step left, or the next to come.
func (w *world) nextDatagram(ctx context.Context, within time.Duration) (probe.Datagram, error) {
	if left := w.unread[w.socket]; len(left) > 0 {
		w.unread[w.socket] = left[1:]
		return left[0], nil
	}
	deadline := time.Now().Add(within)
	d, err := w.takeDatagram(ctx, within)
	for err == nil && w.isLate(d) {
		d, err = w.takeDatagram(ctx, time.Until(deadline))
	}
	if err != nil {
		return d, err
	}
	w.received = append(w.received, d.Frame)
	if w.client != nil {
		return d, nil // it has one socket, and what comes from elsewhere is the host's choice
	}
	if d.From != w.socket.Target() {
		return d, &probe.Violation{
			Requirement: "UDP-7",
			Want:        fmt.Sprintf("replies from %v, to which the request went", w.socket.Target()),
			Got:         fmt.Sprintf("%v from %v", d.Frame, d.From),
		}
	}
	return d, nil
}

// datagramsUntil reads datagrams until one satisfies done, and returns those that
// came before it. Where none does in time it fails with probe.ErrNothing.
func (w *world) datagramsUntil(ctx context.Context, within time.Duration, done func(probe.Datagram) bool) ([]probe.Datagram, error) {
	deadline := time.Now().Add(within)
	var before []probe.Datagram
	for {
		d, err := w.nextDatagram(ctx, time.Until(deadline))
		if err != nil {
			return before, err
		}
		if done(d) {
			return before, nil
		}
		before = append(before, d)
	}
}

func (w *world) sendDatagrams(lines []string) error {
	ms, err := w.messages(lines)
	if err != nil {
		return err
	}
	for _, m := range ms {
		if err := w.sendDatagram(m.text, m.octets); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) sendMany(ctx context.Context, n int, line string) error {
	m, err := w.notation.message(line)
	if err != nil {
		return err
	}
	for i := range n {
		if i > 0 && i%pauseAfter == 0 {
			if err := w.t.Wait(ctx, pause); err != nil {
				return err
			}
		}
		if err := w.sendDatagram(m.text, m.octets); err != nil {
			return err
		}
	}
	return nil
}

// sendFromMany sends one datagram from each of n sockets, which are closed at
// once: nobody waits for an answer there.
func (w *world) sendFromMany(ctx context.Context, n int, line string) error {
	m, err := w.notation.message(line)
	if err != nil {
		return err
	}
	for i := range n {
		s, err := w.t.Listen(ctx, fmt.Sprintf("S%d", i), nil)
		if err != nil {
			return err
		}
		if err := s.Send(m.octets, m.text); err != nil {
			return err
		}
		s.Close()
	}
	return nil
}

func (w *world) sendOneDatagram(lines []string) error {
	ms, err := w.messages(lines)
	if err != nil {
		return err
	}
	parts := make([][]byte, len(ms))
	for i, m := range ms {
		parts[i] = m.octets
	}
	return w.sendDatagram(joinTexts(ms), parts...)
}

// wantDatagrams wants each of these to come, in whatever order. What else comes
// meanwhile is left for the steps that follow.
func (w *world) wantDatagrams(ctx context.Context, lines []string, within time.Duration) error {
	ps, err := w.patterns(lines)
	if err != nil {
		return err
	}
	var others []probe.Datagram
	defer func() { w.unread[w.socket] = append(others, w.unread[w.socket]...) }()
	limit := w.limit(within)
	for len(ps) > 0 {
		timely := fmt.Sprintf("%s within %v", ps[0].line, within)
		d, err := w.nextDatagram(ctx, limit.left())
		if errors.Is(err, probe.ErrNothing) {
			got := "nothing"
			if len(others) > 0 {
				got = others[0].Frame.String()
				if m := ps[0].mismatch(others[0].Frame); m != "" {
					got += ": " + m
				}
			}
			return limit.missed(timely, got)
		}
		if err != nil {
			return err
		}
		if i := matching(ps, d.Frame); i >= 0 {
			if err := limit.late(d.At, timely); err != nil {
				return err
			}
			ps = append(ps[:i], ps[i+1:]...)
		} else {
			others = append(others, d)
		}
	}
	return nil
}

// udpAnswered sends a sentinel, a DATA with REQ_ACK whose ACK and echo have to
// come, and returns what else came before them.
func (w *world) udpAnswered(ctx context.Context) ([]probe.Datagram, error) {
	payload := w.t.Unique("sentinel")
	// Nine digits: what a target makes of numbers at the edges is for other cases.
	msgID := fmt.Sprint(100_000_000 + w.t.Draw()%900_000_000)
	f := forge.Frame{Type: typeData, Flags: flagReqAck, Headers: forge.KV("msg-id", msgID), Payload: payload}
	if err := w.socket.Send(f.Bytes(), fmt.Sprintf("DATA REQ_ACK msg-id=%s '%s'", msgID, payload)); err != nil {
		return nil, err
	}
	var others []probe.Datagram
	acked, echoed := false, false
	limit := w.limit(w.reply())
	want := fmt.Sprintf("ACK and echo of the sentinel within %v", w.reply())
	for !acked || !echoed {
		d, err := w.nextDatagram(ctx, limit.left())
		if errors.Is(err, probe.ErrNothing) {
			missing := "ACK"
			if acked {
				missing = "echo"
			}
			return others, limit.missed(want, "no "+missing)
		}
		if err != nil {
			return others, err
		}
		id, _ := d.Frame.Header("msg-id")
		switch {
		case d.Frame.Type == typeAck && string(id) == msgID:
			acked = true
		case d.Frame.Type == typeData && string(d.Frame.Payload) == string(payload):
			echoed = true
		default:
			others = append(others, d)
			continue
		}
		if err := limit.late(d.At, want); err != nil {
			return others, err
		}
	}
	return others, nil
}

// udpSentinel is udpAnswered and a while of watching: for datagrams that were
// overtaken, and for as long as an ACK may take that was asked for. It returns
// what else came.
func (w *world) udpSentinel(ctx context.Context) ([]probe.Datagram, error) {
	others, err := w.udpAnswered(ctx)
	if err != nil {
		return others, err
	}
	deadline := time.Now().Add(max(afterSentinel, w.ackBy-w.t.Elapsed()))
	for {
		d, err := w.nextDatagram(ctx, time.Until(deadline))
		if errors.Is(err, probe.ErrNothing) {
			return others, nil
		}
		if err != nil {
			return others, err
		}
		others = append(others, d)
	}
}

// wantNothingMore wants nothing else to come from a server or a client up to a barrier.
func (w *world) wantNothingMore(ctx context.Context) error {
	others, err := w.rest(ctx)
	if err != nil {
		return err
	}
	if len(others) > 0 {
		want := "nothing but the ACK and the echo of the sentinel"
		if w.client != nil {
			want = "nothing but the client's next message"
		}
		return &probe.Violation{Want: want, Got: others[0].Frame.String()}
	}
	return nil
}

// wantNoneOfType is the barrier for a requirement that forbids one type of reply
// and leaves the others free.
func (w *world) wantNoneOfType(ctx context.Context, typ string) error {
	others, err := w.rest(ctx)
	if err != nil {
		return err
	}
	for _, d := range others {
		if d.Frame.TypeName() == typ {
			return &probe.Violation{Want: "no " + typ, Got: d.Frame.String()}
		}
	}
	return nil
}
