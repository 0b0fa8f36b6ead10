package main

import (
	"github.com/vstp-project/vstp/conformance/forge"
	"github.com/vstp-project/vstp/vectors"
)

// file is a file of vectors, ready for encoding/json.
type file struct {
	Schema      string     `json:"schema"`
	Spec        string     `json:"spec"`
	Family      string     `json:"family"`
	Description string     `json:"description"`
	SHA256      string     `json:"sha256"`
	Tombstones  []struct{} `json:"tombstones"`
	Vectors     []vector   `json:"vectors"`
}

func newFile(family, description string) file {
	return file{Schema: vectors.Schema, Spec: "1.0", Family: family, Description: description, Tombstones: []struct{}{}}
}

type vector struct {
	Name         string   `json:"name"`
	Requirements []string `json:"requirements"`
	Comment      string   `json:"comment"`
	Origin       string   `json:"origin"`
	Tags         []string `json:"tags,omitempty"`
	Octets       string   `json:"octets"`
	Limit        int      `json:"limit,omitempty"`
	Expect       expect   `json:"expect"`
}

type expect struct {
	Result   string   `json:"result"`
	Error    string   `json:"error,omitempty"`
	Needed   int      `json:"needed,omitempty"`
	Consumed int      `json:"consumed,omitempty"`
	Frame    *content `json:"frame,omitempty"`
}

type content struct {
	Version byte     `json:"version"`
	Type    byte     `json:"type"`
	Flags   byte     `json:"flags"`
	Headers [][2]any `json:"headers"`
	Payload string   `json:"payload"`
}

// add appends a vector, filling in what all of them have in common.
func (f *file) add(v vector) {
	v.Origin = "forge"
	f.Vectors = append(f.Vectors, v)
}

// accepted is what is expected of a frame that is right. Followed by nothing, it
// consumes all its octets.
func accepted(frame forge.Frame) expect {
	c := content{Version: 1, Type: frame.Type, Flags: frame.Flags, Headers: [][2]any{}, Payload: notation(frame.Payload)}
	for _, h := range frame.Headers {
		c.Headers = append(c.Headers, [2]any{notation(h.Key), notation(h.Value)})
	}
	return expect{Result: vectors.ResultAccept, Consumed: len(frame.Bytes()), Frame: &c}
}

func rejected(name string) expect { return expect{Result: vectors.ResultReject, Error: name} }

func incomplete(needed int) expect { return expect{Result: vectors.ResultIncomplete, Needed: needed} }

// direction returns the tag of a frame that only decoders are judged by. An
// encoder is, too, by frames that a sender may send as they are: the other types
// have more rules about flags, headers and payload.
func direction(typ, flags byte) []string {
	switch typ {
	case typeHello, typeData, typePing, typeBye:
		if flags&^(flagReqAck|flagCRC) == 0 {
			return nil
		}
	}
	return []string{vectors.TagDecodeOnly}
}

// The numbers of the specification that the frames are made with. [TYP-1] [FLG-1]
const (
	typeHello = 1
	typeData  = 3
	typePing  = 4
	typeBye   = 6

	flagReqAck = 0x01
	flagCRC    = 0x02
	flagFrag   = 0x10
	flagComp   = 0x20
)

var typeNames = []string{1: "hello", 2: "welcome", 3: "data", 4: "ping", 5: "pong", 6: "bye", 7: "ack", 8: "err"}
