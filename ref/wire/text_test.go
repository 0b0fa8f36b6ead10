package wire_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/wire"
)

var stringAnchors = []struct {
	text   string
	octets string
}{
	{"", "0000"},
	{"Hello", "0500 48656c6c6f"},
	{"é", "0200 c3a9"},
	{"你好", "0600 e4bda0 e5a5bd"},
	{"🦀", "0400 f09fa680"},
}

// [STR-1]
func TestStringAnchors(t *testing.T) {
	for _, a := range stringAnchors {
		want := unhex(t, a.octets)

		octets, err := wire.AppendString([]byte{0xaa}, a.text)
		require.NoError(t, err, "%q", a.text)
		assert.Equal(t, append([]byte{0xaa}, want...), octets)

		text, n, err := wire.ParseString(append(want, 0xff))
		require.NoError(t, err, "%q", a.text)
		assert.Equal(t, a.text, text)
		assert.Equal(t, len(want), n, "the octet behind it is left alone")
	}
}

// [STR-3]
func TestParseStringEveryPrefixIsShort(t *testing.T) {
	for _, a := range stringAnchors {
		octets := unhex(t, a.octets)
		for cut := range octets {
			text, n, err := wire.ParseString(octets[:cut])
			require.Equal(t, wire.ErrShort, err, "%d octets of %s", cut, a.octets)
			assert.Empty(t, text)
			if cut < 2 {
				assert.Equal(t, 2, n)
			} else {
				assert.Equal(t, len(octets), n)
			}
		}
	}
}

// [STR-3]
func TestParseStringRefusesWhatIsNotUTF8(t *testing.T) {
	for name, octets := range map[string]string{
		"a lone octet ff": "0100 ff",
		"overlong NUL":    "0200 c080",
		"a surrogate":     "0300 eda080",
		"cut in a rune":   "0100 c3",
	} {
		t.Run(name, func(t *testing.T) {
			text, n, err := wire.ParseString(unhex(t, octets))
			require.Equal(t, &wire.DecodeError{Offset: 2, Reason: wire.Protocol}, err)
			assert.Empty(t, text)
			assert.Zero(t, n)
		})
	}
}

func TestParseStringCopies(t *testing.T) {
	octets := unhex(t, "0500 48656c6c6f")
	text, _, err := wire.ParseString(octets)
	require.NoError(t, err)
	octets[2] = 'J'
	assert.Equal(t, "Hello", text)
}

// [STR-2]
func TestAppendStringAtTheLimit(t *testing.T) {
	longest := strings.Repeat("a", 65535)
	octets, err := wire.AppendString(nil, longest)
	require.NoError(t, err)
	assert.Equal(t, "\xff\xff"+longest, string(octets))

	text, n, err := wire.ParseString(octets)
	require.NoError(t, err)
	assert.Equal(t, longest, text)
	assert.Equal(t, 65537, n)

	before := []byte("before")
	octets, err = wire.AppendString(before, longest+"a")
	require.ErrorIs(t, err, wire.Protocol)
	assert.Equal(t, before, octets)
}

// [STR-1]
func TestAppendStringRefusesWhatIsNotUTF8(t *testing.T) {
	before := []byte("before")
	octets, err := wire.AppendString(before, "\xff")
	require.ErrorIs(t, err, wire.Protocol)
	assert.Equal(t, before, octets)
}
