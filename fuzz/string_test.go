package fuzz

import (
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/wire"
)

// wellFormed tells whether b is UTF-8 by another way than the reference takes:
// what is no character does not survive being turned into characters.
func wellFormed(b []byte) bool { return string([]rune(string(b))) == string(b) }

// requireString fails unless ParseString finds in b the string that its first
// two octets announce. [STR-1] [STR-3]
func requireString(t require.TestingT, b []byte) {
	s, n, err := wire.ParseString(b)
	needed := 2
	if len(b) >= 2 {
		needed += int(b[0]) | int(b[1])<<8
	}
	switch {
	case len(b) < needed:
		require.Equal(t, wire.ErrShort, err, "%x", b)
		require.Equal(t, needed, n, "%x", b)
	case !wellFormed(b[2:needed]):
		require.ErrorIs(t, err, wire.Protocol, "%x", b)
		require.Zero(t, n, "%x", b)
	default:
		require.NoError(t, err, "%x", b)
		require.Equal(t, string(b[2:needed]), s)
		require.Equal(t, needed, n, "%x", b)
		again, err := wire.AppendString(nil, s)
		require.NoError(t, err)
		requireOctets(t, b[:n], again, "AppendString")
	}
}

// requireStringInverse fails unless text, if it is one and not too long, comes
// back from its encoding. [STR-1] [STR-2]
func requireStringInverse(t require.TestingT, text []byte) {
	b, err := wire.AppendString([]byte{0xff}, string(text))
	if len(text) > 65535 || !wellFormed(text) {
		require.ErrorIs(t, err, wire.Protocol)
		require.Equal(t, []byte{0xff}, b, "nothing is written of what is refused")
		return
	}
	require.NoError(t, err)
	back, n, err := wire.ParseString(append(b[1:], 0x80))
	require.NoError(t, err)
	require.Equal(t, string(text), back)
	require.Equal(t, len(b)-1, n)
}
