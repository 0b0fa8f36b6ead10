package wire_test

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/vstp-project/vstp/ref/wire"
)

// Whole frames are appended to a buffer of the caller's. One with room is not allocated
// anew.
func ExampleFrame_AppendBinary() {
	f := wire.Frame{Type: wire.TypePing, Payload: []byte("hi")}
	buffer := make([]byte, 0, 64)
	octets, err := f.AppendBinary(buffer)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%x\n%d of %d octets\n", octets, len(octets), f.EncodedLen())

	// Output:
	// 56540104000000000000026869cbcd5cda
	// 17 of 17 octets
}

// A Writer refuses what the peer would refuse, before any octet of it is sent.
func ExampleWriter() {
	var stream bytes.Buffer
	w := wire.NewWriter(&stream, wire.Limits{MaxFrame: 100})
	fmt.Println(w.WriteFrame(wire.Frame{Type: wire.TypeData, Payload: make([]byte, 85)}))
	fmt.Println(stream.Len())

	err := w.WriteFrame(wire.Frame{Type: wire.TypeData, Payload: make([]byte, 86)})
	fmt.Println(errors.Is(err, wire.FrameTooLarge))
	err = w.WriteFrame(wire.Frame{Type: 0x20})
	fmt.Println(err)
	fmt.Println(stream.Len())

	// Output:
	// <nil>
	// 100
	// true
	// Protocol: TYPE(0x20) is not among the frame types known here, add it to Limits.Types [TYP-2]
	// 100
}

// A frame type beyond the eight is known where its allocation is.
func ExampleNewTypeSet() {
	octets, err := wire.Frame{Type: 0x20, Payload: []byte("note")}.AppendBinary(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, n, err := wire.Parse(octets, wire.Limits{})
	fmt.Println(n, err)
	f, _, err := wire.Parse(octets, wire.Limits{Types: wire.NewTypeSet(0x20)})
	fmt.Println(f, err)

	// Output:
	// 19 octet 3: InvalidFrameType: TYPE is not known here [TYP-3]
	// TYPE(0x20) "note" (19 octets) <nil>
}

// A frame that is decoded again and again is kept in one place.
func ExampleParseInto() {
	var octets []byte
	for _, text := range []string{"one", "two", "three"} {
		var err error
		if octets, err = (wire.Frame{Type: wire.TypeData, Payload: []byte(text)}).AppendBinary(octets); err != nil {
			fmt.Println(err)
			return
		}
	}
	var f wire.Frame
	for len(octets) > 0 {
		n, err := wire.ParseInto(&f, octets, wire.Limits{})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s in %d octets\n", f.Payload, n)
		octets = octets[n:]
	}

	// Output:
	// one in 18 octets
	// two in 18 octets
	// three in 20 octets
}

// The table of priorities, by which package priority sends.
func ExampleType_Priority() {
	for _, t := range []wire.Type{wire.TypeErr, wire.TypeAck, wire.TypeHello, wire.TypePing, wire.TypeData} {
		fmt.Println(t, t.Priority(), t.IsControl())
	}

	// Output:
	// ERR 255 true
	// ACK 200 true
	// HELLO 150 true
	// PING 100 true
	// DATA 50 false
}

// Every kind of error has the specification's name and number.
func ExampleReason() {
	_, _, err := wire.Parse([]byte("HTTP/1.1 200 OK\r\n"), wire.Limits{})
	var fault *wire.DecodeError
	if errors.As(err, &fault) {
		fmt.Println("octet", fault.Offset, uint8(fault.Reason), fault.Reason == wire.InvalidMagic)
		fmt.Println(fault.Reason)
	}

	// Output:
	// octet 0 5 true
	// InvalidMagic: MAGIC is not 0x56 0x54: this is not VSTP [FRM-2]
}

// The checksum of every frame, at once and in pieces.
func ExampleCRC() {
	fmt.Printf("%08x\n", wire.Checksum([]byte("123456789")))
	var c wire.CRC
	c.Calculate([]byte("1234"))
	fmt.Println(c.Verify([]byte("56789"), 0xcbf43926))
	c.Reset()
	fmt.Println(c.Verify([]byte("56789"), 0xcbf43926))

	// Output:
	// cbf43926
	// true
	// false
}
