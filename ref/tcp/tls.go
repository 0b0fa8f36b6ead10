package tcp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/vstp-project/vstp/ref/session"
	"github.com/vstp-project/vstp/ref/wire"
)

// tls returns settings that complete handshakes in version 1.3 alone, whatever those
// given say, and the ones that they may be exchanged for included.
//
// "An endpoint that offers TLS MUST complete handshakes in version 1.3 and in no lower
// version." [TLS-2]
func (c Config) tls() *tls.Config {
	return onlyTLS13(c.TLS)
}

func onlyTLS13(given *tls.Config) *tls.Config {
	cfg := given.Clone()
	cfg.MinVersion, cfg.MaxVersion = tls.VersionTLS13, tls.VersionTLS13
	cfg.NextProtos = nil // no protocol name is used
	if choose := given.GetConfigForClient; choose != nil {
		cfg.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			chosen, err := choose(hello)
			if chosen == nil || err != nil {
				return nil, err
			}
			return onlyTLS13(chosen), nil
		}
	}
	return cfg
}

// checkServerTLS says what a server lacks for TLS.
func (c Config) checkServerTLS() error {
	if t := c.TLS; t != nil && len(t.Certificates) == 0 && t.GetCertificate == nil && t.GetConfigForClient == nil {
		return errors.New("a TLS server needs a certificate, give one in Config.TLS.Certificates")
	}
	return nil
}

// secure completes the handshake of a connection over TLS; without TLS there is nothing
// to do. Whoever takes longer than the handshake timeout, a peer that says nothing
// included, is cut off.
//
// "A server MUST abort a TLS handshake that is not complete within its handshake
// timeout, which is 30 s by default." [TLS-4]
func (c *link) secure(ctx context.Context) error {
	secured, ok := c.nc.(*tls.Conn)
	if !ok || c.cfg.TLS == nil {
		return nil
	}
	timed, cancel := context.WithTimeoutCause(ctx, c.cfg.TLSHandshake, &session.LocalError{
		Reason: wire.Timeout,
		Detail: fmt.Sprintf("it was not complete within %v [TLS-4]", c.cfg.TLSHandshake),
	})
	defer cancel()
	err := secured.HandshakeContext(timed)
	if err != nil && timed.Err() != nil {
		err = context.Cause(timed)
	}
	if err != nil {
		return fmt.Errorf("the TLS handshake has failed: %w", err)
	}
	return nil
}

// refuse closes a connection whose handshake has failed, as soon as the peer has had
// time to read the alert that says so: a reset could destroy it.
func (c *link) refuse() {
	if half, ok := c.raw.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
		c.raw.SetReadDeadline(time.Now().Add(c.cfg.Linger))
		io.Copy(io.Discard, c.raw)
	}
	c.abort()
}

// hostOf returns the host in an address, host:port.
func hostOf(addr string) string {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	return host
}
