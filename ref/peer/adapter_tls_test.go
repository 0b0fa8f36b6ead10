package peer_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/tcp"
	"github.com/vstp-project/vstp/ref/tcp/pki"
	"github.com/vstp-project/vstp/ref/wire"
)

// trusted makes an authority and writes what others need to trust it.
func trusted(t *testing.T, name string) (a *pki.Authority, ca string) {
	t.Helper()
	a, err := pki.New(name)
	require.NoError(t, err)
	ca = filepath.Join(t.TempDir(), "root.pem")
	require.NoError(t, os.WriteFile(ca, a.PEM(), 0o600))
	return a, ca
}

// serveTLS echoes over TLS, and returns its port at 127.0.0.1.
func serveTLS(t *testing.T, a *pki.Authority, l pki.Leaf) string {
	t.Helper()
	pair, err := a.Issue(l)
	require.NoError(t, err)
	cert, err := pair.TLS()
	require.NoError(t, err)
	s, err := tcp.Listen(t.Context(), "127.0.0.1:0", tcp.Config{
		TLS: &tls.Config{Certificates: []tls.Certificate{cert}},
		Handler: func(_ context.Context, r *tcp.Request) {
			r.Answer(wire.Frame{Type: wire.TypeData, Payload: r.Message.Payload})
		},
	})
	require.NoError(t, err)
	t.Cleanup(func() { s.Close() })
	_, port, err := net.SplitHostPort(s.Addr().String())
	require.NoError(t, err)
	return port
}

func overTLS(host, port, ca string) string {
	return fmt.Sprintf(`"transport":"tls","addr":%q,"ca":%q`, net.JoinHostPort(host, port), ca)
}

func TestAdapterTLS(t *testing.T) {
	a, ca := trusted(t, "root")
	l := talk(t)
	for i, host := range []string{"127.0.0.1", "localhost"} {
		port := serveTLS(t, a, pki.Leaf{Hosts: []string{host}})
		l.want(fmt.Sprintf(`{"ok":true,"conn":%d}`, i+1), "connect", overTLS(host, port, ca))
		conn := fmt.Sprintf(`"conn":%d`, i+1)
		l.want(done, "send", payload(conn, "a"))
		l.want(received("a", ""), "recv", conn+patient)
		l.want(done, "send_ack", payload(conn, "b"))
		l.want(received("b", ""), "recv", conn+patient)
		l.want(done, "close", conn)
	}
}

// [TLS-6]: a server that does not prove who it is.
func TestAdapterTLSRefusesServers(t *testing.T) {
	a, ca := trusted(t, "root")
	_, other := trusted(t, "other")
	here := pki.Leaf{Hosts: []string{"127.0.0.1"}}
	expired := here
	expired.NotBefore, expired.NotAfter = time.Now().Add(-2*time.Hour), time.Now().Add(-time.Hour)
	l := talk(t)
	for name, c := range map[string]struct{ members, message string }{
		"unknown root":     {overTLS("127.0.0.1", serveTLS(t, a, here), other), "unknown authority"},
		"no root given":    {fmt.Sprintf(`"transport":"tls","addr":"127.0.0.1:%s"`, serveTLS(t, a, here)), "certificate"},
		"another host":     {overTLS("127.0.0.1", serveTLS(t, a, pki.Leaf{Hosts: []string{"example.org"}}), ca), "certificate"},
		"name in place":    {overTLS("localhost", serveTLS(t, a, here), ca), "certificate"},
		"expired":          {overTLS("127.0.0.1", serveTLS(t, a, expired), ca), "expired"},
		"no file":          {overTLS("127.0.0.1", serveTLS(t, a, here), ca+".gone"), "reading the trusted root"},
		"nothing but text": {overTLS("127.0.0.1", run(t, t.Context(), both()).port(t), ca), ""},
	} {
		answer := object(t, l.ask("connect", c.members))
		assert.Equal(t, "Io", answer["error"], name)
		assert.Contains(t, answer["message"], c.message, name)
	}

	empty := filepath.Join(t.TempDir(), "empty.pem")
	require.NoError(t, os.WriteFile(empty, []byte("nothing"), 0o600))
	l.refused("Protocol", "there is no certificate in", "connect", overTLS("127.0.0.1", "1", empty))
	l.refused("Protocol", `"ca" is not a string`, "connect", `"transport":"tls","addr":"127.0.0.1:1","ca":7`)
}

// port is that of the TCP address.
func (r *running) port(t *testing.T) string {
	t.Helper()
	_, port, err := net.SplitHostPort(r.tcp)
	require.NoError(t, err)
	return port
}
