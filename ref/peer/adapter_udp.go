package peer

import (
	"context"
	"fmt"
	"net"
	"net/netip"

	"github.com/vstp-project/vstp/ref/udp"
)

// dialUDP opens a socket that can reach any destination, of which addr is the usual
// one.
func (a *adapter) dialUDP(_ members, addr string) (dialer, error) {
	cfg := a.options.udpConfig()
	cfg.FirstMsgID = a.random.Uint64()
	return func(ctx context.Context) (client, error) {
		conn, err := udp.Dial(ctx, addr, cfg)
		if err != nil {
			return nil, err
		}
		return udpClient{conn}, nil
	}, nil
}

// udpClient is a client over UDP.
type udpClient struct{ conn *udp.Conn }

func (c udpClient) send(ctx context.Context, m outgoing) error {
	if m.value != nil {
		return errNoValue
	}
	var to netip.AddrPort
	if m.destination != "" {
		var err error
		if to, err = resolve(ctx, m.destination); err != nil {
			return err
		}
	}
	if m.acknowledged {
		return c.conn.SendReliable(ctx, to, m.frame)
	}
	return c.conn.Send(ctx, to, m.frame)
}

func (c udpClient) receive(ctx context.Context) (incoming, error) {
	m, err := c.conn.Receive(ctx)
	return incoming{frame: &m.Frame, source: m.Peer.String()}, err
}

func (c udpClient) localAddr() (string, error) {
	return reachable(c.conn.LocalAddr(), c.conn.Peer().String())
}

// reachable returns where messages to a socket go. It is bound to all addresses of the
// host, so the one is named from which the system sends to the usual destination.
func reachable(local net.Addr, destination string) (string, error) {
	_, port, err := net.SplitHostPort(local.String())
	if err != nil {
		return "", err
	}
	probe, err := net.Dial("udp", destination)
	if err != nil {
		return "", fmt.Errorf("finding the local address: %w", err)
	}
	defer probe.Close()
	host, _, err := net.SplitHostPort(probe.LocalAddr().String())
	if err != nil {
		return "", err
	}
	return net.JoinHostPort(host, port), nil
}

func (c udpClient) close() error { return c.conn.Close() }
