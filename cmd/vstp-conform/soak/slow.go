package soak

import (
	"context"
	"net"
	"time"

	"github.com/vstp-project/vstp/conformance/forge"
)

// slowConnections is how many there are of each kind.
const slowConnections = 500

// slow has connections begin a frame and stop, and others feed an octet a second. Those
// that stop are cut off after 30 s [TCP-18]; those that feed keep within the rules, and
// must not cost more than any other connection.
func slow(ctx context.Context, r *run) error {
	timer := r.opts.scaled(30 * time.Second)
	before, err := r.peer.usage(ctx)
	if err != nil {
		return err
	}
	stopping, err := gather(ctx, r.peer.TCP, slowConnections)
	if err != nil {
		return err
	}
	defer stopping.close()
	feeding, err := gather(ctx, r.peer.TCP, slowConnections)
	if err != nil {
		return err
	}
	defer feeding.close()
	r.says("%d connections stopped in the middle of a frame, %d fed one of 8 MiB an octet a second, while honest clients were served; the server gives a frame that stops %v", slowConnections, slowConnections, timer)
	if err := stopping.write(begun(2048)); err != nil {
		return err
	}
	stop := feed(ctx, feeding, begun(4096))

	var during usage
	cut, began, last := 0, time.Now(), time.Duration(0)
	err = r.whileServing(ctx, 1, func(ctx context.Context) error {
		if err := pause(ctx, timer/2); err != nil {
			return err
		}
		if during, err = r.peer.usage(ctx); err != nil {
			return err
		}
		cut = stopping.count(timer, func(conn net.Conn, f received) bool { return f.refuses("9") && ended(conn, patience) })
		last = time.Since(began)
		return nil
	})
	if fault := stop(); err == nil {
		err = fault
	}
	if err != nil {
		return err
	}
	r.exactly("connections that stopped, cut off with ERR 9", "", float64(cut), slowConnections)
	r.atMost("until the last of them", seconds, inSeconds(last), inSeconds(timer+2*time.Second))
	r.atMost("memory per connection", octets, rise(before, during, 2*slowConnections), mostPerConnection)
	return nil
}

// begun is the first n octets of the largest frame that is allowed.
func begun(n int) []byte {
	length := uint32(8_388_608 - fixed - trailer)
	return forge.Raw{Type: typeData, PayloadLen: &length, Payload: make([]byte, n-fixed), NoCRC: true}.Bytes()
}

// feed sends an octet a second on each connection, of those given. The function that it
// returns ends that, and returns the error that ended it before.
func feed(ctx context.Context, all crowd, b []byte) (stop func() error) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() {
		for i := range b {
			if err := all.write(b[i : i+1]); err != nil {
				done <- err
				return
			}
			if pause(ctx, time.Second) != nil {
				break
			}
		}
		done <- nil
	}()
	return func() error {
		cancel()
		return <-done
	}
}
