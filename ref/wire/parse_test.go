package wire_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/wire"
)

func TestParseLeavesLaterOctetsAlone(t *testing.T) {
	octets := unhex(t, "5654 01 01 00 0000 00000000 90a29464  5654 01 04 00 0000 00000000 d8429a00  58")

	first, n, err := wire.Parse(octets, wire.Limits{})
	require.NoError(t, err)
	assert.Equal(t, wire.TypeHello, first.Type)
	assert.Equal(t, 15, n)

	second, n, err := wire.Parse(octets[15:], wire.Limits{})
	require.NoError(t, err)
	assert.Equal(t, wire.TypePing, second.Type)
	assert.Equal(t, 15, n)

	_, n, err = wire.Parse(octets[30:], wire.Limits{})
	require.Equal(t, wire.ErrShort, err)
	assert.Equal(t, 11, n)
}

// A frame is a window on its input, and appending to a part of it does not write
// on the rest.
func TestParseAliasesItsInputInCappedSlices(t *testing.T) {
	octets := unhex(t, "5654 01 03 00 0b00 00000005  04 05 74657374 76616c7565  48656c6c6f  6dffe407")
	want := bytes.Clone(octets)

	f, _, err := wire.Parse(octets, wire.Limits{})
	require.NoError(t, err)
	assert.Same(t, &octets[11], &f.Headers.Bytes()[0])
	assert.Same(t, &octets[22], &f.Payload[0])

	_ = append(f.Headers.Bytes(), "XXXX"...)
	_ = append(f.Payload, "XXXX"...)
	assert.Equal(t, want, octets)
}

func TestParseEmptyRegionsAreNil(t *testing.T) {
	f, _, err := wire.Parse(unhex(t, "5654 01 01 00 0000 00000000 90a29464"), wire.Limits{})
	require.NoError(t, err)
	assert.Equal(t, wire.Frame{Type: wire.TypeHello}, f)
}

func TestParseIntoLeavesTheFrameAloneOnErrors(t *testing.T) {
	before := wire.Frame{Type: wire.TypeAck, Flags: 0x02, Headers: mustSection(t, "a", "1"), Payload: []byte("p")}
	for _, a := range rejectAnchors {
		f := before
		n, err := wire.ParseInto(&f, unhex(t, a.octets), wire.Limits{})
		require.ErrorIs(t, err, a.reason, a.name)
		assert.Equal(t, a.n, n, a.name)
		assert.Equal(t, before, f, a.name)
	}
	f := before
	_, err := wire.ParseInto(&f, []byte("VT"), wire.Limits{})
	require.Equal(t, wire.ErrShort, err)
	assert.Equal(t, before, f)
}

func TestParseIntoLeavesNothingOfTheFrameBefore(t *testing.T) {
	f := wire.Frame{Type: wire.TypeAck, Flags: 0x33, Headers: mustSection(t, "a", "1"), Payload: []byte("p")}
	_, err := wire.ParseInto(&f, unhex(t, "5654 01 01 00 0000 00000000 90a29464"), wire.Limits{})
	require.NoError(t, err)
	assert.Equal(t, wire.Frame{Type: wire.TypeHello}, f)
}

// Wrong octets are reported as soon as they can be told, not sooner. [TCP-17] [TCP-28]
func TestParseTellsAsSoonAsItCan(t *testing.T) {
	for _, test := range []struct {
		octets string
		want   error
	}{
		{"", wire.ErrShort},
		{"56", wire.ErrShort},
		{"58", wire.ErrShort}, // the first two octets decide together
		{"5854", wire.InvalidMagic},
		{"5658", wire.InvalidMagic},
		{"5456", wire.InvalidMagic},
		{"5654", wire.ErrShort},
		{"565400", wire.InvalidVersion},
		{"565402", wire.InvalidVersion},
		{"565401", wire.ErrShort},
		{"5654010300", wire.ErrShort},
		{"5654010300ffffffffff", wire.ErrShort}, // one octet of PAY_LEN is missing
		{"5654010300ffffffffffff", wire.FrameTooLarge},
	} {
		_, n, err := wire.Parse(unhex(t, test.octets), wire.Limits{})
		require.ErrorIs(t, err, test.want, test.octets)
		if test.want == wire.ErrShort {
			assert.Equal(t, wire.FixedLen, n, test.octets)
		} else {
			assert.Zero(t, n, test.octets)
		}
	}
}

