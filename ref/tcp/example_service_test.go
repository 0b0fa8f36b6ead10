package tcp_test

import (
	"context"
	"fmt"
	"time"

	"github.com/vstp-project/vstp/ref/tcp"
	"github.com/vstp-project/vstp/ref/wire"
)

// A service that is asked by headers, as services ask one another: what is wanted stands
// in the headers, and a correlation-id of the application's says which answer belongs to
// which request. Several requests are under way on one connection.
func Example_service() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	server, err := tcp.Listen(ctx, "127.0.0.1:0", tcp.Config{Handler: users})
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

	for i, path := range []string{"/users/123", "/users/0"} {
		request, err := wire.NewBuilder(wire.TypeData).
			Text("service", "user-service").
			Text("method", "GET").
			Text("path", path).
			Text("correlation-id", fmt.Sprint("req-", i)).
			Build()
		if err == nil {
			err = conn.Send(ctx, request)
		}
		if err != nil {
			fmt.Println(err)
			return
		}
	}
	for range 2 {
		answer, err := conn.Receive(ctx)
		if err != nil {
			fmt.Println(err)
			return
		}
		id, _ := answer.Headers.Get("correlation-id")
		status, _ := answer.Headers.Get("status")
		fmt.Printf("%s: %s %s\n", id, status, answer.Payload)
	}

	// Output:
	// req-0: found {"id":123,"name":"Ada"}
	// req-1: missing
}

// users is the service.
func users(_ context.Context, r *tcp.Request) {
	id, _ := r.Message.Headers.Get("correlation-id")
	path, _ := r.Message.Headers.Get("path")
	b := wire.NewBuilder(wire.TypeData).Binary([]byte("correlation-id"), id)
	if string(path) == "/users/123" {
		b.Text("status", "found").Payload([]byte(`{"id":123,"name":"Ada"}`))
	} else {
		b.Text("status", "missing")
	}
	if f, err := b.Build(); err == nil {
		r.Answer(f) // it fails when the client has gone
	}
}
