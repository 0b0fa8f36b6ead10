package steps

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/vstp-project/vstp/conformance/dissect"
	"github.com/vstp-project/vstp/conformance/forge"
	"github.com/vstp-project/vstp/conformance/probe"
	"github.com/vstp-project/vstp/spec"
	"github.com/vstp-project/vstp/vectors"
)

// protocolKeys are the header keys that the echo application leaves out.
var protocolKeys = []string{"msg-id", "frag-id", "frag-index", "frag-total", "session-id", "err-code"}

// The largest datagrams: what IPv4 carries at all, and what an answer may be.
const (
	maxDatagram = 65507
	maxAnswer   = 1200
)

// Live says whether a vector can be judged at a server or client over a transport.
// The payloads of family easy can over "easy-tcp" and "easy-udp". Over "tcp" and "udp"
// frames can if what is done with one differs from what would be done if the octets
// were read otherwise: a good frame is judged by its echo, so it must be a plain DATA,
// over UDP one whose echo fits a datagram; of a bad one no trace may come back.
func Live(v vectors.Vector, transport string) bool {
	if isEasy(transport) {
		return liveEasy(v, transport)
	}
	if transport == "udp" && (len(v.Octets) > maxDatagram || (v.Expect.Result == "accept" && len(v.Octets) > maxAnswer)) {
		return false
	}
	if v.Family != "frame" || v.Limit != 0 {
		return false
	}
	if v.Expect.Result == "accept" {
		f := v.Expect.Frame
		return f != nil && f.Type == typeData && f.Flags&0x30 == 0 && v.Expect.Consumed == len(v.Octets)
	}
	return len(v.Octets) > 0
}

// RunVector judges a server by one vector over one transport: a good exchange first,
// then the vector, then proof of life.
func RunVector(ctx context.Context, t *probe.T, v vectors.Vector, transport string, registry *spec.Registry) error {
	w := newWorld(t, notation{registry: registry})
	text := fmt.Sprintf("vector %s/%s", v.Family, v.Name)
	switch {
	case isEasy(transport):
		return w.easyVector(ctx, v, transport)
	case transport == "udp":
		return w.vectorUDP(ctx, v, text)
	}
	return w.vectorTCP(ctx, v, text)
}

// given turns a violation in the leading exchange into not-exercised.
func given(err error) error {
	if v := (*probe.Violation)(nil); errors.As(err, &v) {
		return &probe.NotExercised{Cause: probe.CauseTarget, Reason: fmt.Sprintf("the exchange before it failed: %v", v), Failed: v}
	}
	return err
}

func (w *world) vectorTCP(ctx context.Context, v vectors.Vector, text string) error {
	if err := given(w.dialGreeted(ctx, "A")); err != nil {
		return err
	}
	w.sent(len(v.Octets))
	if err := w.stream.Send(v.Octets, text); err != nil {
		return err
	}
	switch v.Expect.Result {
	case "accept":
		f, err := w.next(ctx, w.reply(), "the echo of "+text)
		for err == nil && f.Type == typeAck { // asked for by some vectors, and free on TCP [ACK-13]
			f, err = w.next(ctx, w.reply(), "the echo of "+text)
		}
		if err != nil {
			return err
		}
		if err := wantEcho(v, f); err != nil {
			return err
		}
		return w.wantStillUsed(ctx)
	case "incomplete":
		if v.Requirements[0] == "FRM-7" {
			if err := w.wantPatience(ctx, text); err != nil {
				return err
			}
		}
		if err := w.stream.CloseWrite(); err != nil {
			return err
		}
		frames, err := w.wantEnd(ctx)
		if err != nil {
			return err
		}
		if i := slices.IndexFunc(frames, acted); i >= 0 {
			return &probe.Violation{Want: "that the cut frame is discarded", Got: frames[i].String()}
		}
		return w.dialGreeted(ctx, "Z")
	default:
		if err := w.wantNotDelivered(ctx); err != nil {
			return err
		}
		if i := slices.IndexFunc(w.received, acted); i >= 0 {
			return &probe.Violation{Want: "that the frame is refused", Got: w.received[i].String()}
		}
		return nil
	}
}

// wantPatience wants a target that has been sent the beginning of an acceptable
// frame to wait for the rest, without an error. A good exchange on a connection of
// its own gives it the time to look at what it has.
func (w *world) wantPatience(ctx context.Context, text string) error {
	cut := w.stream
	if err := w.dialGreeted(ctx, "Z"); err != nil {
		return err
	}
	w.stream = cut
	for {
		a, err := w.takeFrame(ctx, 0)
		switch {
		case errors.Is(err, probe.ErrNothing):
			return nil
		case errors.Is(err, probe.ErrEnded):
			return &probe.Violation{Want: "that it waits for the rest of " + text, Got: "the end of the stream"}
		case err != nil:
			return err
		case a.Frame.Type != typeWelcome:
			return &probe.Violation{Want: "that it waits for the rest of " + text, Got: a.Frame.String()}
		}
	}
}

// acted says whether a frame shows that the target took what it should have
// refused for good. An ERR does not: it reports the fault. Nor does the WELCOME of
// the exchange before, nor a PING, which may come at any time.
func acted(f dissect.Frame) bool {
	return f.Type != typeErr && f.Type != typeWelcome && f.Type != typePing
}

