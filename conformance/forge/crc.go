package forge

// polynomial is the generator of CRC-32/ISO-HDLC with its bits in reverse order,
// as a register that shifts to the right needs it.
const polynomial = 0xEDB88320

// crcTable holds, for each octet, the remainder that it leaves in an empty
// register. It is computed here rather than taken from hash/crc32, so that the
// judge's checksum does not stand on the code that it is to check.
var crcTable = buildTable()

func buildTable() [256]uint32 {
	var table [256]uint32
	for octet := range table {
		register := uint32(octet)
		for range 8 {
			if register&1 == 1 {
				register = register>>1 ^ polynomial
			} else {
				register >>= 1
			}
		}
		table[octet] = register
	}
	return table
}

// CRC returns the checksum that a frame's trailer carries when b is everything
// before the trailer: CRC-32/ISO-HDLC, for which "123456789" gives 0xCBF43926.
// [CRC-1]
func CRC(b []byte) uint32 {
	register := uint32(0xFFFFFFFF)
	for _, octet := range b {
		register = register>>8 ^ crcTable[byte(register)^octet]
	}
	return ^register
}
