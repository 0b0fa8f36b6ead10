package wire_test

import (
	"fmt"

	"github.com/vstp-project/vstp/ref/wire"
)

// A Headers is its own encoding: it is put together by appending, and every Append
// leaves what it was given as it is.
func ExampleHeaders() {
	var h wire.Headers
	for _, kv := range [][2]string{{"content-type", "text/plain"}, {"tag", "red"}, {"tag", "round"}} {
		var err error
		if h, err = h.AppendText(kv[0], kv[1]); err != nil {
			fmt.Println(err)
			return
		}
	}
	for key, value := range h.All() {
		fmt.Printf("%s: %s\n", key, value)
	}
	first, ok := h.Get("tag")
	fmt.Printf("%d headers in %d octets, the first of %d tags is %s %v\n", h.Len(), h.Size(), h.Count("tag"), first, ok)

	// Output:
	// content-type: text/plain
	// tag: red
	// tag: round
	// 3 headers in 42 octets, the first of 2 tags is red true
}

// Octets from elsewhere are checked as a whole: here the header says that its value has
// five octets, and there are four.
func ExampleParseHeaders() {
	h, err := wire.ParseHeaders([]byte("\x03\x05tagblue!"))
	fmt.Println(h.Len(), err)
	_, err = wire.ParseHeaders([]byte("\x03\x05tagblue"))
	fmt.Println(err)

	// Output:
	// 1 <nil>
	// octet 0: Protocol: malformed header section, or another violation without a code of its own
}

// Numbers in the protocol's own headers have one form each. What has another is no
// number.
func ExampleParseDecimal() {
	for _, text := range []string{"42", "042", "+42", "18446744073709551615", "18446744073709551616"} {
		v, ok := wire.ParseDecimal([]byte(text))
		fmt.Println(text, v, ok)
	}
	fmt.Printf("%s\n", wire.AppendDecimal([]byte("msg-id "), 42))

	// Output:
	// 42 42 true
	// 042 0 false
	// +42 0 false
	// 18446744073709551615 18446744073709551615 true
	// 18446744073709551616 0 false
	// msg-id 42
}
