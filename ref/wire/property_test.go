package wire_test

import (
	"bytes"
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vstp-project/vstp/ref/wire"
)

// drawLen draws a length from 0 to limit, the boundaries of the format and of the
// checksum's implementation more often than chance would.
func drawLen(t *rapid.T, limit int, label string) int {
	var boundaries []int
	for _, n := range []int{0, 1, 2, 15, 16, 17, 63, 64, 65, 254, 255, 1023, 1024, 1025, 4080, 4096, 65_535, 65_536} {
		if n <= limit {
			boundaries = append(boundaries, n)
		}
	}
	return rapid.OneOf(rapid.SampledFrom(boundaries), rapid.IntRange(0, limit)).Draw(t, label)
}

func drawOctets(t *rapid.T, limit int, label string) []byte {
	n := drawLen(t, limit, label+" length")
	if n > 64 {
		// What long octets are does not matter, and drawing them is slow.
		return pattern(n)
	}
	return rapid.SliceOfN(rapid.Byte(), n, n).Draw(t, label)
}

// allTypes is the limits under which every type that can be sent is known.
var allTypes = func() wire.Limits {
	var types []wire.Type
	for value := 0x10; value <= 0xff; value++ {
		types = append(types, wire.Type(value))
	}
	return wire.Limits{Types: wire.NewTypeSet(types...)}
}()

// drawFrame draws a frame that can be sent.
func drawFrame(t *rapid.T) wire.Frame {
	typ := rapid.OneOf(rapid.Uint8Range(1, 8), rapid.Uint8Range(0x10, 0xff)).Draw(t, "type")
	flags := rapid.Uint8().Draw(t, "flags") & 0x33
	b := wire.NewBuilder(wire.Type(typ)).Flags(wire.Flags(flags))
	for range rapid.SampledFrom([]int{0, 0, 1, 2, 3, 127}).Draw(t, "headers") {
		b.Binary(drawOctets(t, wire.MaxKeyLen, "key"), drawOctets(t, wire.MaxValueLen, "value"))
	}
	if payload := drawOctets(t, 70_000, "payload"); len(payload) > 0 {
		b.Payload(payload)
	}
	f, err := b.Build()
	require.NoError(t, err)
	return f
}

func TestPropertyRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := drawFrame(t)
		tail := rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(t, "tail")

		octets, err := want.AppendBinary(nil)
		require.NoError(t, err)
		require.Len(t, octets, want.EncodedLen())

		got, n, err := wire.Parse(append(octets, tail...), allTypes)
		require.NoError(t, err)
		require.Equal(t, len(octets), n)
		require.Equal(t, want, got)
	})
}

// Less of a frame never gives another answer than that more is needed, and the
// more there is, the more is known to be needed.
func TestPropertyPrefixes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := drawFrame(t)
		octets, err := f.AppendBinary(nil)
		require.NoError(t, err)
		cut := drawLen(t, len(octets)-1, "cut")
		shorter := drawLen(t, cut, "shorter cut")

		_, n, err := wire.Parse(octets[:cut], allTypes)
		require.Equal(t, wire.ErrShort, err)
		_, less, err := wire.Parse(octets[:shorter], allTypes)
		require.Equal(t, wire.ErrShort, err)

		assert.LessOrEqual(t, less, n)
		assert.LessOrEqual(t, n, len(octets))
		assert.Greater(t, n, cut)
	})
}

// A frame has one encoding: whatever is accepted encodes to the octets it was
// decoded from, unless it has reserved bits set, which cannot be sent. The octets
// are a good frame with a few of its octets changed and its CRC32 made right again.
func TestPropertyOneEncoding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		octets, err := drawFrame(t).AppendBinary(nil)
		require.NoError(t, err)
		for range rapid.IntRange(0, 3).Draw(t, "changes") {
			at := drawLen(t, len(octets)-1, "changed octet")
			octets[at] = rapid.Byte().Draw(t, "changed to")
		}
		reseal(octets)

		f, n, err := wire.Parse(octets, allTypes)
		if err != nil {
			require.Zero(t, f)
			return
		}
		again, err := f.AppendBinary(nil)
		if f.Flags&^0x33 != 0 {
			require.ErrorIs(t, err, wire.Protocol)
			return
		}
		require.NoError(t, err)
		require.True(t, bytes.Equal(octets[:n], again), "%x became %x", octets[:n], again)
	})
}

