package peer

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"

	"github.com/vstp-project/vstp/ref/tcp/pki"
)

// checkTLS returns what is wrong with the options about TLS.
func (o Options) checkTLS() error {
	switch {
	case (o.Cert == "") != (o.Key == ""):
		return errors.New("peer: a certificate and its key go together: give both files, or neither for a certificate that is made for the occasion")
	case o.Cert != "" && o.TLS == "" && o.TLSVerify == "":
		return errors.New("peer: a certificate is of no use without an address for TLS")
	case o.TLSVerify != "" && o.ClientCA == "":
		return errors.New("peer: to verify clients takes a root to trust: give a PEM file with it")
	case o.TLSVerify == "" && o.ClientCA != "":
		return errors.New("peer: a root for clients is of no use without an address for TLS that verifies them")
	}
	return nil
}

// serverTLS returns the settings of the listeners for TLS, nil for one that is not
// offered. Both show the same certificate; verifying takes in clients alone that a
// certificate proves to be trusted [TLS-3].
func (o Options) serverTLS() (open, verifying *tls.Config, err error) {
	if o.TLS == "" && o.TLSVerify == "" {
		return nil, nil, nil
	}
	cert, err := o.certificate()
	if err != nil {
		return nil, nil, err
	}
	if o.TLS != "" {
		open = &tls.Config{Certificates: []tls.Certificate{cert}}
	}
	if o.TLSVerify != "" {
		trusted, err := roots(o.ClientCA)
		if err != nil {
			return nil, nil, err
		}
		verifying = &tls.Config{
			Certificates: []tls.Certificate{cert},
			ClientAuth:   tls.RequireAndVerifyClientCert,
			ClientCAs:    trusted,
		}
	}
	return open, verifying, nil
}

// certificate is the one in the files given, or else one that is made now. Nobody
// trusts that; it is for clients that have been told not to ask.
func (o Options) certificate() (tls.Certificate, error) {
	if o.Cert != "" {
		cert, err := tls.LoadX509KeyPair(o.Cert, o.Key)
		if err != nil {
			return cert, fmt.Errorf("reading the certificate in %q and its key in %q: %w", o.Cert, o.Key, err)
		}
		return cert, nil
	}
	authority, err := pki.New("vstp reference peer")
	if err != nil {
		return tls.Certificate{}, err
	}
	hosts := []string{"localhost", "127.0.0.1", "::1"}
	for _, addr := range []string{o.TLS, o.TLSVerify} {
		if host, _, err := net.SplitHostPort(addr); err == nil && host != "" {
			hosts = append(hosts, host)
		}
	}
	pair, err := authority.Issue(pki.Leaf{Name: "vstp reference peer", Hosts: hosts})
	if err != nil {
		return tls.Certificate{}, err
	}
	return pair.TLS()
}
