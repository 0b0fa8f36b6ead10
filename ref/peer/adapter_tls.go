package peer

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
)

// dialTLS is dialTCP over TLS. The server has to prove that it is the host asked for,
// by a certificate that goes back to a root in the file named by "ca", or without that
// to one of the system's [TLS-6].
func (a *adapter) dialTLS(r members, addr string) (dialer, error) {
	cfg := a.options.tcpConfig()
	cfg.TLS = &tls.Config{}
	if r["ca"] != nil {
		path, err := r.text("ca")
		if err != nil {
			return nil, err
		}
		if cfg.TLS.RootCAs, err = roots(path); err != nil {
			return nil, err
		}
	}
	return tcpDialer(addr, cfg), nil
}

// roots reads the certificates in a PEM file.
func roots(path string) (*x509.CertPool, error) {
	octets, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the trusted root: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(octets) {
		return nil, misusef("there is no certificate in %q: give a PEM file with the trusted root", path)
	}
	return pool, nil
}
