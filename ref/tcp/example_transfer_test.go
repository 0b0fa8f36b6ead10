package tcp_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"time"

	"github.com/vstp-project/vstp/ref/tcp"
	"github.com/vstp-project/vstp/ref/wire"
)

// A file of any size is a sequence of messages, each below the limit of a frame. The
// last is acknowledged: then all before it have arrived too, and in order.
func Example_fileTransfer() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	file := bytes.Repeat([]byte("0123456789abcdef"), 1<<16) // 1 MiB
	received := make(chan string, 1)
	var sum hash.Hash // of one connection's one file: the handler runs message by message
	server, err := tcp.Listen(ctx, "127.0.0.1:0", tcp.Config{
		Handler: func(_ context.Context, r *tcp.Request) {
			if _, first := r.Message.Headers.Get("file-name"); first {
				sum = sha256.New()
			}
			sum.Write(r.Message.Payload)
			if _, last := r.Message.Headers.Get("end"); last {
				received <- fmt.Sprintf("%x", sum.Sum(nil))
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

	if err := sendFile(ctx, conn, "large.bin", bytes.NewReader(file)); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("arrived unharmed:", <-received == fmt.Sprintf("%x", sha256.Sum256(file)))

	// Output:
	// arrived unharmed: true
}

// sendFile sends a file in messages of 64 KiB.
func sendFile(ctx context.Context, conn *tcp.Conn, name string, file io.Reader) error {
	chunk := make([]byte, 64<<10)
	b := wire.NewBuilder(wire.TypeData).Text("file-name", name)
	for {
		n, err := io.ReadFull(file, chunk)
		if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
			return err
		}
		last := err != nil
		if last {
			b.Text("end", "")
		}
		f, buildErr := b.Payload(chunk[:n]).Build()
		if buildErr != nil {
			return buildErr
		}
		if last {
			return conn.SendReliable(ctx, f)
		}
		// The chunk can be used again: what Send was given is with the system.
		if err := conn.Send(ctx, f); err != nil {
			return err
		}
		b = wire.NewBuilder(wire.TypeData)
	}
}
