package fuzz

import (
	"encoding/binary"
	"math/big"

	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/wire"
)

// requireVarint fails unless Uvarint makes of b what numbers without a limit make
// of it. [VAR-2] [VAR-3] [VAR-4]
func requireVarint(t require.TestingT, b []byte) {
	want, end := new(big.Int), -1
	for i, octet := range b {
		group := big.NewInt(int64(octet & 0x7f))
		want.Or(want, group.Lsh(group, uint(7*i)))
		if octet < 0x80 {
			end = i + 1
			break
		}
		if i == 10 {
			break // far beyond what can be right
		}
	}
	v, n, err := wire.Uvarint(b)
	switch {
	case end < 0 && len(b) < 10:
		require.Equal(t, wire.ErrShort, err, "%x", b)
		require.Equal(t, len(b)+1, n, "%x", b)
	case end < 0 || end > 10 || !want.IsUint64():
		require.ErrorIs(t, err, wire.Protocol, "%x", b)
		require.Zero(t, n, "%x", b)
	default:
		require.NoError(t, err, "%x", b)
		require.Equal(t, want.Uint64(), v, "%x", b)
		require.Equal(t, end, n, "%x", b)
		for short := range n {
			_, needed, err := wire.Uvarint(b[:short])
			require.Equal(t, wire.ErrShort, err, "%x", b[:short])
			require.Equal(t, short+1, needed, "%x", b[:short])
		}
	}
}

// requireVarintInverse fails unless v has its shortest encoding and comes back
// from it. [VAR-1]
func requireVarintInverse(t require.TestingT, v uint64) {
	b := wire.AppendUvarint([]byte{0xff}, v)
	require.Equal(t, binary.AppendUvarint([]byte{0xff}, v), b, "%d", v)
	require.Equal(t, len(b)-1, wire.UvarintLen(v), "%d", v)
	require.LessOrEqual(t, len(b)-1, 10, "%d", v)
	require.True(t, len(b) == 2 || b[len(b)-1] != 0, "%d has the needless octet 0: %x", v, b)
	back, n, err := wire.Uvarint(append(b[1:], 0x80))
	require.NoError(t, err)
	require.Equal(t, v, back)
	require.Equal(t, len(b)-1, n)
}
