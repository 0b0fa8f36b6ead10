package udp_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/vstp-project/vstp/ref/udp"
	"github.com/vstp-project/vstp/ref/wire"
)

// A message that does not fit a datagram is cut, paced and put together by itself, up to
// 255 fragments. What is longer is refused before any of it is sent. A Conn receives from
// whoever sends to it, a second Conn for example: over UDP nobody is only a client.
func Example_large() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	receiver, err := udp.Dial(ctx, "127.0.0.1:9", udp.Config{Local: "127.0.0.1:0"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer receiver.Close()
	to := receiver.LocalAddr().String()
	sender, err := udp.Dial(ctx, to, udp.Config{Local: "127.0.0.1:0"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer sender.Close()

	large := bytes.Repeat([]byte("0123456789"), 10_000)
	if err := sender.SendReliable(ctx, sender.Peer(), wire.Frame{Type: wire.TypeData, Payload: large}); err != nil {
		fmt.Println(err)
		return
	}
	m, err := receiver.Receive(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(m.Frame.Payload), bytes.Equal(m.Frame.Payload, large), "incomplete:", receiver.Sessions())

	err = sender.Send(ctx, sender.Peer(), wire.Frame{Type: wire.TypeData, Payload: make([]byte, 400_000)})
	fmt.Println(errors.Is(err, wire.FrameTooLarge))

	// Output:
	// 100000 true incomplete: 0
	// true
}

// Answers can be acknowledged too. They leave from the address that the question came to.
func ExampleRequest_AnswerReliable() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	known := make(chan error, 1)
	server, err := udp.Listen(ctx, "127.0.0.1:0", udp.Config{
		Handler: func(ctx context.Context, r *udp.Request) {
			known <- r.AnswerReliable(ctx, wire.Frame{Type: wire.TypeData, Payload: []byte("42")})
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
	if err := conn.Send(ctx, conn.Peer(), wire.Frame{Type: wire.TypeData, Payload: []byte("6 x 7?")}); err != nil {
		fmt.Println(err)
		return
	}
	m, err := conn.Receive(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s, from the server: %v, and it knows: %v\n", m.Frame.Payload, m.Peer == conn.Peer(), <-known == nil)

	// Output:
	// 42, from the server: true, and it knows: true
}
