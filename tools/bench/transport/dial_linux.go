package main

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/hashicorp/yamux"

	"github.com/vstp-project/vstp/ref/tcp"
	"github.com/vstp-project/vstp/ref/udp"
	"github.com/vstp-project/vstp/ref/wire"
)

// dialAll connects every contender with the addresses that serve prints.
func dialAll(ctx context.Context, addrs []string) (overTCP, overUDP []contender, hangUp func(), err error) {
	var conns []interface{ Close() error }
	hangUp = func() {
		for _, c := range conns {
			c.Close()
		}
	}
	defer func() {
		if err != nil {
			hangUp()
		}
	}()
	bare, err := net.Dial("tcp", addrs[0])
	if err != nil {
		return nil, nil, nil, err
	}
	conns = append(conns, bare)
	below, err := net.Dial("tcp", addrs[1])
	if err != nil {
		return nil, nil, nil, err
	}
	conns = append(conns, below)
	session, err := yamux.Client(below, nil)
	if err != nil {
		return nil, nil, nil, err
	}
	conns = append(conns, session)
	stream, err := session.Open()
	if err != nil {
		return nil, nil, nil, err
	}
	vstp, err := tcp.Dial(ctx, addrs[2], tcp.Config{})
	if err != nil {
		return nil, nil, nil, err
	}
	conns = append(conns, vstp)
	bareUDP, err := net.Dial("udp", addrs[3])
	if err != nil {
		return nil, nil, nil, err
	}
	conns = append(conns, bareUDP)
	vstpUDP, err := udp.Dial(ctx, addrs[4], udp.Config{})
	if err != nil {
		return nil, nil, nil, err
	}
	conns = append(conns, vstpUDP)
	return []contender{overStream("bare socket", bare), {"vstp", tcpMessages(vstp)}, overStream("yamux", stream)},
		[]contender{{"bare socket", bareDatagrams(bareUDP)}, {"vstp", udpMessages(vstpUDP)}}, hangUp, nil
}

func tcpMessages(c *tcp.Conn) func(context.Context, way, int, int) error {
	return func(ctx context.Context, w way, n, size int) error {
		payload := noise(size)
		f := wire.Frame{Type: wire.TypeData, Payload: payload}
		payload[0] = ignore
		if w == roundTrip {
			payload[0] = echo
		}
		for i := range n {
			if w == oneWay && i == n-1 {
				f.Payload = append([]byte{confirm}, payload[1:]...)
			}
			if err := c.Send(ctx, f); err != nil {
				return err
			}
			if w == oneWay && i < n-1 {
				continue
			}
			answer, err := c.Receive(ctx)
			if err != nil {
				return err
			}
			if w == roundTrip && len(answer.Payload) != size {
				return fmt.Errorf("an answer of %d octets to %d", len(answer.Payload), size)
			}
		}
		return nil
	}
}

// patience is how long an answer over UDP may take. None gets lost on the way here
// unless the machine is far too busy.
const patience = 2 * time.Second

func bareDatagrams(c net.Conn) func(context.Context, way, int, int) error {
	return func(_ context.Context, _ way, n, size int) error {
		if err := c.SetReadDeadline(time.Now().Add(patience + time.Duration(n)*time.Millisecond)); err != nil {
			return err
		}
		b := noise(size)
		for range n {
			if _, err := c.Write(b); err != nil {
				return err
			}
			if _, err := c.Read(b); err != nil {
				return err
			}
		}
		return nil
	}
}

func udpMessages(c *udp.Conn) func(context.Context, way, int, int) error {
	return func(ctx context.Context, _ way, n, size int) error {
		ctx, cancel := context.WithTimeout(ctx, patience+time.Duration(n)*time.Millisecond)
		defer cancel()
		f := wire.Frame{Type: wire.TypeData, Payload: noise(size)}
		for range n {
			if err := c.Send(ctx, netip.AddrPort{}, f); err != nil {
				return err
			}
			if _, err := c.Receive(ctx); err != nil {
				return err
			}
		}
		return nil
	}
}
