package tcp_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/vstp-project/vstp/ref/tcp"
	"github.com/vstp-project/vstp/ref/wire"
)

// A server that answers in capitals, and a client that wants to be sure that its
// question has arrived.
func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	server, err := tcp.Listen(ctx, "127.0.0.1:0", tcp.Config{
		Handler: func(_ context.Context, r *tcp.Request) {
			answer := strings.ToUpper(string(r.Message.Payload))
			r.Answer(wire.Frame{Type: wire.TypeData, Payload: []byte(answer)})
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()

	conn, err := tcp.Dial(ctx, server.Addr().String(), tcp.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close()
	question := wire.Frame{Type: wire.TypeData, Payload: []byte("is anybody there?")}
	if err := conn.SendReliable(ctx, question); err != nil {
		fmt.Println(err)
		return
	}
	f, err := conn.Receive(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s\n", f.Payload)
	// Output: IS ANYBODY THERE?
}
