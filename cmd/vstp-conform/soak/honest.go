package soak

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/vstp-project/vstp/ref/tcp"
	"github.com/vstp-project/vstp/ref/udp"
	"github.com/vstp-project/vstp/ref/wire"
)

// client is an honest client: it sends something, is told that it has arrived, and gets
// it back.
type client struct {
	send    func(ctx context.Context, f wire.Frame) error
	receive func(ctx context.Context) (wire.Frame, error)
	close   func() error
}

// dialTCP connects an honest client, over TLS if the peer is to be reached that way.
func (p *peer) dialTCP(ctx context.Context, secure bool) (client, error) {
	addr, cfg := p.TCP, tcp.Config{}
	if secure {
		// The certificate was made a moment ago by the very process that is reached.
		addr, cfg.TLS = p.TLS, &tls.Config{InsecureSkipVerify: true}
	}
	c, err := tcp.Dial(ctx, addr, cfg)
	if err != nil {
		return client{}, err
	}
	return client{send: c.SendReliable, receive: c.Receive, close: c.Close}, nil
}

// dialUDP opens an honest client's socket.
func (p *peer) dialUDP(ctx context.Context) (client, error) {
	c, err := udp.Dial(ctx, p.UDP, udp.Config{})
	if err != nil {
		return client{}, err
	}
	return client{
		send: func(ctx context.Context, f wire.Frame) error { return c.SendReliable(ctx, netip.AddrPort{}, f) },
		receive: func(ctx context.Context) (wire.Frame, error) {
			m, err := c.Receive(ctx)
			return m.Frame, err
		},
		close: c.Close,
	}, nil
}

// exchange sends one message and wants it back.
func (c client) exchange(ctx context.Context, payload []byte) error {
	ctx, cancel := context.WithTimeout(ctx, exchangePatience)
	defer cancel()
	if err := c.send(ctx, wire.Frame{Type: wire.TypeData, Payload: payload}); err != nil {
		return fmt.Errorf("sending: %w", err)
	}
	for {
		f, err := c.receive(ctx)
		if err != nil {
			return fmt.Errorf("receiving: %w", err)
		}
		if bytes.Equal(f.Payload, payload) {
			return nil // an earlier one is the answer to a message that was given up
		}
	}
}

// exchangeAll has new honest clients do one exchange over each transport, and one over
// UDP whose message takes fragments.
func (p *peer) exchangeAll(ctx context.Context) error {
	for _, how := range []struct {
		name string
		dial func(context.Context) (client, error)
		size int
	}{
		{"TCP", func(ctx context.Context) (client, error) { return p.dialTCP(ctx, false) }, 100},
		{"TLS", func(ctx context.Context) (client, error) { return p.dialTCP(ctx, true) }, 100},
		{"UDP", p.dialUDP, 100},
		{"UDP in fragments", p.dialUDP, 5000},
	} {
		c, err := how.dial(ctx)
		if err == nil {
			err = errors.Join(c.exchange(ctx, bytes.Repeat([]byte{'h'}, how.size)), c.close())
		}
		if err != nil {
			return fmt.Errorf("over %s: %w", how.name, err)
		}
	}
	return nil
}

// service is how honest clients fared over a time.
type service struct {
	took   []time.Duration // of each exchange that succeeded
	failed int
	err    error // the first failure
}

// serveHonest has an honest client over TCP and one over UDP do one exchange after the
// other, with pauses, until ctx is done. The function that it returns waits for that.
func (p *peer) serveHonest(ctx context.Context) (wait func() (overTCP, overUDP service), err error) {
	stream, err := p.dialTCP(ctx, false)
	if err != nil {
		return nil, fmt.Errorf("an honest client: %w", err)
	}
	socket, err := p.dialUDP(ctx)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("an honest client: %w", err), stream.close())
	}
	var overTCP, overUDP service
	var both sync.WaitGroup
	both.Go(func() { overTCP = stream.goOn(ctx) })
	both.Go(func() { overUDP = socket.goOn(ctx) })
	return func() (service, service) {
		both.Wait()
		return overTCP, overUDP
	}, nil
}

// goOn does exchanges until ctx is done, and closes the client. The last is completed.
func (c client) goOn(ctx context.Context) (s service) {
	defer c.close()
	for n := 0; ctx.Err() == nil; n++ {
		began := time.Now()
		err := c.exchange(context.WithoutCancel(ctx), []byte("honest "+strconv.Itoa(n)))
		if err != nil {
			s.failed++
			if s.err == nil {
				s.err = err
			}
		} else {
			s.took = append(s.took, time.Since(began))
		}
		pause(ctx, 10*time.Millisecond)
	}
	return s
}

// served writes down how honest clients fared: share is the least part of them, 0 to 1,
// that has to succeed.
func (r *run) served(transport string, s service, share float64) error {
	all := len(s.took) + s.failed
	if len(s.took) == 0 {
		return fmt.Errorf("no honest exchange over %s of %d succeeded: %w", transport, all, s.err)
	}
	slices.Sort(s.took)
	name := func(what string) string { return "honest exchanges over " + transport + what }
	r.figure(name(""), "", float64(all))
	r.atMost(name(", failed"), "", float64(s.failed), math.Floor(float64(all)*(1-share)))
	r.figure(name(", median"), seconds, inSeconds(s.took[len(s.took)/2]))
	r.figure(name(", 99th percentile"), seconds, inSeconds(s.took[len(s.took)*99/100]))
	r.figure(name(", longest"), seconds, inSeconds(s.took[len(s.took)-1]))
	return nil
}

// whileServing does something while honest clients are served, and writes down how they
// fared; share is the least part of exchanges over UDP that has to succeed. Over TCP all
// have to.
func (r *run) whileServing(ctx context.Context, share float64, do func(context.Context) error) error {
	serving, end := context.WithCancel(ctx)
	defer end()
	wait, err := r.peer.serveHonest(serving)
	if err != nil {
		return err
	}
	err = do(ctx)
	end()
	overTCP, overUDP := wait()
	return errors.Join(err, r.served("TCP", overTCP, 1), r.served("UDP", overUDP, share))
}
