package compress_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"math"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/compress"
	"github.com/vstp-project/vstp/ref/wire"
)

// abc is a member with every optional field, holding "abc".
const abc = "1f8b081f0000000000ff 0400414200006e006300 f62a 4b4c4a0600 c2412435 03000000"

// What is wrong where is told by the offset.
func TestGunzipFaultOffsets(t *testing.T) {
	whole := unhex(t, abc)
	for name, c := range map[string]struct {
		member []byte
		offset int
	}{
		"nothing":             {nil, 0},
		"ID":                  {unhex(t, "1f8c08"), 0},
		"no CM":               {whole[:2], 2},
		"CM":                  {unhex(t, "1f8b0700"), 2},
		"no FLG":              {whole[:3], 3},
		"reserved FLG":        {unhex(t, "1f8b0880"), 3},
		"fixed part":          {whole[:9], 4},
		"no XLEN":             {whole[:11], 10},
		"FEXTRA":              {whole[:15], 10},
		"FNAME":               {whole[:17], 16},
		"FCOMMENT":            {whole[:19], 18},
		"no FHCRC":            {whole[:21], 20},
		"FHCRC":               {unhex(t, "1f8b081f0000000000ff 0400414200006e006300 f62b"), 20},
		"no blocks":           {whole[:22], 22},
		"block":               {append(bytes.Clone(whole[:22]), 0x07), 23},
		"no CRC-32":           {whole[:27], 27},
		"half a CRC-32":       {whole[:29], 27},
		"no ISIZE":            {whole[:31], 27},
		"CRC-32":              {unhex(t, "1f8b08000000000000ff 4b4c4a0600 c2412434 03000000"), 15},
		"ISIZE":               {unhex(t, "1f8b08000000000000ff 4b4c4a0600 c2412435 03000001"), 19},
		"octet behind":        {append(bytes.Clone(whole), 0), 35},
		"member behind":       {append(bytes.Clone(whole), whole...), 35},
		"no member in it all": {[]byte("notgzip"), 0},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := compress.Gunzip(c.member, 0)
			assert.Equal(t, c.offset, requireFault(t, wire.BadCompression, err).Offset)
		})
	}
}

// Each of the shortenings of a member is refused, and the member itself is not.
func TestGunzipEveryPrefix(t *testing.T) {
	whole := unhex(t, abc)
	for n := range whole {
		_, err := compress.Gunzip(whole[:n], 0)
		requireFault(t, wire.BadCompression, err)
	}
	plain, err := compress.Gunzip(whole, 0)
	require.NoError(t, err)
	assert.Equal(t, "abc", string(plain))
}

// A changed bit goes unnoticed in a field without a meaning and in what fills up the
// octet in front of the stored block of no octets that Go ends with, and nowhere does
// it change what comes out.
func TestGunzipEveryBitFlip(t *testing.T) {
	whole, err := compress.Gzip(text(3000), 0)
	require.NoError(t, err)
	unnoticed := 0
	for bit := range 8 * len(whole) {
		flipped := bytes.Clone(whole)
		flipped[bit/8] ^= 1 << (bit % 8)
		plain, err := compress.Gunzip(flipped, 0)
		if err == nil {
			unnoticed++
			require.Equal(t, text(3000), plain, "bit %d", bit)
			require.True(t, bit/8 < 10 || bit/8 == len(whole)-8-4-1, "bit %d", bit)
		}
	}
	// FTEXT, 48 bits of MTIME, XFL and OS, and at most seven that fill up.
	assert.GreaterOrEqual(t, unnoticed, 49)
	assert.LessOrEqual(t, unnoticed, 49+7)
}

// Fields that have no limit have none here either; compress/gzip stops at 511.
func TestGunzipLongNameAndComment(t *testing.T) {
	for _, n := range []int{511, 512, 513, 100_000} {
		for _, flag := range []byte{0x08, 0x10} {
			member := unhex(t, "1f8b08000000000000ff")
			member[3] = flag
			member = append(member, bytes.Repeat([]byte{'n'}, n)...)
			member = append(member, unhex(t, "00 4b4c4a0600 c2412435 03000000")...)
			plain, err := compress.Gunzip(member, 0)
			require.NoError(t, err, "%d octets under flag %#x", n, flag)
			assert.Equal(t, "abc", string(plain))
		}
	}
}

