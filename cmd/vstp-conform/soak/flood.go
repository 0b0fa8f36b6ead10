package soak

import (
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vstp-project/vstp/conformance/forge"
)

const (
	flooders = 2 // sockets that send as fast as they can
	variety  = 512

	// leastServed is the share of honest exchanges over UDP that has to succeed behind a
	// flood, in which the system drops datagrams of honest clients as it does others. Each
	// of theirs is sent four times, in 700 ms.
	leastServed = 0.9
)

// flood sends datagrams that are no frames, as fast as the machine can, while honest
// clients are served.
func flood(ctx context.Context, r *run) error {
	invalid := invalidDatagrams()
	var sent atomic.Int64
	length := time.Duration(r.opts.Seconds) * time.Second
	r.says("%d sockets sent invalid datagrams as fast as they could for %v while honest clients were served", flooders, length)
	err := r.whileServing(ctx, leastServed, func(ctx context.Context) error {
		ctx, end := context.WithTimeout(ctx, length)
		defer end()
		return each(flooders, flooders, func(int) error {
			s, err := net.Dial("udp", r.peer.UDP)
			if err != nil {
				return err
			}
			defer s.Close()
			for i := 0; ctx.Err() == nil; i++ {
				if _, err := s.Write(invalid[i%len(invalid)]); err != nil {
					return fmt.Errorf("flooding: %w", err)
				}
				sent.Add(1)
			}
			return nil
		})
	})
	r.figure("invalid datagrams in a second", "", float64(int64(float64(sent.Load())/length.Seconds())))
	return err
}

// invalidDatagrams are datagrams that are no frames, each for another reason.
func invalidDatagrams() [][]byte {
	good := forge.Frame{Type: typeData, Headers: forge.KV("msg-id", "7"), Payload: random(200, 2)}.Bytes()
	var all [][]byte
	for i := range variety {
		switch i % 4 {
		case 0:
			all = append(all, random(1+i*2, uint64(i)))
		case 1:
			all = append(all, forge.FlipBit(good, i*3%(len(good)*8)))
		case 2:
			all = append(all, good[:i*len(good)/variety])
		case 3:
			all = append(all, append(good[:len(good):len(good)], random(i, uint64(i))...))
		}
	}
	return all
}

// noise sends random octets on every port for a time, in new connections and datagrams.
// Half of what is sent begins like a frame.
func noise(ctx context.Context, r *run) error {
	length := time.Duration(r.opts.Seconds) * time.Second
	ports := []struct{ network, addr string }{{"tcp", r.peer.TCP}, {"tcp", r.peer.TLS}, {"udp", r.peer.UDP}}
	r.says("random octets for %v in new connections to the ports for TCP and TLS and in datagrams to that for UDP, half of them behind the beginning of a frame, while honest clients were served", length)
	var connections, datagrams atomic.Int64
	err := r.whileServing(ctx, leastServed, func(ctx context.Context) error {
		ctx, end := context.WithTimeout(ctx, length)
		defer end()
		var all sync.WaitGroup
		failures := make(chan error, len(ports))
		for _, port := range ports {
			all.Go(func() {
				for i := uint64(0); ctx.Err() == nil; i++ {
					if err := burst(port.network, port.addr, i); err != nil {
						failures <- err
						return
					}
					// A closed connection keeps its port for a minute, and ports are few.
					interval := 10 * time.Millisecond
					if port.network == "udp" {
						interval = time.Millisecond
						datagrams.Add(burstSize)
					} else {
						connections.Add(1)
					}
					pause(ctx, interval)
				}
			})
		}
		all.Wait()
		close(failures)
		return <-failures
	})
	r.figure("connections", "", float64(connections.Load()))
	r.figure("datagrams", "", float64(datagrams.Load()))
	return err
}

// burstSize is how many writes a burst has.
const burstSize = 8

// burst sends random octets on one connection, or as datagrams from one socket. That the
// server hangs up meanwhile is its good right.
func burst(network, addr string, seed uint64) error {
	conn, err := net.DialTimeout(network, addr, exchangePatience)
	if err != nil {
		return fmt.Errorf("the server no longer takes connections: %w", err)
	}
	defer conn.Close()
	for i := range uint64(burstSize) {
		b := random(int(seed*31+i*97)%1400+1, seed*burstSize+i)
		if (seed+i)%2 == 0 {
			b = append([]byte{0x56, 0x54, 0x01, byte(i)}, b...)
		}
		if _, err := conn.Write(b); err != nil {
			return nil
		}
	}
	return nil
}
