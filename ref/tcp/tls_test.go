package tcp_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/netem"
	"github.com/vstp-project/vstp/netem/memnet"
	"github.com/vstp-project/vstp/ref/tcp"
	"github.com/vstp-project/vstp/ref/tcp/pki"
	"github.com/vstp-project/vstp/ref/wire"
)

func authority(t *testing.T) *pki.Authority {
	t.Helper()
	a, err := pki.New("test root")
	require.NoError(t, err)
	return a
}

func certificate(t *testing.T, a *pki.Authority, l pki.Leaf) tls.Certificate {
	t.Helper()
	pair, err := a.Issue(l)
	require.NoError(t, err)
	cert, err := pair.TLS()
	require.NoError(t, err)
	return cert
}

// serverTLS is the settings of a server at the loopback address.
func serverTLS(t *testing.T, a *pki.Authority) *tls.Config {
	t.Helper()
	return &tls.Config{Certificates: []tls.Certificate{certificate(t, a, pki.Leaf{Hosts: []string{"127.0.0.1"}})}}
}

func clientTLS(a *pki.Authority) *tls.Config { return &tls.Config{RootCAs: a.Pool()} }

// timely is a context that keeps a broken implementation from hanging the test.
func timely(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), guard)
	t.Cleanup(cancel)
	return ctx
}

// exchange sends a message over a connection and takes its echo.
func exchange(t *testing.T, c *tcp.Conn, payload string) {
	t.Helper()
	ctx := timely(t)
	require.NoError(t, c.SendReliable(ctx, dataFrame(payload)))
	f, err := c.Receive(ctx)
	require.NoError(t, err)
	require.Equal(t, payload, string(f.Payload))
}

func TestTLSOverLoopback(t *testing.T) {
	a := authority(t)
	s := serve(t, tcp.Config{TLS: serverTLS(t, a)})
	settings := clientTLS(a)
	c, err := tcp.Dial(timely(t), s.Addr().String(), tcp.Config{TLS: settings})
	require.NoError(t, err)
	defer c.Close()
	assert.Empty(t, settings.ServerName, "what was given is left as it is")
	exchange(t, c, "x")
	exchange(t, c, strings.Repeat("x", 3_000_000))
	_, ok := c.SessionID()
	assert.True(t, ok)
	require.NoError(t, c.Close())
	receiveClosed(t, c)
}

// [TLS-2]: whatever the settings say, on either side.
func TestTLSVersions(t *testing.T) {
	a := authority(t)
	old := serverTLS(t, a)
	old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS12
	chosen := &tls.Config{GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { return old, nil }}
	nothing := serverTLS(t, a)
	nothing.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) { return nil, nil }
	for name, server := range map[string]*tls.Config{"settings": old, "chosen settings": chosen, "none chosen": nothing} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, tcp.Config{TLS: server})
			weak := clientTLS(a)
			weak.MaxVersion = tls.VersionTLS12
			_, err := tls.Dial("tcp", s.Addr().String(), weak)
			assert.ErrorContains(t, err, "protocol version")
			weak.MaxVersion = tls.VersionTLS11
			c, err := tcp.Dial(timely(t), s.Addr().String(), tcp.Config{TLS: weak})
			require.NoError(t, err)
			defer c.Close()
			exchange(t, c, "x")
		})
	}
	// A server that speaks 1.2 alone is no server for us.
	l, err := tls.Listen("tcp", "127.0.0.1:0", old)
	require.NoError(t, err)
	defer l.Close()
	go func() {
		if nc, err := l.Accept(); err == nil {
			nc.(*tls.Conn).Handshake()
			nc.Close()
		}
	}()
	_, err = tcp.Dial(timely(t), l.Addr().String(), tcp.Config{TLS: clientTLS(a)})
	assert.ErrorContains(t, err, "protocol version")
}

func TestTLSListenWithoutCertificate(t *testing.T) {
	_, err := tcp.Listen(t.Context(), "127.0.0.1:0", tcp.Config{TLS: &tls.Config{}})
	assert.ErrorContains(t, err, "give one in Config.TLS.Certificates")
}

