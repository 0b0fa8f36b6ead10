package wire

import (
	"math"
	"strconv"
)

// maxDecimalLen is the digits of 2^64-1.
const maxDecimalLen = 20

// AppendDecimal appends v to b in the form of the protocol's numeric header
// values and returns the longer slice.
//
// "A sender MUST write the values of msg-id, frag-id, frag-index, frag-total,
// session-id and err-code as canonical unsigned decimal numbers in ASCII,
// without sign, space or leading zero except for the single digit 0." [HDR-9]
func AppendDecimal(b []byte, v uint64) []byte {
	return strconv.AppendUint(b, v, 10)
}

// ParseDecimal returns the value of b as a canonical unsigned decimal: 1 to 20
// ASCII digits, no sign, no space, no leading zero except in the single digit 0
// [HDR-9]. Its second result is false where b is anything else or exceeds
// 2^64-1. All of b is the number.
func ParseDecimal(b []byte) (v uint64, ok bool) {
	if len(b) == 0 || len(b) > maxDecimalLen {
		return 0, false
	}
	if b[0] == '0' && len(b) > 1 {
		return 0, false
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		digit := uint64(c - '0')
		if v > (math.MaxUint64-digit)/10 {
			return 0, false
		}
		v = v*10 + digit
	}
	return v, true
}
