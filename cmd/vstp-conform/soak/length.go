package soak

import (
	"context"
	"fmt"
	"net"

	"github.com/vstp-project/vstp/conformance/forge"
)

// liars is how many connections declare a length, of each kind.
const liars = 1000

// length has connections declare what is never sent. 4 GiB is refused as soon as it is
// declared [LIM-2]; what is allowed takes memory only as it comes [LIM-5].
func length(ctx context.Context, r *run) error {
	most := ^uint32(0)
	huge := forge.Raw{Type: typeData, PayloadLen: &most, NoCRC: true}.Bytes()
	r.says("%d connections declared a payload of 4 GiB, then %d a frame of 8 MiB of which 64 octets came; %d datagrams declared 4 GiB", liars, liars, liars)
	before, err := r.peer.usage(ctx)
	if err != nil {
		return err
	}
	all, err := gather(ctx, r.peer.TCP, liars)
	if err != nil {
		return err
	}
	defer all.close()
	if err := all.write(huge); err != nil {
		return err
	}
	refused := all.count(exchangePatience, func(conn net.Conn, f received) bool { return f.refuses("8") && ended(conn, exchangePatience) })
	r.exactly("refused with ERR 8, and closed", "", float64(refused), liars)

	// Those are to be gone before memory is looked at.
	all.close()
	if before, err = r.peer.settled(ctx, before); err != nil {
		return err
	}

	waiting, err := gather(ctx, r.peer.TCP, liars)
	if err != nil {
		return err
	}
	defer waiting.close()
	if err := waiting.write(begun(64)); err != nil {
		return err
	}
	socket, err := net.Dial("udp", r.peer.UDP)
	if err != nil {
		return err
	}
	defer socket.Close()
	for range liars {
		if _, err := socket.Write(huge); err != nil {
			return fmt.Errorf("a datagram: %w", err)
		}
	}
	// What has been sent on the connections has been read when a later one is served.
	if err := r.peer.exchangeAll(ctx); err != nil {
		return err
	}
	during, err := r.peer.usage(ctx)
	if err != nil {
		return err
	}
	r.atMost("memory per connection that declared 8 MiB", octets, rise(before, during, liars), mostPerConnection)
	// What is reserved and not touched yet is not in memory, but among the live objects.
	r.atMost("live objects and stacks for each of them", octets, (during.Live-before.Live)/liars, mostPerConnection)
	r.atMost("more memory at the peak", octets, max(during.Peak-before.Resident, 0), 2*liars*mostPerConnection)
	return nil
}
