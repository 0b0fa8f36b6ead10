package probe_test

import (
	"crypto/tls"
	"net"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance/pki"
	"github.com/vstp-project/vstp/conformance/probe"
	"github.com/vstp-project/vstp/conformance/target"
)

func certificate(t *testing.T, root *pki.Root, l pki.Leaf) tls.Certificate {
	t.Helper()
	c, err := root.Issue(l)
	require.NoError(t, err)
	return c
}

func newRoot(t *testing.T) *pki.Root {
	t.Helper()
	root, err := pki.NewRoot("test")
	require.NoError(t, err)
	return root
}

// tlsPeer is a TLS listener at both addresses; it returns the octets of each
// connection once the client has ended its direction.
func tlsPeer(t *testing.T, cfg *tls.Config, client *tls.Certificate) *probe.T {
	t.Helper()
	l, err := tls.Listen("tcp", "127.0.0.1:0", cfg)
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			b := make([]byte, 1<<16)
			for n := 0; ; {
				m, err := c.Read(b[n:])
				if n += m; err != nil {
					_, _ = c.Write(b[:n])
					break
				}
			}
			_ = c.Close()
		}
	}()
	addr := l.Addr().String()
	p := probe.New(probe.Config{Case: "a/b", Addrs: target.Addrs{TLS: addr, TLSVerify: addr}, Client: client})
	t.Cleanup(func() {
		p.Close()
		_ = l.Close()
		<-done
	})
	return p
}

func TestTLSStream(t *testing.T) {
	p := tlsPeer(t, &tls.Config{Certificates: []tls.Certificate{certificate(t, newRoot(t), pki.Leaf{Hosts: []string{"h"}})}}, nil)
	for name, end := range map[string]func(*probe.Stream) error{
		"close_notify": (*probe.Stream).CloseWrite,
		"cut":          (*probe.Stream).Cut,
	} {
		t.Run(name, func(t *testing.T) {
			s, err := p.DialOver(t.Context(), "A", "tls")
			require.NoError(t, err)
			require.NoError(t, s.Send(hello[:5], "half of it"))
			require.NoError(t, s.Send(append(hello[5:], data...), "the rest"))
			require.NoError(t, end(s))
			for _, want := range []byte{1, 3} {
				a, err := s.Next(t.Context(), soon)
				require.NoError(t, err)
				assert.Equal(t, want, a.Frame.Type)
			}
			_, err = s.Next(t.Context(), soon)
			assert.ErrorIs(t, err, probe.ErrEnded)
		})
	}
}

func TestTLSRefused(t *testing.T) {
	cfg := &tls.Config{
		Certificates: []tls.Certificate{certificate(t, newRoot(t), pki.Leaf{Hosts: []string{"h"}})},
		MinVersion:   tls.VersionTLS13,
	}
	p := tlsPeer(t, cfg, nil)
	s, refused, err := p.TryTLS(t.Context(), "A", "tls", probe.ClientTLS{MaxVersion: tls.VersionTLS12})
	require.NoError(t, err)
	assert.Nil(t, s)
	assert.Error(t, refused)
	_, err = p.DialTLS(t.Context(), "A", "tls", probe.ClientTLS{MaxVersion: tls.VersionTLS11})
	var violation *probe.Violation
	require.ErrorAs(t, err, &violation)
	assert.Contains(t, violation.Want, "a TLS handshake")

	var missing *probe.NotApplicable
	_, err = p.Dial(t.Context(), "A")
	assert.ErrorAs(t, err, &missing, "there is no TCP listener")
	var unable *probe.NotExercised
	_, err = p.DialOver(t.Context(), "A", "tls-verify")
	require.ErrorAs(t, err, &unable)
	assert.Equal(t, probe.CauseSurroundings, unable.Cause)
}

func TestTLSClientCertificates(t *testing.T) {
	clients := newRoot(t)
	known := certificate(t, clients, pki.Leaf{})
	p := tlsPeer(t, &tls.Config{
		Certificates: []tls.Certificate{certificate(t, newRoot(t), pki.Leaf{Hosts: []string{"h"}})},
		ClientAuth:   tls.RequireAndVerifyClientCert, ClientCAs: clients.Pool(),
	}, &known)
	s, err := p.DialOver(t.Context(), "A", "tls-verify")
	require.NoError(t, err)
	require.NoError(t, s.Send(hello, "HELLO"))
	require.NoError(t, s.CloseWrite())
	_, err = s.Next(t.Context(), soon)
	require.NoError(t, err)

	impostor, err := probe.Impostor()
	require.NoError(t, err)
	for _, certificate := range []*tls.Certificate{nil, impostor} {
		s, refused, err := p.TryTLS(t.Context(), "B", "tls-verify", probe.ClientTLS{Certificate: certificate})
		require.NoError(t, err)
		require.NoError(t, refused, "in TLS 1.3 it does not know yet")
		_, err = s.Ended(t.Context(), soon)
		require.NoError(t, err)
		assert.Empty(t, s.Octets())
	}
}

func TestListenTLS(t *testing.T) {
	p := probe.New(probe.Config{Case: "a/b"})
	defer p.Close()
	root := newRoot(t)
	l, err := p.ListenTLS(probe.ServerTLS{Certificate: certificate(t, root, pki.Leaf{Hosts: []string{"127.0.0.1"}})})
	require.NoError(t, err)
	type dialed struct {
		conn *tls.Conn
		err  error
	}
	for _, trusts := range []*pki.Root{root, newRoot(t)} {
		clients := make(chan dialed, 1)
		go func() {
			c, err := tls.Dial("tcp", l.Addr(), &tls.Config{RootCAs: trusts.Pool()})
			clients <- dialed{c, err}
		}()
		s, refused, err := l.AcceptTLS(t.Context(), "A", soon)
		require.NoError(t, err)
		client := <-clients
		assert.Equal(t, trusts == root, client.err == nil, "%v", client.err)
		assert.Equal(t, trusts == root, refused == nil, "%v", refused)
		assert.Equal(t, trusts == root, s != nil)
		if client.err == nil {
			client.conn.Close()
		}
	}
}

func TestClientHello(t *testing.T) {
	octets, err := probe.ClientHello()
	require.NoError(t, err)
	assert.Equal(t, []byte{0x16, 3, 1}, octets[:3])
	assert.Len(t, octets, 5+int(octets[3])<<8+int(octets[4]), "one record")

	ours, theirs := net.Pipe()
	go func() {
		_, _ = theirs.Write(octets)
		_ = theirs.Close()
	}()
	var offered []uint16
	_ = tls.Server(ours, &tls.Config{GetConfigForClient: func(h *tls.ClientHelloInfo) (*tls.Config, error) {
		offered = h.SupportedVersions
		return nil, nil
	}}).Handshake()
	assert.Equal(t, []uint16{tls.VersionTLS13}, offered)
}

func TestFile(t *testing.T) {
	p := probe.New(probe.Config{Case: "a/b"})
	path, err := p.File("a.pem", []byte("x"))
	require.NoError(t, err)
	other, err := p.File("b.pem", []byte("y"))
	require.NoError(t, err)
	assert.FileExists(t, path)
	assert.FileExists(t, other)
	p.Close()
	assert.NoFileExists(t, path)
	_, err = os.Stat(path)
	assert.ErrorIs(t, err, os.ErrNotExist)
}
