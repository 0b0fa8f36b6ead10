package udp

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"net"
	"net/netip"
	"time"

	"github.com/vstp-project/vstp/ref/reliable"
	"github.com/vstp-project/vstp/ref/session"
	"github.com/vstp-project/vstp/ref/wire"
)

// bulkLong is how many messages in fragments SendBulk has under way at a time: as
// many as a receiver keeps incomplete ones of a source [RAS-15].
const bulkLong = 64

// SendBulk sends the frames of a sequence to a destination, the zero value being
// Peer, each as SendReliable does, and as many at the same time as Config.Window
// says. They arrive in any order. It returns nil when all have been acknowledged.
//
// With the first that fails, or when ctx is done, it gives up those under way, asks
// for no more, and returns what SendReliable would have returned for that one; which
// of the frames have arrived is not known then. A frame must not be changed before
// SendBulk returns.
//
// The fewer datagrams a message takes the better: of a message in fragments all are
// transmitted again when one is lost [RTX-7], and their pace is fixed [FRG-13].
func (c *Conn) SendBulk(ctx context.Context, to netip.AddrPort, frames iter.Seq[wire.Frame]) error {
	if !to.IsValid() {
		to = c.peer
	}
	most := max(cmp.Or(c.server.cfg.Window.Max, reliable.DefaultMaxWindow), bulkLong)
	b := bulk{server: c.server, own: &outgoing{path: path{peer: unmapped(to)}, done: make(chan error, most)}}
	for f := range frames {
		f, err := c.outgoing(ctx, to, f)
		if err == nil {
			limit := most
			if f.EncodedLen() > session.MaxDatagram {
				limit = bulkLong
			}
			err = b.send(ctx, f, limit)
		}
		if err != nil {
			b.cancel()
			return fmt.Errorf("udp: sending to %v: %w", to, err)
		}
	}
	if err := b.wait(ctx, 0); err != nil {
		b.cancel()
		return fmt.Errorf("udp: sending to %v: %w", to, err)
	}
	return nil
}

// bulk is the messages of one SendBulk that are under way.
type bulk struct {
	server *Server
	own    *outgoing
	open   int // messages of which the result has not been taken
}

// send hands a message over when fewer than limit are under way.
func (b *bulk) send(ctx context.Context, f wire.Frame, limit int) error {
	if err := b.wait(ctx, limit-1); err != nil {
		return err
	}
	if b.server.cfg.CRCFlag {
		f.Flags |= wire.FlagCRC
	}
	if _, err := b.server.begin(f, b.own, true); err != nil {
		return err
	}
	b.open++
	return nil
}

// wait takes results until at most so many are missing, and those that are there.
func (b *bulk) wait(ctx context.Context, most int) error {
	for {
		if b.open <= most {
			select {
			case err := <-b.own.done:
				if b.open--; err != nil {
					return err
				}
				continue
			default:
			}
			if b.server.ctx.Err() != nil {
				return net.ErrClosed
			}
			return ctx.Err()
		}
		select {
		case err := <-b.own.done:
			if b.open--; err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		case <-b.server.ctx.Done():
			return net.ErrClosed
		}
	}
}

// cancel gives up what is under way.
func (b *bulk) cancel() {
	b.server.mu.Lock()
	defer b.server.mu.Unlock()
	b.server.sender.CancelAll(time.Now(), b.own)
	b.server.poke()
}