// A frame with several faults shows the first of this order. Each fault is tried
// alone and together with every set of later ones. [FRM-9]
func TestParseReportsTheFirstFaultOnly(t *testing.T) {
	faults := []struct {
		want   wire.Reason
		inject func(frame []byte)
	}{
		{wire.InvalidMagic, func(f []byte) { f[1] = 'X' }},
		{wire.InvalidVersion, func(f []byte) { f[2] = 2 }},
		{wire.FrameTooLarge, func(f []byte) { f[7] = 0xff }},
		{wire.Incomplete, func(f []byte) { f[9] = 0x01 }},
		{wire.CrcMismatch, func(f []byte) { f[len(f)-1] ^= 1 }},
		{wire.InvalidFrameType, func(f []byte) { f[3] = 9 }},
		{wire.Protocol, func(f []byte) { f[11] = 0xff }},
	}
	good := mustEncode(t, mustBuild(t, wire.NewBuilder(wire.TypeData).Text("k", "v").Payload([]byte("p"))))

	for set := 1; set < 1<<len(faults); set++ {
		frame := bytes.Clone(good)
		var first wire.Reason
		badSum := false
		for i, fault := range faults {
			if set&(1<<i) == 0 {
				continue
			}
			if first == 0 {
				first = fault.want
			}
			badSum = badSum || fault.want == wire.CrcMismatch
			if fault.want != wire.CrcMismatch {
				fault.inject(frame)
			}
		}
		reseal(frame)
		if badSum {
			faults[4].inject(frame)
		}

		_, _, err := wire.Parse(frame, wire.Limits{})

		require.Error(t, err, "faults %07b", set)
		require.Equal(t, first, reasonOf(t, err), "faults %07b", set)
	}
}

// [LIM-1] [LIM-2] [LIM-3]
func TestParseSizeLimit(t *testing.T) {
	for _, limit := range []int{15, 16, 31, 1000, 70_000, wire.DefaultMaxFrame} {
		lim := wire.Limits{MaxFrame: limit}
		for _, section := range []wire.Headers{{}, mustSection(t, "k", "v")} {
			for _, delta := range []int{-1, 0, 1} {
				size := limit + delta - wire.Overhead - section.Size()
				if size < 0 {
					continue
				}
				f := wire.Frame{Type: wire.TypeData, Headers: section, Payload: make([]byte, size)}
				octets := mustEncode(t, f)
				require.Len(t, octets, limit+delta)

				_, n, err := wire.Parse(octets, lim)
				_, _, fixedErr := wire.Parse(octets[:wire.FixedLen], lim)

				if delta > 0 {
					require.Equal(t, &wire.DecodeError{Offset: 5, Reason: wire.FrameTooLarge}, err)
					require.Equal(t, err, fixedErr, "the fixed part is enough to tell")
					continue
				}
				require.NoError(t, err)
				assert.Equal(t, len(octets), n)
				require.Equal(t, wire.ErrShort, fixedErr)
			}
		}
	}
}

func TestParseDefaultSizeLimit(t *testing.T) {
	fixed := unhex(t, "5654 01 03 00 0000 007ffff1") // 8,388,608 octets in all
	for _, lim := range []wire.Limits{{}, {MaxFrame: -1}, {MaxFrame: wire.DefaultMaxFrame}} {
		_, n, err := wire.Parse(fixed, lim)
		require.Equal(t, wire.ErrShort, err)
		assert.Equal(t, 8_388_608, n)

		_, _, err = wire.Parse(unhex(t, "5654 01 03 00 0000 007ffff2"), lim)
		require.ErrorIs(t, err, wire.FrameTooLarge)
	}
	_, _, err := wire.Parse(fixed, wire.Limits{MaxFrame: 14})
	require.ErrorIs(t, err, wire.FrameTooLarge, "a limit below the smallest frame lets none pass")
}

// The largest lengths add up to more than 32 bits hold.
func TestParseLargestLengthsDoNotOverflow(t *testing.T) {
	_, n, err := wire.Parse(unhex(t, "5654 01 03 00 ffff ffffffff"), wire.Limits{MaxFrame: math.MaxInt})
	if strconv.IntSize == 32 {
		require.ErrorIs(t, err, wire.FrameTooLarge)
		return
	}
	require.Equal(t, wire.ErrShort, err)
	assert.EqualValues(t, uint64(15+65535+4294967295), n)
}

