package fuzz

import (
	"bytes"
	"encoding/binary"

	"github.com/vstp-project/vstp/conformance/forge"
)

const (
	fixedLen = 11 // octets from MAGIC to PAY_LEN
	overhead = 15 // the same with CRC32
)

// repair turns any octets into one frame that only its TYPE or its header
// section can be refused for. Without it the checksum would keep everything
// that a fuzzer invents away from the code behind it.
//
// MAGIC, VERSION and CRC32 become right. HDR_LEN stays if that many octets are
// there, otherwise it is reduced until they are; PAY_LEN becomes what is left.
// All else stays as it is.
func repair(b []byte) []byte {
	b = bytes.Clone(b)
	for len(b) < overhead {
		b = append(b, 0)
	}
	room := len(b) - overhead
	copy(b, "VT\x01")
	headerLen := int(binary.LittleEndian.Uint16(b[5:]))
	if headerLen > room {
		headerLen %= room + 1
	}
	binary.LittleEndian.PutUint16(b[5:], uint16(headerLen))
	binary.BigEndian.PutUint32(b[7:], uint32(room-headerLen))
	return forge.Reseal(b)
}

// repairStream cuts b into frames where its own lengths, reduced to what is
// there and to a few hundred octets, put the cuts, and repairs each. The last
// octets, if they are too few for a frame, stay as they are.
func repairStream(b []byte) []byte {
	var stream []byte
	for len(b) >= overhead {
		room := len(b) - overhead
		headerLen := min(room, int(b[5]))
		payloadLen := min(room-headerLen, int(b[10]))
		n := overhead + headerLen + payloadLen
		frame := bytes.Clone(b[:n])
		binary.LittleEndian.PutUint16(frame[5:], uint16(headerLen))
		stream = append(stream, repair(frame)...)
		b = b[n:]
	}
	return append(stream, b...)
}
