package wire_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/vstp-project/vstp/ref/wire"
)

const (
	checkText = "123456789"
	checkSum  = 0xCBF43926
)

// [CRC-1]
func TestChecksumCheckValue(t *testing.T) {
	assert.Equal(t, uint32(checkSum), wire.Checksum([]byte(checkText)))
	assert.Zero(t, wire.Checksum(nil))
}

// The definition, a bit at a time. Lengths go around the places where a fast
// implementation changes its method.
func TestChecksumIsTheDefinition(t *testing.T) {
	bitwise := func(b []byte) uint32 {
		sum := uint32(0xFFFFFFFF)
		for _, c := range b {
			sum ^= uint32(c)
			for range 8 {
				low := sum & 1
				sum >>= 1
				if low == 1 {
					sum ^= 0xEDB88320
				}
			}
		}
		return sum ^ 0xFFFFFFFF
	}
	for _, n := range []int{0, 1, 7, 8, 15, 16, 17, 63, 64, 65, 79, 1023, 1024, 1025, 1039} {
		assert.Equal(t, bitwise(pattern(n)), wire.Checksum(pattern(n)), "%d octets", n)
	}
}

// [LIB-6]
func TestCRCCalculatesInPieces(t *testing.T) {
	for cut := range len(checkText) + 1 {
		var c wire.CRC
		c.Calculate([]byte(checkText[:cut]))
		assert.Equal(t, uint32(checkSum), c.Calculate([]byte(checkText[cut:])), "cut at %d", cut)
	}
}

func TestCRCVerifies(t *testing.T) {
	var c wire.CRC
	c.Calculate([]byte(checkText[:4]))
	assert.True(t, c.Verify([]byte(checkText[4:]), checkSum))

	c.Reset()
	assert.False(t, c.Verify([]byte("123456780"), checkSum))
}

func TestCRCStartsAfreshAfterReset(t *testing.T) {
	var c wire.CRC
	c.Calculate([]byte("something else"))
	c.Reset()
	assert.Equal(t, uint32(checkSum), c.Calculate([]byte(checkText)))
	assert.NotEqual(t, uint32(checkSum), c.Calculate([]byte(checkText)), "without a reset the octets add up")
}
