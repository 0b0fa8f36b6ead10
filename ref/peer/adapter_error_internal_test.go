package peer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/vstp-project/vstp/ref/session"
	"github.com/vstp-project/vstp/ref/wire"
)

func TestReasonOf(t *testing.T) {
	for _, c := range []struct {
		err    error
		reason wire.Reason
		remote bool
	}{
		{&session.PeerError{Code: wire.RateLimited}, wire.RateLimited, true},
		{&session.LocalError{Reason: wire.RateLimited}, wire.RateLimited, false},
		{&wire.EncodeError{Reason: wire.FrameTooLarge}, wire.FrameTooLarge, false},
		{&wire.DecodeError{Reason: wire.CrcMismatch}, wire.CrcMismatch, false},
		{wire.ErrShort, wire.Incomplete, false},
		{misuse("x"), wire.Protocol, false},
		{net.ErrClosed, wire.ConnectionClosed, false},
		{io.EOF, wire.ConnectionClosed, false},
		{context.Canceled, wire.ConnectionClosed, false},
		{&net.OpError{Op: "dial", Err: &net.AddrError{Err: "missing port in address"}}, wire.InvalidAddress, false},
		{&net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host"}}, wire.InvalidAddress, false},
		{&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}, wire.Io, false},
		{errors.New("x"), wire.Io, false},
	} {
		for _, err := range []error{c.err, fmt.Errorf("somewhere: %w", c.err)} {
			reason, remote := reasonOf(err)
			assert.Equal(t, c.reason, reason, "%v", err)
			assert.Equal(t, c.remote, remote, "%v", err)
		}
	}
}
