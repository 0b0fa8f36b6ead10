package main

import (
	"google.golang.org/protobuf/proto"

	"github.com/vstp-project/vstp/tools/bench/codec/pb"
)

// newProtobuf has the headers as a list, which is quicker than a map.
func newProtobuf(m message) (codec, bool) {
	f := &pb.Frame{Payload: m.payload}
	for _, h := range m.headers {
		f.Headers = append(f.Headers, &pb.Header{Key: []byte(h.key), Value: []byte(h.value)})
	}
	octets, err := proto.Marshal(f)
	must(err)
	buf := make([]byte, 0, len(octets))
	decoded := &pb.Frame{}
	return codec{
		encode: func() {
			_, err := proto.MarshalOptions{}.MarshalAppend(buf, f)
			must(err)
		},
		decode: func() (payload []byte, headers int) {
			must(proto.Unmarshal(octets, decoded))
			for _, h := range decoded.GetHeaders() {
				headers += len(h.GetKey()) + len(h.GetValue())
			}
			return decoded.GetPayload(), headers
		},
	}, true
}
