// Package pki makes certificates for trying out and testing TLS: an authority of one's
// own, and certificates of servers and clients that it signs. It is made for networks
// that last as long as a test; the key of an [Authority] is never written anywhere.
//
// One authority for all ends of a test is the usual thing: [Authority.Issue] makes a
// certificate, [Pair.TLS] or [Pair.Write] hands it over with its key, to a tls.Config or
// to files for another program, and [Authority.Pool] or [Authority.PEM] is what the other
// end trusts. A second authority of the same name is a stranger to what the first has
// signed, which makes it the one to test refusals with.
package pki

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// Validity is how long a certificate is valid unless asked for otherwise. It also is
// valid for an hour before it is made, so that clocks need not agree to the second.
const Validity = 10 * 24 * time.Hour

// slack is how much earlier than now a certificate becomes valid.
const slack = time.Hour

// Authority signs certificates.
type Authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// New makes an authority, with a name for people.
func New(name string) (*Authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("pki: making the key of %q: %w", name, err)
	}
	template, err := newTemplate(name, time.Time{}, time.Time{})
	if err != nil {
		return nil, err
	}
	template.IsCA = true
	template.BasicConstraintsValid = true
	template.KeyUsage = x509.KeyUsageCertSign
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("pki: making the certificate of %q: %w", name, err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("pki: making the certificate of %q: %w", name, err)
	}
	return &Authority{cert: cert, key: key}, nil
}

// PEM returns the authority's certificate, for others to trust.
func (a *Authority) PEM() []byte { return encode("CERTIFICATE", a.cert.Raw) }

// Pool returns a pool with the authority alone, for tls.Config.RootCAs and ClientCAs.
func (a *Authority) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

// Leaf says what a certificate is for.
type Leaf struct {
	// Name is for people. Empty means the first of Hosts.
	Name string

	// Hosts are the names and IP addresses of a server.
	Hosts []string

	// Client says that the certificate is a client's. Otherwise it is a server's, and
	// there must be a host.
	Client bool

	// NotBefore and NotAfter say when it is valid. Zero means from an hour ago on, and
	// for Validity from now on.
	NotBefore, NotAfter time.Time
}

// Issue makes a certificate and its key.
func (a *Authority) Issue(l Leaf) (Pair, error) {
	if !l.Client && len(l.Hosts) == 0 {
		return Pair{}, errors.New("pki: a server's certificate needs a host name or IP address, give one in Hosts")
	}
	if l.Name == "" && len(l.Hosts) > 0 {
		l.Name = l.Hosts[0]
	}
	template, err := newTemplate(l.Name, l.NotBefore, l.NotAfter)
	if err != nil {
		return Pair{}, err
	}
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	if l.Client {
		template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	}
	for _, host := range l.Hosts {
		if ip := net.ParseIP(host); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return Pair{}, fmt.Errorf("pki: making the key of %q: %w", l.Name, err)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	if err != nil {
		return Pair{}, fmt.Errorf("pki: making the certificate of %q: %w", l.Name, err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return Pair{}, fmt.Errorf("pki: making the key of %q: %w", l.Name, err)
	}
	return Pair{Cert: encode("CERTIFICATE", der), Key: encode("PRIVATE KEY", secret)}, nil
}

// newTemplate is what all certificates have in common.
func newTemplate(name string, notBefore, notAfter time.Time) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, fmt.Errorf("pki: drawing a serial number: %w", err)
	}
	if notBefore.IsZero() {
		notBefore = time.Now().Add(-slack)
	}
	if notAfter.IsZero() {
		notAfter = time.Now().Add(Validity)
	}
	return &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    notBefore,
		NotAfter:     notAfter,
	}, nil
}

func encode(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

// Pair is a certificate and its key, in PEM.
type Pair struct {
	Cert, Key []byte
}

// TLS returns the pair as package tls wants it.
func (p Pair) TLS() (tls.Certificate, error) {
	cert, err := tls.X509KeyPair(p.Cert, p.Key)
	if err != nil {
		return cert, fmt.Errorf("pki: reading a certificate and its key: %w", err)
	}
	return cert, nil
}

// Write writes the pair into a directory that exists, as NAME.pem and NAME-key.pem,
// the key being readable for nobody else, and returns the two paths.
func (p Pair) Write(dir, name string) (cert, key string, err error) {
	cert, key = filepath.Join(dir, name+".pem"), filepath.Join(dir, name+"-key.pem")
	if err := os.WriteFile(cert, p.Cert, 0o644); err != nil {
		return "", "", fmt.Errorf("pki: writing a certificate: %w", err)
	}
	if err := os.WriteFile(key, p.Key, 0o600); err != nil {
		return "", "", fmt.Errorf("pki: writing a key: %w", err)
	}
	return cert, key, nil
}
