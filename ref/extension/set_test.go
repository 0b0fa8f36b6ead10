package extension_test

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/compress"
	"github.com/vstp-project/vstp/ref/extension"
	"github.com/vstp-project/vstp/ref/wire"
)

func TestNilSet(t *testing.T) {
	var s *extension.Set
	f := wire.Frame{Type: wire.TypeData, Flags: wire.FlagComp, Payload: make([]byte, 5000)}
	got, err := s.Incoming(t.Context(), f)
	require.NoError(t, err)
	assert.Equal(t, f, got)
	want, err := compress.Config{}.Outgoing(f)
	require.NoError(t, err)
	got, err = s.Outgoing(t.Context(), f, compress.Config{})
	require.NoError(t, err)
	assert.Equal(t, want, got)
}

func TestOutgoingCompression(t *testing.T) {
	long := bytes.Repeat([]byte("A"), 5000)
	for name, c := range map[string]struct {
		frame      wire.Frame
		extension  bool // compresses
		cfg        compress.Config
		compressed bool
		err        error
	}{
		"nobody asks":             {frame: wire.Frame{Type: wire.TypeData, Payload: long}},
		"the application asks":    {frame: wire.Frame{Type: wire.TypeData, Flags: wire.FlagComp, Payload: long}, compressed: true},
		"an extension compresses": {frame: wire.Frame{Type: wire.TypeData, Payload: long}, extension: true, compressed: true},
		"both":                    {frame: wire.Frame{Type: wire.TypeData, Flags: wire.FlagComp, Payload: long}, extension: true, compressed: true},
		"asked for and not offered": {
			frame: wire.Frame{Type: wire.TypeData, Flags: wire.FlagComp, Payload: long}, cfg: compress.Config{Off: true}, err: wire.Unsupported,
		},
		"done and not offered": {
			frame: wire.Frame{Type: wire.TypeData, Payload: long}, extension: true, cfg: compress.Config{Off: true}, err: wire.Unsupported,
		},
	} {
		t.Run(name, func(t *testing.T) {
			var s extension.Set
			register(t, &s.Send, "look", extension.ForType(wire.TypeData, func(_ context.Context, f wire.Frame) (wire.Frame, error) {
				assert.Equal(t, wire.Flags(0), f.Flags, "nothing is compressed yet")
				assert.Equal(t, long, f.Payload)
				return f, nil
			}))
			if c.extension {
				register(t, &s.Send, "compression", extension.Compression{})
			}
			got, err := s.Outgoing(t.Context(), c.frame, c.cfg)
			require.ErrorIs(t, err, c.err)
			if err != nil {
				return
			}
			assert.Equal(t, c.compressed, got.Flags.Has(wire.FlagComp))
			plain, err := compress.Decompress(got, 0)
			require.NoError(t, err)
			assert.Equal(t, long, plain.Payload, "compressed once")
		})
	}
}

// What has become of another type is not compressed: COMP has no meaning there [FLG-8].
func TestOutgoingOtherType(t *testing.T) {
	var s extension.Set
	register(t, &s.Send, "note", extension.ForType(wire.TypeData, func(_ context.Context, f wire.Frame) (wire.Frame, error) {
		f.Type = 0x20
		return f, nil
	}))
	f := wire.Frame{Type: wire.TypeData, Flags: wire.FlagComp, Payload: make([]byte, 5000)}
	got, err := s.Outgoing(t.Context(), f, compress.Config{})
	require.NoError(t, err)
	assert.Equal(t, wire.Frame{Type: 0x20, Payload: f.Payload}, got)
}

// "An error from an extension MUST lead to the frame being dropped, while the
// connection and the receive loop carry on." [EXT-4]
func TestSetDrops(t *testing.T) {
	broken := errors.New("no")
	var s extension.Set
	for _, p := range []*extension.Pipeline{&s.Receive, &s.Send} {
		register(t, p, "broken", extension.ForType(wire.TypeData, func(_ context.Context, f wire.Frame) (wire.Frame, error) {
			return f, broken
		}))
	}
	f := wire.Frame{Type: wire.TypeData}
	_, err := s.Incoming(t.Context(), f)
	require.ErrorAs(t, err, new(*extension.DropError))
	require.ErrorIs(t, err, broken)
	_, err = s.Outgoing(t.Context(), f, compress.Config{})
	require.ErrorAs(t, err, new(*extension.DropError))
	require.ErrorIs(t, err, broken)
}
