//go:build linux

package relay

import (
	"encoding/binary"
	"net/netip"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestKernelAddresses(t *testing.T) {
	if !littleEndian {
		t.Skip("not tried: these texts are those of a little-endian machine")
	}
	for text, want := range map[string]string{
		"0100007F:A409":                         "127.0.0.1:41993",
		"00000000:0035":                         "0.0.0.0:53",
		"00000000000000000000000001000000:0050": "[::1]:80",
		"00000000000000000000000000000000:0050": "[::]:80",
		"0000000000000000FFFF00000100007F:0050": "127.0.0.1:80",
		"B80D0120000000000000000001000000:FFFF": "[2001:db8::1]:65535",
	} {
		got, ok := kernelAddr(text)
		assert.True(t, ok)
		assert.Equal(t, netip.MustParseAddrPort(want), got)
	}
	for _, text := range []string{"", "0100007F", "0100007:A409", "0100007F:A4090", "local_address:x", "01:1"} {
		_, ok := kernelAddr(text)
		assert.False(t, ok, text)
	}
}

func TestDropTableFindsTheSocketThatReceives(t *testing.T) {
	table := dropTable{
		netip.MustParseAddrPort("127.0.0.1:1"): 1, netip.MustParseAddrPort("0.0.0.0:2"): 2, netip.MustParseAddrPort("[::]:3"): 3,
	}
	for addr, want := range map[string]uint64{"127.0.0.1:1": 1, "127.0.0.1:2": 2, "127.0.0.1:3": 3, "[::1]:3": 3} {
		got, found := table.find(netip.MustParseAddrPort(addr))
		assert.True(t, found, addr)
		assert.Equal(t, want, got)
	}
	_, found := table.find(netip.MustParseAddrPort("127.0.0.2:1"))
	assert.False(t, found)
}

// Whatever the kernel says, a state is never made up.
func TestAnswersOfTheKernel(t *testing.T) {
	ne := binary.NativeEndian
	message := make([]byte, netlinkHeaderLen+inetDiagMsgLen+4+bytesReceivedOffs+8)
	ne.PutUint16(message[4:], sockDiagByFamily)
	body := message[netlinkHeaderLen:]
	ne.PutUint32(body[rqueueOffset:], 7)
	ne.PutUint32(body[wqueueOffset:], 9)
	attr := body[inetDiagMsgLen:]
	ne.PutUint16(attr, uint16(len(attr)))
	ne.PutUint16(attr[2:], inetDiagInfo)
	ne.PutUint64(attr[4+bytesReceivedOffs:], 12345)
	s, err := answer(message)
	require.NoError(t, err)
	assert.Equal(t, socketState{received: 12345, unread: 7, unsent: 9}, s)

	for n := range message {
		_, err := answer(message[:n])
		assert.Error(t, err, "%d octets", n)
	}
	failed := make([]byte, netlinkHeaderLen+4)
	ne.PutUint16(failed[4:], syscall.NLMSG_ERROR)
	enoent, eperm := -int32(syscall.ENOENT), -int32(syscall.EPERM)
	ne.PutUint32(failed[netlinkHeaderLen:], uint32(enoent))
	_, err = answer(failed)
	assert.EqualError(t, err, "the reader's socket is not on this host, or closed")
	ne.PutUint32(failed[netlinkHeaderLen:], uint32(eperm))
	_, err = answer(failed)
	assert.ErrorIs(t, err, syscall.EPERM)
}
