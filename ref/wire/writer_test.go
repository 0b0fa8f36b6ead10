package wire_test

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/wire"
)

// recorder keeps what each call of Write was given.
type recorder struct {
	writes [][]byte
	accept int // octets to accept of each write; negative: all
	err    error
}

func (r *recorder) Write(p []byte) (int, error) {
	r.writes = append(r.writes, bytes.Clone(p))
	if r.accept >= 0 && r.accept < len(p) {
		return r.accept, r.err
	}
	return len(p), r.err
}

func TestWriterWritesEachFrameAtOnce(t *testing.T) {
	dst := &recorder{accept: -1}
	w := wire.NewWriter(dst, wire.Limits{})

	frames := []wire.Frame{
		{Type: wire.TypeHello},
		{Type: wire.TypeData, Headers: mustSection(t, "k", "v"), Payload: pattern(300_000)},
		{Type: wire.TypeBye},
	}
	for _, f := range frames {
		require.NoError(t, w.WriteFrame(f))
	}

	require.Len(t, dst.writes, len(frames))
	for i, f := range frames {
		assert.Equal(t, mustEncode(t, f), dst.writes[i])
	}
}

// [LIM-4]
func TestWriterSizeLimit(t *testing.T) {
	for _, limit := range []int{0, 1000} {
		dst := &recorder{accept: -1}
		w := wire.NewWriter(dst, wire.Limits{MaxFrame: limit})
		allowed := limit
		if limit == 0 {
			allowed = wire.DefaultMaxFrame
		}
		exact := wire.Frame{Type: wire.TypeData, Payload: make([]byte, allowed-wire.Overhead)}
		above := wire.Frame{Type: wire.TypeData, Payload: make([]byte, allowed-wire.Overhead+1)}

		require.NoError(t, w.WriteFrame(exact))

		err := w.WriteFrame(above)
		require.ErrorIs(t, err, wire.FrameTooLarge)
		assert.Contains(t, err.Error(), "[LIM-4]")
		require.Len(t, dst.writes, 1, "nothing is written of what is refused")

		require.NoError(t, w.WriteFrame(exact), "a refusal is not the end")
	}
}

// [TYP-2]
func TestWriterKnownTypes(t *testing.T) {
	dst := &recorder{accept: -1}
	err := wire.NewWriter(dst, wire.Limits{}).WriteFrame(wire.Frame{Type: 0x10})
	require.ErrorIs(t, err, wire.Protocol)
	assert.Contains(t, err.Error(), "TYPE(0x10)")
	assert.Empty(t, dst.writes)

	w := wire.NewWriter(dst, wire.Limits{Types: wire.NewTypeSet(0x10)})
	require.NoError(t, w.WriteFrame(wire.Frame{Type: 0x10}))
	require.Len(t, dst.writes, 1)
}

// [FLG-2]
func TestWriterRefusesReservedFlags(t *testing.T) {
	dst := &recorder{accept: -1}
	w := wire.NewWriter(dst, wire.Limits{})
	require.ErrorIs(t, w.WriteFrame(wire.Frame{Type: wire.TypeData, Flags: 0x40}), wire.Protocol)
	assert.Empty(t, dst.writes)
	require.NoError(t, w.WriteFrame(wire.Frame{Type: wire.TypeData}))
}

func TestWriterErrorsOfTheUnderlyingWriterAreFinal(t *testing.T) {
	broken := errors.New("broken")
	for name, test := range map[string]struct {
		dst  *recorder
		want error
	}{
		"error before any octet": {&recorder{accept: 0, err: broken}, broken},
		"error after some":       {&recorder{accept: 7, err: broken}, broken},
		"short write, no error":  {&recorder{accept: 7}, io.ErrShortWrite},
	} {
		t.Run(name, func(t *testing.T) {
			w := wire.NewWriter(test.dst, wire.Limits{})
			require.Equal(t, test.want, w.WriteFrame(wire.Frame{Type: wire.TypePing}))
			test.dst.accept, test.dst.err = -1, nil
			require.Equal(t, test.want, w.WriteFrame(wire.Frame{Type: wire.TypePing}))
			assert.Len(t, test.dst.writes, 1, "nothing follows half a frame")
		})
	}
}
