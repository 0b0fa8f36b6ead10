package memnet_test

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/netem"
	"github.com/vstp-project/vstp/netem/memnet"
)

func TestDatagramsCrossBothWays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New(newLink(t, both(netem.Impairments{Delay: 15 * ms}), netem.Options{ExactTime: true}), memnet.Options{})
		server, first, second := n.Server(), n.Client(), n.Client()
		began := time.Now()
		write(t, first, server.LocalAddr(), "DATA 1")
		text, from := read(t, server)
		assert.Equal(t, "DATA 1", text)
		assert.Equal(t, 15*ms, time.Since(began))
		assert.Equal(t, first.LocalAddr(), from)
		assert.NotEqual(t, first.LocalAddr(), second.LocalAddr())

		write(t, server, from, "ACK 1")
		write(t, server, second.LocalAddr(), "ACK 2")
		text, from = read(t, first)
		assert.Equal(t, "ACK 1", text)
		assert.Equal(t, server.LocalAddr(), from)
		text, _ = read(t, second)
		assert.Equal(t, "ACK 2", text)
	})
}

// A datagram that is too long for the reader's space is cut, as with UDP, and what
// is written may be changed afterwards.
func TestReadAndWriteBuffers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New(newLink(t, netem.Profile{}, netem.Options{}), memnet.Options{AsWritten: true})
		client, server := n.Client(), n.Server()
		b := []byte("abcdef")
		_, err := client.WriteTo(b, server.LocalAddr())
		require.NoError(t, err)
		copy(b, "xxxxxx")
		write(t, client, server.LocalAddr(), "")
		got := make([]byte, 4)
		octets, _, err := server.ReadFrom(got)
		require.NoError(t, err)
		assert.Equal(t, "abcd", string(got[:octets]))
		text, _ := read(t, server)
		assert.Empty(t, text, "an empty datagram is one too")

		_, err = client.WriteTo(make([]byte, 65508), server.LocalAddr())
		assert.ErrorIs(t, err, syscall.EMSGSIZE)
		_, err = client.WriteTo(make([]byte, 65507), server.LocalAddr())
		assert.NoError(t, err)
	})
}

func TestWhatGoesNowhereIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New(newLink(t, netem.Profile{}, netem.Options{}), memnet.Options{})
		server, client := n.Server(), n.Client()
		for _, to := range []string{"192.0.2.2:4000", "192.0.2.1:4001", "198.18.0.1:40000"} {
			write(t, client, net.UDPAddrFromAddrPort(netip.MustParseAddrPort(to)), "DATA")
		}
		for _, to := range []string{"198.18.0.3:40000", "198.18.0.2:40000", "10.0.0.1:40000", "198.18.0.1:1", "[2001:db8::1]:40000"} {
			write(t, server, net.UDPAddrFromAddrPort(netip.MustParseAddrPort(to)), "DATA")
		}
		assert.Equal(t, 8, n.Unroutable())
		_, err := client.WriteTo(nil, &net.TCPAddr{})
		assert.ErrorIs(t, err, syscall.EINVAL)
		_, err = client.WriteTo(nil, nil)
		assert.ErrorIs(t, err, syscall.EINVAL)
	})
}

func TestReadDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := memnet.PacketPair(newLink(t, netem.Profile{}, netem.Options{}))
		b := make([]byte, 10)
		began := time.Now()
		require.NoError(t, server.SetReadDeadline(began.Add(time.Second)))
		for range 2 { // it stays passed
			_, _, err := server.ReadFrom(b)
			assert.ErrorIs(t, err, os.ErrDeadlineExceeded)
			assert.True(t, timedOut(err))
			assert.Equal(t, time.Second, time.Since(began))
		}
		// A deadline that has passed wins over data that is there.
		write(t, client, server.LocalAddr(), "DATA")
		synctest.Wait()
		time.Sleep(ms)
		_, _, err := server.ReadFrom(b)
		assert.ErrorIs(t, err, os.ErrDeadlineExceeded)
		require.NoError(t, server.SetReadDeadline(time.Time{}))
		text, _ := read(t, server)
		assert.Equal(t, "DATA", text)
	})
}

// A deadline can be set, moved and taken away while somebody reads.
func TestReadDeadlineChangesUnderway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, server := memnet.PacketPair(newLink(t, netem.Profile{}, netem.Options{}))
		began := time.Now()
		failed := make(chan time.Duration, 1)
		go func() {
			_, _, err := server.ReadFrom(make([]byte, 10))
			assert.ErrorIs(t, err, os.ErrDeadlineExceeded)
			failed <- time.Since(began)
		}()
		synctest.Wait()
		require.NoError(t, server.SetDeadline(began.Add(time.Second)))
		require.NoError(t, server.SetDeadline(time.Time{}))
		time.Sleep(2 * time.Second)
		require.NoError(t, server.SetDeadline(began.Add(time.Hour)))
		require.NoError(t, server.SetDeadline(began.Add(5*time.Second)))
		assert.Equal(t, 5*time.Second, <-failed)
	})
}

func TestWriteDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := memnet.PacketPair(newLink(t, netem.Profile{}, netem.Options{}))
		require.NoError(t, client.SetWriteDeadline(time.Now().Add(-1)))
		_, err := client.WriteTo(nil, server.LocalAddr())
		assert.ErrorIs(t, err, os.ErrDeadlineExceeded)
		require.NoError(t, client.SetWriteDeadline(time.Now().Add(1)))
		write(t, client, server.LocalAddr(), "DATA")
		text, _ := read(t, server)
		assert.Equal(t, "DATA", text)
	})
}

func TestCloseOfAPacketConn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := memnet.PacketPair(newLink(t, both(netem.Impairments{Delay: 10 * ms}), netem.Options{}))
		var readers sync.WaitGroup
		for range 3 {
			readers.Go(func() {
				_, _, err := client.ReadFrom(make([]byte, 10))
				assert.ErrorIs(t, err, net.ErrClosed)
			})
		}
		write(t, client, server.LocalAddr(), "DATA")
		synctest.Wait()
		require.NoError(t, client.Close())
		readers.Wait()
		assert.ErrorIs(t, client.Close(), net.ErrClosed)
		_, err := client.WriteTo(nil, server.LocalAddr())
		assert.ErrorIs(t, err, net.ErrClosed)
		assert.False(t, timedOut(err))
		assert.ErrorIs(t, client.SetDeadline(time.Time{}), net.ErrClosed)
		assert.ErrorIs(t, client.SetReadBuffer(1), net.ErrClosed)

		text, from := read(t, server)
		assert.Equal(t, "DATA", text, "what was written still arrives")
		write(t, server, from, "nobody hears this")
		time.Sleep(time.Second)
		require.NoError(t, server.Close())
	})
}

func TestReadBufferOverflows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := memnet.PacketPair(newLink(t, netem.Profile{}, netem.Options{}))
		require.NoError(t, server.SetReadBuffer(10))
		assert.ErrorIs(t, server.SetReadBuffer(0), syscall.EINVAL)
		for i := range 5 {
			write(t, client, server.LocalAddr(), fmt.Sprint("DATA", i)) // 5 octets each
		}
		time.Sleep(ms)
		assert.Equal(t, 3, server.Overflowed())
		for i := range 2 {
			text, _ := read(t, server)
			assert.Equal(t, fmt.Sprint("DATA", i), text)
		}
		write(t, client, server.LocalAddr(), "larger than the whole buffer")
		text, _ := read(t, server)
		assert.Equal(t, "larger than the whole buffer", text)
	})
}

// A client whose address has changed is heard from the new one, and reached there
// only.
func TestRebinding(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := netem.Profile{Phases: []netem.Phase{{On: &netem.Trigger{Match: "REBIND"}, Rebind: true}}}
		link := newLink(t, p, netem.Options{})
		client, server := memnet.PacketPair(link)
		write(t, client, server.LocalAddr(), "REBIND")
		_, before := read(t, server)
		write(t, client, server.LocalAddr(), "DATA")
		_, after := read(t, server)
		assert.NotEqual(t, before, after)
		assert.Equal(t, client.LocalAddr(), before)
		write(t, server, before, "lost")
		write(t, server, after, "found")
		text, _ := read(t, client)
		assert.Equal(t, "found", text)
		assert.Equal(t, map[string]int{"rebind": 1}, link.Stats().BA.ByReason)
	})
}

func TestEveryClientHasAnAddressOfItsOwn(t *testing.T) {
	n := memnet.New(newLink(t, netem.Profile{}, netem.Options{}), memnet.Options{})
	seen := map[string]bool{}
	for range 1 << 16 {
		seen[n.Client().LocalAddr().String()] = true
	}
	assert.Len(t, seen, 1<<16)
	assert.Panics(t, func() { n.Client() })
}

// The same rules outside a bubble, in real time and under the race detector.
func TestConcurrentUseInRealTime(t *testing.T) {
	link := newLink(t, netem.Profile{}, netem.Options{})
	client, server := memnet.PacketPair(link)
	const writers, each = 8, 50
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for i := range each {
				_, err := client.WriteTo(fmt.Appendf(nil, "DATA %d/%d", w, i), server.LocalAddr())
				assert.NoError(t, err)
			}
		})
	}
	got := make(chan string, writers*each)
	for range 2 {
		all.Go(func() {
			b := make([]byte, 64)
			for {
				n, _, err := server.ReadFrom(b)
				if err != nil {
					assert.ErrorIs(t, err, net.ErrClosed)
					return
				}
				got <- string(b[:n])
			}
		})
	}
	seen := map[string]bool{}
	for range writers * each {
		seen[<-got] = true
	}
	assert.Len(t, seen, writers*each)
	require.NoError(t, server.Close())
	require.NoError(t, client.Close())
	all.Wait()
}
