package reliable_test

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/vstp-project/vstp/ref/reliable"
	"github.com/vstp-project/vstp/ref/wire"
)

// An acknowledged send to a peer that never answers, in no time at all: whoever runs a
// Sender says what the time is, and asks it when there will be something to do.
func ExampleSender() {
	s := reliable.NewSender(reliable.Config{FirstMsgID: 1})
	to := netip.MustParseAddrPort("192.0.2.1:9000")
	start := time.Now()
	now := start
	if _, err := s.Send(now, to, wire.Frame{Type: wire.TypeData, Payload: []byte("hello?")}, true); err != nil {
		fmt.Println(err)
		return
	}
	var buffer []byte
	for s.Outstanding() > 0 {
		for _, t := range s.Advance(now) {
			fmt.Println(now.Sub(start), "given up:", t.To())
		}
		for t, datagram := s.Poll(now, buffer); t != nil; t, datagram = s.Poll(now, buffer) {
			id, _ := t.MsgID()
			fmt.Println(now.Sub(start), "sent: msg-id", id, "in", len(datagram), "octets")
		}
		if next := s.NextTimeout(); next.After(now) {
			now = next
		}
	}

	// Output:
	// 0s sent: msg-id 1 in 30 octets
	// 100ms sent: msg-id 1 in 30 octets
	// 300ms sent: msg-id 1 in 30 octets
	// 700ms sent: msg-id 1 in 30 octets
	// 2.7s given up: 192.0.2.1:9000
}

// The ACK ends it: from the destination, with the msg-id.
func ExampleSender_Acknowledge() {
	s := reliable.NewSender(reliable.Config{FirstMsgID: 1})
	to := netip.MustParseAddrPort("192.0.2.1:9000")
	now := time.Now()
	t, err := s.Send(now, to, wire.Frame{Type: wire.TypeData, Payload: []byte("hello?")}, true)
	if err != nil {
		fmt.Println(err)
		return
	}
	s.Poll(now, nil)
	stranger := netip.MustParseAddrPort("192.0.2.2:9000")
	fmt.Println(s.Acknowledge(now, stranger, 1) == t, t.Ended())
	fmt.Println(s.Acknowledge(now, to, 1) == t, t.Ended())

	// Output:
	// false false
	// true true
}

// A receiver delivers a message once, though its sender repeats it.
func ExampleDuplicates() {
	d := reliable.NewDuplicates(reliable.DuplicatesConfig{})
	m, err := wire.NewBuilder(wire.TypeData).Text(wire.KeyMsgID, "5").Payload([]byte("pay 10")).Flags(wire.FlagReqAck).Build()
	if err != nil {
		fmt.Println(err)
		return
	}
	from := netip.MustParseAddrPort("192.0.2.1:9000")
	now := time.Now()
	for range 2 {
		digest, named := d.Digest(from, m)
		fmt.Println("has a msg-id:", named, "seen before:", d.Has(now, digest))
		d.Add(now, digest)
	}
	digest, _ := d.Digest(from, m)
	fmt.Println("after 30 s:", d.Has(now.Add(30*time.Second), digest))

	// Output:
	// has a msg-id: true seen before: false
	// has a msg-id: true seen before: true
	// after 30 s: false
}
