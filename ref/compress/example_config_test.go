package compress_test

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/vstp-project/vstp/ref/compress"
	"github.com/vstp-project/vstp/ref/wire"
)

// An application asks for compression by the COMP flag; whether there is any is decided
// by what it saves.
func ExampleConfig_Outgoing() {
	cfg := compress.Config{}
	for _, size := range []int{1023, 1024} {
		asked := wire.Frame{Type: wire.TypeData, Flags: wire.FlagComp, Payload: bytes.Repeat([]byte("a"), size)}
		sent, err := cfg.Outgoing(asked)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(size, sent.Flags.Has(wire.FlagComp), len(sent.Payload) < size)
	}
	_, err := compress.Config{Off: true}.Outgoing(wire.Frame{Type: wire.TypeData, Flags: wire.FlagComp})
	fmt.Println(errors.Is(err, wire.Unsupported))

	// Output:
	// 1023 false false
	// 1024 true true
	// true
}

// One gzip member, and back.
func ExampleGzip() {
	member, err := compress.Gzip(bytes.Repeat([]byte("a"), 1000), 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("% x, shorter: %v\n", member[:3], len(member) < 1000)
	plain, err := compress.Gunzip(member, 0)
	fmt.Println(len(plain), err)

	// Output:
	// 1f 8b 08, shorter: true
	// 1000 <nil>
}
