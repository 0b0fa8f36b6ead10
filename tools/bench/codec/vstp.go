package main

import "github.com/vstp-project/vstp/ref/wire"

// newVSTP makes the codec that the others are compared with. It alone computes a
// checksum.
func newVSTP(m message) codec {
	builder := wire.NewBuilder(wire.TypeData).Payload(m.payload)
	for _, h := range m.headers {
		builder.Text(h.key, h.value)
	}
	f, err := builder.Build()
	must(err)
	octets, err := f.AppendBinary(nil)
	must(err)
	buf := make([]byte, 0, len(octets))
	var decoded wire.Frame
	return codec{
		encode: func() {
			_, err := f.AppendBinary(buf)
			must(err)
		},
		decode: func() (payload []byte, headers int) {
			_, err := wire.ParseInto(&decoded, octets, wire.Limits{})
			must(err)
			for key, value := range decoded.Headers.All() {
				headers += len(key) + len(value)
			}
			return decoded.Payload, headers
		},
	}
}
