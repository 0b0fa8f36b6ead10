package steps

import (
	"context"
	"errors"
	"fmt"

	"github.com/vstp-project/vstp/conformance/forge"
	"github.com/vstp-project/vstp/conformance/probe"
)

// A message for the byte budget of a receiver: as large as messages get, and short of
// its last fragment.
const (
	fullFragments = 255
	fullPayload   = 1200
	// perBarrier is how many datagrams are sent before an answer has to come back: as
	// many as the receive buffer of any implementation has room for (T-3).
	perBarrier = 64
)

// An unfinished is a message of which all fragments but the last have been sent.
type unfinished struct {
	socket *probe.Socket
	last   forge.Frame
}

var (
	_ = step2("{} sources each send {} messages in 255 fragments of 1200 octets, but for the last one", number, number, func(ctx context.Context, w *world, sources, n int) error {
		return w.fillBudget(ctx, sources, n)
	})
	_ = step1("their last fragments complete at most {} of these messages", number, func(ctx context.Context, w *world, most int) error {
		done, err := w.finishBudget(ctx)
		switch {
		case err != nil:
			return err
		case done == 0:
			return &probe.NotExercised{Cause: probe.CauseTarget, Reason: "not one message was put together"}
		case done > most:
			return &probe.Violation{
				Want: fmt.Sprintf("at most %d messages put together, which is what 64 MiB hold of the %d that were begun", most, len(w.unfinished)),
				Got:  fmt.Sprintf("%d of them", done),
			}
		}
		return nil
	})
)

// fillBudget sends the messages, the same ones from each source.
func (w *world) fillBudget(ctx context.Context, sources, n int) error {
	if !w.t.SeveralSources() {
		return &probe.NotExercised{Cause: probe.CauseSurroundings, Reason: "this host has no loopback address beside 127.0.0.1, or the target is not on loopback"}
	}
	for i := range sources {
		if err := w.listen(ctx, fmt.Sprintf("S%d", i), nil); err != nil {
			return err
		}
	}
	payload := randomOctets(w.random(), fullFragments*fullPayload)
	for j := range n {
		f := forge.Frame{
			Type: typeData, Flags: flagReqAck, Payload: payload,
			Headers: forge.KV("x-reply-size", "1", "msg-id", fmt.Sprint(1000+j)),
		}
		pieces := cut(f, byte(j), fullFragments)
		last := pieces[fullFragments-1]
		octets := make([][]byte, fullFragments-1)
		for k := range octets {
			octets[k] = pieces[k].Bytes()
		}
		for i := range sources {
			w.socket = w.sockets[fmt.Sprintf("S%d", i)]
			for k, b := range octets {
				if err := w.socket.Send(b, "a fragment of a large message"); err != nil {
					return err
				}
				if (k+1)%perBarrier == 0 || k == len(octets)-1 {
					if err := w.halvesTaken(ctx); err != nil {
						return err
					}
				}
			}
			w.unfinished = append(w.unfinished, unfinished{socket: w.socket, last: last})
		}
	}
	return nil
}

// finishBudget sends the last fragments and counts the messages that are acknowledged
// upon them.
func (w *world) finishBudget(ctx context.Context) (done int, err error) {
	acked := map[string]bool{}
	note := func(d probe.Datagram) bool {
		if id, ok := d.Frame.Header("msg-id"); ok && d.Frame.Type == typeAck {
			acked[w.socket.Name+" "+string(id)] = true
		}
		return false
	}
	for _, u := range w.unfinished {
		w.socket = u.socket
		if err := w.socket.Send(u.last.Bytes(), textOf(u.last)); err != nil {
			return 0, err
		}
		// The echo of a later message shows that this one has been dealt with.
		payload := w.t.Unique("barrier")
		if err := w.socket.Send(greeting(payload), fmt.Sprintf("DATA msg-id=1 '%s'", payload)); err != nil {
			return 0, err
		}
		_, err := w.datagramsUntil(ctx, w.reply()/2, func(d probe.Datagram) bool {
			return note(d) || isEcho(d.Frame, payload)
		})
		if err != nil && !errors.Is(err, probe.ErrNothing) {
			return 0, err
		}
	}
	if err := w.t.Wait(ctx, clearTime); err != nil {
		return 0, err
	}
	for _, socket := range w.sockets {
		w.socket = socket
		if _, err := w.datagramsUntil(ctx, 0, note); !errors.Is(err, probe.ErrNothing) {
			return 0, err
		}
	}
	return len(acked), nil
}
