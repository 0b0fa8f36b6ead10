package target

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
)

// maxWhole is the largest whole number of the adapter protocol.
const maxWhole = 1<<53 - 1

// An Answer is an adapter's answer to one request. Its methods read members by
// name; their error is an *AnswerError that says which one is missing or
// malformed.
type Answer struct {
	Request int64  // the number that the request was given, counted from 1 at start
	OK      bool   // whether the operation was carried out
	Error   string // otherwise the name of the error
	Message string // what the adapter adds for people, if anything

	line    []byte
	members map[string]json.RawMessage
}

// read sets what is common to all answers.
func (a *Answer) read() error {
	ok, err := a.member("ok")
	if err != nil {
		return err
	}
	switch string(ok) {
	case "true":
		a.OK = true
	case "false":
	default:
		return a.fault("ok", "is neither true nor false")
	}
	// It is for people alone, so that its form is not insisted on.
	_ = json.Unmarshal(a.members["message"], &a.Message)
	if a.OK {
		return nil
	}
	if a.Error, err = a.String("error"); err == nil && a.Error == "" {
		err = a.fault("error", "is empty")
	}
	return err
}

// Line is the answer as it was written, without the line end. It is not to be
// changed.
func (a Answer) Line() []byte { return a.line }

// Has says whether there is such a member.
func (a Answer) Has(name string) bool { return a.members[name] != nil }

// Remote says whether an error is marked as one that came from the peer.
func (a Answer) Remote() bool { return !a.OK && string(a.members["remote"]) == "true" }

// String returns a member that is a string.
func (a Answer) String(name string) (string, error) {
	raw, err := a.member(name)
	if err != nil {
		return "", err
	}
	s, ok := jsonString(raw)
	if !ok {
		return "", a.fault(name, "is not a string")
	}
	return s, nil
}

// Hex returns a member that is octets in hexadecimal, in either case.
func (a Answer) Hex(name string) ([]byte, error) {
	raw, err := a.member(name)
	if err != nil {
		return nil, err
	}
	b, problem := jsonHex(raw)
	if problem != "" {
		return nil, a.fault(name, problem)
	}
	return b, nil
}

// Int returns a member that is a whole number from 0 to 2^53-1.
func (a Answer) Int(name string) (int64, error) {
	raw, err := a.member(name)
	if err != nil {
		return 0, err
	}
	v, ok := jsonWhole(raw)
	if !ok {
		return 0, a.fault(name, fmt.Sprintf("is not a whole number from 0 to %d", int64(maxWhole)))
	}
	return v, nil
}

// Decimal returns a member that is a string of decimal digits without leading
// zeros, from 0 to 2^64-1.
func (a Answer) Decimal(name string) (uint64, error) {
	s, err := a.String(name)
	if err != nil {
		return 0, err
	}
	v, err := strconv.ParseUint(s, 10, 64)
	if err != nil || strconv.FormatUint(v, 10) != s {
		return 0, a.fault(name, "is not a number from 0 to 2^64-1 in decimal digits without leading zeros")
	}
	return v, nil
}

// Value returns a member that may be any JSON value, as it was written.
func (a Answer) Value(name string) (json.RawMessage, error) { return a.member(name) }

// A Frame is a frame in the notation of the adapter protocol, with octets in
// place of hexadecimal digits. As an argument of [Adapter.Call] all its members
// are written.
type Frame struct {
	Version, Type, Flags uint8
	Headers              [][2][]byte // pairs of key and value
	Payload              []byte
}

// MarshalJSON writes the frame in the notation of the adapter protocol.
func (f Frame) MarshalJSON() ([]byte, error) {
	headers := make([][2]string, len(f.Headers))
	for i, h := range f.Headers {
		headers[i] = [2]string{hex.EncodeToString(h[0]), hex.EncodeToString(h[1])}
	}
	return json.Marshal(struct {
		Version uint8       `json:"version"`
		Type    uint8       `json:"type"`
		Flags   uint8       `json:"flags"`
		Headers [][2]string `json:"headers"`
		Payload string      `json:"payload"`
	}{f.Version, f.Type, f.Flags, headers, hex.EncodeToString(f.Payload)})
}

