package dissect

import (
	"math/big"
	"strconv"
)

// canonical tells whether value is an unsigned number of at most so many bits
// in decimal digits, without sign, space or needless zero. [HDR-9]
func canonical(value []byte, bits int) bool {
	if len(value) == 0 || len(value) > 1 && value[0] == '0' || len(value) > bits {
		return false // a number of n bits never has more than n digits
	}
	for _, digit := range value {
		if digit < '0' || digit > '9' {
			return false
		}
	}
	n, ok := new(big.Int).SetString(string(value), 10)
	return ok && n.BitLen() <= bits
}

// number reads a canonical decimal number of at most 64 bits.
func number(value []byte) (uint64, bool) {
	if !canonical(value, 64) {
		return 0, false
	}
	n, err := strconv.ParseUint(string(value), 10, 64)
	return n, err == nil
}
