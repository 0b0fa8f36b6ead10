package steps

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vstp-project/vstp/conformance/dissect"
	"github.com/vstp-project/vstp/conformance/forge"
	"github.com/vstp-project/vstp/conformance/probe"
	"github.com/vstp-project/vstp/vectors"
)

const flagComp = 0x20

// gzipVector names a vector whose octets are sent as the payload of a message.
var gzipVector = param[string]{`vector (gzip/[a-z0-9-]+)`, verbatim}

// The steps about compressed messages. What the judge compresses itself is written
// gz: in the notation.
var (
	_ = step2("I put {} into {} and send it", gzipVector, frame, func(_ context.Context, w *world, name, line string) error {
		f, err := w.carrying(name, line)
		if err != nil {
			return err
		}
		return w.sendCarrier(f, name, line)
	})
	_ = step2("I put {} into {} and send its fragments", gzipVector, frame, func(ctx context.Context, w *world, name, line string) error {
		f, err := w.carrying(name, line)
		if err != nil {
			return err
		}
		return w.sendPaced(ctx, cut(f, byte(w.t.Draw()), max(2, (len(f.Payload)+maxWhole-1)/maxWhole)))
	})

	// Servers

	_ = step1("{} comes back, as it is or compressed under COMP", frame, func(ctx context.Context, w *world, line string) error {
		return w.wantHonest(ctx, line)
	})
	_ = stepDoc("each of these vectors comes back as what it holds, if it comes under COMP:", func(ctx context.Context, w *world, lines []string) error {
		return w.wantEchoes(ctx, lines)
	})
	_ = stepDoc("none of these vectors is delivered or acknowledged, if it comes under COMP:", func(ctx context.Context, w *world, lines []string) error {
		return w.wantAllRefused(ctx, lines, "")
	})
	_ = stepDoc("each of these vectors draws ERR 18 and no echo, if it comes under COMP:", func(ctx context.Context, w *world, lines []string) error {
		return w.wantAllRefused(ctx, lines, "18")
	})

	// Clients

	_ = step1("the client sends compressed {}", frame, func(ctx context.Context, w *world, line string) error {
		f, err := w.frameOf(line)
		if err != nil {
			return err
		}
		return w.clientCompresses(ctx, f)
	})
	_ = step1("the client sends compressed a DATA of {} octets that gzip makes about half as long", number, func(ctx context.Context, w *world, n int) error {
		digits := hex.EncodeToString(w.different((n + 1) / 2))[:n]
		return w.clientCompresses(ctx, forge.Frame{Type: typeData, Headers: forge.KV("a", "1", "b", "2", "a", ""), Payload: []byte(digits)})
	})
	_ = step0("it arrives, as it is or compressed under COMP", func(ctx context.Context, w *world) error {
		_, err := w.wantCompressed(ctx)
		return err
	})
	_ = step0("it arrives as it is", func(ctx context.Context, w *world) error {
		m, err := w.wantCompressed(ctx)
		if err == nil && m.Flags&flagComp != 0 {
			err = &probe.Violation{Want: "a message without COMP", Got: m.String()}
		}
		return err
	})
	_ = step0("it arrives with its headers as they were", func(ctx context.Context, w *world) error {
		return w.wantHeadersKept(ctx)
	})
	_ = step0("it arrives in fragments that were cut from one gzip member", func(ctx context.Context, w *world) error {
		return w.wantCutMember(ctx)
	})
	_ = stepDoc("each of these vectors reaches the client as what it holds, if it comes under COMP:", func(ctx context.Context, w *world, lines []string) error {
		return w.wantReceivedPlain(ctx, lines)
	})
	_ = stepDoc("none of these vectors reaches a client, or is acknowledged, if it comes under COMP:", func(ctx context.Context, w *world, lines []string) error {
		return w.wantNoneReceived(ctx, lines)
	})
)

// carrying is a frame of the notation with the octets of a vector as its payload.
func (w *world) carrying(name, line string) (forge.Frame, error) {
	v, ok := w.notation.vectors.Lookup(name)
	if !ok {
		return forge.Frame{}, fmt.Errorf("there is no vector %s", name)
	}
	f, err := w.frameOf(line)
	f.Payload = v.Octets
	return f, err
}

