package wire_test

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vstp-project/vstp/ref/wire"
)

var varintAnchors = []struct {
	value  uint64
	octets string
}{
	{0, "00"},
	{1, "01"},
	{127, "7f"},
	{128, "8001"},
	{255, "ff01"},
	{300, "ac02"},
	{16383, "ff7f"},
	{16384, "808001"},
	{2097151, "ffff7f"},
	{2097152, "80808001"},
	{268435456, "8080808001"},
	{4294967295, "ffffffff0f"},
	{4294967296, "8080808010"},
	{9223372036854775807, "ffffffffffffffff7f"},
	{9223372036854775808, "80808080808080808001"},
	{18446744073709551615, "ffffffffffffffffff01"},
}

// [VAR-1] [VAR-2]
func TestUvarintAnchors(t *testing.T) {
	for _, a := range varintAnchors {
		octets := unhex(t, a.octets)
		assert.Equal(t, octets, wire.AppendUvarint(nil, a.value), "%d", a.value)
		assert.Equal(t, len(octets), wire.UvarintLen(a.value), "%d", a.value)

		v, n, err := wire.Uvarint(octets)
		require.NoError(t, err, "%d", a.value)
		assert.Equal(t, a.value, v)
		assert.Equal(t, len(octets), n)
	}
}

func TestAppendUvarintAppends(t *testing.T) {
	assert.Equal(t, []byte{0xaa, 0xac, 0x02}, wire.AppendUvarint([]byte{0xaa}, 300))
}

func TestUvarintLeavesLaterOctetsAlone(t *testing.T) {
	v, n, err := wire.Uvarint(unhex(t, "05 80"))
	require.NoError(t, err)
	assert.Equal(t, uint64(5), v)
	assert.Equal(t, 1, n)
}

// [VAR-3]
func TestUvarintEveryPrefixIsShort(t *testing.T) {
	for _, a := range varintAnchors {
		octets := unhex(t, a.octets)
		for cut := range octets {
			v, n, err := wire.Uvarint(octets[:cut])
			require.Equal(t, wire.ErrShort, err, "%d octets of %s", cut, a.octets)
			assert.Equal(t, cut+1, n)
			assert.Zero(t, v)
		}
	}
}

// [VAR-3] [VAR-4]
func TestUvarintRefused(t *testing.T) {
	for name, octets := range map[string]string{
		"ten octets, all going on":        strings.Repeat("ff", 10),
		"eleven octets":                   strings.Repeat("80", 10) + "00",
		"one bit above 64":                strings.Repeat("ff", 9) + "02",
		"all bits of the tenth octet":     strings.Repeat("80", 9) + "7f",
		"eleven octets, value of one bit": strings.Repeat("80", 9) + "81" + "00",
	} {
		t.Run(name, func(t *testing.T) {
			v, n, err := wire.Uvarint(unhex(t, octets))
			require.Equal(t, &wire.DecodeError{Offset: 9, Reason: wire.Protocol}, err)
			assert.Zero(t, v)
			assert.Zero(t, n)
		})
	}
}

// Only encoders are bound to the shortest form.
func TestUvarintAcceptsLongerFormsThanNeeded(t *testing.T) {
	for octets, want := range map[string]uint64{
		"8000":                                0,
		"ff00":                                127,
		strings.Repeat("80", 9) + "00":        0,
		"81" + strings.Repeat("80", 8) + "01": 1<<63 | 1,
	} {
		v, n, err := wire.Uvarint(unhex(t, octets))
		require.NoError(t, err, octets)
		assert.Equal(t, want, v, octets)
		assert.Equal(t, len(octets)/2, n, octets)
	}
}

func TestUvarintRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// Boundaries lie at the powers of two.
		want := rapid.OneOf(
			rapid.Uint64(),
			rapid.Map(rapid.IntRange(0, 63), func(bit int) uint64 { return 1 << bit }),
			rapid.Map(rapid.IntRange(0, 63), func(bit int) uint64 { return 1<<bit - 1 }),
			rapid.Just(uint64(math.MaxUint64)),
		).Draw(t, "value")
		tail := rapid.SliceOfN(rapid.Byte(), 0, 3).Draw(t, "tail")

		octets := wire.AppendUvarint(nil, want)
		v, n, err := wire.Uvarint(append(octets, tail...))

		require.NoError(t, err)
		assert.Equal(t, want, v)
		assert.Equal(t, len(octets), n)
		assert.Equal(t, len(octets), wire.UvarintLen(want))
	})
}
