package peer

import (
	"context"

	"github.com/vstp-project/vstp/ref/tcp"
)

// dialTCP connects to a server, which is greeted at once.
func (a *adapter) dialTCP(_ members, addr string) (dialer, error) {
	return tcpDialer(addr, a.options.tcpConfig()), nil
}

func tcpDialer(addr string, cfg tcp.Config) dialer {
	return func(ctx context.Context) (client, error) {
		conn, err := tcp.Dial(ctx, addr, cfg)
		if err != nil {
			return nil, err
		}
		return tcpClient{conn}, nil
	}
}

// tcpClient is a client over TCP, with TLS or without.
type tcpClient struct{ conn *tcp.Conn }

func (c tcpClient) send(ctx context.Context, m outgoing) error {
	switch {
	case m.value != nil:
		return errNoValue
	case m.destination != "":
		return misuse(`the member "destination" is for udp: this connection leads to one place only`)
	case m.acknowledged:
		return c.conn.SendReliable(ctx, m.frame)
	default:
		return c.conn.Send(ctx, m.frame)
	}
}

func (c tcpClient) receive(ctx context.Context) (incoming, error) {
	f, err := c.conn.Receive(ctx)
	return incoming{frame: &f}, err
}

func (c tcpClient) localAddr() (string, error) { return c.conn.LocalAddr().String(), nil }

func (c tcpClient) close() error { return c.conn.Close() }