// [TLS-6]
func TestTLSClientRefusesTheServer(t *testing.T) {
	a := authority(t)
	now := time.Now()
	for name, c := range map[string]struct {
		leaf  pki.Leaf
		roots *pki.Authority
		want  any
	}{
		"unknown root": {pki.Leaf{Hosts: []string{"127.0.0.1"}}, authority(t), new(x509.UnknownAuthorityError)},
		"wrong name":   {pki.Leaf{Hosts: []string{"example.org"}}, a, new(x509.HostnameError)},
		"wrong IP":     {pki.Leaf{Hosts: []string{"127.0.0.2"}}, a, new(x509.HostnameError)},
		"expired":      {pki.Leaf{Hosts: []string{"127.0.0.1"}, NotAfter: now.Add(-time.Minute)}, a, new(x509.CertificateInvalidError)},
		"of a client":  {pki.Leaf{Hosts: []string{"127.0.0.1"}, Client: true}, a, new(x509.CertificateInvalidError)},
	} {
		t.Run(name, func(t *testing.T) {
			delivered := make(chan struct{}, 1)
			s := serve(t, tcp.Config{
				TLS:     &tls.Config{Certificates: []tls.Certificate{certificate(t, a, c.leaf)}},
				Handler: func(context.Context, *tcp.Request) { delivered <- struct{}{} },
			})
			_, err := tcp.Dial(timely(t), s.Addr().String(), tcp.Config{TLS: clientTLS(c.roots)})
			var verification *tls.CertificateVerificationError
			require.ErrorAs(t, err, &verification)
			assert.True(t, errors.As(err, c.want), "%v", err)
			assert.Empty(t, delivered)
		})
	}
}

// Dial fills in the name, NewConn cannot.
func TestTLSServerName(t *testing.T) {
	a := authority(t)
	s := serve(t, tcp.Config{TLS: &tls.Config{Certificates: []tls.Certificate{certificate(t, a, pki.Leaf{Hosts: []string{"example.org"}})}}})
	settings := clientTLS(a)
	nc, err := net.Dial("tcp", s.Addr().String())
	require.NoError(t, err)
	_, err = tcp.NewConn(timely(t), nc, tcp.Config{TLS: settings})
	assert.ErrorContains(t, err, "ServerName")
	settings.ServerName = "example.org"
	c, err := tcp.Dial(timely(t), s.Addr().String(), tcp.Config{TLS: settings})
	require.NoError(t, err)
	exchange(t, c, "x")
	require.NoError(t, c.Close())
}

// [TLS-3]
func TestTLSClientVerification(t *testing.T) {
	a := authority(t)
	settings := serverTLS(t, a)
	settings.ClientAuth, settings.ClientCAs = tls.RequireAndVerifyClientCert, a.Pool()
	names := make(chan string, 1)
	s := serve(t, tcp.Config{TLS: settings, Handler: func(ctx context.Context, r *tcp.Request) {
		names <- r.TLS().VerifiedChains[0][0].Subject.CommonName
		echo(ctx, r)
	}})
	dialWith := func(certs ...tls.Certificate) *tcp.Conn {
		c, err := tcp.Dial(timely(t), s.Addr().String(), tcp.Config{TLS: &tls.Config{RootCAs: a.Pool(), Certificates: certs}})
		require.NoError(t, err, "in TLS 1.3 a client does not know yet")
		t.Cleanup(func() { c.Close() })
		return c
	}
	good := dialWith(certificate(t, a, pki.Leaf{Name: "a friend", Client: true}))
	exchange(t, good, "x")
	assert.Equal(t, "a friend", <-names)

	for name, certs := range map[string][]tls.Certificate{
		"none":                   nil,
		"of an unknown root":     {certificate(t, authority(t), pki.Leaf{Name: "a stranger", Client: true})},
		"of a server":            {certificate(t, a, pki.Leaf{Hosts: []string{"127.0.0.1"}})},
		"that is no longer good": {certificate(t, a, pki.Leaf{Name: "the late friend", Client: true, NotAfter: time.Now().Add(-time.Minute)})},
	} {
		t.Run(name, func(t *testing.T) {
			c := dialWith(certs...)
			c.Send(t.Context(), dataFrame("a first write may seem to succeed"))
			_, err := c.Receive(timely(t))
			closed(t, err)
			assert.ErrorContains(t, err, "remote error: tls:", "the alert is not lost")
			_, ok := c.SessionID()
			assert.False(t, ok, "no WELCOME leaves the server")
		})
	}
	assert.Empty(t, names)
	exchange(t, good, "the others go on")
}

