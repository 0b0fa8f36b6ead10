package wire_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/vstp-project/vstp/ref/wire"
)

func ExampleParse() {
	octets := []byte("VT\x01\x03\x00\x0b\x00\x00\x00\x00\x05\x04\x05testvalueHello\x6d\xff\xe4\x07")

	f, n, err := wire.Parse(octets, wire.Limits{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(f)
	for key, value := range f.Headers.All() {
		fmt.Printf("%s is %s\n", key, value)
	}
	fmt.Printf("payload %s, %d octets in all\n", f.Payload, n)

	// Output:
	// DATA test=value "Hello" (31 octets)
	// test is value
	// payload Hello, 31 octets in all
}

// While octets are missing, Parse says how many it takes at least; anything else
// is a fault with a name.
func ExampleParse_errors() {
	octets := []byte("VT\x01\x03\x00\x0b\x00\x00\x00\x00\x05\x04\x05testvalueHello\x6d\xff\xe4\x07")

	for _, have := range []int{5, 20} {
		if _, n, err := wire.Parse(octets[:have], wire.Limits{}); errors.Is(err, wire.ErrShort) {
			fmt.Printf("have %d octets, need %d\n", have, n)
		}
	}

	octets[22] = 'J'
	_, _, err := wire.Parse(octets, wire.Limits{})
	fmt.Println(err)
	fmt.Println(errors.Is(err, wire.CrcMismatch))

	// Output:
	// have 5 octets, need 11
	// have 20 octets, need 31
	// octet 27: CrcMismatch: CRC32 differs from the one computed [CRC-5]
	// true
}

func ExampleBuilder() {
	f, err := wire.NewBuilder(wire.TypeData).
		Text("content-type", "text/plain").
		Text(wire.KeyMsgID, "5").
		Payload([]byte("Hello")).
		Flags(wire.FlagReqAck).
		Build()
	if err != nil {
		fmt.Println(err)
		return
	}
	octets, err := f.AppendBinary(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(f)
	fmt.Printf("% x\n", octets[:wire.FixedLen])

	// Output:
	// DATA REQ_ACK content-type=text/plain msg-id=5 "Hello" (53 octets)
	// 56 54 01 03 01 21 00 00 00 00 05
}

func ExampleReader() {
	var stream bytes.Buffer
	w := wire.NewWriter(&stream, wire.Limits{})
	for _, f := range []wire.Frame{
		{Type: wire.TypeHello},
		{Type: wire.TypeData, Payload: []byte("Hello")},
		{Type: wire.TypeBye},
	} {
		if err := w.WriteFrame(f); err != nil {
			fmt.Println(err)
			return
		}
	}

	r := wire.NewReader(&stream, wire.Limits{})
	for {
		f, err := r.ReadFrame()
		if err == io.EOF {
			break
		}
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(f) // valid until the next ReadFrame; Clone keeps it longer
	}

	// Output:
	// HELLO (15 octets)
	// DATA "Hello" (20 octets)
	// BYE (15 octets)
}
