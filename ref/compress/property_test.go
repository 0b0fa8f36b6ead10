package compress_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vstp-project/vstp/ref/compress"
	"github.com/vstp-project/vstp/ref/wire"
)

// drawPlain draws octets some of which compress and some of which do not, from
// pieces and repetitions of them.
func drawPlain(t *rapid.T) []byte {
	var plain []byte
	for range rapid.IntRange(0, 6).Draw(t, "pieces") {
		piece := rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "piece")
		plain = append(plain, bytes.Repeat(piece, rapid.SampledFrom([]int{1, 2, 50, 3000}).Draw(t, "times"))...)
	}
	return plain
}

func TestPropertyRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		plain := drawPlain(t)
		cfg := compress.Config{Threshold: rapid.SampledFrom([]int{-1, 0, 1, 100}).Draw(t, "threshold"), Level: rapid.IntRange(0, 9).Draw(t, "level")}
		f := data(plain)
		sent, err := compress.Compress(f, cfg)
		require.NoError(t, err)
		switch {
		case sent.Flags.Has(wire.FlagComp):
			require.Less(t, len(sent.Payload), len(plain))
			require.True(t, cfg.Applies(f))
		default:
			require.Equal(t, f, sent)
		}
		back, err := compress.Decompress(sent, max(len(plain), 1))
		require.NoError(t, err)
		require.Equal(t, string(plain), string(back.Payload))
		require.Zero(t, back.Flags)
	})
}

// drawMember writes a member with a header of any kind.
func drawMember(t *rapid.T, plain []byte) []byte {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, rapid.IntRange(gzip.HuffmanOnly, gzip.BestCompression).Draw(t, "level"))
	require.NoError(t, err)
	w.Name = rapid.SampledFrom([]string{"", "name", "n\u00e4me"}).Draw(t, "name")
	w.Comment = rapid.SampledFrom([]string{"", "comment"}).Draw(t, "comment")
	w.Extra = rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(t, "extra")
	w.OS = rapid.Byte().Draw(t, "OS")
	cut := rapid.IntRange(0, len(plain)).Draw(t, "flushed")
	for _, part := range [][]byte{plain[:cut], plain[cut:]} {
		_, err := w.Write(part)
		require.NoError(t, err)
		require.NoError(t, w.Flush())
	}
	require.NoError(t, w.Close())
	return out.Bytes()
}

// Whatever the standard library writes is read, up to the limit and no further;
// with a little of it changed, it is still the same or refused.
func TestPropertyAnyMember(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		plain := drawPlain(t)
		member := drawMember(t, plain)

		got, err := compress.Gunzip(member, max(len(plain), 1))
		require.NoError(t, err)
		require.Equal(t, string(plain), string(got))

		if len(plain) > 1 {
			_, err = compress.Gunzip(member, rapid.IntRange(1, len(plain)-1).Draw(t, "too low a limit"))
			require.ErrorIs(t, err, wire.FrameTooLarge)
		}

		cut := rapid.IntRange(0, len(member)-1).Draw(t, "cut")
		_, err = compress.Gunzip(member[:cut], 0)
		require.ErrorIs(t, err, wire.BadCompression)

		tail := rapid.SliceOfN(rapid.Byte(), 1, 30).Draw(t, "tail")
		_, err = compress.Gunzip(append(member[:len(member):len(member)], tail...), 0)
		require.ErrorIs(t, err, wire.BadCompression)
	})
}

// Octets that begin as a member and go on as anything: what is accepted here the
// standard library accepts as well, to the same effect.
func TestPropertyAnyOctets(t *testing.T) {
	accepted := 0
	rapid.Check(t, func(t *rapid.T) {
		b := drawMember(t, rapid.SliceOfN(rapid.Byte(), 0, 30).Draw(t, "plain"))
		for range rapid.IntRange(0, 3).Draw(t, "changes") {
			b[rapid.IntRange(0, len(b)-1).Draw(t, "changed octet")] = rapid.Byte().Draw(t, "changed to")
		}
		got, err := compress.Gunzip(b, 1000)
		if err != nil {
			_, ok := errors.AsType[*wire.DecodeError](err)
			require.True(t, ok, "%v", err)
			return
		}
		accepted++
		r, err := gzip.NewReader(bytes.NewReader(b))
		require.NoError(t, err)
		want, err := io.ReadAll(r)
		require.NoError(t, err)
		require.Equal(t, string(want), string(got))
	})
	require.Positive(t, accepted)
}