// sendCarrier sends such a frame over the transport in use.
func (w *world) sendCarrier(f forge.Frame, name, line string) error {
	octets, text := f.Bytes(), fmt.Sprintf("%s around vector %s", line, name)
	if w.stream == nil {
		return w.sendDatagram(text, octets)
	}
	w.sent(len(octets))
	return w.stream.Send(octets, text)
}

// listed are the vectors of a block of lines.
func (w *world) listed(lines []string) ([]vectors.Vector, error) {
	var all []vectors.Vector
	for _, line := range lines {
		v, ok := w.notation.vectors.Lookup(strings.TrimPrefix(line, "vector "))
		if !ok || v.Family != vectors.FamilyGzip {
			return nil, fmt.Errorf("%q is no vector of the family gzip", line)
		}
		all = append(all, v)
	}
	if len(all) == 0 {
		return nil, errors.New("no vectors are given")
	}
	return all, nil
}

// reveal says what a message means: its payload, decompressed if COMP is set.
func reveal(f dissect.Frame) ([]byte, error) {
	if f.Flags&flagComp == 0 {
		return f.Payload, nil
	}
	plain, err := plainOf(f.Payload)
	if err != nil {
		return nil, &probe.Violation{Want: "one gzip member under COMP", Got: fmt.Sprintf("%v: %v", f, err)}
	}
	return plain, nil
}

// wantHonest wants the answer to be the one given, whether it is compressed or not.
func (w *world) wantHonest(ctx context.Context, line string) error {
	p, err := w.notation.pattern(line)
	if err != nil {
		return err
	}
	var f dissect.Frame
	if w.stream != nil {
		f, err = w.next(ctx, w.reply(), line)
	} else {
		var d probe.Datagram
		d, err = w.wantAnyDatagram(ctx, w.reply(), line)
		f = d.Frame
	}
	if err != nil {
		return err
	}
	plain, err := reveal(f)
	if err != nil {
		return err
	}
	seen := f
	seen.Payload = plain
	if m := p.mismatch(seen); m != "" {
		return &probe.Violation{Want: line + ", compressed if and only if COMP says so", Got: fmt.Sprintf("%v: %s", f, m)}
	}
	return nil
}

// under is a DATA with the octets of a vector under COMP. Over UDP it is another
// message each time.
func (w *world) under(v vectors.Vector, number int) (forge.Frame, string) {
	f := forge.Frame{Type: typeData, Flags: flagComp, Payload: v.Octets}
	if w.stream == nil {
		f.Headers = forge.KV("msg-id", strconv.Itoa(2000+number))
	}
	return f, "DATA COMP"
}

// wantEchoes sends vectors one after another and wants the echo of what each holds.
func (w *world) wantEchoes(ctx context.Context, lines []string) error {
	vs, err := w.listed(lines)
	if err != nil {
		return err
	}
	for i, v := range vs {
		f, text := w.under(v, i)
		if err := w.sendCarrier(f, v.ID(), text); err != nil {
			return err
		}
		want := fmt.Sprintf("the echo of the %d octets in vector %s", len(v.Expect.Plain), v.ID())
		if w.stream == nil {
			same := func(f dissect.Frame) bool { return f.Type == typeData && bytes.Equal(f.Payload, v.Expect.Plain) }
			if err := w.wantMessage(ctx, want, same); err != nil {
				return err
			}
			continue
		}
		got, err := w.next(ctx, w.takes(len(v.Expect.Plain)), want)
		if err != nil {
			return err
		}
		if got.Type != typeData || !bytes.Equal(got.Payload, v.Expect.Plain) {
			return &probe.Violation{Want: want, Got: got.String()}
		}
	}
	return nil
}

// wantAllRefused sends vectors under COMP, each of which asks for an ACK. Over TCP each
// has a connection of its own, since the target may close it, unless an ERR of a code
// is wanted: then the connection stays.
func (w *world) wantAllRefused(ctx context.Context, lines []string, code string) error {
	vs, err := w.listed(lines)
	if err != nil {
		return err
	}
	overTCP := w.stream != nil
	for i, v := range vs {
		f, text := w.under(v, i)
		f.Flags |= flagReqAck
		msgID := strconv.Itoa(2000 + i)
		f.Headers = forge.KV("msg-id", msgID)
		if overTCP && code == "" && i > 0 {
			if err := given(w.dialGreeted(ctx, fmt.Sprintf("V%d", i))); err != nil {
				return err
			}
		}
		if err := w.sendCarrier(f, v.ID(), text); err != nil {
			return err
		}
		switch {
		case !overTCP:
		case code != "":
			err = w.wantErrCode(ctx, code, msgID, v)
		default:
			err = w.wantDropped(ctx, v)
		}
		if err != nil {
			return err
		}
	}
	if overTCP {
		return nil
	}
	return w.wantNothingMore(ctx)
}

