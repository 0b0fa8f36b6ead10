package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"time"
)

// A Listener is where the client under test connects to over TCP, with or without
// TLS.
type Listener struct {
	t   *T
	ln  *net.TCPListener
	tls *tls.Config // nil for none
}

// ListenTCP listens on a free port of the loopback address.
func (t *T) ListenTCP() (*Listener, error) {
	ln, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, fmt.Errorf("listening for the client under test: %w", err)
	}
	l := &Listener{t: t, ln: ln}
	t.listeners = append(t.listeners, l)
	return l, nil
}

// Addr is the address to connect to.
func (l *Listener) Addr() string { return l.ln.Addr().String() }

// Accept returns the next connection. That none comes in time is a violation.
func (l *Listener) Accept(ctx context.Context, name string, within time.Duration) (*Stream, error) {
	c, err := l.accept(ctx, within)
	if err != nil {
		return nil, err
	}
	return l.t.stream("tcp "+name, c, c), nil
}

func (l *Listener) accept(ctx context.Context, within time.Duration) (*net.TCPConn, error) {
	defer context.AfterFunc(ctx, func() { _ = l.ln.SetDeadline(time.Unix(1, 0)) })()
	_ = l.ln.SetDeadline(time.Now().Add(within))
	c, err := l.ln.AcceptTCP()
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, &Violation{Want: fmt.Sprintf("a TCP connection of the client to %s within %v", l.Addr(), within), Got: "none", Timing: true}
	case err != nil:
		return nil, fmt.Errorf("accepting a connection of the client under test: %w", err)
	}
	return c, nil
}

// ListenUDP opens a UDP socket for talking to the client under test, which is not
// known yet: Talk names it. Each socket has an address of its own where the host
// offers that, unless like is given: then it shares the address of that socket and
// differs in port only.
func (t *T) ListenUDP(name string, like *Socket) (*Socket, error) {
	local := netip.AddrFrom4([4]byte{127, 0, 0, 1})
	if like != nil {
		local = like.Local().Addr()
	} else if t.cfg.Sources.Several() {
		local = t.cfg.Sources.Take()
	}
	return t.socket(name, netip.AddrPortFrom(local, 0), netip.AddrPort{})
}

// ListenUDPAt is ListenUDP at an address and port that a socket of the case has had.
func (t *T) ListenUDPAt(name string, local netip.AddrPort) (*Socket, error) {
	return t.socket(name, local, netip.AddrPort{})
}

// Talk names the address to which the socket sends.
func (s *Socket) Talk(to netip.AddrPort) { s.target = to }
