package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/vstp-project/vstp/ref/udp"
	"github.com/vstp-project/vstp/ref/wire"
)

// firstMsgID has as many digits as any, and is the same in every run.
const firstMsgID = 1 << 63

// single is the payload of a message that fills one datagram.
const single = 1200 - wire.Overhead - 2 - len(wire.KeyMsgID) - 19

// vstp returns a transfer in acknowledged messages of so much payload each.
func vstp(payload, retries int) func(ctx context.Context, l *lossyLink, octets int) error {
	return func(ctx context.Context, l *lossyLink, octets int) error {
		c := content{l.seed}
		scratch := sync.Pool{New: func() any { b := make([]byte, payload); return &b }}
		server, err := udp.Listen(ctx, "127.0.0.1:0", udp.Config{
			// As many messages may come in a burst as a window holds.
			QueueMessages: 8192, QueuePerSource: 8192, QueueOctets: 64 << 20,
			Handler: func(_ context.Context, r *udp.Request) {
				b := scratch.Get().(*[]byte)
				defer scratch.Put(b)
				if _, ok := c.right(r.Message.Payload, *b); ok {
					l.arrived.Add(int64(len(r.Message.Payload)))
				}
			},
		})
		if err != nil {
			return err
		}
		defer server.Close()
		addr, err := l.toward(server.Addr().String())
		if err != nil {
			return err
		}
		conn, err := udp.Dial(ctx, addr, udp.Config{Local: "127.0.0.1:0", Retries: retries, FirstMsgID: firstMsgID})
		if err != nil {
			return err
		}
		defer conn.Close()
		began := time.Now()
		err = conn.SendBulk(ctx, netip.AddrPort{}, frames(c, octets, payload))
		l.took = time.Since(began)
		if err != nil {
			_, text, _ := strings.Cut(err.Error(), addr+": ")
			return fmt.Errorf("ended after %d %%: %s", 100*int(l.arrived.Load())/octets, text)
		}
		if got := int(l.arrived.Load()); got != octets {
			return fmt.Errorf("%d of %d octets arrived once and right", got, octets)
		}
		return l.undecided()
	}
}

// frames returns so many octets in messages of so much payload.
func frames(c content, octets, payload int) iter.Seq[wire.Frame] {
	return func(yield func(wire.Frame) bool) {
		for n := uint64(0); octets > 0; n++ {
			b := make([]byte, min(payload, octets))
			c.fill(b, n)
			octets -= len(b)
			if !yield(wire.Frame{Type: wire.TypeData, Payload: b}) {
				return
			}
		}
	}
}

var errContent = errors.New("other octets arrived than were sent")
