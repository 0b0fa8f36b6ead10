package udp

import (
	"context"
	"errors"
	"fmt"
	"net/netip"

	"github.com/vstp-project/vstp/ref/extension"
	"github.com/vstp-project/vstp/ref/session"
	"github.com/vstp-project/vstp/ref/wire"
)

// incoming takes a message that is next for the application through the extensions. It
// returns false if they have dropped it.
func (s *Server) incoming(ctx context.Context, f wire.Frame, from netip.AddrPort) (wire.Frame, bool) {
	f, err := s.cfg.Extensions.Incoming(ctx, f)
	if err != nil {
		s.cfg.Metrics.ReceiveDropped()
		s.cfg.Log.Warn("udp: "+err.Error(), "peer", from)
		return wire.Frame{}, false
	}
	return f, true
}

// outgoing takes a message of the application's through the extensions, and compresses
// it where that is asked for, ahead of fragments [CMP-3].
func (s *Server) outgoing(ctx context.Context, f wire.Frame, to netip.AddrPort) (wire.Frame, error) {
	if s.cfg.Extensions == nil && !f.Flags.Has(wire.FlagComp) {
		return f, nil
	}
	f, err := s.cfg.Extensions.Outgoing(ctx, f, s.cfg.Compression)
	var dropped *extension.DropError
	if errors.As(err, &dropped) {
		s.cfg.Metrics.SendDropped()
		s.cfg.Log.Warn("udp: "+err.Error(), "peer", to)
	}
	return f, err
}

// acknowledged returns why frames of a type that is known cannot be sent with an ACK, or
// nil.
func (s *Server) acknowledged(t wire.Type) error {
	if t < 0x10 || !s.cfg.Limits.Types.Has(t) {
		return nil
	}
	return &session.LocalError{
		Reason: wire.Unsupported,
		Detail: fmt.Sprintf("nobody acknowledges %v, send it without [ACK-15]", t),
	}
}
