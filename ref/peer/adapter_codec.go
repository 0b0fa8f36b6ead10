package peer

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"runtime/debug"

	"github.com/vstp-project/vstp/ref/wire"
)

// A frame is a frame in the notation of the adapter protocol.
type frame struct {
	Version uint8       `json:"version"`
	Type    uint8       `json:"type"`
	Flags   uint8       `json:"flags"`
	Headers [][2]string `json:"headers"`
	Payload string      `json:"payload"`
}

func (a *adapter) decode(r members) (answer, error) {
	octets, err := r.octets("hex")
	if err != nil {
		return answer{}, err
	}
	limit, err := r.limit()
	if err != nil {
		return answer{}, err
	}
	lim := wire.Limits{MaxFrame: limit}
	lim.Types = a.types
	f, n, err := wire.Parse(octets, lim)
	switch {
	case errors.Is(err, wire.ErrShort):
		return answer{Needed: &n}, err
	case err != nil:
		return answer{}, err
	}
	shown := frame{
		Version: wire.Version,
		Type:    uint8(f.Type),
		Flags:   uint8(f.Flags),
		Headers: make([][2]string, 0, f.Headers.Len()),
		Payload: hex.EncodeToString(f.Payload),
	}
	for key, value := range f.Headers.All() {
		shown.Headers = append(shown.Headers, [2]string{hex.EncodeToString(key), hex.EncodeToString(value)})
	}
	return answer{Frame: &shown, Consumed: &n}, nil
}

// limit returns the frame limit of a decode request.
func (r members) limit() (int, error) {
	if r["limit"] == nil {
		return wire.DefaultMaxFrame, nil
	}
	limit, err := r.whole("limit")
	// To wire.Limits zero means the default. One octet is as little as none: no frame
	// is that short.
	return int(min(max(limit, 1), math.MaxInt)), err
}

func (a *adapter) encode(r members) (answer, error) {
	f, err := r.frame()
	if err != nil {
		return answer{}, err
	}
	var b bytes.Buffer
	if err := wire.NewWriter(&b, wire.Limits{Types: a.types}).WriteFrame(f); err != nil {
		return answer{}, err
	}
	return octetsAnswer(b.Bytes()), nil
}

// frame reads the frame that is to be encoded.
func (r members) frame() (wire.Frame, error) {
	raw := r["frame"]
	var m members
	switch {
	case raw == nil:
		return wire.Frame{}, misuse(`the member "frame" is missing`)
	case raw[0] != '{', json.Unmarshal(raw, &m) != nil:
		return wire.Frame{}, misuse(`the member "frame" is not an object`)
	case m["type"] == nil:
		return wire.Frame{}, misuse(`the member "type" of the frame is missing`)
	}
	version, err := m.octet("version", wire.Version)
	if err != nil {
		return wire.Frame{}, fmt.Errorf("frame: %w", err)
	}
	typ, err := m.octet("type", 0)
	if err != nil {
		return wire.Frame{}, fmt.Errorf("frame: %w", err)
	}
	flags, err := m.octet("flags", 0)
	if err != nil {
		return wire.Frame{}, fmt.Errorf("frame: %w", err)
	}
	headers, err := m.pairs("headers")
	if err != nil {
		return wire.Frame{}, fmt.Errorf("frame: %w", err)
	}
	payload, err := m.optionalOctets("payload")
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

func varintEncode(_ *adapter, r members) (answer, error) {
	s, err := r.text("value")
	if err != nil {
		return answer{}, err
	}
	v, ok := wire.ParseDecimal([]byte(s))
	if !ok {
		return answer{}, misuse(`the member "value" is not a number from 0 to 2^64-1 in decimal digits`)
	}
	return octetsAnswer(wire.AppendUvarint(nil, v)), nil
}

func varintDecode(_ *adapter, r members) (answer, error) {
	octets, err := r.octets("hex")
	if err != nil {
		return answer{}, err
	}
	v, n, err := wire.Uvarint(octets)
	if err != nil {
		return answer{}, err
	}
	return answer{Value: new(string(wire.AppendDecimal(nil, v))), Consumed: &n}, nil
}

func stringEncode(_ *adapter, r members) (answer, error) {
	content, err := r.octets("value")
	if err != nil {
		return answer{}, err
	}
	b, err := wire.AppendString(nil, string(content))
	if err != nil {
		return answer{}, err
	}
	return octetsAnswer(b), nil
}

func stringDecode(_ *adapter, r members) (answer, error) {
	octets, err := r.octets("hex")
	if err != nil {
		return answer{}, err
	}
	s, n, err := wire.ParseString(octets)
	if err != nil {
		return answer{}, err
	}
	return answer{Value: new(hex.EncodeToString([]byte(s))), Consumed: &n}, nil
}

func octetsAnswer(b []byte) answer { return answer{Hex: new(hex.EncodeToString(b))} }

// version says which state of the module the program was built from.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "unknown"
}
