package wire_test

import (
	"encoding/binary"
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

// pattern returns n octets that repeat only after 251.
func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i % 251)
	}
	return b
}

// reasonOf returns the Reason that err unwraps to, which it must.
func reasonOf(t testing.TB, err error) wire.Reason {
	t.Helper()
	reason, ok := errors.AsType[wire.Reason](err)
	require.True(t, ok, "%v has no reason", err)
	return reason
}

// mustEncode returns the octets of f.
func mustEncode(t testing.TB, f wire.Frame) []byte {
	t.Helper()
	b, err := f.AppendBinary(nil)
	require.NoError(t, err)
	return b
}

// mustBuild returns the frame that b builds.
func mustBuild(t testing.TB, b *wire.Builder) wire.Frame {
	t.Helper()
	f, err := b.Build()
	require.NoError(t, err)
	return f
}

// mustSection returns a header section with the given headers, key and value by
// turns.
func mustSection(t testing.TB, pairs ...string) wire.Headers {
	t.Helper()
	var h wire.Headers
	for i := 0; i < len(pairs); i += 2 {
		var err error
		h, err = h.AppendText(pairs[i], pairs[i+1])
		require.NoError(t, err)
	}
	return h
}

// reseal makes the CRC32 of a frame right again after octets of it were changed.
func reseal(frame []byte) []byte {
	body := len(frame) - wire.TrailerLen
	binary.BigEndian.PutUint32(frame[body:], wire.Checksum(frame[:body]))
	return frame
}
