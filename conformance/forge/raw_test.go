package forge_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance/forge"
)

func TestRawOverridesOneField(t *testing.T) {
	section := forge.Section(forge.KV("test", "value"))
	tests := []struct {
		name string
		raw  forge.Raw
		want string
	}{
		{"magic", forge.Raw{Magic: &[2]byte{'X', 'X'}, Type: 3}, "5858 01 03 00 0000 00000000 9acd5891"},
		{"version", forge.Raw{Version: new(byte(2)), Type: 3}, "5654 02 03 00 0000 00000000 eb0aafdc"},
		{"version zero", forge.Raw{Version: new(byte(0)), Type: 3}, "5654 00 03 00 0000 00000000 c5fc875a"},
		{
			"header length",
			forge.Raw{Type: 3, HeaderLen: new(uint16(0x0b00)), HeaderSection: section, Payload: []byte("Hello")},
			"5654 01 03 00 000b 00000005 0405 74657374 76616c7565 48656c6c6f b328e4d2",
		},
		{
			"payload length",
			forge.Raw{Type: 3, PayloadLen: new(uint32(0x05000000)), HeaderSection: section, Payload: []byte("Hello")},
			"5654 01 03 00 0b00 05000000 0405 74657374 76616c7565 48656c6c6f b2dbd894",
		},
		{
			"header section",
			forge.Raw{Type: 3, HeaderSection: []byte{5, 0}, Payload: []byte("Hello")},
			"5654 01 03 00 0200 00000005 0500 48656c6c6f 30349509",
		},
		{"checksum", forge.Raw{Type: 9, CRC: new(uint32(0))}, "5654 01 09 00 0000 00000000 00000000"},
		{
			"no checksum",
			forge.Raw{Type: 3, HeaderSection: section, Payload: []byte("Hello"), NoCRC: true},
			"5654 01 03 00 0b00 00000005 0405 74657374 76616c7565 48656c6c6f",
		},
		{"no checksum even if given", forge.Raw{Type: 3, CRC: new(uint32(7)), NoCRC: true}, "5654 01 03 00 0000 00000000"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			assert.Equal(t, unhex(t, test.want), test.raw.Bytes())
		})
	}
}

func TestRawTwoOverrides(t *testing.T) {
	raw := forge.Raw{Magic: &[2]byte{0x58, 0x58}, Version: new(byte(2)), Type: 3}
	assert.Equal(t, unhex(t, "5858 02 03 00 0000 00000000 a3406454"), raw.Bytes())
}

func TestFlipBitTurnsExactlyOneBit(t *testing.T) {
	frame := forge.Frame{Type: 3, Payload: []byte("x")}.Bytes()
	for bit := range 8 * len(frame) {
		edited := forge.FlipBit(frame, bit)
		require.Len(t, edited, len(frame))
		for i := range frame {
			want := byte(0)
			if i == bit/8 {
				want = 1 << (bit % 8)
			}
			require.Equal(t, want, edited[i]^frame[i], "bit %d, octet %d", bit, i)
		}
		require.Equal(t, frame, forge.FlipBit(edited, bit))
	}
	assert.Panics(t, func() { forge.FlipBit(frame, 8*len(frame)) })
	assert.Panics(t, func() { forge.FlipBit(frame, -1) })
}

func TestResealMakesTrailerRight(t *testing.T) {
	frame := forge.Frame{Type: 3, Payload: []byte("x")}.Bytes()
	edited := forge.FlipBit(frame, 8*4)
	assert.NotEqual(t, edited, forge.Reseal(edited))
	assert.Equal(t, forge.Frame{Type: 3, Flags: 1, Payload: []byte("x")}.Bytes(), forge.Reseal(edited))
	assert.Equal(t, frame, forge.Reseal(frame))
	assert.Equal(t, []byte{0, 0, 0, 0}, forge.Reseal([]byte{1, 2, 3, 4}))
	assert.Panics(t, func() { forge.Reseal([]byte{1, 2, 3}) })
}

func TestConcat(t *testing.T) {
	hello, bye := forge.Frame{Type: 1}.Bytes(), forge.Frame{Type: 6}.Bytes()
	assert.Equal(t, append(append([]byte{}, hello...), bye...), forge.Concat(hello, bye))
	assert.Empty(t, forge.Concat())
}
