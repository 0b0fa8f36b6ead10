package wire_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/wire"
)

// [LIB-5]
func TestBuilderYieldsWhatItWasGiven(t *testing.T) {
	f, err := wire.NewBuilder(wire.TypeData).
		Flags(wire.FlagReqAck).
		Text("b", "text").
		Payload([]byte("first")).
		Binary([]byte{0x00, 0xff}, []byte{0xfe}).
		Flags(wire.FlagCRC|wire.FlagReqAck).
		Text("a", "").
		Text("b", "again").
		Payload([]byte("last")).
		Build()

	require.NoError(t, err)
	assert.Equal(t, wire.TypeData, f.Type)
	assert.Equal(t, wire.FlagReqAck|wire.FlagCRC, f.Flags)
	assert.Equal(t, [][2]string{{"b", "text"}, {"\x00\xff", "\xfe"}, {"a", ""}, {"b", "again"}}, headerPairs(f.Headers))
	assert.Equal(t, "last", string(f.Payload))
}

func TestBuilderOfNothingElse(t *testing.T) {
	f, err := wire.NewBuilder(wire.TypeHello).Build()
	require.NoError(t, err)
	assert.Equal(t, wire.Frame{Type: wire.TypeHello}, f)
}

func TestBuilderRefusesWhatCannotBeSent(t *testing.T) {
	long := strings.Repeat("x", 256)
	for name, test := range map[string]struct {
		builder *wire.Builder
		cites   string
	}{
		"reserved TYPE":  {wire.NewBuilder(9), "[TYP-2]"},
		"reserved flags": {wire.NewBuilder(wire.TypeData).Flags(0x80), "[FLG-2]"},
		"long key":       {wire.NewBuilder(wire.TypeData).Text(long, ""), "[HDR-2]"},
		"long value":     {wire.NewBuilder(wire.TypeData).Binary(nil, []byte(long)), "[HDR-2]"},
		"first of two refusals": {
			wire.NewBuilder(9).Text(long, "").Text("fine", "fine"), "[HDR-2]",
		},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := test.builder.Build()
			require.ErrorIs(t, err, wire.Protocol)
			assert.Contains(t, err.Error(), test.cites)
			assert.Zero(t, f)
		})
	}
}

// [FRM-8]
func TestBuilderHeaderSectionAtTheLimit(t *testing.T) {
	full := strings.Repeat("x", 255)
	b := wire.NewBuilder(wire.TypeData)
	for range 127 {
		b.Text(full, full)
	}
	b.Text(full, full[:254])
	assert.Equal(t, wire.MaxHeaderSection, mustBuild(t, b).Headers.Size())

	_, err := b.Text("", "").Build()
	require.ErrorIs(t, err, wire.FrameTooLarge)

	empty := wire.NewBuilder(wire.TypeData)
	for range 32767 {
		empty.Text("", "")
	}
	f := mustBuild(t, empty)
	assert.Equal(t, 65534, f.Headers.Size())
	assert.Equal(t, 32767, f.Headers.Len())
	_, err = empty.Text("", "").Build()
	require.ErrorIs(t, err, wire.FrameTooLarge)
}

// A builder that goes on leaves the frames it built alone.
func TestBuilderGoesOn(t *testing.T) {
	b := wire.NewBuilder(wire.TypeData).Text("a", "1")
	first := mustBuild(t, b)
	second := mustBuild(t, b.Text("b", "2").Flags(wire.FlagReqAck))
	branch, err := first.Headers.AppendText("c", "3")
	require.NoError(t, err)

	assert.Equal(t, [][2]string{{"a", "1"}}, headerPairs(first.Headers))
	assert.Zero(t, first.Flags)
	assert.Equal(t, [][2]string{{"a", "1"}, {"b", "2"}}, headerPairs(second.Headers))
	assert.Equal(t, [][2]string{{"a", "1"}, {"c", "3"}}, headerPairs(branch))
}

func TestBuilderCopiesHeadersAndRefersToThePayload(t *testing.T) {
	key, value, payload := []byte("key"), []byte("value"), []byte("payload")
	f := mustBuild(t, wire.NewBuilder(wire.TypeData).Binary(key, value).Payload(payload))
	clear(key)
	clear(value)
	payload[0] = 'P'
	assert.Equal(t, [][2]string{{"key", "value"}}, headerPairs(f.Headers))
	assert.Equal(t, "Payload", string(f.Payload))
}
