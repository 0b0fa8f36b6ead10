package tcp

import (
	"context"
	"errors"

	"github.com/vstp-project/vstp/ref/extension"
	"github.com/vstp-project/vstp/ref/wire"
)

// incoming takes a message that is next for the application through the extensions. It
// returns false if they have dropped it.
func (c *link) incoming(ctx context.Context, f wire.Frame) (wire.Frame, bool) {
	f, err := c.cfg.Extensions.Incoming(ctx, f)
	if err != nil {
		c.cfg.Metrics.ReceiveDropped()
		c.log.Warn("tcp: " + err.Error())
		return wire.Frame{}, false
	}
	return f, true
}

// outgoing takes a message of the application's through the extensions, and compresses
// it where that is asked for.
func (c *link) outgoing(ctx context.Context, f wire.Frame) (wire.Frame, error) {
	if c.cfg.Extensions == nil && !f.Flags.Has(wire.FlagComp) {
		return f, nil
	}
	f, err := c.cfg.Extensions.Outgoing(ctx, f, c.cfg.Compression)
	var dropped *extension.DropError
	if errors.As(err, &dropped) {
		c.cfg.Metrics.SendDropped()
		c.log.Warn("tcp: " + err.Error())
	}
	return f, err
}
