package wire

import "hash/crc32"

// Checksum returns the CRC-32/ISO-HDLC of b: reflected polynomial 0xEDB88320,
// initial value and final XOR 0xFFFFFFFF; of "123456789" it is 0xCBF43926
// [CRC-1].
func Checksum(b []byte) uint32 { return crc32.ChecksumIEEE(b) }

// CRC computes and checks the checksum of octets that come in pieces [LIB-6].
// The zero value is ready for use, and has seen no octets.
type CRC struct {
	sum uint32
}

// Calculate adds b to the octets seen and returns the checksum of them all.
func (c *CRC) Calculate(b []byte) uint32 {
	c.sum = crc32.Update(c.sum, crc32.IEEETable, b)
	return c.sum
}

// Verify adds b to the octets seen and reports whether the checksum of them all
// is want.
func (c *CRC) Verify(b []byte, want uint32) bool { return c.Calculate(b) == want }

// Reset forgets the octets seen.
func (c *CRC) Reset() { c.sum = 0 }
