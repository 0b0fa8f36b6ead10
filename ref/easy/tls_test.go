package easy_test

import (
	"crypto/tls"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/easy"
	"github.com/vstp-project/vstp/ref/tcp"
	"github.com/vstp-project/vstp/ref/tcp/pki"
)

// TLS is a setting of the transport beneath, and a client without trust in the server
// gets nowhere.
func TestCallOverTLS(t *testing.T) {
	authority, err := pki.New("test root")
	require.NoError(t, err)
	pair, err := authority.Issue(pki.Leaf{Hosts: []string{"127.0.0.1"}})
	require.NoError(t, err)
	cert, err := pair.TLS()
	require.NoError(t, err)
	addr := serve(t, "tcp", easy.Config{TCP: tcp.Config{TLS: &tls.Config{Certificates: []tls.Certificate{cert}}}}, double)

	c := dial[number, number](t, "tcp", addr, easy.Config{TCP: tcp.Config{TLS: &tls.Config{RootCAs: authority.Pool()}}})
	response, err := c.Call(t.Context(), number{21})
	require.NoError(t, err)
	assert.Equal(t, 42, response.N)

	stranger, err := pki.New("another root")
	require.NoError(t, err)
	_, err = easy.Dial[number, number](t.Context(), "tcp", addr, easy.Config{TCP: tcp.Config{TLS: &tls.Config{RootCAs: stranger.Pool()}}})
	var verification *tls.CertificateVerificationError
	require.ErrorAs(t, err, &verification)
}
