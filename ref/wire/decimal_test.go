package wire_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/vstp-project/vstp/ref/wire"
)

// [HDR-9]
func TestParseDecimalCanonical(t *testing.T) {
	for text, want := range map[string]uint64{
		"0":                    0,
		"5":                    5,
		"10":                   10,
		"255":                  255,
		"9999999999999999999":  9999999999999999999,
		"10000000000000000000": 10000000000000000000,
		"18446744073709551609": math.MaxUint64 - 6,
		"18446744073709551615": math.MaxUint64,
	} {
		v, ok := wire.ParseDecimal([]byte(text))
		assert.True(t, ok, text)
		assert.Equal(t, want, v, text)
		assert.Equal(t, text, string(wire.AppendDecimal(nil, want)))
	}
}

// [HDR-9]
func TestParseDecimalRefused(t *testing.T) {
	for _, text := range []string{
		"", "00", "01", "007", "+7", "-1", " 5", "5 ", "5\x00", "5\n", "1_0", "0x1", "1e3", "1.0",
		"\x05",   // the number itself, not its text
		"٣",      // a digit, but not ASCII
		"/", ":", // the octets beside the digits
		"18446744073709551616",           // 2^64
		"18446744073709551620",           // ten times a prefix that still fits
		"20000000000000000000",           // 20 digits
		"99999999999999999999",           //
		"100000000000000000000",          // 21 digits
		"000000000000000000000000000001", // 30 digits
	} {
		v, ok := wire.ParseDecimal([]byte(text))
		assert.False(t, ok, "%q", text)
		assert.Zero(t, v, "%q", text)
	}
}

func TestAppendDecimalAppends(t *testing.T) {
	assert.Equal(t, "id=42", string(wire.AppendDecimal([]byte("id="), 42)))
}

func TestDecimalRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.OneOf(rapid.Uint64(), rapid.Uint64Range(math.MaxUint64-300, math.MaxUint64)).Draw(t, "value")
		v, ok := wire.ParseDecimal(wire.AppendDecimal(nil, want))
		assert.True(t, ok)
		assert.Equal(t, want, v)
	})
}

// A text that is accepted is the only one for its value.
func TestDecimalHasOneForm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[0-9+\- ]{0,22}`).Draw(t, "text")
		if v, ok := wire.ParseDecimal([]byte(text)); ok {
			assert.Equal(t, text, string(wire.AppendDecimal(nil, v)))
		}
	})
}
