package extension_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/vstp-project/vstp/ref/extension"
	"github.com/vstp-project/vstp/ref/wire"
)

// Extensions have names, by which they are found and taken out again, and run in the
// order in which they were registered.
func ExamplePipeline() {
	var p extension.Pipeline
	label := func(value string) extension.Handler {
		return extension.ForType(wire.TypeData, func(_ context.Context, f wire.Frame) (wire.Frame, error) {
			var err error
			f.Headers, err = f.Headers.AppendText("seen-by", value)
			return f, err
		})
	}
	if err := errors.Join(p.Register("first", label("first")), p.Register("second", label("second"))); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(p.Register("first", label("again")) != nil, p.Names())
	fmt.Println(p.Process(context.Background(), wire.Frame{Type: wire.TypeData}))
	fmt.Println(p.Process(context.Background(), wire.Frame{Type: wire.TypePing}))

	_, found := p.Unregister("first")
	_, still := p.Lookup("first")
	fmt.Println(found, still, p.Names())

	// Output:
	// true [first second]
	// DATA seen-by=first seen-by=second (44 octets) <nil>
	// PING (15 octets) <nil>
	// true false [second]
}

// An extension that fails costs one frame, and says which extension it was.
func ExampleDropError() {
	var p extension.Pipeline
	full := errors.New("the disk is full")
	err := p.Register("archive", extension.ForType(wire.TypeData, func(_ context.Context, f wire.Frame) (wire.Frame, error) {
		return f, full
	}))
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = p.Process(context.Background(), wire.Frame{Type: wire.TypeData})
	var drop *extension.DropError
	fmt.Println(errors.As(err, &drop), errors.Is(err, full))
	fmt.Println(drop.Extension, drop.Type)

	// Output:
	// true true
	// archive DATA
}
