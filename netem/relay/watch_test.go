package relay_test

import (
	"context"
	"io"
	"net"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/netem"
	"github.com/vstp-project/vstp/netem/relay"
)

// A diary holds what a watch was told.
type diary struct {
	mu     sync.Mutex
	sights []relay.Sight
}

func (d *diary) watch(s relay.Sight) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s.Data = append([]byte(nil), s.Data...)
	d.sights = append(d.sights, s)
}

// entries are the sights in short.
func (d *diary) entries() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []string
	for _, s := range d.sights {
		out = append(out, s.Dir.String()+" "+[]string{"came", "passing", "over"}[s.Stage]+" "+[]string{"octets", "fin", "reset"}[s.Kind]+" "+string(s.Data))
	}
	return out
}

func TestWatchSeesDatagrams(t *testing.T) {
	server, client := listenUDP(t), listenUDP(t)
	var d diary
	link := newLink(t, netem.Profile{Rules: []netem.Rule{{Match: "lost*", Do: netem.DoDrop}}}, netem.Options{})
	u, err := relay.WatchUDP(context.Background(), link, "127.0.0.1:0", server.LocalAddr().String(), d.watch)
	require.NoError(t, err)
	before := time.Now()
	at := net.UDPAddrFromAddrPort(u.Addr())
	writeTo(t, client, at, "lost")
	writeTo(t, client, at, "question")
	buf := make([]byte, 100)
	n, from, err := server.ReadFromUDP(buf)
	require.NoError(t, err)
	assert.Equal(t, "question", string(buf[:n]))
	writeTo(t, server, from, "answer")
	_, _, err = client.ReadFromUDP(buf)
	require.NoError(t, err)
	require.NoError(t, u.Close())

	assert.Equal(t, []string{"ab came octets lost", "ab came octets question", "ab passing octets question", "ba came octets answer", "ba passing octets answer"}, d.entries())
	for _, s := range d.sights {
		assert.Equal(t, client.LocalAddr().(*net.UDPAddr).AddrPort(), s.Client)
		assert.Zero(t, s.Number)
		assert.WithinRange(t, s.At, before.Add(-time.Second), time.Now().Add(time.Second))
		if runtime.GOOS == "linux" {
			assert.Equal(t, s.Stage == relay.Came, s.Exact)
		}
	}
}

func TestWatchSeesConnections(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	var d diary
	r, err := relay.WatchTCP(context.Background(), newLink(t, netem.Profile{}, netem.Options{}), "127.0.0.1:0", listener.Addr().String(), d.watch)
	require.NoError(t, err)
	client, err := net.Dial("tcp", r.Addr().String())
	require.NoError(t, err)
	defer client.Close()
	server, err := listener.Accept()
	require.NoError(t, err)
	defer server.Close()
	for _, c := range []net.Conn{client, server} {
		require.NoError(t, c.SetDeadline(time.Now().Add(guard)))
	}

	_, err = client.Write([]byte("question"))
	require.NoError(t, err)
	buf := make([]byte, 8)
	_, err = io.ReadFull(server, buf)
	require.NoError(t, err)
	_, err = server.Write([]byte("answer"))
	require.NoError(t, err)
	_, err = io.ReadFull(client, buf[:6])
	require.NoError(t, err)
	require.NoError(t, client.(*net.TCPConn).CloseWrite())
	_, err = server.Read(buf)
	require.ErrorIs(t, err, io.EOF)
	require.NoError(t, server.Close())
	_, err = client.Read(buf)
	require.ErrorIs(t, err, io.EOF)
	require.NoError(t, r.Close())
	assert.Equal(t, []string{
		"ab came octets question", "ab passing octets question", "ba came octets answer", "ba passing octets answer",
		"ab came fin ", "ab passing fin ", "ba came fin ", "ba passing fin ", "ab over octets ",
	}, d.entries())
	assert.Equal(t, 1, d.sights[0].Number)
	assert.Equal(t, client.LocalAddr().(*net.TCPAddr).AddrPort(), d.sights[0].Client)
}
