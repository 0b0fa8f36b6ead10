package compress_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/compress"
	"github.com/vstp-project/vstp/ref/wire"
)

func data(payload []byte) wire.Frame { return wire.Frame{Type: wire.TypeData, Payload: payload} }

// "With default settings a sender MUST NOT compress a payload shorter than 1,024
// octets." [CMP-5]
func TestCompressThreshold(t *testing.T) {
	for _, c := range []struct {
		cfg        compress.Config
		octets     int
		compressed bool
	}{
		{compress.Config{}, 0, false},
		{compress.Config{}, 1023, false},
		{compress.Config{}, 1024, true},
		{compress.Config{}, 100_000, true},
		{compress.Config{Threshold: 2048}, 2047, false},
		{compress.Config{Threshold: 2048}, 2048, true},
		{compress.Config{Threshold: 1}, 200, true},
		{compress.Config{Threshold: -1}, 200, true},
		{compress.Config{Threshold: -1}, 0, false}, // would become larger
		{compress.Config{Threshold: -1}, 20, false},
		{compress.Config{Level: 9}, 1023, false},
		{compress.Config{Level: 9}, 1024, true},
	} {
		f := data(text(c.octets))
		got, err := compress.Compress(f, c.cfg)
		require.NoError(t, err)
		require.Equal(t, c.compressed, got.Flags.Has(wire.FlagComp), "%d octets with %+v", c.octets, c.cfg)
		if !c.compressed {
			require.Equal(t, f, got)
		}
	}
}

// Headers, type and the other flags stay; the flag that says so is set; and the
// way back leads to where it began. [CMP-1] [CMP-2]
func TestCompressAndBack(t *testing.T) {
	f, err := wire.NewBuilder(wire.TypeData).Text("content-type", "text/plain").Binary([]byte{0}, []byte{0xff}).
		Flags(wire.FlagReqAck | wire.FlagCRC).Payload(text(5000)).Build()
	require.NoError(t, err)
	before := f.Clone()

	sent, err := compress.Compress(f, compress.Config{})
	require.NoError(t, err)
	assert.Equal(t, before, f, "the frame given is left alone")
	assert.Equal(t, wire.FlagReqAck|wire.FlagCRC|wire.FlagComp, sent.Flags)
	assert.Equal(t, f.Headers, sent.Headers)
	assert.Less(t, len(sent.Payload), 200)
	assert.Equal(t, "1f8b0800", hex.EncodeToString(sent.Payload[:4]))

	back, err := compress.Decompress(sent, 0)
	require.NoError(t, err)
	assert.Equal(t, f, back)
}

// What does not become smaller goes as it is, without the flag.
func TestCompressLeavesNoiseAlone(t *testing.T) {
	for _, n := range []int{1024, 5000, 1 << 20} {
		f := data(noise(n))
		got, err := compress.Compress(f, compress.Config{})
		require.NoError(t, err)
		assert.Equal(t, f.Flags, got.Flags)
		assert.True(t, &f.Payload[0] == &got.Payload[0], "the payload is the same, not a copy")
	}
}

// The flag is set for what was compressed here, not for what is gzip anyway. A
// payload that is a gzip file already is one more noise. [CMP-1]
func TestCompressTakesGzipForAnyPayload(t *testing.T) {
	member, err := compress.Gzip(noise(4000), 0)
	require.NoError(t, err)
	got, err := compress.Compress(data(member), compress.Config{})
	require.NoError(t, err)
	require.Equal(t, data(member), got)

	twice, err := compress.Gzip(make([]byte, 3_000_000), 0) // of 2,947 octets, most the same
	require.NoError(t, err)
	got, err = compress.Compress(data(twice), compress.Config{})
	require.NoError(t, err)
	require.True(t, got.Flags.Has(wire.FlagComp))
	back, err := compress.Decompress(got, 0)
	require.NoError(t, err)
	require.Equal(t, data(twice), back, "one layer is taken off")
}

