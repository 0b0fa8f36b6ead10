package rate_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/rate"
)

var (
	start = time.Date(2025, 10, 20, 12, 0, 0, 0, time.UTC)
	alice = netip.MustParseAddr("192.0.2.1")
	bob   = netip.MustParseAddr("192.0.2.2")
)

// taken is how many of n frames of some octets pass at a time.
func taken(l *rate.Limiter, now time.Time, from netip.Addr, n, octets int) int {
	passed := 0
	for range n {
		if ok, _ := l.Take(now, from, octets); ok {
			passed++
		}
	}
	return passed
}

func TestNoLimit(t *testing.T) {
	l := rate.New(rate.Limit{})
	require.Nil(t, l)
	ok, tell := l.Take(start, alice, 1<<40)
	assert.True(t, ok)
	assert.False(t, tell)
	assert.Zero(t, l.Peers())
}

func TestFrames(t *testing.T) {
	l := rate.New(rate.Limit{Frames: 10})
	assert.Equal(t, 10, taken(l, start, alice, 100, 1<<30), "a second's worth at once, of any size")
	assert.Equal(t, 10, taken(l, start, bob, 100, 1), "somebody else has a share as well")
	now := start
	for range 50 { // at its rate, for ever
		assert.Equal(t, 1, taken(l, now.Add(100*time.Millisecond), alice, 5, 1))
		now = now.Add(100 * time.Millisecond)
	}
	assert.Equal(t, 10, taken(l, now.Add(time.Hour), alice, 100, 1), "rest is not saved up")
}

func TestOctets(t *testing.T) {
	l := rate.New(rate.Limit{Octets: 1000})
	assert.Equal(t, 10, taken(l, start, alice, 100, 100))
	assert.Zero(t, taken(l, start.Add(99*time.Millisecond), bob, 0, 1))
	assert.Equal(t, 1, taken(l, start.Add(100*time.Millisecond), alice, 100, 100))

	// What is larger than a second's worth passes, and is paid off.
	assert.Equal(t, 1, taken(l, start, bob, 100, 5000))
	assert.Zero(t, taken(l, start.Add(4*time.Second), bob, 1, 1))
	assert.Equal(t, 1, taken(l, start.Add(4*time.Second+time.Nanosecond), bob, 1, 1))
}

func TestBothLimits(t *testing.T) {
	l := rate.New(rate.Limit{Frames: 5, Octets: 1000})
	assert.Equal(t, 5, taken(l, start, alice, 100, 1))
	assert.Equal(t, 2, taken(l, start, bob, 100, 500))
}

// What was refused costs nothing, or a peer that goes on sending would never be let in
// again.
func TestRefusedIsNotCounted(t *testing.T) {
	l := rate.New(rate.Limit{Frames: 2, Octets: 200})
	assert.Equal(t, 2, taken(l, start, alice, 10_000, 10))
	assert.Equal(t, 1, taken(l, start.Add(500*time.Millisecond), alice, 10_000, 10))
}

func TestTellOnceASecond(t *testing.T) {
	l := rate.New(rate.Limit{Frames: 1})
	told := func(now time.Time) int {
		n := 0
		for range 10 {
			if ok, tell := l.Take(now, alice, 1); tell {
				require.False(t, ok)
				n++
			}
		}
		return n
	}
	assert.Equal(t, 1, told(start))
	assert.Zero(t, told(start.Add(999*time.Millisecond)))
	assert.Equal(t, 1, told(start.Add(1500*time.Millisecond)))
}

func TestPeersAreAddresses(t *testing.T) {
	l := rate.New(rate.Limit{Frames: 1})
	for _, c := range []struct {
		addr string
		same bool // as an earlier one
	}{
		{"192.0.2.1", false},
		{"::ffff:192.0.2.1", true},
		{"2001:db8::1", false},
		{"2001:db8::ffff:1", true},
		{"2001:db8:0:1::1", false},
		{"fe80::1%eth0", false},
		{"fe80::2%eth1", true},
	} {
		ok, _ := l.Take(start, netip.MustParseAddr(c.addr), 1)
		assert.Equal(t, !c.same, ok, c.addr)
	}
	ok, _ := l.Take(start, netip.Addr{}, 1)
	assert.True(t, ok, "a peer without an address is one as well")
	assert.Equal(t, 1, taken(l, start.Add(time.Minute), netip.Addr{}, 2, 1))
}

// The table does not grow with the addresses that have ever been seen, nor beyond
// 65,536.
func TestPeersAreForgotten(t *testing.T) {
	l := rate.New(rate.Limit{Frames: 1})
	addr := netip.MustParseAddr("10.0.0.0")
	now := start
	for range 10_000 {
		addr, now = addr.Next(), now.Add(10*time.Millisecond)
		l.Take(now, addr, 1)
	}
	assert.LessOrEqual(t, l.Peers(), 1024)

	for range 70_000 {
		addr = addr.Next()
		l.Take(now, addr, 1)
	}
	assert.Equal(t, 65_536, l.Peers())
	assert.Zero(t, taken(l, now, addr.Next(), 5, 1), "the rest share what one may send, and that is used up")
	assert.Zero(t, taken(l, now.Add(500*time.Millisecond), addr.Next(), 5, 1))
	assert.Equal(t, 2, taken(l, now.Add(2*time.Second), addr.Next(), 1, 1)+taken(l, now.Add(2*time.Second), addr, 1, 1), "those before are forgotten")
	assert.Equal(t, 2, l.Peers())
}
