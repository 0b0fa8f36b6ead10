package main

import (
	"bytes"
	"encoding/json"

	"github.com/vmihailenco/msgpack/v5"
)

// plain is a message as a struct for encoders that look at the fields of one.
type plain struct {
	Headers []plainHeader `json:"headers,omitempty" msgpack:"headers"`
	Payload []byte        `json:"payload" msgpack:"payload"`
}

type plainHeader struct {
	Key   string `json:"key" msgpack:"key"`
	Value string `json:"value" msgpack:"value"`
}

func newPlain(m message) plain {
	p := plain{Payload: m.payload}
	for _, h := range m.headers {
		p.Headers = append(p.Headers, plainHeader{h.key, h.value})
	}
	return p
}

func (p plain) octets() (n int) {
	for _, h := range p.Headers {
		n += len(h.Key) + len(h.Value)
	}
	return n
}

// newMsgpack writes structs as arrays, without the names of the fields.
func newMsgpack(m message) (codec, bool) {
	p := newPlain(m)
	var out bytes.Buffer
	w := msgpack.NewEncoder(&out)
	encode := func() {
		out.Reset()
		w.Reset(&out)
		w.UseArrayEncodedStructs(true)
		must(w.Encode(&p))
	}
	encode()
	octets := bytes.Clone(out.Bytes())
	source := bytes.NewReader(octets)
	r := msgpack.NewDecoder(source)
	var decoded plain
	return codec{encode, func() (payload []byte, headers int) {
		source.Reset(octets)
		r.Reset(source)
		must(r.Decode(&decoded))
		return decoded.Payload, decoded.octets()
	}}, true
}

// newJSON has the payload in Base64, as encoding/json writes octets.
func newJSON(m message) (codec, bool) {
	p := newPlain(m)
	octets, err := json.Marshal(p)
	must(err)
	var out bytes.Buffer
	w := json.NewEncoder(&out)
	var decoded plain
	return codec{
		encode: func() {
			out.Reset()
			must(w.Encode(&p))
		},
		decode: func() (payload []byte, headers int) {
			must(json.Unmarshal(octets, &decoded))
			return decoded.Payload, decoded.octets()
		},
	}, true
}
