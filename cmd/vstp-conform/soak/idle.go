package soak

import (
	"bytes"
	"context"
	"net"
	"time"

	"github.com/vstp-project/vstp/conformance/forge"
)

const (
	// mostIdle is the memory that a connection may take on which nothing happens, and
	// mostPerConnection that of one on which a frame is under way.
	mostIdle          = 32 << 10
	mostPerConnection = 64 << 10
)

// idleFor is how long the connections are held.
const idleFor = 5 * time.Second

// idle holds many connections that have been greeted and say nothing.
func idle(ctx context.Context, r *run) error {
	n := r.opts.Connections
	for _, pid := range []string{"self", r.peer.pid} {
		limit, err := maxDescriptors(pid)
		if err != nil {
			return err
		}
		if need := n + 100; need > limit {
			return notRun("%d connections take about %d descriptors in each of two processes, limit is %d: raise it (ulimit -n), or give fewer with --connections", n, need, limit)
		}
	}
	before, err := r.peer.usage(ctx)
	if err != nil {
		return err
	}
	began := time.Now()
	all, err := gather(ctx, r.peer.TCP, n)
	if err != nil {
		return err
	}
	defer all.close()
	r.says("%s connections, each greeted, held for %v while honest clients were served; then a PING on each", thousands(float64(n)), idleFor)
	r.figure("time to connect and greet all", seconds, time.Since(began).Seconds())
	if err := r.whileServing(ctx, 1, func(ctx context.Context) error { return pause(ctx, idleFor) }); err != nil {
		return err
	}
	during, err := r.peer.usage(ctx)
	if err != nil {
		return err
	}
	r.figure("memory of the server", octets, during.Resident)
	r.atMost("memory per connection", octets, rise(before, during, n), mostIdle)
	r.figure("of that live objects and stacks", octets, (during.Live-before.Live)/float64(n))
	r.figure("goroutines per connection", "", (during.Goroutines-before.Goroutines)/float64(n))
	ping := []byte("still there?")
	if err := all.write(forge.Frame{Type: typePing, Payload: ping}.Bytes()); err != nil {
		return err
	}
	answered := all.count(exchangePatience, func(_ net.Conn, f received) bool { return f.kind == typePong && bytes.Equal(f.payload, ping) })
	r.exactly("PINGs answered", "", float64(answered), float64(n))
	return nil
}
