package forge_test

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance/forge"
)

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	require.NoError(t, err)
	return b
}

// The octets below were anchored by hand, with checksums from outside this
// module. [FRM-1] [HDR-1]
func TestFrameBytesExact(t *testing.T) {
	tests := []struct {
		name  string
		frame forge.Frame
		want  string
	}{
		{
			"minimal HELLO",
			forge.Frame{Type: 1},
			"5654 01 01 00 0000 00000000 90a29464",
		},
		{
			"one header and a payload",
			forge.Frame{Type: 3, Headers: forge.KV("test", "value"), Payload: []byte("Hello")},
			"5654 01 03 00 0b00 00000005 0405 74657374 76616c7565 48656c6c6f 6dffe407",
		},
		{
			"flags",
			forge.Frame{Type: 3, Flags: 0x81, Headers: forge.KV("msg-id", "5"), Payload: []byte("x")},
			"5654 01 03 81 0900 00000001 0601 6d73672d6964 35 78 dae0dcf7",
		},
		{
			"repeated key in order",
			forge.Frame{Type: 3, Headers: forge.KV("a", "1", "a", "2")},
			"5654 01 03 00 0800 00000000 0101 61 31 0101 61 32 2354cf70",
		},
		{
			"unknown type",
			forge.Frame{Type: 9},
			"5654 01 09 00 0000 00000000 43478fd1",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			assert.Equal(t, unhex(t, test.want), test.frame.Bytes())
		})
	}
}

func TestSectionTruncatesLengthsNotOctets(t *testing.T) {
	section := forge.Section([]forge.Header{{Key: bytes.Repeat([]byte{'k'}, 257), Value: []byte("v")}})
	require.Len(t, section, 2+257+1)
	assert.Equal(t, []byte{1, 1, 'k'}, section[:3])
	assert.Equal(t, byte('v'), section[259])
}

func TestFrameTruncatesHeaderLength(t *testing.T) {
	header := forge.Header{Key: make([]byte, 255), Value: make([]byte, 255)}
	headers := make([]forge.Header, 129) // 129 x 512 = 66,048 = 65,536 + 512
	for i := range headers {
		headers[i] = header
	}
	b := forge.Frame{Type: 3, Headers: headers}.Bytes()
	require.Len(t, b, 15+129*512)
	assert.Equal(t, []byte{0x00, 0x02}, b[5:7])
}

func TestKVOddPanics(t *testing.T) {
	odd := []string{"a", "1", "b"}
	assert.PanicsWithValue(t, `forge: KV got 3 strings, and the last key "b" has no value`, func() { forge.KV(odd...) })
	assert.Empty(t, forge.KV())
}

func TestFrameOwnsNothingOfItsInput(t *testing.T) {
	payload := []byte("Hello")
	b := forge.Frame{Type: 3, Payload: payload}.Bytes()
	want := bytes.Clone(b)
	copy(payload, "HELLO")
	assert.Equal(t, want, b)
}
