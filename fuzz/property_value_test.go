package fuzz

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// edgeNumbers returns the numbers around the powers of two, where encodings change
// their length.
func edgeNumbers() []uint64 {
	numbers := []uint64{0, math.MaxUint64}
	for bit := range 64 {
		n := uint64(1) << bit
		numbers = append(numbers, n-1, n, n+1)
	}
	return numbers
}

func TestVarintsComeBack(t *testing.T) {
	for _, v := range edgeNumbers() {
		requireVarintInverse(t, v)
	}
	rapid.Check(t, func(t *rapid.T) {
		requireVarintInverse(t, rapid.Uint64().Draw(t, "v"))
	})
}

// Octets drawn so that many go on and most of what could be zero is.
func TestVarintsAreNumbers(t *testing.T) {
	octet := rapid.OneOf(rapid.SampledFrom([]byte{0x80, 0xff, 0x00, 0x01, 0x02, 0x7f, 0x81}), rapid.Byte())
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.OneOf(rapid.SampledFrom([]int{0, 1, 9, 10, 11}), rapid.IntRange(0, 12)).Draw(t, "octets")
		requireVarint(t, rapid.SliceOfN(octet, n, n).Draw(t, "b"))
	})
}

// All varints of up to two octets, and all last octets of the longest.
func TestShortVarintsAreNumbers(t *testing.T) {
	for a := range 256 {
		requireVarint(t, []byte{byte(a)})
		for b := range 256 {
			requireVarint(t, []byte{byte(a), byte(b)})
		}
		requireVarint(t, []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, byte(a)})
		requireVarint(t, []byte{0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, byte(a), 0})
	}
}

func TestStringsComeBack(t *testing.T) {
	for _, n := range []int{0, 1, 2, 254, 255, 256, 65534, 65535, 65536} {
		requireStringInverse(t, make([]byte, n))
	}
	rapid.Check(t, func(t *rapid.T) {
		requireStringInverse(t, []byte(rapid.String().Draw(t, "text")))
		requireStringInverse(t, rapid.SliceOf(rapid.Byte()).Draw(t, "octets"))
	})
}

// Length fields around what is there, text with octets that are none.
func TestStringsAreWhatTheirLengthSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := []byte(rapid.String().Draw(t, "text"))
		if len(text) > 0 && rapid.Bool().Draw(t, "spoil") {
			text[rapid.IntRange(0, len(text)-1).Draw(t, "at")] = rapid.SampledFrom([]byte{0x80, 0xbf, 0xc0, 0xed, 0xf5, 0xff}).Draw(t, "octet")
		}
		n := max(0, len(text)+rapid.IntRange(-2, 2).Draw(t, "off"))
		b := append([]byte{byte(n), byte(n >> 8)}, text...)
		for short := range len(b) + 1 {
			requireString(t, b[:short])
		}
	})
}

func TestDecimalsComeBack(t *testing.T) {
	for _, v := range edgeNumbers() {
		requireDecimalInverse(t, v)
	}
	rapid.Check(t, func(t *rapid.T) {
		requireDecimalInverse(t, rapid.Uint64().Draw(t, "v"))
	})
}

func TestDecimalsHaveOneForm(t *testing.T) {
	for _, value := range protocolValues {
		requireDecimal(t, []byte(value))
	}
	text := rapid.OneOf(
		rapid.StringMatching(`[0-9]{1,3}`),
		rapid.StringMatching(`1844674407370955[0-9]{4}`),
		rapid.StringMatching(`34028236692093846346337460743176821145[0-9]`),
		rapid.StringMatching(`[ +-]?0*[0-9]{0,40}[ a-f.]?`),
	)
	rapid.Check(t, func(t *rapid.T) {
		requireDecimal(t, []byte(text.Draw(t, "value")))
	})
}
