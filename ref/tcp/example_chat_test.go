package tcp_test

import (
	"context"
	"fmt"
	"time"

	"github.com/vstp-project/vstp/ref/tcp"
	"github.com/vstp-project/vstp/ref/wire"
)

// What is said in a channel arrives whole, once and in order. A server answers a message
// with as many frames as it likes: here somebody who joins gets what was said before.
// (Who is typing is for UDP, where what is lost is not missed; see package udp.)
func Example_chat() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	said := make(chan wire.Frame, 16)
	server, err := tcp.Listen(ctx, "127.0.0.1:0", tcp.Config{
		Handler: func(_ context.Context, r *tcp.Request) {
			if _, joins := r.Message.Headers.Get("join"); !joins {
				said <- r.Message
				return
			}
			for len(said) > 0 {
				m := <-said
				r.Answer(wire.Frame{Type: wire.TypeData, Headers: m.Headers, Payload: m.Payload})
			}
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

	send := func(b *wire.Builder) error {
		f, err := b.Text("channel", "general").Build()
		if err != nil {
			return err
		}
		return conn.Send(ctx, f)
	}
	for _, text := range []string{"good morning", "is the coffee ready?"} {
		if err := send(wire.NewBuilder(wire.TypeData).Text("user-id", "user-123").Payload([]byte(text))); err != nil {
			fmt.Println(err)
			return
		}
	}
	if err := send(wire.NewBuilder(wire.TypeData).Text("join", "")); err != nil {
		fmt.Println(err)
		return
	}
	for range 2 {
		m, err := conn.Receive(ctx)
		if err != nil {
			fmt.Println(err)
			return
		}
		user, _ := m.Headers.Get("user-id")
		fmt.Printf("%s: %s\n", user, m.Payload)
	}

	// Output:
	// user-123: good morning
	// user-123: is the coffee ready?
}