// "A sender MUST NOT set COMP on a frame whose TYPE is not DATA." [FLG-8]
//
// "A receiver MUST take the payload of a frame whose TYPE is not DATA as it stands,
// whatever the state of COMP." [FLG-7]
func TestOtherTypesPass(t *testing.T) {
	for _, typ := range []wire.Type{wire.TypeHello, wire.TypePing, wire.TypePong, wire.TypeErr, 0x10} {
		f := wire.Frame{Type: typ, Payload: text(5000)}
		got, err := compress.Compress(f, compress.Config{})
		require.NoError(t, err)
		assert.Equal(t, f, got)

		f = wire.Frame{Type: typ, Flags: wire.FlagComp, Payload: []byte("notgzip")}
		got, err = compress.Decompress(f, 0)
		require.NoError(t, err)
		assert.Equal(t, f, got)
	}
}

// Without COMP a payload is not decompressed, whatever it looks like and however
// long it is.
func TestDecompressNeedsTheFlag(t *testing.T) {
	member, err := compress.Gzip(text(100), 0)
	require.NoError(t, err)
	for _, payload := range [][]byte{nil, {}, member} {
		f := wire.Frame{Type: wire.TypeData, Flags: wire.FlagReqAck, Payload: payload}
		got, err := compress.Decompress(f, 1)
		require.NoError(t, err)
		assert.Equal(t, f, got)
	}
}

// Reserved bits are none of its business. [FLG-3]
func TestDecompressKeepsReservedFlags(t *testing.T) {
	member, err := compress.Gzip([]byte("abc"), 0)
	require.NoError(t, err)
	got, err := compress.Decompress(wire.Frame{Type: wire.TypeData, Flags: 0x80 | wire.FlagComp, Payload: member}, 0)
	require.NoError(t, err)
	assert.Equal(t, wire.Frame{Type: wire.TypeData, Flags: 0x80, Payload: []byte("abc")}, got)
}

func TestFragmentsAreRefused(t *testing.T) {
	f := data(text(5000))
	f.Flags = wire.FlagFrag
	_, err := compress.Compress(f, compress.Config{})
	requireRefusal(t, "CMP-3", err)

	f.Flags |= wire.FlagComp
	_, err = compress.Decompress(f, 0)
	requireFault(t, wire.BadFragment, err)
}

func TestCompressRefusesWhatIsMarkedAlready(t *testing.T) {
	f := data(text(10))
	f.Flags = wire.FlagComp
	_, err := compress.Compress(f, compress.Config{})
	requireRefusal(t, "CMP-1", err)
}

func TestLevels(t *testing.T) {
	size := map[int]int{}
	for level := range 10 {
		member, err := compress.Gzip(text(20_000), level)
		require.NoError(t, err)
		size[level] = len(member)
	}
	assert.Equal(t, size[6], size[0], "0 stands for 6")
	assert.Less(t, size[9], size[1])
	for _, level := range []int{-2, -1, 10, 100} {
		_, err := compress.Gzip(text(10), level)
		require.ErrorContains(t, err, "use 1 to 9")
		_, err = compress.Compress(data(text(2000)), compress.Config{Level: level})
		require.ErrorContains(t, err, "use 1 to 9")
	}
}

// Many at a time do not get into each other's way, whatever becomes of each.
func TestConcurrentUse(t *testing.T) {
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for j := range 30 {
				plain := text(1500 + 100*i + j)
				if j%3 == 0 {
					plain = noise(1500 + 100*i + j)
				}
				f, err := compress.Compress(data(plain), compress.Config{Level: 1 + j%2})
				assert.NoError(t, err)
				if f.Flags.Has(wire.FlagComp) {
					_, err = compress.Decompress(f, len(plain)-1)
					assert.ErrorIs(t, err, wire.FrameTooLarge)
				}
				back, err := compress.Decompress(f, 0)
				assert.NoError(t, err)
				assert.True(t, bytes.Equal(plain, back.Payload))
			}
		})
	}
	all.Wait()
}

func requireRefusal(t testing.TB, id string, err error) {
	t.Helper()
	refused, ok := errors.AsType[*wire.EncodeError](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, wire.Protocol, refused.Reason)
	require.Contains(t, refused.Detail, "["+id+"]")
}