// HDR_LEN decides where HEADERS ends and PAYLOAD begins, and nothing reaches
// beyond its region. Here a valid frame's boundary is put in every place.
func TestParseEveryBoundaryBetweenHeadersAndPayload(t *testing.T) {
	f := mustBuild(t, wire.NewBuilder(wire.TypeData).
		Text("a", "1").Text("", "").Text("key", "value").
		Payload([]byte("\x01\x01b2 and more")))
	good := mustEncode(t, f)
	regions := f.Headers.Size() + len(f.Payload)
	// Where a header ends: those of the section, and one that the payload's first
	// octets make.
	ends := []int{0, 4, 6, 16, 20}

	for hdrLen := range regions + 1 {
		octets := bytes.Clone(good)
		binary.LittleEndian.PutUint16(octets[5:], uint16(hdrLen))
		binary.BigEndian.PutUint32(octets[7:], uint32(regions-hdrLen))
		reseal(octets)

		got, n, err := wire.Parse(octets, wire.Limits{})

		assert.Equal(t, len(octets), n)
		whole, last := false, 0
		for _, end := range ends {
			if end <= hdrLen {
				whole, last = end == hdrLen, end
			}
		}
		if !whole {
			require.Equal(t, &wire.DecodeError{Offset: 11 + last, Reason: wire.Protocol}, err, "HDR_LEN %d", hdrLen)
			continue
		}
		require.NoError(t, err, "HDR_LEN %d", hdrLen)
		assert.Equal(t, good[11:11+hdrLen], append([]byte{}, got.Headers.Bytes()...))
		assert.Equal(t, good[11+hdrLen:len(good)-4], append([]byte{}, got.Payload...))
	}
}

// KEY_LEN and VALUE_LEN of each header, one too large or too small, with a right
// CRC32: the header runs into what follows, or leaves something over.
func TestParseEveryHeaderOverrun(t *testing.T) {
	good := mustEncode(t, mustBuild(t, wire.NewBuilder(wire.TypeData).
		Text("aa", "11").Text("bb", "22").Payload([]byte("payload"))))
	for _, at := range []int{11, 12, 17, 18} {
		for _, delta := range []int{1, 100} {
			octets := bytes.Clone(good)
			octets[at] += byte(delta)
			_, _, err := wire.Parse(reseal(octets), wire.Limits{})
			require.ErrorIs(t, err, wire.Protocol, "octet %d larger by %d", at, delta)
		}
		octets := bytes.Clone(good)
		octets[at]--
		_, _, err := wire.Parse(reseal(octets), wire.Limits{})
		require.ErrorIs(t, err, wire.Protocol, "octet %d smaller", at)
	}
}

// [HDR-8] [FRM-8]
func TestParseHeaderSectionAtTheLimit(t *testing.T) {
	full := strings.Repeat("x", 255)
	repeat := func(n int, key, value string) *wire.Builder {
		b := wire.NewBuilder(wire.TypeData)
		for range n {
			b.Text(key, value)
		}
		return b
	}
	for name, builder := range map[string]*wire.Builder{
		"127 full-size headers":       repeat(127, full, full),
		"exactly 65,535 octets":       repeat(127, full, full).Text(full, full[:254]),
		"the same and a payload":      repeat(127, full, full).Text(full, full[:254]).Payload(pattern(65_535)),
		"32,767 empty headers":        repeat(32767, "", ""),
		"a payload of 65,535 instead": repeat(0, "", "").Payload(pattern(65_535)),
	} {
		t.Run(name, func(t *testing.T) {
			want := mustBuild(t, builder)
			octets := mustEncode(t, want)

			f, n, err := wire.Parse(octets, wire.Limits{})

			require.NoError(t, err)
			assert.Equal(t, len(octets), n)
			assert.Equal(t, want, f)
		})
	}
}

// [TYP-3] [TYP-5]
func TestParseKnownTypes(t *testing.T) {
	for _, known := range [][]wire.Type{nil, {0x10}, {0x10, 0x80, 0xff}, {0, 9, 0x0f}} {
		lim := wire.Limits{Types: wire.NewTypeSet(known...)}
		for value := range 256 {
			octets := unhex(t, "5654 01 00 00 0000 00000000 00000000")
			octets[3] = byte(value)

			f, n, err := wire.Parse(reseal(octets), lim)

			assert.Equal(t, 15, n, "the frame's end is known either way")
			if lim.Types.Has(wire.Type(value)) {
				require.NoError(t, err, "TYPE %#x", value)
				assert.Equal(t, wire.Type(value), f.Type)
			} else {
				require.Equal(t, &wire.DecodeError{Offset: 3, Reason: wire.InvalidFrameType}, err, "TYPE %#x", value)
			}
		}
	}
}

func TestParseNoSingleBitOfAnyFieldGoesUnnoticed(t *testing.T) {
	for _, size := range []int{0, 1, 64, 1024} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			octets := mustEncode(t, mustBuild(t, wire.NewBuilder(wire.TypeData).Text("key", "value").Payload(pattern(size))))
			for bit := range 8 * len(octets) {
				octets[bit/8] ^= 1 << (bit % 8)
				_, _, err := wire.Parse(octets, wire.Limits{})
				require.Error(t, err, "bit %d", bit)
				octets[bit/8] ^= 1 << (bit % 8)
			}
		})
	}
}