// wantErrCode wants an ERR of this code, and the connection to go on.
func (w *world) wantErrCode(ctx context.Context, code, msgID string, v vectors.Vector) error {
	want := fmt.Sprintf("ERR err-code=%s msg-id=%s to vector %s under COMP", code, msgID, v.ID())
	f, err := w.next(ctx, w.reply(), want)
	if err != nil {
		return err
	}
	got, _ := f.Header("err-code")
	id, named := f.Header("msg-id")
	if f.Type != typeErr || string(got) != code || named && string(id) != msgID {
		return &probe.Violation{Want: want, Got: f.String()}
	}
	return w.wantOnlySentinel(ctx)
}

// wantDropped wants neither ACK nor echo up to the next barrier.
func (w *world) wantDropped(ctx context.Context, v vectors.Vector) error {
	frames, err := w.untilBarrier(ctx)
	if err != nil {
		return err
	}
	for _, f := range frames {
		if f.Type == typeData || f.Type == typeAck {
			return &probe.Violation{Want: fmt.Sprintf("that vector %s under COMP is neither delivered nor acknowledged", v.ID()), Got: f.String()}
		}
	}
	return nil
}

// clientCompresses has the client send a message that it may compress.
func (w *world) clientCompresses(ctx context.Context, f forge.Frame) error {
	w.expected = f
	args := sendArgs(f)
	args["compress"] = true
	answer, err := w.client.Begin(ctx, "send", args).Wait(ctx, w.takes(len(f.Payload)))
	if err != nil {
		return w.offered(err)
	}
	if !answer.OK {
		return &probe.Violation{Want: "that the client sends it", Got: said(answer)}
	}
	return nil
}

// arriving is the next message of the client, put together, and the frames that it
// came in.
func (w *world) arriving(ctx context.Context, want string) (m dissect.Frame, pieces []dissect.Frame, err error) {
	within := w.takes(len(w.expected.Payload))
	if w.stream != nil {
		m, err = w.firstData(ctx, within)
		return m, []dissect.Frame{m}, err
	}
	assembly, other, err := w.messageUntil(ctx, within, func(f dissect.Frame) bool {
		m = f
		return f.Type == typeData
	})
	if errors.Is(err, probe.ErrNothing) {
		if other == "" {
			other = "nothing"
		}
		return m, nil, &probe.Violation{Want: fmt.Sprintf("%s within %v", want, within), Got: other, Timing: true}
	}
	if err != nil {
		return m, nil, err
	}
	if assembly == nil {
		return m, []dissect.Frame{m}, nil
	}
	for i := range assembly.total {
		pieces = append(pieces, assembly.pieces[i].Frame)
	}
	return m, pieces, nil
}

// wantCompressed wants the message that the client was asked to compress: under COMP
// as one gzip member, or otherwise as it is.
func (w *world) wantCompressed(ctx context.Context) (dissect.Frame, error) {
	m, _, err := w.arriving(ctx, fmt.Sprintf("the message of %d octets", len(w.expected.Payload)))
	if err != nil {
		return m, err
	}
	return m, w.wantMeaning(m)
}

func (w *world) wantMeaning(m dissect.Frame) error {
	plain, err := reveal(m)
	if err != nil {
		return err
	}
	if !bytes.Equal(plain, w.expected.Payload) {
		return &probe.Violation{Want: fmt.Sprintf("the %d octets of the message, compressed if and only if COMP says so", len(w.expected.Payload)), Got: m.String()}
	}
	return nil
}

// uncompressed says that there was nothing to judge.
func uncompressed() error {
	return &probe.NotExercised{Cause: probe.CauseTarget, Reason: "the client compressed nothing, although it was asked to"}
}