func TestRequestWithoutTLS(t *testing.T) {
	states := make(chan *tls.ConnectionState, 1)
	s := serve(t, tcp.Config{Handler: func(_ context.Context, r *tcp.Request) { states <- r.TLS() }})
	dial(t, s).send(t, data(t, "x"))
	assert.Nil(t, <-states)
}

// [TLS-5]
func TestTLSAndPlaintextDoNotMix(t *testing.T) {
	a := authority(t)
	secured, plain := serve(t, tcp.Config{TLS: serverTLS(t, a)}), serve(t, tcp.Config{})
	c := dial(t, secured)
	c.send(t, encode(t, wire.TypeHello, 0, ""), data(t, "x"))
	b, err := io.ReadAll(c) // until the end, or a reset
	assert.NotErrorIs(t, err, os.ErrDeadlineExceeded)
	assert.NotContains(t, string(b), "VT")
	_, err = tcp.Dial(timely(t), plain.Addr().String(), tcp.Config{TLS: clientTLS(a)})
	assert.ErrorContains(t, err, "handshake")

	conn, err := tcp.Dial(timely(t), secured.Addr().String(), tcp.Config{})
	require.NoError(t, err)
	defer conn.Close()
	for {
		f, err := conn.Receive(timely(t))
		if errors.Is(err, net.ErrClosed) {
			break
		}
		require.Error(t, err, "%v", f)
	}
	exchangeTLS, err := tcp.Dial(timely(t), secured.Addr().String(), tcp.Config{TLS: clientTLS(a)})
	require.NoError(t, err)
	defer exchangeTLS.Close()
	exchange(t, exchangeTLS, "the others go on")
}

// virtualTLS starts a TLS server on a network in memory.
func virtualTLS(t *testing.T, cfg tcp.Config) (*pki.Authority, *memnet.Listener, *tcp.Server) {
	t.Helper()
	a := authority(t)
	link, err := netem.New(netem.Profile{}, netem.Options{})
	require.NoError(t, err)
	listener := memnet.Listen(link)
	cfg.TLS = serverTLS(t, a)
	return a, listener, tcp.Serve(t.Context(), listener, cfg)
}

// dialVirtual connects in memory.
func dialVirtual(t *testing.T, l *memnet.Listener) *memnet.StreamConn {
	t.Helper()
	nc, err := l.Dial()
	require.NoError(t, err)
	return nc
}

// [TLS-4]
func TestTLSHandshakeTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, listener, s := virtualTLS(t, tcp.Config{Handler: echo, MaxConns: 2})
		defer s.Close()
		silent, dribbling := dialVirtual(t, listener), dialVirtual(t, listener)
		defer silent.Close()
		defer dribbling.Close()
		start := time.Now()
		// The two count: there is no room for a third.
		third := dialVirtual(t, listener)
		_, err := third.Read(make([]byte, 1))
		require.Error(t, err)
		require.Zero(t, time.Since(start))
		dribble := async(func() error {
			for {
				if _, err := dribbling.Write([]byte{0x16}); err != nil {
					return err
				}
				time.Sleep(10 * time.Second)
			}
		})
		for _, nc := range []net.Conn{silent, dribbling} {
			_, err := nc.Read(make([]byte, 1))
			require.Error(t, err)
			assert.Equal(t, 30*time.Second, time.Since(start))
		}
		_, err = dribble()
		require.Error(t, err)
	})
}

// The same for a client whose server is silent.
func TestTLSHandshakeTimeoutOfAConn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := streams(t, netem.Profile{})
		defer theirs.Close()
		start := time.Now()
		_, err := tcp.NewConn(t.Context(), ours, tcp.Config{TLS: &tls.Config{ServerName: "x"}, TLSHandshake: time.Second})
		local(t, err, wire.Timeout)
		assert.Equal(t, time.Second, time.Since(start))

		ours, theirs = streams(t, netem.Profile{})
		defer theirs.Close()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = tcp.NewConn(ctx, ours, tcp.Config{TLS: &tls.Config{ServerName: "x"}})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.NotErrorIs(t, err, wire.Timeout)
	})
}

