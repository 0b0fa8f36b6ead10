package peer

import (
	"context"
	"fmt"
	"net"
	"net/netip"

	"github.com/vstp-project/vstp/ref/udp"
	"github.com/vstp-project/vstp/ref/wire"
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

func (c udpClient) send(ctx context.Context, f wire.Frame, destination string, acknowledged bool) error {
	var to netip.AddrPort
	if destination != "" {
		var err error
		if to, err = resolve(ctx, destination); err != nil {
			return err
		}
	}
	if acknowledged {
		return c.conn.SendReliable(ctx, to, f)
	}
	return c.conn.Send(ctx, to, f)
}

func (c udpClient) receive(ctx context.Context) (wire.Frame, string, error) {
	m, err := c.conn.Receive(ctx)
	return m.Frame, m.Peer.String(), err
}

// localAddr returns where messages to this socket go. It is bound to all addresses
// of the host, so the one is named from which the system sends to the usual
// destination.
func (c udpClient) localAddr() (string, error) {
	_, port, err := net.SplitHostPort(c.conn.LocalAddr().String())
	if err != nil {
		return "", err
	}
	probe, err := net.Dial("udp", c.conn.Peer().String())
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
