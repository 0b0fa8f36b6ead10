package relay

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
)

// Strangers cannot make a relay open sockets without end.
func TestClientsAreBounded(t *testing.T) {
	u := &UDP{clients: map[netip.AddrPort]*client{}}
	for port := range uint16(maxClients) {
		assert.NotNil(t, u.client(netip.AddrPortFrom(netip.IPv6Unspecified(), port)))
	}
	assert.Nil(t, u.client(netip.MustParseAddrPort("127.0.0.1:1")))
	assert.NotNil(t, u.client(netip.AddrPortFrom(netip.IPv6Unspecified(), 0)), "who is known is served")
	assert.Equal(t, 1, u.refused)
}