func (w *world) vectorUDP(ctx context.Context, v vectors.Vector, text string) error {
	if err := given(w.listenServed(ctx, "A", nil)); err != nil {
		return err
	}
	if err := w.sendDatagram(text, v.Octets); err != nil {
		return err
	}
	if v.Expect.Result == "accept" {
		limit := w.limit(w.reply())
		want := fmt.Sprintf("the echo of %s within %v", text, w.reply())
		var at time.Duration
		before, err := w.datagramsUntil(ctx, limit.left(), func(d probe.Datagram) bool {
			at = d.At
			return d.Frame.Type == typeData
		})
		if errors.Is(err, probe.ErrNothing) {
			return limit.missed(want, fmt.Sprintf("%d other datagrams", len(before)))
		}
		if err == nil {
			err = limit.late(at, want)
		}
		if err != nil {
			return err
		}
		return wantEcho(v, w.received[len(w.received)-1])
	}
	others, err := w.udpSentinel(ctx)
	if err != nil {
		return err
	}
	for _, d := range others {
		if acted(d.Frame) {
			return &probe.Violation{Want: "that the datagram is discarded", Got: d.Frame.String()}
		}
	}
	return nil
}

// wantEcho wants the answer of the echo application: the payload and the
// application headers of the vector, octet for octet and in order.
func wantEcho(v vectors.Vector, f dissect.Frame) error {
	if f.Type != typeData {
		return &probe.Violation{Want: "the echo, a DATA", Got: f.String()}
	}
	if string(f.Payload) != string(v.Expect.Frame.Payload) {
		return &probe.Violation{Want: fmt.Sprintf("the payload %x", v.Expect.Frame.Payload), Got: f.String()}
	}
	var want [][2]string
	for _, h := range v.Expect.Frame.Headers {
		if !slices.Contains(protocolKeys, string(h[0])) {
			want = append(want, [2]string{string(h[0]), string(h[1])})
		}
	}
	var got [][2]string
	for _, h := range f.Headers {
		got = append(got, [2]string{string(h.Key), string(h.Value)})
	}
	if !slices.Equal(want, got) {
		return &probe.Violation{Want: fmt.Sprintf("the headers %q in this order", want), Got: fmt.Sprintf("%q", got)}
	}
	return nil
}

// RunClientVector judges a client by one vector over one transport: a good exchange
// first, then the vector, then what the client makes of it.
func RunClientVector(ctx context.Context, t *probe.T, v vectors.Vector, transport string, registry *spec.Registry) error {
	w := newWorld(t, notation{registry: registry})
	if isEasy(transport) {
		return w.easyClientVector(ctx, v, transport)
	}
	text := fmt.Sprintf("vector %s/%s", v.Family, v.Name)
	if transport == "udp" {
		if err := given(w.serveClient(ctx)); err != nil {
			return err
		}
		if err := w.sendDatagram(text, v.Octets); err != nil {
			return err
		}
	} else {
		if err := given(w.greetClient(ctx)); err != nil {
			return err
		}
		// What comes ahead of it, in the same write, shows that the client was still
		// there to take it.
		ahead := w.t.Unique("ahead")
		octets := append(forge.Frame{Type: typeData, Payload: ahead}.Bytes(), v.Octets...)
		if err := w.stream.Send(octets, fmt.Sprintf("DATA '%s' · %s", ahead, text)); err != nil {
			return err
		}
		f, err := w.clientMessage(ctx, "the message ahead of "+text)
		if err == nil && !bytes.Equal(f.Payload, ahead) {
			err = &probe.Violation{Want: fmt.Sprintf("that the client receives '%s'", ahead), Got: f.String()}
		}
		if err != nil {
			return given(err)
		}
	}
	switch {
	case v.Expect.Result == "accept":
		f, err := w.clientMessage(ctx, text)
		if err != nil {
			return err
		}
		// Whether an application sees the protocol's own headers is free.
		f.Headers = slices.DeleteFunc(f.Headers, func(h dissect.Header) bool {
			return slices.Contains(protocolKeys, string(h.Key))
		})
		if err := wantEcho(v, f); err != nil {
			return err
		}
	case v.Expect.Result == "incomplete" && transport == "tcp":
		return w.wantPatientClient(ctx, text)
	case transport == "tcp" && v.Requirements[0] == "FRM-9":
		return w.wantFirstFault(ctx, v.Expect.Error)
	case transport == "tcp":
		return w.wantNoMessage(ctx)
	}
	return w.wantOnlySentinelReceived(ctx)
}

// wantFirstFault wants a client to report, of the faults in a frame, the one with
// this name: to its application, or, as TYPE alone is no fault of the stream, by
// going on.
func (w *world) wantFirstFault(ctx context.Context, name string) error {
	if name == "InvalidFrameType" {
		return w.wantOnlySentinelReceived(ctx)
	}
	answer, err := w.clientGets(ctx, w.close())
	if err != nil {
		return err
	}
	return wantSaid(answer, name, false)
}

// wantPatientClient wants a client that has been sent the beginning of a frame to
// deliver nothing and report nothing while the rest may still come, and to deliver
// nothing when the stream ends.
func (w *world) wantPatientClient(ctx context.Context, text string) error {
	answer, err := w.client.Begin(ctx, "recv", map[string]any{"timeout_ms": answerTime.Milliseconds()}).Wait(ctx, w.reply())
	if err != nil {
		return w.offered(err)
	}
	if answer.OK || answer.Error != "Timeout" {
		return &probe.Violation{Want: "that the client waits for the rest of " + text, Got: said(answer)}
	}
	if err := w.stream.CloseWrite(); err != nil {
		return err
	}
	for range mostErrors {
		answer, err := w.clientGets(ctx, w.close())
		switch {
		case err != nil:
			return err
		case answer.OK:
			return &probe.Violation{Want: "that the cut frame is discarded", Got: said(answer)}
		case answer.Error == "ConnectionClosed":
			return nil
		case answer.Error == "Timeout":
			return &probe.Violation{Want: "that the client reports ConnectionClosed", Got: "nothing", Timing: true}
		}
	}
	return tooManyErrors(mostErrors)
}
