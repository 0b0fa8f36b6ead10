package wire_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/wire"
)

func TestAppendBinaryAppends(t *testing.T) {
	f := wire.Frame{Type: wire.TypeHello}
	octets, err := f.AppendBinary([]byte("before"))
	require.NoError(t, err)
	assert.Equal(t, append([]byte("before"), unhex(t, "5654 01 01 00 0000 00000000 90a29464")...), octets)
}

// The trailer covers the frame, not what stands before it in the buffer.
func TestAppendBinaryTwoFramesInOneBuffer(t *testing.T) {
	octets, err := wire.Frame{Type: wire.TypeHello}.AppendBinary(nil)
	require.NoError(t, err)
	octets, err = wire.Frame{Type: wire.TypePing}.AppendBinary(octets)
	require.NoError(t, err)
	assert.Equal(t, unhex(t, "5654 01 01 00 0000 00000000 90a29464  5654 01 04 00 0000 00000000 d8429a00"), octets)
}

func TestAppendBinaryUsesTheRoomThereIs(t *testing.T) {
	f := wire.Frame{Type: wire.TypeData, Payload: []byte("Hello")}
	room := make([]byte, 3, 3+f.EncodedLen())
	octets, err := f.AppendBinary(room)
	require.NoError(t, err)
	assert.Same(t, &room[0], &octets[0])
	assert.Len(t, octets, cap(room))
}

// Values 1 to 8 and 0x10 to 0xFF can be sent, the rest is reserved. [TYP-2]
func TestAppendBinaryTypes(t *testing.T) {
	for value := range 256 {
		f := wire.Frame{Type: wire.Type(value)}
		octets, err := f.AppendBinary([]byte("before"))
		if 1 <= value && value <= 8 || value >= 0x10 {
			require.NoError(t, err, "TYPE %#x", value)
			assert.Equal(t, byte(value), octets[6+3])
			continue
		}
		require.ErrorIs(t, err, wire.Protocol, "TYPE %#x", value)
		assert.Contains(t, err.Error(), "[TYP-2]")
		assert.Equal(t, "before", string(octets))
	}
}

// Flags of every kind can be received, but only defined ones can be sent. [FLG-2] [FLG-3]
func TestFlagsAreKeptOnDecodingAndCheckedOnEncoding(t *testing.T) {
	const defined = 0x33
	for value := range 256 {
		octets := unhex(t, "5654 01 03 00 0000 00000000 00000000")
		octets[4] = byte(value)
		reseal(octets)

		f, _, err := wire.Parse(octets, wire.Limits{})
		require.NoError(t, err, "FLAGS %#x", value)
		assert.Equal(t, wire.Flags(value), f.Flags)

		again, err := f.AppendBinary([]byte("before"))
		if value&^defined == 0 {
			require.NoError(t, err, "FLAGS %#x", value)
			assert.Equal(t, octets, again[6:])
			continue
		}
		require.ErrorIs(t, err, wire.Protocol, "FLAGS %#x", value)
		assert.Contains(t, err.Error(), "[FLG-2]")
		assert.Equal(t, "before", string(again))
	}
}

func TestEncodedLen(t *testing.T) {
	assert.Equal(t, 15, wire.Frame{}.EncodedLen())
	f := wire.Frame{Headers: mustSection(t, "test", "value"), Payload: []byte("Hello")}
	assert.Equal(t, 31, f.EncodedLen())
}

func TestCloneSharesNothing(t *testing.T) {
	octets := unhex(t, "5654 01 03 00 0b00 00000005  04 05 74657374 76616c7565  48656c6c6f  6dffe407")
	f, _, err := wire.Parse(octets, wire.Limits{})
	require.NoError(t, err)

	kept := f.Clone()
	assert.Equal(t, f, kept)

	clear(octets)
	assert.Equal(t, [][2]string{{"test", "value"}}, headerPairs(kept.Headers))
	assert.Equal(t, "Hello", string(kept.Payload))
	assert.NotEqual(t, "Hello", string(f.Payload), "the frame itself aliases its input")
}

func TestCloneOfAnEmptyFrame(t *testing.T) {
	f := wire.Frame{Type: wire.TypePing}
	assert.Equal(t, f, f.Clone())
}

func TestFrameString(t *testing.T) {
	many := wire.NewBuilder(wire.TypeData)
	for range 11 {
		many.Text("k", "v")
	}
	for want, f := range map[string]wire.Frame{
		`HELLO (15 octets)`: {Type: wire.TypeHello},
		`DATA REQ_ACK msg-id=5 "x" (25 octets)`: {
			Type: wire.TypeData, Flags: wire.FlagReqAck, Headers: mustSection(t, "msg-id", "5"), Payload: []byte("x"),
		},
		`DATA CRC|0x80 (15 octets)`: {Type: wire.TypeData, Flags: 0x82},
		`TYPE(0x10) ""="a b" "\x00\xff"="1=2" (27 octets)`: {
			Type: 0x10, Headers: mustSection(t, "", "a b", "\x00\xff", "1=2"),
		},
		`DATA k=v k=v k=v k=v k=v k=v k=v k=v and 3 more headers (59 octets)`: mustBuild(t, many),
		`DATA "` + string(bytes.Repeat([]byte("p"), 32)) + `"... (48 octets)`: {
			Type: wire.TypeData, Payload: bytes.Repeat([]byte("p"), 33),
		},
		`DATA k="` + string(bytes.Repeat([]byte("v"), 64)) + `"... (83 octets)`: {
			Type: wire.TypeData, Headers: mustSection(t, "k", string(bytes.Repeat([]byte("v"), 65))),
		},
	} {
		assert.Equal(t, want, f.String())
	}
}
