package wire_test

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/wire"
	"github.com/vstp-project/vstp/vectors"
)

// eachVector runs a test for every vector of a family that is kept, of which
// there is at least one.
func eachVector(t *testing.T, family string, keep func(vectors.Vector) bool, run func(*testing.T, vectors.Vector)) {
	t.Helper()
	set, err := vectors.Load()
	require.NoError(t, err)
	n := 0
	for _, v := range set.All() {
		if v.Family == family && keep(v) {
			n++
			t.Run(v.Name, func(t *testing.T) { run(t, v) })
		}
	}
	require.Positive(t, n, "vectors of family %s", family)
}

func every(vectors.Vector) bool { return true }
func encodable(v vectors.Vector) bool {
	return v.Expect.Result == vectors.ResultAccept && !v.Has(vectors.TagDecodeOnly)
}
func decodable(v vectors.Vector) bool { return !v.Has(vectors.TagEncodeOnly) }
func refused(v vectors.Vector) bool   { return v.Has(vectors.TagEncodeOnly) }

func TestFrameVectorsParse(t *testing.T) {
	eachVector(t, vectors.FamilyFrame, every, func(t *testing.T, v vectors.Vector) {
		f, n, err := wire.Parse(v.Octets, wire.Limits{MaxFrame: v.Limit})
		switch v.Expect.Result {
		case vectors.ResultAccept:
			require.NoError(t, err)
			assert.Equal(t, v.Expect.Consumed, n)
			requireContent(t, v, f)
		case vectors.ResultIncomplete:
			require.ErrorIs(t, err, wire.ErrShort)
			assert.Equal(t, v.Expect.Needed, n)
		case vectors.ResultReject:
			requireReason(t, v, err)
		default:
			t.Fatalf("result %q", v.Expect.Result)
		}
	})
}

// A stream gives the same, however it is cut into pieces. [TCP-5]
func TestFrameVectorsReadFrame(t *testing.T) {
	eachVector(t, vectors.FamilyFrame, every, func(t *testing.T, v vectors.Vector) {
		for _, source := range []io.Reader{
			bytes.NewReader(v.Octets),
			iotest.OneByteReader(bytes.NewReader(v.Octets)),
			iotest.DataErrReader(bytes.NewReader(v.Octets)),
		} {
			f, err := wire.NewReader(source, wire.Limits{MaxFrame: v.Limit}).ReadFrame()
			switch {
			case v.Expect.Result == vectors.ResultAccept:
				require.NoError(t, err)
				requireContent(t, v, f)
			case v.Expect.Result == vectors.ResultReject:
				requireReason(t, v, err)
			case len(v.Octets) == 0:
				require.Equal(t, io.EOF, err)
			default:
				require.ErrorIs(t, err, io.ErrUnexpectedEOF)
			}
		}
	})
}

func requireReason(t *testing.T, v vectors.Vector, err error) {
	t.Helper()
	fault, ok := errors.AsType[*wire.DecodeError](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, v.Expect.Error, fault.Reason.String())
	assert.GreaterOrEqual(t, fault.Offset, 0)
	assert.Less(t, fault.Offset, len(v.Octets))
}

func requireContent(t *testing.T, v vectors.Vector, f wire.Frame) {
	t.Helper()
	want := v.Expect.Frame
	require.Equal(t, uint8(wire.Version), want.Version)
	require.Equal(t, wire.Type(want.Type), f.Type)
	require.Equal(t, want.Flags&vectors.DefinedFlags, uint8(f.Flags)&vectors.DefinedFlags)
	require.Equal(t, v.Expect.Consumed, f.EncodedLen())
	require.Equal(t, string(want.Payload), string(f.Payload))
	require.Equal(t, len(want.Headers), f.Headers.Len())
	i := 0
	for key, value := range f.Headers.All() {
		require.Equal(t, string(want.Headers[i][0]), string(key), "key of header %d", i)
		require.Equal(t, string(want.Headers[i][1]), string(value), "value of header %d", i)
		i++
	}
	require.Equal(t, len(want.Headers), i)
}

// In the other direction: the frame of an accepted vector has its octets.
func TestFrameVectorsAppendBinary(t *testing.T) {
	eachVector(t, vectors.FamilyFrame, encodable, func(t *testing.T, v vectors.Vector) {
		want := v.Expect.Frame
		b := wire.NewBuilder(wire.Type(want.Type)).Flags(wire.Flags(want.Flags)).Payload(want.Payload)
		for _, h := range want.Headers {
			b.Binary(h[0], h[1])
		}
		f, err := b.Build()
		require.NoError(t, err)
		octets, err := f.AppendBinary(nil)
		require.NoError(t, err)
		assert.True(t, bytes.Equal(v.Octets[:v.Expect.Consumed], octets), "want %x, got %x", v.Octets[:v.Expect.Consumed], octets)
	})
}

func TestVarintVectors(t *testing.T) {
	eachVector(t, vectors.FamilyVarint, every, func(t *testing.T, v vectors.Vector) {
		value, n, err := wire.Uvarint(v.Octets)
		if v.Expect.Result == vectors.ResultReject {
			require.Error(t, err)
			return
		}
		require.NoError(t, err)
		assert.Equal(t, v.Expect.Value, value)
		assert.Equal(t, v.Expect.Consumed, n)
		assert.Equal(t, v.Octets[:n], wire.AppendUvarint(nil, value))
		assert.Equal(t, n, wire.UvarintLen(value))
	})
}

func TestStringVectors(t *testing.T) {
	eachVector(t, vectors.FamilyString, decodable, func(t *testing.T, v vectors.Vector) {
		text, n, err := wire.ParseString(v.Octets)
		if v.Expect.Result == vectors.ResultReject {
			require.Error(t, err)
			return
		}
		require.NoError(t, err)
		assert.Equal(t, v.Expect.Text, text)
		assert.Equal(t, v.Expect.Consumed, n)
		octets, err := wire.AppendString(nil, text)
		require.NoError(t, err)
		assert.Equal(t, v.Octets[:n], octets)
	})
}

func TestStringVectorsRefusedByEncoder(t *testing.T) {
	eachVector(t, vectors.FamilyString, refused, func(t *testing.T, v vectors.Vector) {
		b, err := wire.AppendString([]byte("x"), v.Expect.Text)
		require.Error(t, err)
		assert.Equal(t, "x", string(b), "nothing is written of what is refused")
	})
}
