package peer

import (
	"context"
	"errors"
	"io"
	"net"

	"github.com/vstp-project/vstp/ref/session"
	"github.com/vstp-project/vstp/ref/wire"
)

// reasonOf returns the error of the specification that an error amounts to, and
// whether it is the peer that reports it. What the protocol has no word for comes
// from the system [ERR-6].
func reasonOf(err error) (reason wire.Reason, remote bool) {
	var (
		reported  *session.PeerError
		improper  misuse
		unknown   *net.DNSError
		malformed *net.AddrError
		number    *net.ParseError
	)
	switch {
	case errors.As(err, &reported):
		return reported.Code, true
	case errors.As(err, &reason):
		return reason, false
	case errors.As(err, &improper):
		return wire.Protocol, false
	case errors.Is(err, net.ErrClosed), errors.Is(err, io.EOF), errors.Is(err, context.Canceled):
		return wire.ConnectionClosed, false
	case errors.As(err, &unknown), errors.As(err, &malformed), errors.As(err, &number):
		return wire.InvalidAddress, false
	default:
		return wire.Io, false
	}
}
