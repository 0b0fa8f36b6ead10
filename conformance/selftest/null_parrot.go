package selftest

import (
	"encoding/hex"
	"encoding/json"
	"math/rand/v2"
	"strconv"

	"github.com/vstp-project/vstp/conformance/target"
)

// yields is the member that a codec's answer to each operation has.
var yields = map[string]string{
	"decode": "frame", "encode": "hex", "decompress": "hex",
	"varint_decode": "value", "varint_encode": "hex", "string_decode": "value", "string_encode": "hex",
}

// parrot answers an operation of a codec from what was in the requests, or at random;
// nil for another operation.
func (s *pretending) parrot(r nullRequest) members {
	member, ok := yields[r.Op]
	if !ok {
		return nil
	}
	from := r.members
	switch {
	case s.random:
		return guess(member)
	case s.repeats:
		from, s.before = s.before, r.members
	}
	m := members{"consumed": 15}
	for name, value := range from {
		if name != "op" && name != "id" {
			m[name] = value
		}
	}
	return m
}

// guess is an answer at random in the right form.
func guess(member string) members {
	octets := noise(rand.IntN(40))
	m := members{"consumed": rand.IntN(40)}
	switch member {
	case "frame":
		m["frame"] = target.Frame{Version: 1, Type: uint8(1 + rand.IntN(8)), Payload: octets}
	case "hex":
		m["hex"] = hex.EncodeToString(octets)
	default:
		m["value"] = json.RawMessage(strconv.Quote(strconv.FormatUint(rand.Uint64(), 10)))
	}
	return m
}
