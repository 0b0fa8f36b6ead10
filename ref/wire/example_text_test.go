package wire_test

import (
	"errors"
	"fmt"

	"github.com/vstp-project/vstp/ref/wire"
)

// Varints are for payloads: small numbers take few octets.
func ExampleAppendUvarint() {
	for _, v := range []uint64{127, 128, 16384} {
		fmt.Printf("%d: % x (%d)\n", v, wire.AppendUvarint(nil, v), wire.UvarintLen(v))
	}

	// Output:
	// 127: 7f (1)
	// 128: 80 01 (2)
	// 16384: 80 80 01 (3)
}

// The value, and where the next one begins; or how much is missing.
func ExampleUvarint() {
	fmt.Println(wire.Uvarint([]byte{0x80, 0x01, 0x05}))
	_, n, err := wire.Uvarint([]byte{0x80})
	fmt.Println(n, errors.Is(err, wire.ErrShort))

	// Output:
	// 128 2 <nil>
	// 2 true
}

// Binary strings are for payloads too: two octets of length, then UTF-8.
func ExampleAppendString() {
	b, err := wire.AppendString(nil, "Grüße")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("% x\n", b)
	fmt.Println(wire.ParseString(b))
	_, err = wire.AppendString(nil, "\xff")
	fmt.Println(err)

	// Output:
	// 07 00 47 72 c3 bc c3 9f 65
	// Grüße 9 <nil>
	// Protocol: string is not valid UTF-8 [STR-1]
}
