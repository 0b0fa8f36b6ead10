package target

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"
)

// Running is a target that somebody else has started.
type Running struct {
	Addrs Addrs
	Wait  time.Duration // how long to go on trying; zero means once

	// Client is what the listener Addrs.TLSVerify trusts; nil where the judge has no
	// such certificate.
	Client *tls.Certificate

	dial dialFunc // nil means the network; tests replace it
}

// Restartable is false: what the judge did not start it cannot start again.
func (r Running) Restartable() bool { return false }

func (r Running) String() string { return r.Addrs.String() }

// Start checks that every TCP address accepts a connection and that every UDP
// address can be resolved, and goes on trying until r.Wait has passed. Whether
// anything listens at a UDP address only its answers can say.
func (r Running) Start(ctx context.Context) (Instance, error) {
	if r.Addrs.Empty() {
		return nil, &UnreachableError{Target: r.String(), Tried: "there is no address to try"}
	}
	dial := r.dial
	if dial == nil {
		dial = (&net.Dialer{Timeout: dialTimeout}).DialContext
	}
	began := time.Now()
	patience, cancel := context.WithTimeout(ctx, r.Wait)
	defer cancel()
	for _, l := range r.Addrs.listeners() {
		tried := fmt.Sprintf("connecting to %s %s", l.name, l.addr)
		try := func(ctx context.Context) error { return touch(ctx, dial, l.addr) }
		if l.datagram {
			tried = fmt.Sprintf("resolving %s %s", l.name, l.addr)
			try = func(ctx context.Context) error { return resolve(ctx, l.addr) }
		}
		attempts, err := 1, error(nil)
		if r.Wait > 0 {
			attempts, err = retry(patience, try)
		} else {
			err = try(ctx)
		}
		if err == nil {
			continue
		}
		tried = fmt.Sprintf("%s failed in %s", tried, times(attempts))
		if r.Wait > 0 {
			tried += fmt.Sprintf(" within %v", time.Since(began).Round(time.Millisecond))
		}
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return nil, &UnreachableError{Target: r.String(), Tried: tried, Err: err}
	}
	return running{r.Addrs, r.Client}, nil
}

func resolve(ctx context.Context, addr string) error {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return err
	}
	if n, err := net.DefaultResolver.LookupPort(ctx, "udp", port); err != nil {
		return err
	} else if n == 0 {
		return errors.New("port 0 is nobody's address")
	}
	_, err = net.DefaultResolver.LookupHost(ctx, host)
	return err
}

// running is an instance that the judge did not start.
type running struct {
	addrs  Addrs
	client *tls.Certificate
}

func (r running) Addrs() Addrs { return r.addrs }

// ClientCertificate implements [Trusted].
func (r running) ClientCertificate() *tls.Certificate { return r.client }

func (running) Exited() <-chan struct{} { return nil }

func (running) Exit() string { return "" }

func (running) Output() []byte { return nil }

func (running) Stop() {}