// Close does not wait for a handshake.
func TestTLSServerClosesInAHandshake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, listener, s := virtualTLS(t, tcp.Config{Handler: echo})
		silent := dialVirtual(t, listener)
		defer silent.Close()
		synctest.Wait()
		start := time.Now()
		require.NoError(t, s.Close())
		assert.Zero(t, time.Since(start))
	})
}

// [TCP-11] [TCP-12]: the end of what a client sends, with close_notify and without.
func TestTLSHalfClose(t *testing.T) {
	for name, end := range map[string]func(t *testing.T, secured *tls.Conn, raw *memnet.StreamConn){
		"close_notify": func(t *testing.T, secured *tls.Conn, _ *memnet.StreamConn) { require.NoError(t, secured.CloseWrite()) },
		"FIN alone":    func(t *testing.T, _ *tls.Conn, raw *memnet.StreamConn) { require.NoError(t, raw.CloseWrite()) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, listener, s := virtualTLS(t, tcp.Config{Handler: func(ctx context.Context, r *tcp.Request) {
					time.Sleep(time.Second)
					echo(ctx, r)
				}})
				defer s.Close()
				raw := dialVirtual(t, listener)
				defer raw.Close()
				settings := clientTLS(a)
				settings.ServerName = "127.0.0.1"
				secured := tls.Client(raw, settings)
				c := &client{secured, wire.NewReader(secured, wire.Limits{})}
				c.send(t, data(t, "owed"), data(t, "in part")[:10])
				end(t, secured, raw)
				c.want(t, wire.TypeData, "owed")
				c.wantEnd(t, false)
			})
		})
	}
}

// What a server ends is ended for the client too, and BYE is the last frame.
func TestTLSEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, listener, s := virtualTLS(t, tcp.Config{Handler: echo})
		defer s.Close()
		settings := clientTLS(a)
		settings.ServerName = "127.0.0.1"
		c, err := tcp.NewConn(t.Context(), dialVirtual(t, listener), tcp.Config{TLS: settings})
		require.NoError(t, err)
		require.NoError(t, c.Send(t.Context(), dataFrame("last")))
		start := time.Now()
		require.NoError(t, c.Close())
		assert.Zero(t, time.Since(start))
		receive(t, c, "last")
		receiveClosed(t, c)
	})
}

// [TCP-13] [TCP-16]: a fault inside TLS.
func TestTLSFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, listener, s := virtualTLS(t, tcp.Config{Handler: echo})
		defer s.Close()
		raw := dialVirtual(t, listener)
		defer raw.Close()
		settings := clientTLS(a)
		settings.ServerName = "127.0.0.1"
		secured := tls.Client(raw, settings)
		c := &client{secured, wire.NewReader(secured, wire.Limits{})}
		c.send(t, data(t, "before"), corrupt(data(t, "x")), data(t, "behind"))
		c.want(t, wire.TypeData, "before")
		c.wantErr(t, "6")
		c.wantEnd(t, false)
	})
}

// A peer that takes nothing: the connection is given up in the end.
func TestTLSPeerThatDoesNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		large := dataFrame(strings.Repeat("x", 1_000_000))
		a, listener, s := virtualTLS(t, tcp.Config{Handler: func(_ context.Context, r *tcp.Request) { r.Answer(large) }})
		defer s.Close()
		raw := dialVirtual(t, listener)
		defer raw.Close()
		settings := clientTLS(a)
		settings.ServerName = "127.0.0.1"
		secured := tls.Client(raw, settings)
		require.NoError(t, secured.Handshake())
		start := time.Now()
		for err := error(nil); err == nil; time.Sleep(time.Second) {
			_, err = secured.Write(data(t, "x"))
		}
		assert.InDelta(t, tcp.DefaultStalledWrite.Seconds(), time.Since(start).Seconds(), 2)
	})
}
