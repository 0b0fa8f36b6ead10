package extension_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/compress"
	"github.com/vstp-project/vstp/ref/extension"
	"github.com/vstp-project/vstp/ref/wire"
)

func TestCompression(t *testing.T) {
	var p extension.Pipeline
	register(t, &p, "compression", extension.Compression{})
	for _, c := range []struct {
		typ        wire.Type
		octets     int
		compressed bool
	}{
		{wire.TypeData, 1023, false},
		{wire.TypeData, 1024, true},
		{wire.TypePing, 5000, false},
		{0x10, 5000, false},
	} {
		f := wire.Frame{Type: c.typ, Payload: bytes.Repeat([]byte("A"), c.octets)}
		sent, err := p.Process(t.Context(), f)
		require.NoError(t, err)
		require.Equal(t, c.compressed, sent.Flags.Has(wire.FlagComp), "%v of %d octets", c.typ, c.octets)
		back, err := compress.Decompress(sent, 0)
		require.NoError(t, err)
		assert.Equal(t, f, back)
	}
}

func TestCompressionFailureDropsTheFrame(t *testing.T) {
	var p extension.Pipeline
	register(t, &p, "compression", extension.Compression{Config: compress.Config{Level: 99}})
	_, err := p.Process(t.Context(), wire.Frame{Type: wire.TypeData, Payload: make([]byte, 2000)})
	require.ErrorAs(t, err, new(*extension.DropError))
	require.ErrorContains(t, err, "level 99")
	assert.Equal(t, "short", process(t, &p, "short"))
}
