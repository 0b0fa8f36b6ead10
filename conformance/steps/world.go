package steps

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/vstp-project/vstp/conformance/dissect"
	"github.com/vstp-project/vstp/conformance/forge"
	"github.com/vstp-project/vstp/conformance/pki"
	"github.com/vstp-project/vstp/conformance/probe"
	"github.com/vstp-project/vstp/conformance/target"
)

// A world is the state of one scenario: its connections and sockets by name, and
// what came back on them.
type world struct {
	t        *probe.T
	notation notation

	over    string // what connections are opened over; empty means tcp
	streams map[string]*probe.Stream
	stream  *probe.Stream // the one that steps speak of
	sockets map[string]*probe.Socket
	socket  *probe.Socket

	// received are the frames that came back, in order, on whatever channel.
	received []dissect.Frame
	// unread are datagrams that a step saw and left for a later one.
	unread map[*probe.Socket][]probe.Datagram
	// late are the payloads of greetings over UDP that were given up, and repeated.
	late [][]byte
	// pieces are the fragments of the answer that a step waited for.
	pieces []probe.Datagram
	// halves are messages whose first fragment has been sent.
	halves []*half
	// unfinished are large messages whose last fragment has not been sent.
	unfinished []unfinished

	// The client under test, where one is judged.
	listener    *probe.Listener
	root        *pki.Root     // that the client is told to trust
	connected   target.Answer // to a connect that may be refused
	refused     error         // how a TLS handshake that may be refused ended; nil if it was completed
	clients     map[string]*probe.Client
	client      *probe.Client
	destination string           // of what the client sends over UDP; empty for that of its connection
	receiving   *probe.Pending   // a recv that has been asked for
	pending     []*probe.Pending // sends that ask for an acknowledgement, in their order
	ended       *probe.Pending   // the last of them that has ended
	closing     *probe.Pending
	answer      target.Answer // of a send that may be refused
	source      string        // of the message that the client received last
	rounds      []round       // the transmissions of a message, as they came
	settledAt   time.Duration // when an ACK or ERR that ends a send was sent last

	expected forge.Frame // what a step sent whose echo a later one wants
	sessions []*big.Int  // the identifiers of the WELCOMEs that were read
	memory   int64       // of the target, when it was noted

	sentOctets int           // how long the last stimulus was
	ackBy      time.Duration // until when an ACK that was asked for over UDP may come

	lossy lossy           // what is sent over a link until it is acknowledged
	sends []*clientSend   // what the client sends over a link until it is acknowledged
	came  []dissect.Frame // of it, put together, each time that it was whole
	tcp   bool            // the scenario is about TCP

	judged   string // the requirement that the scenario judges
	given    bool   // the running step is a Given
	stepText string
	ran      int   // steps that ran
	err      error // the first error, and
	errStep  string
}

type worldKey struct{}

// run executes a step for the scenario whose world ctx carries. A violation
// while the scene is being set means that the situation which the requirement is
// about never arose: it is no verdict on the requirement, unless it is that very
// requirement which was violated.
func run(ctx context.Context, fn func(*world) error) error {
	w := ctx.Value(worldKey{}).(*world)
	w.ran++
	err := fn(w)
	if v := (*probe.Violation)(nil); w.given && errors.As(err, &v) && v.Requirement != w.judged {
		err = &probe.NotExercised{
			Cause:  probe.CauseTarget,
			Reason: fmt.Sprintf("the exchange before it failed, at %q: %v", w.stepText, v),
			Failed: v,
		}
	}
	if err != nil && w.err == nil {
		w.err, w.errStep = err, w.stepText
	}
	return err
}

// newWorld is the state of a case that begins.
func newWorld(t *probe.T, n notation) *world {
	return &world{
		t: t, notation: n,
		streams: map[string]*probe.Stream{}, sockets: map[string]*probe.Socket{},
		unread:  map[*probe.Socket][]probe.Datagram{},
		clients: map[string]*probe.Client{},
	}
}

// messages reads lines of the notation, for sending.
func (w *world) messages(lines []string) ([]message, error) {
	if len(lines) == 0 {
		return nil, errors.New("no frames are given")
	}
	var ms []message
	for _, line := range lines {
		m, err := w.notation.message(line)
		if err != nil {
			return nil, err
		}
		ms = append(ms, m)
	}
	return ms, nil
}

// patterns reads lines of the notation, as expectations.
func (w *world) patterns(lines []string) ([]pattern, error) {
	if len(lines) == 0 {
		return nil, errors.New("no expectations are given")
	}
	var ps []pattern
	for _, line := range lines {
		p, err := w.notation.pattern(line)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", line, err)
		}
		ps = append(ps, p)
	}
	return ps, nil
}

// takeFrame is the next frame of the connection in use. A PING may come at any time:
// it is answered, unless that would come in the middle of a frame, and kept for the
// steps that look at everything that came.
func (w *world) takeFrame(ctx context.Context, within time.Duration) (probe.Arrival, error) {
	deadline := time.Now().Add(within)
	for {
		a, err := w.stream.Next(ctx, time.Until(deadline))
		if err != nil || a.Frame.Type != typePing {
			return a, err
		}
		w.received = append(w.received, a.Frame)
		if w.stream.Midway() {
			continue
		}
		if err := w.stream.Send(pongTo(a.Frame), "PONG, to a PING of the target's own"); err != nil {
			return a, err
		}
	}
}

// takeDatagram is takeFrame for the socket in use.
func (w *world) takeDatagram(ctx context.Context, within time.Duration) (probe.Datagram, error) {
	deadline := time.Now().Add(within)
	for {
		d, err := w.socket.Next(ctx, time.Until(deadline))
		if err != nil || d.Frame.Type != typePing {
			return d, err
		}
		w.received = append(w.received, d.Frame)
		if err := w.socket.Send(pongTo(d.Frame), "PONG, to a PING of the target's own"); err != nil {
			return d, err
		}
	}
}

func pongTo(ping dissect.Frame) []byte {
	return forge.Frame{Type: typePong, Payload: ping.Payload}.Bytes()
}

func (w *world) reply() time.Duration { return w.t.Bound("reply") + w.onLink() }
func (w *world) close() time.Duration { return w.t.Bound("close") }

// sent remembers how long a stimulus was.
func (w *world) sent(octets int) { w.sentOctets = octets }

// sendDatagram sends a stimulus as one datagram, given as the frames or other
// octets that it is made of. It remembers how long it was, and if one of the
// parts asks for an ACK: then silence is not proved before the time that the ACK
// may take [ACK-12].
func (w *world) sendDatagram(text string, parts ...[]byte) error {
	for _, part := range parts {
		if len(part) > flagsAt && part[flagsAt]&flagReqAck != 0 {
			w.ackBy = w.t.Elapsed() + w.t.Bound("ack")
		}
	}
	octets := slices.Concat(parts...)
	w.sent(len(octets))
	return w.socket.Send(octets, text)
}

func joinTexts(ms []message) string {
	texts := make([]string, len(ms))
	for i, m := range ms {
		texts[i] = m.text
	}
	return strings.Join(texts, " · ")
}