// Frame returns the member "frame". All of its members have to be there.
func (a Answer) Frame() (Frame, error) {
	raw, err := a.member("frame")
	if err != nil {
		return Frame{}, err
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(raw, &members) != nil || members == nil {
		return Frame{}, a.fault("frame", "is not an object")
	}
	in := Answer{members: members}
	var f Frame
	for _, octet := range []struct {
		name string
		to   *uint8
	}{{"version", &f.Version}, {"type", &f.Type}, {"flags", &f.Flags}} {
		v, err := in.Int(octet.name)
		if err == nil && v > math.MaxUint8 {
			err = a.fault(octet.name, "is above 255")
		}
		if err != nil {
			return Frame{}, inFrame(err)
		}
		*octet.to = uint8(v)
	}
	if f.Headers, err = in.pairs("headers"); err != nil {
		return Frame{}, inFrame(err)
	}
	if f.Payload, err = in.Hex("payload"); err != nil {
		return Frame{}, inFrame(err)
	}
	return f, nil
}

// inFrame makes an error about a member of a frame one about the answer.
func inFrame(err error) error {
	e := *err.(*AnswerError)
	e.Member = "frame." + e.Member
	return &e
}

// pairs reads a list of pairs of octets.
func (a Answer) pairs(name string) ([][2][]byte, error) {
	raw, err := a.member(name)
	if err != nil {
		return nil, err
	}
	var list []json.RawMessage
	if raw[0] != '[' || json.Unmarshal(raw, &list) != nil {
		return nil, a.fault(name, "is not a list")
	}
	pairs := make([][2][]byte, len(list))
	for i, item := range list {
		item := bytes.TrimSpace(item)
		at := fmt.Sprintf("%s[%d]", name, i)
		var pair []json.RawMessage
		if item[0] != '[' || json.Unmarshal(item, &pair) != nil || len(pair) != 2 {
			return nil, a.fault(at, "is not a pair of key and value")
		}
		for j := range pairs[i] {
			b, problem := jsonHex(pair[j])
			if problem != "" {
				return nil, a.fault(fmt.Sprintf("%s[%d]", at, j), problem)
			}
			pairs[i][j] = b
		}
	}
	return pairs, nil
}

// strings reads a list of strings.
func (a Answer) strings(name string) ([]string, error) {
	raw, err := a.member(name)
	if err != nil {
		return nil, err
	}
	var list []*string
	if raw[0] != '[' || json.Unmarshal(raw, &list) != nil {
		return nil, a.fault(name, "is not a list of strings")
	}
	out := make([]string, len(list))
	for i, s := range list {
		if s == nil {
			return nil, a.fault(name, "is not a list of strings")
		}
		out[i] = *s
	}
	return out, nil
}

// member returns a member as it was written, at least one octet.
func (a Answer) member(name string) (json.RawMessage, error) {
	raw := a.members[name]
	if raw == nil {
		return nil, a.fault(name, "is missing")
	}
	return raw, nil
}

func (Answer) fault(member, problem string) *AnswerError {
	return &AnswerError{Member: member, Problem: problem}
}

func jsonString(raw json.RawMessage) (s string, ok bool) {
	return s, raw[0] == '"' && json.Unmarshal(raw, &s) == nil
}

// jsonHex returns octets, or what is wrong.
func jsonHex(raw json.RawMessage) (b []byte, problem string) {
	s, ok := jsonString(raw)
	if !ok {
		return nil, "is not a string"
	}
	if len(s)%2 != 0 {
		return nil, fmt.Sprintf("has an odd number of hexadecimal digits, %d", len(s))
	}
	b, err := hex.DecodeString(s)
	if err != nil {
		return nil, "has a character that is no hexadecimal digit"
	}
	return b, ""
}

// jsonWhole reads a whole number in any notation: 1, 1.0 and 10e-1 are the same
// number in JSON.
func jsonWhole(raw json.RawMessage) (int64, bool) {
	if c := raw[0]; c != '-' && (c < '0' || c > '9') {
		return 0, false
	}
	// What is beyond a float64 becomes an infinity.
	v, _ := strconv.ParseFloat(string(raw), 64)
	if v < 0 || v > maxWhole || v != math.Trunc(v) {
		return 0, false
	}
	return int64(v), true
}
