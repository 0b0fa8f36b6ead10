package tcp_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/vstp-project/vstp/ref/extension"
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

// Extensions of an endpoint: what a client sends is logged and then compressed, and what
// the server receives is decompressed, logged, and refused without a label. Neither is a
// matter for the applications, and the connection goes on.
func ExampleConfig_extensions() {
	log := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	}))
	var client, server extension.Set
	err := errors.Join(
		client.Send.Register("logging", extension.Logging{Log: log, Message: "sent"}),
		client.Send.Register("compression", extension.Compression{}),
		server.Receive.Register("labels", extension.ForType(wire.TypeData,
			func(_ context.Context, f wire.Frame) (wire.Frame, error) {
				if _, ok := f.Headers.Get("content-type"); !ok {
					return f, errors.New("no content-type")
				}
				return f, nil
			})),
		server.Receive.Register("logging", extension.Logging{Log: log, Message: "received"}),
	)
	if err != nil {
		fmt.Println(err)
		return
	}

	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	s, err := tcp.Listen(ctx, "127.0.0.1:0", tcp.Config{
		Extensions: &server,
		Handler: func(_ context.Context, r *tcp.Request) {
			answer := fmt.Sprintf("%d octets of text", len(r.Message.Payload))
			r.Answer(wire.Frame{Type: wire.TypeData, Payload: []byte(answer)})
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	conn, err := tcp.Dial(ctx, s.Addr().String(), tcp.Config{Extensions: &client})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close()

	text := strings.Repeat("All work and no play. ", 100)
	labelled, err := wire.NewBuilder(wire.TypeData).Text("content-type", "text/plain").Payload([]byte(text)).Build()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range []wire.Frame{{Type: wire.TypeData, Payload: []byte("what is this?")}, labelled} {
		if err := conn.Send(ctx, f); err != nil {
			fmt.Println(err)
			return
		}
	}
	f, err := conn.Receive(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s\n", f.Payload)

	// Unordered output:
	// level=INFO msg=sent type=DATA flags=0 headers=0 payload=13 octets=28
	// level=INFO msg=sent type=DATA flags=0 headers=1 payload=2200 octets=2239
	// level=INFO msg=received type=DATA flags=0 headers=1 payload=2200 octets=2239
	// 2200 octets of text
}

// A frame type of one's own, allocated in the registry, is exchanged as DATA is once
// both ends have been told of it.
func ExampleConfig_messageTypes() {
	const typeNote wire.Type = 0x20
	cfg := tcp.Config{
		MessageTypes: []wire.Type{typeNote},
		Handler: func(_ context.Context, r *tcp.Request) {
			if r.Message.Type == typeNote {
				r.Answer(wire.Frame{Type: typeNote, Payload: append([]byte("noted: "), r.Message.Payload...)})
			}
		},
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	s, err := tcp.Listen(ctx, "127.0.0.1:0", cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	conn, err := tcp.Dial(ctx, s.Addr().String(), cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close()
	if err := conn.Send(ctx, wire.Frame{Type: typeNote, Payload: []byte("milk")}); err != nil {
		fmt.Println(err)
		return
	}
	f, err := conn.Receive(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(f)
	// Output: TYPE(0x20) "noted: milk" (26 octets)
}
