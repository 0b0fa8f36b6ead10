package compress_test

import (
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/wire"
)

// unhex turns hex, with spaces wherever they help reading, into octets.
func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	require.NoError(t, err, "not hex: %q", s)
	return b
}

// text returns n octets that compress well.
func text(n int) []byte {
	const line = "the quick brown fox jumps over the lazy dog, and the lazy dog sleeps on; "
	return []byte(strings.Repeat(line, n/len(line)+1)[:n])
}

// noise returns n octets that do not compress, the same each time.
func noise(n int) []byte {
	b := make([]byte, n)
	x := uint64(88172645463325252)
	for i := range b {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		b[i] = byte(x >> 32)
	}
	return b
}

// requireFault fails unless err is a DecodeError of the given Reason.
func requireFault(t testing.TB, want wire.Reason, err error) *wire.DecodeError {
	t.Helper()
	fault, ok := errors.AsType[*wire.DecodeError](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, want, fault.Reason)
	return fault
}
