package relay_test

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/vstp-project/vstp/netem"
	"github.com/vstp-project/vstp/netem/relay"
)

const (
	ms = time.Millisecond
	// guard ends a test in which something never comes.
	guard = 20 * time.Second
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// plain labels a datagram with its own text.
type plain struct{}

func (plain) Name() string { return "plain/1" }

func (plain) Label(_ netem.Direction, _ int, datagram []byte) netem.Label {
	text, _, _ := strings.Cut(string(datagram), "\x00")
	return netem.Label{Text: text}
}

func both(i netem.Impairments) netem.Profile { return netem.Profile{AB: i, BA: i} }

func newLink(t testing.TB, p netem.Profile, o netem.Options) *netem.Link {
	t.Helper()
	if o.Labeler == nil {
		o.Labeler = plain{}
	}
	l, err := netem.New(p, o)
	require.NoError(t, err)
	return l
}

// listenUDP opens a socket that ends with the test.
func listenUDP(t testing.TB) *net.UDPConn {
	t.Helper()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	require.NoError(t, c.SetReadBuffer(4<<20))
	t.Cleanup(func() { _ = c.Close() })
	require.NoError(t, c.SetDeadline(time.Now().Add(guard)))
	return c
}

func relayUDP(t testing.TB, l *netem.Link, target *net.UDPConn) *relay.UDP {
	t.Helper()
	u, err := relay.ListenUDP(context.Background(), l, "127.0.0.1:0", target.LocalAddr().String())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, u.Close()) })
	return u
}

func writeTo(t testing.TB, c *net.UDPConn, to net.Addr, text string) {
	t.Helper()
	_, err := c.WriteTo([]byte(text), to)
	require.NoError(t, err)
}

func readFrom(t testing.TB, c *net.UDPConn) (string, net.Addr) {
	t.Helper()
	b := make([]byte, 2048)
	n, from, err := c.ReadFrom(b)
	require.NoError(t, err)
	return string(b[:n]), from
}

// tally is a recorder that says when it has got as many events as were announced.
type tally struct {
	netem.Memory
	mu   sync.Mutex
	left int
	all  chan struct{}
}

func newTally(n int) *tally { return &tally{left: n, all: make(chan struct{})} }

func (r *tally) Record(e netem.Event) {
	r.Memory.Record(e)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.left--; r.left == 0 {
		close(r.all)
	}
}

func (r *tally) wait(t testing.TB) {
	t.Helper()
	select {
	case <-r.all:
	case <-time.After(guard):
		require.FailNow(t, "the relay has not seen all datagrams")
	}
}

// listenTCP accepts connections and hands them to a function, each in its goroutine.
func listenTCP(t testing.TB, serve func(*net.TCPConn)) net.Addr {
	t.Helper()
	l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	return serveTCP(t, l, serve)
}

func serveTCP(t testing.TB, l *net.TCPListener, serve func(*net.TCPConn)) net.Addr {
	var tasks sync.WaitGroup
	tasks.Go(func() {
		for {
			c, err := l.AcceptTCP()
			if err != nil {
				return
			}
			_ = c.SetDeadline(time.Now().Add(guard))
			tasks.Go(func() {
				defer func() { _ = c.Close() }()
				serve(c)
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		tasks.Wait()
	})
	return l.Addr()
}

func relayTCP(t testing.TB, p netem.Profile, target net.Addr) *relay.TCP {
	t.Helper()
	r, err := relay.ListenTCP(context.Background(), newLink(t, p, netem.Options{Seed: 1}), "127.0.0.1:0", target.String())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, r.Close()) })
	return r
}

func dialTCP(t testing.TB, r *relay.TCP) *net.TCPConn {
	t.Helper()
	c, err := net.Dial("tcp", r.Addr().String())
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	require.NoError(t, c.SetDeadline(time.Now().Add(guard)))
	return c.(*net.TCPConn)
}

func addrOf(u *relay.UDP) net.Addr { return net.UDPAddrFromAddrPort(u.Addr()) }

func texts(prefix string, n int) (all []string) {
	for i := range n {
		all = append(all, fmt.Sprint(prefix, i))
	}
	return all
}