func TestGunzipLimits(t *testing.T) {
	for _, plain := range [][]byte{make([]byte, 5000), text(5000), noise(5000), make([]byte, 200_000), noise(200_000)} {
		member, err := compress.Gzip(plain, 0)
		require.NoError(t, err)
		for _, limit := range []int{len(plain), len(plain) + 1, 2 * len(plain), math.MaxInt - 1, math.MaxInt, 0, -1} {
			got, err := compress.Gunzip(member, limit)
			require.NoError(t, err, "limit %d", limit)
			require.True(t, bytes.Equal(plain, got), "limit %d", limit)
		}
		for _, limit := range []int{1, 2, 511, 512, 513, len(plain) / 2, len(plain) - 1} {
			_, err := compress.Gunzip(member, limit)
			requireFault(t, wire.FrameTooLarge, err)
		}
	}
}

// The default limit is that of a whole frame. [CMP-8] [LIM-1]
func TestGunzipDefaultLimit(t *testing.T) {
	for n, large := range map[int]bool{wire.DefaultMaxFrame: false, wire.DefaultMaxFrame + 1: true} {
		member, err := compress.Gzip(make([]byte, n), 1)
		require.NoError(t, err)
		plain, err := compress.Gunzip(member, 0)
		if large {
			requireFault(t, wire.FrameTooLarge, err)
			continue
		}
		require.NoError(t, err)
		assert.Len(t, plain, n)
	}
}

// A member that unfolds to sixteen times the limit costs a fraction of what the
// limit allows, whatever it declares.
//
// "A receiver MUST stop decompressing and reject the message, on TCP with ERR code
// 8, as soon as the output exceeds its maximum frame size." [CMP-8]
func TestGunzipBombIsBounded(t *testing.T) {
	const limit = 1 << 20
	bomb, err := compress.Gzip(make([]byte, 16*limit), 1)
	require.NoError(t, err)
	for _, declared := range []uint32{0, 3, limit, 64 * limit, math.MaxUint32} {
		binary.LittleEndian.PutUint32(bomb[len(bomb)-4:], declared)
		octets := allocated(func() {
			_, err := compress.Gunzip(bomb, limit)
			requireFault(t, wire.FrameTooLarge, err)
		})
		assert.LessOrEqual(t, octets, uint64(32*len(bomb)+200_000), "ISIZE %d", declared)
	}
}

// What unfolds to far more than its own size is decompressed into the room that it
// takes, and not into twice as much.
func TestGunzipMakesNoMoreRoomThanNeeded(t *testing.T) {
	const size = 3 << 20
	member, err := compress.Gzip(make([]byte, size), 9)
	require.NoError(t, err)
	octets := allocated(func() {
		plain, err := compress.Gunzip(member, 0)
		require.NoError(t, err)
		require.Len(t, plain, size)
	})
	assert.Less(t, octets, uint64(size+32*len(member)+200_000))
}

// The same with an end that is missing or wrong: it is noticed while counting.
func TestGunzipFaultBehindMuchOutput(t *testing.T) {
	member, err := compress.Gzip(make([]byte, 300_000), 0)
	require.NoError(t, err)
	for _, cut := range []int{1, 8, 9, 20, len(member) / 2} {
		_, err := compress.Gunzip(member[:len(member)-cut], 0)
		requireFault(t, wire.BadCompression, err)
	}
	member[len(member)-8-5-2] ^= 0x55
	_, err = compress.Gunzip(member, 0)
	requireFault(t, wire.BadCompression, err)
}

// A size that is only declared is not believed beyond what has come. [LIM-5]
func TestGunzipDeclaredSizeIsNotAllocated(t *testing.T) {
	liar := unhex(t, "1f8b08000000000000ff 4b4c4a0600 c2412435 ffffffff")
	octets := allocated(func() {
		_, err := compress.Gunzip(liar, 0)
		requireFault(t, wire.BadCompression, err)
	})
	assert.Less(t, octets, uint64(100_000))
}

// Results share no memory with each other.
func TestGunzipResultIsItsOwn(t *testing.T) {
	member, err := compress.Gzip(text(2000), 0)
	require.NoError(t, err)
	first, err := compress.Gunzip(member, 0)
	require.NoError(t, err)
	second, err := compress.Gunzip(member, 0)
	require.NoError(t, err)
	clear(first)
	assert.Equal(t, text(2000), second)
}

// allocated returns how many octets f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// The reader of the standard library agrees on what a single plain member holds.
func TestGzipIsReadByTheStandardLibrary(t *testing.T) {
	for _, n := range []int{0, 1, 1023, 1024, 70_000} {
		for level := range 10 {
			member, err := compress.Gzip(noise(n), level)
			require.NoError(t, err)
			r, err := gzip.NewReader(bytes.NewReader(member))
			require.NoError(t, err)
			r.Multistream(false)
			var plain bytes.Buffer
			_, err = plain.ReadFrom(r)
			require.NoError(t, err)
			assert.True(t, bytes.Equal(noise(n), plain.Bytes()), "%d octets at level %d", n, level)
		}
	}
}
