package steps

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/vstp-project/vstp/conformance/dissect"
	"github.com/vstp-project/vstp/conformance/probe"
)

// The steps that look at what a server sends over TCP, whatever it was asked.
var (
	_ = stepDoc("the DATA that come back are these, in this order:", func(ctx context.Context, w *world, lines []string) error {
		before, err := w.sentinel(ctx)
		if err != nil {
			return err
		}
		return w.wantDataInOrder(before, lines)
	})
	_ = stepDoc("any ERR comes back behind these, the last before the target closes:", func(ctx context.Context, w *world, lines []string) error {
		return w.wantErrBehind(ctx, lines)
	})
	_ = step2("I send {} times, with a PING behind each, {}", number, frame, func(_ context.Context, w *world, n int, line string) error {
		lines := make([]string, 0, 2*n)
		for range n {
			lines = append(lines, line, "PING 'p'")
		}
		return w.send(lines)
	})
	_ = step3("{} answers of {} octets and {} PONG come back whole", number, number, number, func(ctx context.Context, w *world, answers, octets, pongs int) error {
		return w.wantWholeAnswers(ctx, answers, octets, pongs)
	})
	_ = step0("no frame with FRAG comes back before the echo of a sentinel", func(ctx context.Context, w *world) error {
		before, err := w.sentinel(ctx)
		if err != nil {
			return err
		}
		for _, f := range before {
			if isFragment(f) {
				return &probe.Violation{Want: "no frame with FRAG over TCP", Got: f.String()}
			}
		}
		return nil
	})
)

// wantDataInOrder compares the DATA among frames with patterns, one by one.
func (w *world) wantDataInOrder(frames []dissect.Frame, lines []string) error {
	ps, err := w.patterns(lines)
	if err != nil {
		return err
	}
	for _, f := range frames {
		if f.Type != typeData {
			continue
		}
		if len(ps) == 0 {
			return &probe.Violation{Want: "no further DATA", Got: f.String()}
		}
		if m := ps[0].mismatch(f); m != "" {
			return &probe.Violation{Want: ps[0].line, Got: fmt.Sprintf("%v: %s", f, m)}
		}
		ps = ps[1:]
	}
	if len(ps) > 0 {
		return &probe.Violation{Want: ps[0].line, Got: "nothing"}
	}
	return nil
}

// wantErrBehind wants the DATA given ahead of any ERR before the end of the stream. A
// target that sends no ERR has given no occasion to judge where it stands.
func (w *world) wantErrBehind(ctx context.Context, lines []string) error {
	frames, err := w.wantEnd(ctx)
	if err != nil {
		return err
	}
	for i, f := range frames {
		if f.Type == typeErr {
			return w.wantDataInOrder(frames[:i], lines)
		}
	}
	return &probe.NotExercised{Cause: probe.CauseTarget, Reason: "no ERR came back"}
}

// wantWholeAnswers reads answers and PONGs, each of which has to be as it was asked
// for, until all have come.
func (w *world) wantWholeAnswers(ctx context.Context, answers, octets, pongs int) error {
	deadline := time.Now().Add(w.takes(answers * octets))
	want := bytes.Repeat([]byte{'x'}, octets)
	for answers > 0 || pongs > 0 {
		f, err := w.next(ctx, time.Until(deadline), fmt.Sprintf("%d more answers and %d more PONG", answers, pongs))
		if v := (*probe.Violation)(nil); errors.As(err, &v) && v.Requirement != "" {
			v.Requirement = "" // octets that are no frame are what mixing looks like
		}
		if err != nil {
			return err
		}
		switch {
		case f.Type == typeData && bytes.Equal(f.Payload, want):
			answers--
		case f.TypeName() == "PONG": // what is in it is not core's affair
			pongs--
		default:
			return &probe.Violation{Want: fmt.Sprintf("answers of %d octets and PONG", octets), Got: f.String()}
		}
	}
	return nil
}
