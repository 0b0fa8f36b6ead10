package peer

import (
	"context"

	"github.com/vstp-project/vstp/ref/tcp"
	"github.com/vstp-project/vstp/ref/wire"
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

func (c tcpClient) send(ctx context.Context, f wire.Frame, destination string, acknowledged bool) error {
	switch {
	case destination != "":
		return misuse(`the member "destination" is for udp: this connection leads to one place only`)
	case acknowledged:
		return c.conn.SendReliable(ctx, f)
	default:
		return c.conn.Send(ctx, f)
	}
}

func (c tcpClient) receive(ctx context.Context) (wire.Frame, string, error) {
	f, err := c.conn.Receive(ctx)
	return f, "", err
}

func (c tcpClient) localAddr() (string, error) { return c.conn.LocalAddr().String(), nil }

func (c tcpClient) close() error { return c.conn.Close() }
