package dissect

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math/bits"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// explainCRC finds the requirement that a wrong checksum breaks by trying the
// slips that are made most often. payload is the length of PAYLOAD, with which body ends.
func explainCRC(body []byte, payload int, got, want uint32) (requirement, text string) {
	text = fmt.Sprintf("CRC32 is %08x, and the octets before it give %08x", got, want)
	switch {
	case bits.ReverseBytes32(got) == want:
		return "CRC-3", text + ": the right value, least significant octet first"
	case len(body) > fixedLen && got == crc32.ChecksumIEEE(body[fixedLen:]):
		return "CRC-2", text + ": the sum over HEADERS and PAYLOAD alone"
	case payload > 0 && got == crc32.ChecksumIEEE(body[len(body)-payload:]):
		return "CRC-2", text + ": the sum over PAYLOAD alone"
	case got == crc32.ChecksumIEEE(body[len("VT"):]):
		return "CRC-2", text + ": the sum over everything but MAGIC"
	case got == crc32.Checksum(body, castagnoli):
		return "CRC-1", text + ": CRC-32C, which has another polynomial"
	case got == ^want:
		return "CRC-1", text + ": the final XOR is left out"
	}
	return "CRC-1", text
}

// swapped says which length would fit the octets that are there if its byte
// order were the other one. A frame with a swapped length does not look wrong,
// it looks unfinished, so this is the hint that its sender needs.
func (p *pass) swapped() string {
	f, there := p.f, int64(len(p.b))
	headerLen := int64(bits.ReverseBytes16(uint16(f.HeaderLen)))
	payloadLen := int64(bits.ReverseBytes32(uint32(f.PayloadLen)))
	switch {
	case headerLen != int64(f.HeaderLen) && overhead+headerLen+f.PayloadLen == there:
		return fmt.Sprintf(" (HDR_LEN is little-endian; % x read big-endian would be %d, which fits)",
			binary.LittleEndian.AppendUint16(nil, uint16(f.HeaderLen)), headerLen)
	case payloadLen != f.PayloadLen && overhead+int64(f.HeaderLen)+payloadLen == there:
		return fmt.Sprintf(" (PAY_LEN is big-endian; % x read little-endian would be %d, which fits)",
			binary.BigEndian.AppendUint32(nil, uint32(f.PayloadLen)), payloadLen)
	}
	return ""
}
