package easy_test

import (
	"context"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/netem"
	"github.com/vstp-project/vstp/netem/memnet"
	"github.com/vstp-project/vstp/ref/easy"
	"github.com/vstp-project/vstp/ref/session"
	"github.com/vstp-project/vstp/ref/tcp"
	"github.com/vstp-project/vstp/ref/udp"
	"github.com/vstp-project/vstp/ref/wire"
)

// networks are those that every test of behaviour that they share is run on.
var networks = []string{"tcp", "udp"}

// number is the request and response of most tests.
type number struct {
	N int `json:"n"`
}

// double is a handler.
func double(_ context.Context, q number) (number, error) { return number{2 * q.N}, nil }

// serve starts a server on the loopback and returns its address.
func serve[Req, Resp any](t *testing.T, network string, cfg easy.Config, h easy.Handler[Req, Resp]) string {
	t.Helper()
	s, err := easy.Listen(t.Context(), network, "127.0.0.1:0", cfg, h)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s.Addr().String()
}

// dial opens a client.
func dial[Req, Resp any](t *testing.T, network, addr string, cfg easy.Config) *easy.Client[Req, Resp] {
	t.Helper()
	c, err := easy.Dial[Req, Resp](t.Context(), network, addr, cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

// wantError asserts what kind of error it is and from where.
func wantError(t *testing.T, err error, kind wire.Reason, fromPeer bool) {
	t.Helper()
	require.ErrorIs(t, err, kind)
	var peer *session.PeerError
	var local *session.LocalError
	if fromPeer {
		require.ErrorAs(t, err, &peer)
	} else {
		require.ErrorAs(t, err, &local)
	}
}

// link is an emulated link.
func link(t *testing.T, p netem.Profile) *netem.Link {
	t.Helper()
	l, err := netem.New(p, netem.Options{})
	require.NoError(t, err)
	return l
}

// overTCP connects a client to the application of a tcp.Server, over a link in memory.
func overTCP[Req, Resp any](t *testing.T, p netem.Profile, cfg easy.Config, app tcp.Handler) *easy.Client[Req, Resp] {
	t.Helper()
	listener := memnet.Listen(link(t, p))
	server := cfg.TCP
	server.Handler = app
	s := tcp.Serve(t.Context(), listener, server)
	t.Cleanup(func() { s.Close() })
	nc, err := listener.Dial()
	require.NoError(t, err)
	conn, err := tcp.NewConn(t.Context(), nc, cfg.TCP)
	require.NoError(t, err)
	c := easy.OverTCP[Req, Resp](conn, cfg)
	t.Cleanup(func() { c.Close() })
	return c
}

// overUDP connects a client to the application of a udp.Server, over a link in memory.
func overUDP[Req, Resp any](t *testing.T, p netem.Profile, cfg easy.Config, app udp.Handler) *easy.Client[Req, Resp] {
	t.Helper()
	n := memnet.New(link(t, p), memnet.Options{})
	at, err := netip.ParseAddrPort(n.Server().LocalAddr().String())
	require.NoError(t, err)
	server := cfg.UDP
	server.Handler = app
	s, err := udp.Serve(t.Context(), n.Server(), server)
	require.NoError(t, err)
	t.Cleanup(func() { s.Close() })
	conn, err := udp.NewConn(n.Client(), cfg.UDP)
	require.NoError(t, err)
	c := easy.OverUDP[Req, Resp](conn, at, cfg)
	t.Cleanup(func() { c.Close() })
	return c
}
