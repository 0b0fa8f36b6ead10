package extension_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"

	"github.com/vstp-project/vstp/ref/compress"
	"github.com/vstp-project/vstp/ref/extension"
	"github.com/vstp-project/vstp/ref/wire"
)

// What is sent is logged and then compressed; what is received is refused without a
// label, and the connection goes on.
func Example() {
	log := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	}))
	var set extension.Set
	err := errors.Join(
		set.Send.Register("logging", extension.Logging{Log: log, Message: "sent"}),
		set.Send.Register("compression", extension.Compression{}),
		set.Receive.Register("labels", extension.ForType(wire.TypeData,
			func(_ context.Context, f wire.Frame) (wire.Frame, error) {
				if _, ok := f.Headers.Get("content-type"); !ok {
					return f, errors.New("no content-type")
				}
				return f, nil
			})),
	)
	if err != nil {
		fmt.Println(err)
		return
	}

	message := wire.Frame{Type: wire.TypeData, Payload: []byte(strings.Repeat("A", 5000))}
	sent, err := set.Send.Process(context.Background(), message)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(sent.Flags, len(sent.Payload) < 100)

	// The endpoint at the other end decompresses first, and then asks its extensions.
	arrived, err := compress.Decompress(sent, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = set.Receive.Process(context.Background(), arrived)
	fmt.Println(err)

	// Output:
	// level=INFO msg=sent type=DATA flags=0 headers=0 payload=5000 octets=5015
	// COMP true
	// extension "labels" has dropped a frame of type DATA: no content-type
}

// A frame type of one's own is allocated in the registry and known to the codec by its
// limits. An extension gives it a meaning: here a NOTE, type 0x20, comes to the
// application as a message with a label.
func ExampleForType() {
	const typeNote wire.Type = 0x20
	limits := wire.Limits{Types: wire.NewTypeSet(typeNote)}

	var receive extension.Pipeline
	err := receive.Register("notes", extension.ForType(typeNote,
		func(_ context.Context, f wire.Frame) (wire.Frame, error) {
			headers, err := f.Headers.AppendText("kind", "note")
			if err != nil {
				return f, err
			}
			return wire.Frame{Type: wire.TypeData, Headers: headers, Payload: f.Payload}, nil
		}))
	if err != nil {
		fmt.Println(err)
		return
	}

	var stream bytes.Buffer
	if err := wire.NewWriter(&stream, limits).WriteFrame(wire.Frame{Type: typeNote, Payload: []byte("milk")}); err != nil {
		fmt.Println(err)
		return
	}
	arrived, err := wire.NewReader(&stream, limits).ReadFrame()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(arrived)
	delivered, err := receive.Process(context.Background(), arrived)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(delivered)

	// Output:
	// TYPE(0x20) "milk" (19 octets)
	// DATA kind=note "milk" (29 octets)
}