// Any octets at all: no panic, and an answer that makes sense.
func TestPropertyAnyOctets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		octets := rapid.SliceOfN(rapid.Byte(), 0, 64).Draw(t, "octets")
		copy(octets, []byte("VT\x01")[:rapid.IntRange(0, 3).Draw(t, "good octets at the front")])
		limit := rapid.IntRange(0, 100_000).Draw(t, "limit")

		f, n, err := wire.Parse(octets, wire.Limits{MaxFrame: limit})
		switch {
		case err == nil:
			require.Equal(t, f.EncodedLen(), n)
			require.LessOrEqual(t, n, len(octets))
		case err == wire.ErrShort:
			require.Greater(t, n, len(octets))
			require.Zero(t, f)
		default:
			require.ErrorAs(t, err, new(*wire.DecodeError))
			require.LessOrEqual(t, n, len(octets))
			require.Zero(t, f)
		}
	})
}

// Any octets as a header section: accepted ones are made of whole headers, and
// putting those together gives the section.
func TestPropertyHeaderSections(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		section := rapid.SliceOfN(rapid.OneOf(rapid.ByteRange(0, 3), rapid.Byte()), 0, 24).Draw(t, "section")
		h, err := wire.ParseHeaders(section)
		if err != nil {
			require.ErrorIs(t, err, wire.Protocol)
			return
		}
		var again wire.Headers
		n := 0
		for key, value := range h.All() {
			again, err = again.Append(key, value)
			require.NoError(t, err)
			n++
			first, ok := h.Get(string(key))
			require.True(t, ok)
			if h.Count(string(key)) == 1 {
				require.Equal(t, value, first)
			}
		}
		require.Equal(t, h.Len(), n)
		require.Equal(t, h, again)
	})
}

// sliced gives its octets in the given pieces, over and over.
type sliced struct {
	octets []byte
	pieces []int
	at     int
}

func (s *sliced) Read(p []byte) (int, error) {
	if len(s.octets) == 0 {
		return 0, io.EOF
	}
	n := min(s.pieces[s.at%len(s.pieces)], len(s.octets), len(p))
	s.at++
	copy(p, s.octets[:n])
	s.octets = s.octets[n:]
	return n, nil
}

// A Reader sees what Parse sees, whatever the pieces that the stream comes in.
func TestPropertyReaderIsParse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var stream []byte
		for range rapid.IntRange(0, 5).Draw(t, "frames") {
			var err error
			stream, err = drawFrame(t).AppendBinary(stream)
			require.NoError(t, err)
		}
		if len(stream) > 0 && rapid.Bool().Draw(t, "damaged") {
			stream[drawLen(t, len(stream)-1, "damaged octet")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "damaged bit")
		}
		stream = stream[:len(stream)-drawLen(t, min(len(stream), 20), "missing octets")]
		pieces := rapid.SliceOfN(rapid.OneOf(rapid.IntRange(1, 20), rapid.IntRange(1, 100_000)), 1, 5).Draw(t, "pieces")

		var want []wire.Frame
		rest, wantErr := stream, error(nil)
		for {
			f, n, err := wire.Parse(rest, allTypes)
			if err != nil {
				wantErr = err
				break
			}
			want = append(want, f)
			rest = rest[n:]
		}
		if wantErr == wire.ErrShort {
			wantErr = io.ErrUnexpectedEOF
			if len(rest) == 0 {
				wantErr = io.EOF
			}
		}

		got, err := readAll(wire.NewReader(&sliced{octets: stream, pieces: pieces}, allTypes))

		require.Equal(t, wantErr, err)
		require.Equal(t, want, got)
	})
}
