package peer

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"strconv"

	"github.com/vstp-project/vstp/ref/wire"
)

// maxWhole is the largest whole number of the adapter protocol: up to it every
// number can be told from its neighbours in any JSON library.
const maxWhole = 1<<53 - 1

// misuse says what is wrong with a request, as distinct from what the
// specification finds wrong with the octets in it.
type misuse string

func (m misuse) Error() string { return string(m) }

func misusef(format string, args ...any) error { return misuse(fmt.Sprintf(format, args...)) }

// members are the members of a JSON object, by their exact names.
type members map[string]json.RawMessage

func parseRequest(line []byte) (members, error) {
	var r members
	if err := json.Unmarshal(line, &r); err != nil || r == nil {
		if err == nil {
			return nil, misuse("the line is null and not a JSON object")
		}
		return nil, misusef("the line is not a JSON object: %v", err)
	}
	return r, nil
}

// id returns the number of the request, nil if it has none.
func (r members) id() (*uint64, error) {
	if r["id"] == nil {
		return nil, nil
	}
	id, err := r.whole("id")
	return &id, err
}

// flag reads true or false, false if there is no such member.
func (r members) flag(name string) (bool, error) {
	switch string(r[name]) {
	case "true":
		return true, nil
	case "false", "":
		return false, nil
	default:
		return false, misusef("the member %q is neither true nor false", name)
	}
}

func (r members) text(name string) (string, error) {
	var s string
	raw := r[name]
	switch {
	case raw == nil:
		return "", misusef("the member %q is missing", name)
	case raw[0] != '"', json.Unmarshal(raw, &s) != nil:
		return "", misusef("the member %q is not a string", name)
	}
	return s, nil
}

func (r members) octets(name string) ([]byte, error) {
	s, err := r.text(name)
	if err != nil {
		return nil, err
	}
	b, err := unhex(s)
	if err != nil {
		return nil, misusef("the member %q %v", name, err)
	}
	return b, nil
}

// optionalOctets returns nil if there is no such member.
func (r members) optionalOctets(name string) ([]byte, error) {
	if r[name] == nil {
		return nil, nil
	}
	return r.octets(name)
}

func unhex(s string) ([]byte, error) {
	if len(s)%2 != 0 {
		return nil, misusef("has an odd number of hexadecimal digits, %d", len(s))
	}
	b, err := hex.DecodeString(s)
	if err != nil {
		return nil, misuse("has a character that is no hexadecimal digit")
	}
	return b, nil
}

func (r members) number(name string) (float64, error) {
	raw := r[name]
	if raw == nil {
		return 0, misusef("the member %q is missing", name)
	}
	if c := raw[0]; c != '-' && (c < '0' || c > '9') {
		return 0, misusef("the member %q is not a number", name)
	}
	// What is beyond a float64 becomes an infinity, which no range below takes in.
	v, _ := strconv.ParseFloat(string(raw), 64)
	return v, nil
}

// whole reads a whole number from 0 to maxWhole, in any notation: 1, 1.0 and 10e-1
// are the same number in JSON.
func (r members) whole(name string) (uint64, error) {
	v, err := r.number(name)
	if err != nil {
		return 0, err
	}
	if v < 0 || v > maxWhole || v != math.Trunc(v) {
		return 0, misusef("the member %q is not a whole number from 0 to %d", name, uint64(maxWhole))
	}
	return uint64(v), nil
}

// octet reads a whole number from 0 to 255, def if there is no such member.
func (r members) octet(name string, def uint8) (uint8, error) {
	if r[name] == nil {
		return def, nil
	}
	v, err := r.whole(name)
	if err != nil || v > math.MaxUint8 {
		return 0, misusef("the member %q is not a whole number from 0 to 255", name)
	}
	return uint8(v), nil
}

// pairs reads a list of pairs of octets, nil if there is no such member.
func (r members) pairs(name string) ([][2][]byte, error) {
	raw := r[name]
	if raw == nil {
		return nil, nil
	}
	var list [][]*string
	if raw[0] != '[' || json.Unmarshal(raw, &list) != nil {
		return nil, misusef("the member %q is not a list of pairs of strings", name)
	}
	out := make([][2][]byte, len(list))
	for i, item := range list {
		if len(item) != 2 || item[0] == nil || item[1] == nil {
			return nil, misusef("item %d of %q is not a pair of strings", i, name)
		}
		for j := range out[i] {
			b, err := unhex(*item[j])
			if err != nil {
				return nil, misusef("item %d of %q %v", i, name, err)
			}
			out[i][j] = b
		}
	}
	return out, nil
}

// object reads a member that is an object.
func (r members) object(name string) (members, error) {
	raw := r[name]
	var m members
	switch {
	case raw == nil:
		return nil, misusef("the member %q is missing", name)
	case raw[0] != '{', json.Unmarshal(raw, &m) != nil:
		return nil, misusef("the member %q is not an object", name)
	}
	return m, nil
}

// frame reads a frame, of which r are the members: DATA if it has no type.
func (r members) frame() (wire.Frame, error) {
	version, err := r.octet("version", wire.Version)
	if err != nil {
		return wire.Frame{}, fmt.Errorf("frame: %w", err)
	}
	typ, err := r.octet("type", uint8(wire.TypeData))
	if err != nil {
		return wire.Frame{}, fmt.Errorf("frame: %w", err)
	}
	flags, err := r.octet("flags", 0)
	if err != nil {
		return wire.Frame{}, fmt.Errorf("frame: %w", err)
	}
	headers, err := r.pairs("headers")
	if err != nil {
		return wire.Frame{}, fmt.Errorf("frame: %w", err)
	}
	payload, err := r.optionalOctets("payload")
	if err != nil {
		return wire.Frame{}, fmt.Errorf("frame: %w", err)
	}
	if version != wire.Version {
		return wire.Frame{}, &wire.EncodeError{
			Reason: wire.Protocol,
			Detail: fmt.Sprintf("VERSION %d, there is only version %d [FRM-2]", version, wire.Version),
		}
	}
	b := wire.NewBuilder(wire.Type(typ)).Flags(wire.Flags(flags)).Payload(payload)
	for _, h := range headers {
		b.Binary(h[0], h[1])
	}
	return b.Build()
}
