package compress_test

import (
	"errors"
	"fmt"
	"strings"

	"github.com/vstp-project/vstp/ref/compress"
	"github.com/vstp-project/vstp/ref/wire"
)

func ExampleCompress() {
	message := wire.Frame{Type: wire.TypeData, Payload: []byte(strings.Repeat("A", 1024))}

	sent, err := compress.Compress(message, compress.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(sent.Flags, len(sent.Payload) < 1024)

	delivered, err := compress.Decompress(sent, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(delivered.Flags, len(delivered.Payload))

	// Output:
	// COMP true
	// 0 1024
}

// A receiver tells what does not decompress from what is too large when it does:
// over TCP the one is answered with ERR 18, the other with ERR 8.
func ExampleGunzip() {
	_, err := compress.Gunzip([]byte("notgzip"), 0)
	fmt.Println(errors.Is(err, wire.BadCompression), err)

	bomb, err := compress.Gzip(make([]byte, 1<<20), 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = compress.Gunzip(bomb, 64<<10)
	fmt.Println(errors.Is(err, wire.FrameTooLarge))

	// Output:
	// true octet 0: BadCompression: the payload is not exactly one gzip member
	// true
}
