package target

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTailKeepsTheLastOctets(t *testing.T) {
	draw := rand.New(rand.NewPCG(1, 2))
	for _, sizes := range [][]int{
		{},
		{1},
		{tailSize - 1},
		{tailSize},
		{tailSize + 1},
		{3 * tailSize},
		{tailSize - 1, 2},
		{tailSize, 1},
		{1, tailSize},
		{10, tailSize + 10, 10},
		{40000, 40000, 40000, 40000, 1},
	} {
		var kept tail
		var all []byte
		for _, n := range sizes {
			p := make([]byte, n)
			for i := range p {
				p[i] = byte(draw.Uint32())
			}
			all = append(all, p...)
			written, err := kept.Write(p)
			require.NoError(t, err)
			require.Equal(t, n, written)
		}
		want := all[max(0, len(all)-tailSize):]
		assert.True(t, bytes.Equal(want, kept.Bytes()), "after writes of %v octets", sizes)
	}
}

func TestReadyWatch(t *testing.T) {
	long := string(bytes.Repeat([]byte("x"), maxReadyLine))
	for _, c := range []struct {
		name   string
		writes []string
		want   *readyLine
	}{
		{"alone", []string{`{"ready":true,"tcp":"127.0.0.1:1"}` + "\n"}, &readyLine{true, Addrs{TCP: "127.0.0.1:1"}}},
		{"in pieces", []string{`{"rea`, `dy":true,"udp":"127.0.0.1:2"`, "}\r", "\n"}, &readyLine{true, Addrs{UDP: "127.0.0.1:2"}}},
		{"after other lines", []string{"starting\n{\n{}\n{\"ready\":false}\n", "{\"ready\":true}\nmore"}, &readyLine{Ready: true}},
		{"after a line without end", []string{long, long + "\n", "{\"ready\":true}\n"}, &readyLine{Ready: true}},
		{"only the first counts", []string{"{\"ready\":true}\n{\"ready\":true,\"tcp\":\"127.0.0.1:1\"}\n"}, &readyLine{Ready: true}},
		{"unfinished", []string{`{"ready":true}`}, nil},
		{"not alone on its line", []string{"INFO {\"ready\":true}\n"}, nil},
		{"of another type", []string{"{\"ready\":\"yes\"}\n"}, nil},
		{"too long", []string{`{"ready":true,"x":"` + long + "\"}\n"}, nil},
	} {
		w := newReadyWatch()
		for _, p := range c.writes {
			n, err := w.Write([]byte(p))
			require.NoError(t, err)
			require.Equal(t, len(p), n)
		}
		select {
		case got := <-w.found:
			require.NotNil(t, c.want, c.name)
			assert.Equal(t, *c.want, got, c.name)
		default:
			assert.Nil(t, c.want, c.name)
		}
		assert.LessOrEqual(t, cap(w.line), 2*maxReadyLine, c.name)
	}
}

func TestReachableAddresses(t *testing.T) {
	got, err := Addrs{TCP: "0.0.0.0:4000", UDP: "[::]:4001", TLS: ":4002", EasyTCP: "192.0.2.1:4003", EasyUDP: "host:4004"}.reachable()
	require.NoError(t, err)
	assert.Equal(t, Addrs{
		TCP: "127.0.0.1:4000", UDP: "127.0.0.1:4001", TLS: "127.0.0.1:4002", EasyTCP: "192.0.2.1:4003", EasyUDP: "host:4004",
	}, got)

	for _, addr := range []string{"4000", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:http", "::1:2:3"} {
		_, err := Addrs{TCP: addr}.reachable()
		assert.Error(t, err, addr)
	}
}

func TestReserveNeverHandsOutAnAddressTwice(t *testing.T) {
	for _, network := range []string{"tcp", "udp"} {
		seen := map[string]bool{}
		for range 200 {
			addr, err := reserve(network)
			require.NoError(t, err)
			defer release(network, addr)
			require.False(t, seen[addr], addr)
			seen[addr] = true
		}
	}
}

func TestMarkIsFoundWhole(t *testing.T) {
	mark := newMark()
	assert.NotEqual(t, mark, newMark())
	assert.True(t, hasMark("A=1\x00"+mark+"\x00B=2\x00", mark))
	assert.False(t, hasMark("A=1\x00"+mark+"x\x00", mark))
	assert.False(t, hasMark("X"+mark+"\x00", mark))
	assert.False(t, hasMark("", mark))
}
