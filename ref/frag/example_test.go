package frag_test

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/vstp-project/vstp/ref/frag"
	"github.com/vstp-project/vstp/ref/wire"
)

// A message is cut by its sender and put together by its receiver, whatever the order
// in which the fragments come.
func Example() {
	message, err := wire.NewBuilder(wire.TypeData).
		Text(wire.KeyMsgID, "5").
		Payload([]byte(strings.Repeat("long ", 600))).
		Build()
	if err != nil {
		fmt.Println(err)
		return
	}
	fragments, err := frag.Split(message, 42, wire.DefaultMaxFrame)
	if err != nil {
		fmt.Println(err)
		return
	}

	r := frag.NewReassembler(frag.Config{})
	from := netip.MustParseAddrPort("192.0.2.1:9000")
	now := time.Now()
	for i := fragments.Len() - 1; i >= 0; i-- {
		whole, complete, err := r.Add(now, from, fragments.Frame(i))
		if err != nil {
			fmt.Println(err)
			return
		}
		if complete {
			fmt.Println("complete:", len(whole.Payload), "octets,", whole.Headers.Len(), "header")
			break
		}
		fmt.Println("fragment", i, "of", fragments.Len(), "is there; incomplete messages:", r.Sessions())
	}

	// Output:
	// fragment 2 of 3 is there; incomplete messages: 1
	// fragment 1 of 3 is there; incomplete messages: 1
	// complete: 3000 octets, 1 header
}

// What is never completed goes when its time is over. The caller says what time it is.
func ExampleReassembler_Advance() {
	message, err := wire.NewBuilder(wire.TypeData).Text(wire.KeyMsgID, "5").Payload(make([]byte, 2000)).Build()
	if err != nil {
		fmt.Println(err)
		return
	}
	fragments, err := frag.Split(message, 1, wire.DefaultMaxFrame)
	if err != nil {
		fmt.Println(err)
		return
	}
	r := frag.NewReassembler(frag.Config{})
	now := time.Now()
	if _, _, err := r.Add(now, netip.MustParseAddrPort("192.0.2.1:9000"), fragments.Frame(0)); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r.Sessions(), "until", r.NextTimeout().Sub(now))
	r.Advance(now.Add(29 * time.Second))
	fmt.Println(r.Sessions())
	r.Advance(now.Add(30 * time.Second))
	fmt.Println(r.Sessions(), r.NextTimeout().IsZero())

	// Output:
	// 1 until 30s
	// 1
	// 0 true
}

// A fragment that is not kept says why, and leaves the others alone.
func ExampleDiscard() {
	r := frag.NewReassembler(frag.Config{MaxPerSource: 1})
	from := netip.MustParseAddrPort("192.0.2.1:9000")
	for id, msgID := range []string{"5", "6"} {
		message, err := wire.NewBuilder(wire.TypeData).Text(wire.KeyMsgID, msgID).Payload(make([]byte, 2000)).Build()
		if err != nil {
			fmt.Println(err)
			return
		}
		fragments, err := frag.Split(message, uint8(id), wire.DefaultMaxFrame)
		if err != nil {
			fmt.Println(err)
			return
		}
		_, _, err = r.Add(time.Now(), from, fragments.Frame(0))
		fmt.Println(r.Sessions(), errors.Is(err, wire.RateLimited))
	}

	// Output:
	// 1 false
	// 1 true
}

// A frag-id that was sent rests before it is used again for the same destination.
func ExampleIDs() {
	var ids frag.IDs
	now := time.Now()
	for range 2 {
		id, ok := ids.Take(now, 7)
		fmt.Println(id, ok)
		ids.Rest(now, id, 30*time.Second)
	}
	now = now.Add(30 * time.Second)
	fmt.Println(ids.Take(now, 7))

	// Output:
	// 7 true
	// 8 true
	// 7 true
}

// Fragments leave no faster than a receive buffer bears.
func ExamplePacer() {
	var p frag.Pacer
	start := time.Now()
	now, sent := start, 0
	for now.Before(start.Add(time.Second)) {
		if next := p.Next(); next.After(now) {
			now = next
			continue
		}
		p.Sent(now)
		sent++
	}
	fmt.Println("at most 6,400 fragments in a second:", sent <= 6400+64)

	// Output:
	// at most 6,400 fragments in a second: true
}

// A memory that forgets by time and by number.
func ExampleRecent() {
	seen := frag.NewRecent[string](30*time.Second, 2)
	now := time.Now()
	for _, key := range []string{"a", "b", "c"} {
		seen.Add(now, key)
	}
	fmt.Println(seen.Has(now, "a"), seen.Has(now, "c"), seen.Len())
	fmt.Println(seen.Has(now.Add(30*time.Second), "c"))

	// Output:
	// false true 2
	// false
}
