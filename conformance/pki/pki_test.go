package pki_test

import (
	"crypto/tls"
	"crypto/x509"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance/pki"
)

func root(t *testing.T) *pki.Root {
	t.Helper()
	r, err := pki.NewRoot("a root")
	require.NoError(t, err)
	return r
}

func issue(t *testing.T, r *pki.Root, l pki.Leaf) tls.Certificate {
	t.Helper()
	c, err := r.Issue(l)
	require.NoError(t, err)
	require.NotNil(t, c.Leaf)
	return c
}

func TestServerCertificate(t *testing.T) {
	r := root(t)
	c := issue(t, r, pki.Leaf{Hosts: []string{"localhost", "127.0.0.1"}})
	for _, host := range []string{"localhost", "127.0.0.1"} {
		_, err := c.Leaf.Verify(x509.VerifyOptions{Roots: r.Pool(), DNSName: host})
		assert.NoError(t, err, host)
	}
	var name x509.HostnameError
	_, err := c.Leaf.Verify(x509.VerifyOptions{Roots: r.Pool(), DNSName: "127.0.0.2"})
	assert.ErrorAs(t, err, &name)
	var unknown x509.UnknownAuthorityError
	_, err = c.Leaf.Verify(x509.VerifyOptions{Roots: root(t).Pool()})
	assert.ErrorAs(t, err, &unknown)
}

func TestClientCertificate(t *testing.T) {
	r := root(t)
	c := issue(t, r, pki.Leaf{})
	_, err := c.Leaf.Verify(x509.VerifyOptions{Roots: r.Pool(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	require.NoError(t, err)
	_, err = c.Leaf.Verify(x509.VerifyOptions{Roots: r.Pool()})
	assert.Error(t, err, "it is no server's")
}

// What is wrong with an expired certificate is that and nothing else.
func TestExpiredCertificate(t *testing.T) {
	r := root(t)
	c := issue(t, r, pki.Leaf{Hosts: []string{"localhost"}, Expired: true})
	var invalid x509.CertificateInvalidError
	_, err := c.Leaf.Verify(x509.VerifyOptions{Roots: r.Pool(), DNSName: "localhost"})
	require.ErrorAs(t, err, &invalid)
	assert.Equal(t, x509.Expired, invalid.Reason)
	_, err = c.Leaf.Verify(x509.VerifyOptions{Roots: r.Pool(), DNSName: "localhost", CurrentTime: c.Leaf.NotAfter})
	assert.NoError(t, err, "until then it was valid")
}

func TestPEM(t *testing.T) {
	r := root(t)
	c := issue(t, r, pki.Leaf{})
	chain, key, err := pki.PEM(c)
	require.NoError(t, err)
	again, err := tls.X509KeyPair(chain, key)
	require.NoError(t, err)
	assert.Equal(t, c.Certificate, again.Certificate)
	assert.True(t, x509.NewCertPool().AppendCertsFromPEM(r.PEM()))
	assert.NotEqual(t, c.Leaf.SerialNumber, issue(t, r, pki.Leaf{}).Leaf.SerialNumber)
	_, _, err = pki.PEM(tls.Certificate{})
	assert.Error(t, err)
}
