package udp_test

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/vstp-project/vstp/ref/udp"
	"github.com/vstp-project/vstp/ref/wire"
)

// A server that answers in capitals, and a client that wants to be sure that its
// question has arrived.
func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	server, err := udp.Listen(ctx, "127.0.0.1:0", udp.Config{
		Handler: func(_ context.Context, r *udp.Request) {
			answer := strings.ToUpper(string(r.Message.Payload))
			r.Answer(wire.Frame{Type: wire.TypeData, Payload: []byte(answer)})
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()

	conn, err := udp.Dial(ctx, server.Addr().String(), udp.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close()
	// The zero AddrPort stands for the address given to Dial; any other can be named.
	question := wire.Frame{Type: wire.TypeData, Payload: []byte("is anybody there?")}
	if err := conn.SendReliable(ctx, netip.AddrPort{}, question); err != nil {
		fmt.Println(err)
		return
	}
	m, err := conn.Receive(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s\n", m.Frame.Payload)
	// Output: IS ANYBODY THERE?
}
