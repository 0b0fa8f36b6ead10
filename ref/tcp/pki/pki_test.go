package pki_test

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/tcp/pki"
)

func authority(t *testing.T) *pki.Authority {
	t.Helper()
	a, err := pki.New("test root")
	require.NoError(t, err)
	return a
}

// parse issues a certificate and reads it.
func parse(t *testing.T, a *pki.Authority, l pki.Leaf) *x509.Certificate {
	t.Helper()
	pair, err := a.Issue(l)
	require.NoError(t, err)
	cert, err := pair.TLS()
	require.NoError(t, err)
	require.NotNil(t, cert.Leaf)
	return cert.Leaf
}

func TestServerCertificate(t *testing.T) {
	a := authority(t)
	cert := parse(t, a, pki.Leaf{Hosts: []string{"localhost", "127.0.0.1", "::1"}})
	assert.Equal(t, "localhost", cert.Subject.CommonName)
	for _, host := range []string{"localhost", "127.0.0.1", "::1"} {
		_, err := cert.Verify(x509.VerifyOptions{Roots: a.Pool(), DNSName: host})
		assert.NoError(t, err, host)
	}
	for _, host := range []string{"example.org", "127.0.0.2"} {
		_, err := cert.Verify(x509.VerifyOptions{Roots: a.Pool(), DNSName: host})
		assert.Error(t, err, host)
	}
	_, err := cert.Verify(x509.VerifyOptions{Roots: a.Pool(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	assert.Error(t, err, "it is no client's")
	_, err = cert.Verify(x509.VerifyOptions{Roots: authority(t).Pool()})
	assert.Error(t, err, "another root of the same name has not signed it")
	assert.NotEqual(t, cert.SerialNumber, parse(t, a, pki.Leaf{Hosts: []string{"localhost"}}).SerialNumber)
}

func TestClientCertificate(t *testing.T) {
	a := authority(t)
	cert := parse(t, a, pki.Leaf{Name: "a client", Client: true})
	assert.Equal(t, "a client", cert.Subject.CommonName)
	_, err := cert.Verify(x509.VerifyOptions{Roots: a.Pool(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	require.NoError(t, err)
	_, err = cert.Verify(x509.VerifyOptions{Roots: a.Pool()})
	assert.Error(t, err, "it is no server's")
}

func TestValidity(t *testing.T) {
	a := authority(t)
	now := time.Now()
	cert := parse(t, a, pki.Leaf{Hosts: []string{"h"}, NotBefore: now.Add(-2 * time.Hour), NotAfter: now.Add(-time.Hour)})
	var invalid x509.CertificateInvalidError
	_, err := cert.Verify(x509.VerifyOptions{Roots: a.Pool()})
	require.ErrorAs(t, err, &invalid)
	assert.Equal(t, x509.Expired, invalid.Reason)
	_, err = cert.Verify(x509.VerifyOptions{Roots: a.Pool(), CurrentTime: now.Add(-90 * time.Minute)})
	assert.ErrorAs(t, err, &invalid, "the root was not valid then")
	_, err = parse(t, a, pki.Leaf{Hosts: []string{"h"}}).Verify(x509.VerifyOptions{Roots: a.Pool(), CurrentTime: now.Add(pki.Validity - time.Hour)})
	assert.NoError(t, err)
}

func TestServerWithoutHost(t *testing.T) {
	_, err := authority(t).Issue(pki.Leaf{Name: "nowhere"})
	assert.EqualError(t, err, "pki: a server's certificate needs a host name or IP address, give one in Hosts")
}

func TestWrite(t *testing.T) {
	a := authority(t)
	pair, err := a.Issue(pki.Leaf{Hosts: []string{"localhost"}})
	require.NoError(t, err)
	dir := t.TempDir()
	cert, key, err := pair.Write(dir, "server")
	require.NoError(t, err)
	assert.Equal(t, filepath.Join(dir, "server.pem"), cert)
	_, err = tls.LoadX509KeyPair(cert, key)
	require.NoError(t, err)
	info, err := os.Stat(key)
	require.NoError(t, err)
	assert.Zero(t, info.Mode().Perm()&0o077, "nobody else reads it")
	pool := x509.NewCertPool()
	assert.True(t, pool.AppendCertsFromPEM(a.PEM()))
	_, _, err = pair.Write(filepath.Join(dir, "missing"), "server")
	assert.ErrorIs(t, err, os.ErrNotExist)
	_, err = pki.Pair{Cert: pair.Cert}.TLS()
	assert.ErrorContains(t, err, "pki: ")
}
