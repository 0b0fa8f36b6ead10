package relay

import (
	"net"
	"net/netip"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The drops of a socket count from the beginning of the watch, also when the socket
// is opened later, and stay when it is closed.
func TestDropMeterFollowsASocket(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("not tried: this host does not tell what its sockets drop")
	}
	listen := func(at *net.UDPAddr) *net.UDPConn {
		c, err := net.ListenUDP("udp4", at)
		require.NoError(t, err)
		require.NoError(t, c.SetReadBuffer(4<<10))
		return c
	}
	flood := func(to *net.UDPConn) {
		c, err := net.Dial("udp4", to.LocalAddr().String())
		require.NoError(t, err)
		for range 50 {
			_, err := c.Write(make([]byte, 1000))
			require.NoError(t, err)
		}
		require.NoError(t, c.Close())
	}
	socket := listen(&net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	flood(socket)
	var before dropMeter
	before.watch(meterTarget, addrOf(socket))
	require.True(t, before.known)
	before.read()
	assert.Zero(t, before.dropped(meterTarget), "what was dropped before does not count")
	flood(socket)
	before.read()
	assert.Equal(t, 50, before.dropped(meterTarget), "its buffer is full")
	assert.Zero(t, before.dropped(meterClients))

	var later dropMeter
	addr := addrOf(socket)
	require.NoError(t, socket.Close())
	before.read()
	assert.Equal(t, 50, before.dropped(meterTarget))
	later.watch(meterClients, addr)
	later.read()
	assert.Zero(t, later.dropped(meterClients))
	socket = listen(net.UDPAddrFromAddrPort(addr))
	flood(socket)
	later.read()
	dropped := later.dropped(meterClients)
	assert.Positive(t, dropped)
	later.forget(addr)
	flood(socket)
	later.read()
	assert.Equal(t, dropped, later.dropped(meterClients))
	require.NoError(t, socket.Close())
}

func TestAddressesOfThisHost(t *testing.T) {
	addrs, err := net.InterfaceAddrs()
	require.NoError(t, err)
	require.NotEmpty(t, addrs)
	for _, a := range addrs {
		ip, ok := netip.AddrFromSlice(a.(*net.IPNet).IP)
		require.True(t, ok)
		assert.True(t, onThisHost(ip.Unmap()), a)
	}
	for addr, want := range map[string]bool{"127.3.2.1": true, "::1": true, "0.0.0.0": true, "192.0.2.77": false, "2001:db8::77": false} {
		assert.Equal(t, want, onThisHost(netip.MustParseAddr(addr)), addr)
	}
	var m dropMeter
	m.watch(meterClients, netip.MustParseAddrPort("192.0.2.77:53"))
	assert.Empty(t, m.sockets)
}
