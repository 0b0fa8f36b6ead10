package steps

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/vstp-project/vstp/conformance/forge"
	"github.com/vstp-project/vstp/conformance/probe"
)

// A half is a message in two fragments of which the first has been sent: a session
// that the target holds, or does not hold.
type half struct {
	socket    *probe.Socket
	fragments []forge.Frame
	payload   []byte // of the whole, as its echo has it
	completed bool   // the echo has come
}

// clearTime is how long the echoes of messages are waited for that nobody judges.
const clearTime = 50 * time.Millisecond

var (
	_ = step2("{} sources each send the first fragment of {} messages", number, number, func(ctx context.Context, w *world, sources, n int) error {
		return w.openHalves(ctx, sources, n)
	})
	_ = step1("the second fragment of each of the first {} completes it", number, func(ctx context.Context, w *world, n int) error {
		if err := w.completeHalves(ctx, w.halves[:n], w.reply()); err != nil {
			return err
		}
		if done := completed(w.halves[:n]); done < n {
			return &probe.Violation{Want: fmt.Sprintf("the echoes of %d messages", n), Got: fmt.Sprintf("%d of them", done), Timing: true}
		}
		return nil
	})
	_ = step1("their second fragments complete at most {} of them", number, func(ctx context.Context, w *world, most int) error {
		if err := w.completeHalves(ctx, w.halves, afterSentinel); err != nil {
			return err
		}
		done := completed(w.halves)
		if done == 0 {
			return &probe.NotExercised{Cause: probe.CauseTarget, Reason: "not one message was put together"}
		}
		if done > most {
			return &probe.Violation{Want: fmt.Sprintf("at most %d messages put together of %d that were begun", most, len(w.halves)), Got: fmt.Sprintf("%d of them", done)}
		}
		return nil
	})
	_ = step0("the first fragment of each of them comes once more", func(ctx context.Context, w *world) error {
		return w.sendHalves(ctx, w.halves, 0)
	})
	_ = step0("what is left of them is completed", func(ctx context.Context, w *world) error {
		return w.clearHalves(ctx)
	})
)

func completed(halves []*half) int {
	n := 0
	for _, h := range halves {
		if h.completed {
			n++
		}
	}
	return n
}

// openHalves sends the first fragments of messages from each of several source
// addresses, in the order of the sources; the second time from the same ones.
func (w *world) openHalves(ctx context.Context, sources, messages int) error {
	before := len(w.halves)
	if sources > 1 && !w.t.SeveralSources() {
		return &probe.NotExercised{Cause: probe.CauseSurroundings, Reason: "this host has no loopback address beside 127.0.0.1, or the target is not on loopback"}
	}
	for i := range sources {
		n := fmt.Sprintf("S%d", i)
		if s, ok := w.sockets[n]; ok {
			w.socket = s
		} else if err := w.listen(ctx, n, nil); err != nil {
			return err
		}
		for range messages {
			number := len(w.halves)
			f := forge.Frame{Type: typeData, Headers: forge.KV("msg-id", strconv.Itoa(1000+number)), Payload: w.t.Unique("half")}
			w.halves = append(w.halves, &half{socket: w.socket, fragments: cut(f, byte(number), 2), payload: f.Payload})
		}
	}
	return w.sendHalves(ctx, w.halves[before:], 0)
}

// sendHalves sends one fragment of each. After each burst, and at the end of each
// source, a message has to come back before the next is sent: no burst meets what
// an earlier one left in the target's buffer. The echoes of completed messages are
// noted on the way.
func (w *world) sendHalves(ctx context.Context, halves []*half, index int) error {
	for i, h := range halves {
		w.socket = h.socket
		if err := w.sendDatagram(textOf(h.fragments[index]), h.fragments[index].Bytes()); err != nil {
			return err
		}
		if (i+1)%burst == 0 || i+1 == len(halves) || halves[i+1].socket != h.socket {
			if err := w.halvesTaken(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// halvesTaken is a barrier on the socket in use, in three attempts.
func (w *world) halvesTaken(ctx context.Context) error {
	for range 3 {
		payload := w.t.Unique("barrier")
		if err := w.socket.Send(greeting(payload), fmt.Sprintf("DATA msg-id=1 '%s'", payload)); err != nil {
			return err
		}
		before, err := w.datagramsUntil(ctx, w.reply()/2, func(d probe.Datagram) bool { return isEcho(d.Frame, payload) })
		w.noteHalves(before)
		if !errors.Is(err, probe.ErrNothing) {
			return err
		}
	}
	return &probe.Violation{Want: "the echo of a DATA beside half-received messages", Got: "nothing, in three attempts", Timing: true}
}

// noteHalves finds the echoes of messages among what came to the socket in use.
func (w *world) noteHalves(datagrams []probe.Datagram) {
	for _, d := range datagrams {
		i := slices.IndexFunc(w.halves, func(h *half) bool { return h.socket == w.socket && isEcho(d.Frame, h.payload) })
		if i >= 0 {
			w.halves[i].completed = true
		}
	}
}

// completeHalves sends the second fragments of messages and waits for their echoes,
// until all have come or none has to be waited for any longer.
func (w *world) completeHalves(ctx context.Context, halves []*half, within time.Duration) error {
	if err := w.sendHalves(ctx, halves, 1); err != nil {
		return err
	}
	for deadline := time.Now().Add(within); completed(halves) < len(halves) && time.Now().Before(deadline); {
		if err := w.t.Wait(ctx, burstPause); err != nil {
			return err
		}
		for i, h := range halves {
			if i > 0 && halves[i-1].socket == h.socket {
				continue
			}
			w.socket = h.socket
			late, err := w.datagramsUntil(ctx, 0, func(probe.Datagram) bool { return false })
			if !errors.Is(err, probe.ErrNothing) {
				return err
			}
			w.noteHalves(late)
		}
	}
	return nil
}

// clearHalves completes what is not complete, so that the target holds nothing of it
// when the next case begins. Of a message that the target did not hold, the second
// fragment may have opened a session: it wants the first once more.
func (w *world) clearHalves(ctx context.Context) error {
	left := func() []*half {
		return slices.DeleteFunc(slices.Clone(w.halves), func(h *half) bool { return h.completed })
	}
	if err := w.completeHalves(ctx, left(), clearTime); err != nil {
		return err
	}
	return w.sendHalves(ctx, left(), 0)
}
