package soak

import (
	"context"
	"fmt"
	"net"
	"time"
)

const (
	manySources     = 64 // addresses
	perSource       = 80 // messages from each
	mostSessions    = 1000
	largeSources    = 16
	largePerSource  = 20
	largeFragments  = 254 // of 255
	mostForSessions = 64 << 20
	lifetime        = 30 * time.Second
)

// reassembly begins messages that are never completed, more than may be held by number,
// then more than may be held by octets, and sees them go when their time is over
// [RAS-8] [RAS-12] [RAS-15] [RAS-20].
func reassembly(ctx context.Context, r *run) error {
	sockets, err := sources(r.peer.UDP, manySources)
	if err != nil {
		return err
	}
	defer sockets.close()
	r.says("the first of two fragments of %s messages, from %d addresses; then, when those were gone, 254 of 255 fragments of %d messages, %s in all, from %d addresses",
		thousands(manySources*perSource), manySources, largeSources*largePerSource,
		amount(largeSources*largePerSource*largeFragments*perFragment, octets), largeSources)
	payload := random(perFragment, 1)
	for id := range perSource {
		for _, s := range sockets {
			if _, err := s.Write(fragment(uint64(id), 0, byte(id), 0, 2, payload)); err != nil {
				return err
			}
		}
		if err := pause(ctx, 5*time.Millisecond); err != nil { // a socket's buffer is bounded
			return err
		}
	}
	held, err := r.peer.sessions(ctx)
	if err != nil {
		return err
	}
	r.exactly("incomplete messages held", "", held, mostSessions)
	if err := r.messageServed(ctx, "while they were held"); err != nil {
		return err
	}
	if err := r.released(ctx, "until all were gone"); err != nil {
		return err
	}

	before, err := r.peer.usage(ctx)
	if err != nil {
		return err
	}
	for id := range largePerSource {
		for index := range largeFragments {
			for _, s := range sockets[:largeSources] {
				if _, err := s.Write(fragment(uint64(1000+id), 0, byte(100+id), index, largeFragments+1, payload)); err != nil {
					return err
				}
			}
			if index%2 == 0 {
				if err := pause(ctx, time.Millisecond); err != nil {
					return err
				}
			}
		}
	}
	during, err := r.peer.usage(ctx)
	if err != nil {
		return err
	}
	more := during.Live - before.Live
	r.between("live octets that the large ones take", octets, more, mostForSessions/2, 1.25*mostForSessions)
	r.figure("memory of the server with the large ones", octets, during.Resident)
	if err := r.messageServed(ctx, "while they were held"); err != nil {
		return err
	}
	return r.released(ctx, "until the large ones were gone")
}

// messageServed demands that a message which needs no session is served over UDP.
func (r *run) messageServed(ctx context.Context, when string) error {
	c, err := r.peer.dialUDP(ctx)
	if err != nil {
		return err
	}
	defer c.close()
	if err := c.exchange(ctx, []byte("honest")); err != nil {
		return fmt.Errorf("%s an honest client was not served: %w", when, err)
	}
	return nil
}

// released waits until the server holds no incomplete message, and writes down how long
// that took.
func (r *run) released(ctx context.Context, name string) error {
	began := time.Now()
	err := until(ctx, lifetime+patience, func() (bool, error) {
		n, err := r.peer.sessions(ctx)
		return n == 0, err
	})
	if err != nil {
		return err
	}
	r.atMost(name, seconds, inSeconds(time.Since(began)), inSeconds(lifetime+2*time.Second))
	return nil
}

// sources opens a socket at each of n addresses of 127.0.0.0/8.
func sources(to string, n int) (crowd, error) {
	var all crowd
	for i := range n {
		d := net.Dialer{LocalAddr: &net.UDPAddr{IP: net.IPv4(127, 0, 1, byte(i+1))}}
		s, err := d.Dial("udp", to)
		if err != nil {
			all.close()
			return nil, notRun("this host does not send from %d addresses of 127.0.0.0/8: %v", n, err)
		}
		all = append(all, s)
	}
	return all, nil
}
