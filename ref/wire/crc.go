package wire

import "hash/crc32"

// Checksum returns the CRC-32/ISO-HDLC of b.
//
// "CRC32 MUST be CRC-32/ISO-HDLC, with the reflected polynomial 0xEDB88320, the
// initial value 0xFFFFFFFF and the final XOR 0xFFFFFFFF, so that the nine
// octets of the ASCII text 123456789 yield 0xCBF43926." [CRC-1]
func Checksum(b []byte) uint32 { return crc32.ChecksumIEEE(b) }

// CRC computes and checks the checksum of octets that come in pieces. The zero
// value is ready for use, and has seen no octets.
//
// "A CRC utility MUST calculate and verify the value that CRC-1 defines and
// start afresh after a reset." [LIB-6]
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
