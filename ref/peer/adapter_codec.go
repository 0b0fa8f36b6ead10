package peer

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"runtime/debug"

	"github.com/vstp-project/vstp/ref/compress"
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
	lim.Types = a.options.Types
	f, n, err := wire.Parse(octets, lim)
	switch {
	case errors.Is(err, wire.ErrShort):
		return answer{Needed: &n}, err
	case err != nil:
		return answer{}, err
	}
	return answer{Frame: shown(f), Consumed: &n}, nil
}

// shown returns a frame in the notation of the adapter protocol.
func shown(f wire.Frame) *frame {
	out := frame{
		Version: wire.Version,
		Type:    uint8(f.Type),
		Flags:   uint8(f.Flags),
		Headers: make([][2]string, 0, f.Headers.Len()),
		Payload: hex.EncodeToString(f.Payload),
	}
	for key, value := range f.Headers.All() {
		out.Headers = append(out.Headers, [2]string{hex.EncodeToString(key), hex.EncodeToString(value)})
	}
	return &out
}

// limit returns the limit of a decode or decompress request.
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
	m, err := r.object("frame")
	switch {
	case err != nil:
		return answer{}, err
	case m["type"] == nil:
		return answer{}, misuse(`the member "type" of the frame is missing`)
	}
	f, err := m.frame()
	if err != nil {
		return answer{}, err
	}
	var b bytes.Buffer
	if err := wire.NewWriter(&b, wire.Limits{Types: a.options.Types}).WriteFrame(f); err != nil {
		return answer{}, err
	}
	return octetsAnswer(b.Bytes()), nil
}

func (a *adapter) decompress(r members) (answer, error) {
	if a.options.NoCompression {
		return answer{}, wire.Unsupported
	}
	octets, err := r.octets("hex")
	if err != nil {
		return answer{}, err
	}
	limit, err := r.limit()
	if err != nil {
		return answer{}, err
	}
	plain, err := compress.Gunzip(octets, limit)
	if err != nil {
		return answer{}, err
	}
	return octetsAnswer(plain), nil
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
