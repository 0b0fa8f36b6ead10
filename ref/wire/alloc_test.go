package wire_test

import (
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/wire"
)

// What a busy endpoint does for each frame does not allocate.
func TestHotPathDoesNotAllocate(t *testing.T) {
	f := mustBuild(t, wire.NewBuilder(wire.TypeData).
		Text("content-type", "application/octet-stream").
		Text(wire.KeyMsgID, "1234567").
		Text("channel", "general").
		Payload(pattern(1024)))
	octets := mustEncode(t, f)
	buf := make([]byte, 0, len(octets))
	reader := wire.NewReader(&endless{octets: octets}, wire.Limits{})
	writer := wire.NewWriter(io.Discard, wire.Limits{})
	lim := wire.Limits{Types: wire.NewTypeSet(0x10)}
	seen := 0

	for name, op := range map[string]func(){
		"AppendBinary": func() {
			b, err := f.AppendBinary(buf)
			if err != nil || len(b) != len(octets) {
				panic(err)
			}
		},
		"Parse": func() {
			if _, _, err := wire.Parse(octets, lim); err != nil {
				panic(err)
			}
		},
		"ParseInto": func() {
			if _, err := wire.ParseInto(&f, octets, lim); err != nil {
				panic(err)
			}
		},
		"Parse of a prefix": func() {
			if _, _, err := wire.Parse(octets[:500], lim); err != wire.ErrShort {
				panic(err)
			}
		},
		"All": func() {
			for key, value := range f.Headers.All() {
				seen += len(key) + len(value)
			}
		},
		"Get": func() {
			value, ok := f.Headers.Get(wire.KeyMsgID)
			if !ok {
				panic("missing")
			}
			seen += len(value)
		},
		"Count and Len": func() {
			seen += f.Headers.Count(wire.KeyMsgID) + f.Headers.Len()
		},
		"ParseHeaders": func() {
			h, err := wire.ParseHeaders(f.Headers.Bytes())
			if err != nil {
				panic(err)
			}
			seen += h.Size()
		},
		"ReadFrame": func() {
			f, err := reader.ReadFrame()
			if err != nil {
				panic(err)
			}
			seen += len(f.Payload)
		},
		"WriteFrame": func() {
			if err := writer.WriteFrame(f); err != nil {
				panic(err)
			}
		},
		"decimal": func() {
			v, ok := wire.ParseDecimal(wire.AppendDecimal(buf, 1234567))
			if !ok {
				panic("not canonical")
			}
			seen += int(v)
		},
		"varint": func() {
			v, n, err := wire.Uvarint(wire.AppendUvarint(buf, 1234567))
			if err != nil {
				panic(err)
			}
			seen += int(v) + n
		},
		"AppendString": func() {
			b, err := wire.AppendString(buf, "你好")
			if err != nil {
				panic(err)
			}
			seen += len(b)
		},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Zero(t, testing.AllocsPerRun(200, op))
		})
	}
	require.Positive(t, seen)
}
