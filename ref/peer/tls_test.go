package peer_test

import (
	"crypto/tls"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/peer"
	"github.com/vstp-project/vstp/ref/tcp"
	"github.com/vstp-project/vstp/ref/tcp/pki"
	"github.com/vstp-project/vstp/ref/wire"
)

// echoed makes one exchange with a peer over TLS.
func echoed(t *testing.T, addr string, cfg *tls.Config) error {
	t.Helper()
	c, err := tcp.Dial(t.Context(), addr, tcp.Config{TLS: cfg})
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.Send(t.Context(), wire.Frame{Type: wire.TypeData, Payload: []byte("x")}); err != nil {
		return err
	}
	f, err := c.Receive(t.Context())
	if err == nil {
		assert.Equal(t, "x", string(f.Payload))
	}
	return err
}

func TestTLSWithACertificateOfItsOwn(t *testing.T) {
	r := run(t, t.Context(), peer.Options{TLS: "127.0.0.1:0"})
	assert.Empty(t, r.tcp)
	require.NoError(t, echoed(t, r.tls, &tls.Config{InsecureSkipVerify: true}))
	var refused *tls.CertificateVerificationError
	assert.ErrorAs(t, echoed(t, r.tls, &tls.Config{}), &refused, "nobody trusts it")
}

func TestTLSWithFiles(t *testing.T) {
	servers, _ := trusted(t, "servers")
	clients, clientCA := trusted(t, "clients")
	pair, err := servers.Issue(pki.Leaf{Hosts: []string{"127.0.0.1"}})
	require.NoError(t, err)
	cert, key, err := pair.Write(t.TempDir(), "server")
	require.NoError(t, err)
	r := run(t, t.Context(), peer.Options{
		TLS: "127.0.0.1:0", TLSVerify: "127.0.0.1:0", Cert: cert, Key: key, ClientCA: clientCA,
	})
	roots := servers.Pool()
	require.NoError(t, echoed(t, r.tls, &tls.Config{RootCAs: roots}))
	assert.Error(t, echoed(t, r.tlsVerify, &tls.Config{RootCAs: roots}), "a client without a certificate [TLS-3]")

	for _, c := range []struct {
		authority *pki.Authority
		trusted   bool
	}{{clients, true}, {servers, false}} {
		pair, err := c.authority.Issue(pki.Leaf{Name: "a client", Client: true})
		require.NoError(t, err)
		client, err := pair.TLS()
		require.NoError(t, err)
		err = echoed(t, r.tlsVerify, &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{client}})
		assert.Equal(t, c.trusted, err == nil, "%v", err)
	}
}

func TestOptionsAboutTLS(t *testing.T) {
	_, ca := trusted(t, "root")
	for name, c := range map[string]struct {
		options peer.Options
		want    string
	}{
		"no key":                     {peer.Options{TLS: "h:0", Cert: "c"}, "go together"},
		"no certificate":             {peer.Options{TLS: "h:0", Key: "k"}, "go together"},
		"certificate without TLS":    {peer.Options{TCP: "h:0", Cert: "c", Key: "k"}, "no use without an address"},
		"nobody to trust":            {peer.Options{TLSVerify: "h:0"}, "takes a root to trust"},
		"root without an address":    {peer.Options{TLS: "h:0", ClientCA: ca}, "no use without an address"},
		"certificate that is gone":   {peer.Options{TLS: "127.0.0.1:0", Cert: "gone.pem", Key: "gone-key.pem"}, "gone.pem"},
		"root that is gone":          {peer.Options{TLSVerify: "127.0.0.1:0", ClientCA: ca + ".gone"}, "reading the trusted root"},
		"address that is nowhere":    {peer.Options{TLS: "nonsense"}, "nonsense"},
		"verifying that is nowhere ": {peer.Options{TLSVerify: "nonsense", ClientCA: ca}, "nonsense"},
	} {
		err := peer.Run(t.Context(), c.options, nil, nil)
		assert.ErrorContains(t, err, c.want, name)
	}
}
