package forge

import "encoding/binary"

// Raw is a frame in which every field can be made wrong on its own. A nil
// pointer stands for the value that makes the frame right; the header section
// and the payload are written verbatim, whatever the lengths say.
//
// A checksum that is not given is computed over the octets as they are written,
// the wrong ones included, so that a Raw with one override has one fault.
type Raw struct {
	Magic         *[2]byte // nil: 0x56 0x54
	Version       *byte    // nil: 1
	Type, Flags   byte
	HeaderLen     *uint16 // nil: the octets of HeaderSection, modulo 2^16
	PayloadLen    *uint32 // nil: the octets of Payload, modulo 2^32
	HeaderSection []byte
	Payload       []byte
	CRC           *uint32 // nil: the checksum of all that stands before it
	NoCRC         bool    // true: end after the payload, CRC notwithstanding
}

// Bytes returns the octets that r describes.
func (r Raw) Bytes() []byte {
	magic, version := [2]byte{'V', 'T'}, byte(1)
	headerLen, payloadLen := uint16(len(r.HeaderSection)), uint32(len(r.Payload))
	if r.Magic != nil {
		magic = *r.Magic
	}
	if r.Version != nil {
		version = *r.Version
	}
	if r.HeaderLen != nil {
		headerLen = *r.HeaderLen
	}
	if r.PayloadLen != nil {
		payloadLen = *r.PayloadLen
	}

	b := make([]byte, 0, 15+len(r.HeaderSection)+len(r.Payload))
	b = append(b, magic[0], magic[1], version, r.Type, r.Flags)
	b = binary.LittleEndian.AppendUint16(b, headerLen) // [FRM-3]
	b = binary.BigEndian.AppendUint32(b, payloadLen)   // [FRM-4]
	b = append(b, r.HeaderSection...)
	b = append(b, r.Payload...)
	if r.NoCRC {
		return b
	}
	checksum := CRC(b) // [CRC-2]
	if r.CRC != nil {
		checksum = *r.CRC
	}
	return binary.BigEndian.AppendUint32(b, checksum) // [CRC-3]
}
