package tcp_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"time"

	"github.com/vstp-project/vstp/ref/session"
	"github.com/vstp-project/vstp/ref/tcp"
	"github.com/vstp-project/vstp/ref/wire"
)

// Errors are told apart by kind, whatever they say. What is refused here has not been
// sent, and the connection goes on.
func Example_errors() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	server, err := tcp.Listen(ctx, "127.0.0.1:0", tcp.Config{Limits: wire.Limits{MaxFrame: 1000}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	conn, err := tcp.Dial(ctx, server.Addr().String(), tcp.Config{Limits: wire.Limits{MaxFrame: 2000}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close()

	var local *session.LocalError
	err = conn.Send(ctx, wire.Frame{Type: wire.TypeData, Payload: make([]byte, 3000)})
	fmt.Println("beyond our limit:", errors.As(err, &local), errors.Is(err, wire.FrameTooLarge))

	// The server closes the connection over a frame that is beyond its own limit, and
	// says why.
	err = conn.SendReliable(ctx, wire.Frame{Type: wire.TypeData, Payload: make([]byte, 1500)})
	fmt.Println("beyond the server's:", err != nil)
	var remote *session.PeerError
	for err = nil; !errors.Is(err, net.ErrClosed); {
		if _, err = conn.Receive(ctx); errors.As(err, &remote) {
			fmt.Println("the server says:", remote.Code == wire.FrameTooLarge)
		}
	}
	fmt.Println("then the connection has ended:", errors.Is(err, wire.ConnectionClosed), errors.Is(err, io.EOF))

	// Output:
	// beyond our limit: true true
	// beyond the server's: true
	// the server says: true
	// then the connection has ended: true true
}

// A client that connects again by itself. It says what was interrupted, for only the
// application knows whether that may be done twice.
func ExampleRedial() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	echo := tcp.Config{Handler: func(_ context.Context, r *tcp.Request) {
		r.Answer(wire.Frame{Type: wire.TypeData, Payload: r.Message.Payload})
	}}
	server, err := tcp.Listen(ctx, "127.0.0.1:0", echo)
	if err != nil {
		fmt.Println(err)
		return
	}
	var where atomic.Value // servers come and go
	where.Store(server.Addr().String())
	client := tcp.NewRedial("", tcp.RedialConfig{
		MinDelay: time.Millisecond, MaxDelay: 10 * time.Millisecond,
		Connect: func(ctx context.Context) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "tcp", where.Load().(string))
		},
	})
	defer client.Close()
	message := wire.Frame{Type: wire.TypeData, Payload: []byte("are you there?")}
	fmt.Println(client.SendReliable(ctx, message))

	server.Close()
	if server, err = tcp.Listen(ctx, "127.0.0.1:0", echo); err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	where.Store(server.Addr().String())
	var interrupted *tcp.InterruptedError
	for err = client.SendReliable(ctx, message); errors.As(err, &interrupted); err = client.SendReliable(ctx, message) {
	}
	fmt.Println(err)

	// Output:
	// <nil>
	// <nil>
}
