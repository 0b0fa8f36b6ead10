package main

// message is what each codec carries, in its own form of it.
type message struct {
	headers []header
	payload []byte
}

type header struct{ key, value string }

// threeHeaders are 69 octets as VSTP writes them.
var threeHeaders = []header{
	{"content-type", "application/octet-stream"},
	{"msg-id", "1234567"},
	{"channel", "general"},
}

// newMessage returns a message with as many octets of payload that do not compress,
// the same each time.
func newMessage(octets int, headers []header) message {
	payload := make([]byte, octets)
	x := uint64(88172645463325252)
	for i := range payload {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		payload[i] = byte(x >> 32)
	}
	return message{headers, payload}
}

// codec encodes and decodes one message over and over, using its buffers again where
// its library allows.
type codec struct {
	encode func()

	// decode decodes the message and looks at each header. It returns the payload,
	// valid until the next call, and the octets of all keys and values.
	decode func() (payload []byte, headers int)
}

// peer makes a codec of a library, or returns false if it has no form for the message.
type peer struct {
	name string
	make func(m message) (codec, bool)
}

var peers = []peer{
	{"x/net/http2 + hpack", newHTTP2},
	{"gorilla/websocket, unmasked", newWebSocket},
	{"protobuf", newProtobuf},
	{"msgpack", newMsgpack},
	{"encoding/json", newJSON},
}

// must is for what cannot fail in a benchmark whose tests pass.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