// wantHeadersKept wants a compressed message with the headers of the plain one. The
// client may have numbered it.
func (w *world) wantHeadersKept(ctx context.Context) error {
	m, _, err := w.arriving(ctx, "the message")
	if err != nil {
		return err
	}
	if m.Flags&flagComp == 0 {
		return uncompressed()
	}
	seen := m
	seen.Headers = slices.DeleteFunc(slices.Clone(m.Headers), func(h dissect.Header) bool { return string(h.Key) == "msg-id" })
	if !sameHeaders(seen, w.expected.Headers) {
		return &probe.Violation{Want: "the headers of the message as they were", Got: m.String()}
	}
	return nil
}

// wantCutMember wants fragments that all have COMP, whose CRC32 are right, and which
// make up one member.
func (w *world) wantCutMember(ctx context.Context) error {
	m, pieces, err := w.arriving(ctx, "the message")
	if err != nil {
		return err
	}
	compressed := slices.ContainsFunc(pieces, func(f dissect.Frame) bool { return f.Flags&flagComp != 0 })
	switch {
	case !compressed:
		return uncompressed()
	case !isFragment(pieces[0]):
		return &probe.NotExercised{Cause: probe.CauseTarget, Reason: "the compressed message did not arrive in fragments"}
	}
	for _, f := range pieces {
		if f.Flags&flagComp == 0 {
			return &probe.Violation{Want: "COMP on every fragment of a compressed message", Got: f.String()}
		}
		if f.Class() != "" {
			return &probe.Violation{Want: "a CRC32 over the octets that were sent", Got: f.String()}
		}
	}
	return w.wantMeaning(m)
}

// wantReceivedPlain sends vectors to the client, which has to receive what they hold.
func (w *world) wantReceivedPlain(ctx context.Context, lines []string) error {
	vs, err := w.listed(lines)
	if err != nil {
		return err
	}
	for i, v := range vs {
		f, text := w.under(v, i)
		if err := w.sendCarrier(f, v.ID(), text); err != nil {
			return err
		}
		want := fmt.Sprintf("the %d octets in vector %s", len(v.Expect.Plain), v.ID())
		got, err := w.clientMessage(ctx, want)
		if err != nil {
			return err
		}
		if !bytes.Equal(got.Payload, v.Expect.Plain) {
			return &probe.Violation{Want: "that the client receives " + want, Got: got.String()}
		}
	}
	return nil
}

// wantNoneReceived sends vectors to clients, each over TCP on a connection of its own,
// since the client may end it. Each asks for an ACK.
func (w *world) wantNoneReceived(ctx context.Context, lines []string) error {
	vs, err := w.listed(lines)
	if err != nil {
		return err
	}
	overTCP := w.stream != nil
	for i, v := range vs {
		if overTCP && i > 0 {
			if err := given(w.greetClient(ctx)); err != nil {
				return err
			}
		}
		f, text := w.under(v, i)
		f.Flags |= flagReqAck
		f.Headers = forge.KV("msg-id", strconv.Itoa(2000+i))
		if err := w.sendCarrier(f, v.ID(), text); err != nil {
			return err
		}
		if !overTCP {
			continue
		}
		if err := w.wantNoMessage(ctx); err != nil {
			return err
		}
		if err := w.wantNoAck(ctx); err != nil {
			return err
		}
	}
	if overTCP {
		return nil
	}
	if err := w.wantOnlySentinelReceived(ctx); err != nil {
		return err
	}
	others, err := w.peerBarrier(ctx)
	if err != nil {
		return err
	}
	for _, d := range others {
		if d.Frame.Type == typeAck {
			return &probe.Violation{Want: "no ACK of a message that cannot be decompressed", Got: d.Frame.String()}
		}
	}
	return nil
}

// wantNoAck looks at what the client has sent until it has dealt with what it was
// sent, and a little longer.
func (w *world) wantNoAck(ctx context.Context) error {
	deadline := time.Now().Add(answerTime)
	for {
		a, err := w.stream.Next(ctx, time.Until(deadline))
		switch {
		case errors.Is(err, probe.ErrNothing), errors.Is(err, probe.ErrEnded):
			return nil
		case err != nil:
			return err
		case a.Frame.Type == typeAck:
			return &probe.Violation{Want: "no ACK of a message that cannot be decompressed", Got: a.Frame.String()}
		}
	}
}
