package forge

import "fmt"

// Header is one header, key and value being any octets.
type Header struct{ Key, Value []byte }

// KV makes headers of text: KV("a", "1", "b", "2") are the two headers a=1 and
// b=2 in that order. An odd number of arguments is a slip in the calling
// program, and KV panics.
func KV(kv ...string) []Header {
	if len(kv)%2 != 0 {
		panic(fmt.Sprintf("forge: KV got %d strings, and the last key %q has no value", len(kv), kv[len(kv)-1]))
	}
	headers := make([]Header, 0, len(kv)/2)
	for ; len(kv) > 0; kv = kv[2:] {
		headers = append(headers, Header{Key: []byte(kv[0]), Value: []byte(kv[1])})
	}
	return headers
}

// Section returns the header section that holds headers in their order: for
// each KEY_LEN and VALUE_LEN of one octet, KEY and VALUE [HDR-1]. A key or value
// of more than 255 octets is written whole behind a length cut down to its low
// octet.
func Section(headers []Header) []byte {
	var section []byte
	for _, h := range headers {
		section = append(section, byte(len(h.Key)), byte(len(h.Value)))
		section = append(section, h.Key...)
		section = append(section, h.Value...)
	}
	return section
}
