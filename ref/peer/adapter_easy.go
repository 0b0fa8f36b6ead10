package peer

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/vstp-project/vstp/ref/easy"
	"github.com/vstp-project/vstp/ref/wire"
)

// dialEasyTCP connects to an Easy server over TCP.
func (a *adapter) dialEasyTCP(_ members, addr string) (dialer, error) {
	return a.dialEasy("tcp", addr), nil
}

// dialEasyUDP opens an Easy client over UDP.
func (a *adapter) dialEasyUDP(_ members, addr string) (dialer, error) {
	return a.dialEasy("udp", addr), nil
}

func (a *adapter) dialEasy(network, addr string) dialer {
	cfg := a.options.easyConfig()
	cfg.UDP.FirstMsgID = a.random.Uint64()
	return func(ctx context.Context) (client, error) {
		c, err := easy.Dial[json.RawMessage, json.RawMessage](ctx, network, addr, cfg)
		if err != nil {
			return nil, err
		}
		return easyClient{c, network, addr}, nil
	}
}

// easyClient is a client that takes and yields values in place of frames.
type easyClient struct {
	client        *easy.Client[json.RawMessage, json.RawMessage]
	network, addr string
}

func (c easyClient) send(ctx context.Context, m outgoing) error {
	switch {
	case m.value == nil:
		return misuse(`the member "value" is missing: an Easy connection carries no frames`)
	case m.destination != "":
		return misuse(`the member "destination" is for udp: this connection leads to one place only`)
	case m.acknowledged:
		return fmt.Errorf("an Easy connection has no send that waits for an ACK: %w", wire.Unsupported)
	}
	return c.client.Send(ctx, m.value)
}

func (c easyClient) receive(ctx context.Context) (incoming, error) {
	value, err := c.client.Receive(ctx)
	return incoming{value: value}, err
}

func (c easyClient) localAddr() (string, error) {
	if c.network == "udp" {
		return reachable(c.client.LocalAddr(), c.addr)
	}
	return c.client.LocalAddr().String(), nil
}

func (c easyClient) close() error { return c.client.Close() }
