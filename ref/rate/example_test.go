package rate_test

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/vstp-project/vstp/ref/rate"
)

// Two frames a second, for each address: a second's worth may come at once, and then
// each at its time. Others are not affected.
func ExampleLimiter() {
	l := rate.New(rate.Limit{Frames: 2})
	busy, calm := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	start := time.Now()
	for range 2 {
		ok, _ := l.Take(start, busy, 100)
		fmt.Println("busy may send:", ok)
	}
	ok, tell := l.Take(start, busy, 100)
	fmt.Println("busy may send:", ok, "and is told:", tell)
	_, tell = l.Take(start, busy, 100)
	fmt.Println("told again at once:", tell)
	ok, _ = l.Take(start, calm, 100)
	fmt.Println("calm may send:", ok)
	ok, _ = l.Take(start.Add(500*time.Millisecond), busy, 100)
	fmt.Println("half a second later busy may send:", ok)

	// Output:
	// busy may send: true
	// busy may send: true
	// busy may send: false and is told: true
	// told again at once: false
	// calm may send: true
	// half a second later busy may send: true
}

// A host has as many IPv6 addresses as it likes in its network, and counts as one peer.
func ExamplePeer() {
	for _, addr := range []string{"192.0.2.1", "::ffff:192.0.2.1", "2001:db8:1:2:3::4", "2001:db8:1:2:5::6"} {
		fmt.Println(rate.Peer(netip.MustParseAddr(addr)))
	}

	// Output:
	// 192.0.2.1
	// 192.0.2.1
	// 2001:db8:1:2::
	// 2001:db8:1:2::
}
