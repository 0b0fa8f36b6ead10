package peer

import (
	"context"
	"net"
	"net/netip"
	"strconv"

	"github.com/vstp-project/vstp/ref/session"
	"github.com/vstp-project/vstp/ref/wire"
)

// splitAddr reads host:port, with a port that something can be sent to. Whether
// there is such a host is not looked at.
func splitAddr(addr string) (host string, port uint16, err error) {
	host, digits, err := net.SplitHostPort(addr)
	if err != nil {
		return "", 0, err
	}
	n, err := strconv.ParseUint(digits, 10, 16)
	if err != nil || n == 0 || host == "" {
		return "", 0, &session.LocalError{Reason: wire.InvalidAddress, Detail: strconv.Quote(addr) + " is not host:port with a port from 1 to 65535"}
	}
	return host, uint16(n), nil
}

// resolve returns the address that host:port stands for, an IPv4 one if there is
// one.
func resolve(ctx context.Context, addr string) (netip.AddrPort, error) {
	host, port, err := splitAddr(addr)
	if err != nil {
		return netip.AddrPort{}, err
	}
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return netip.AddrPort{}, err
	}
	chosen := found[0].Unmap() // without an error there is one
	for _, a := range found {
		if a = a.Unmap(); a.Is4() {
			chosen = a
			break
		}
	}
	return netip.AddrPortFrom(chosen, port), nil
}
