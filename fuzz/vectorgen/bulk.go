package main

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/vstp-project/vstp/conformance/forge"
	"github.com/vstp-project/vstp/vectors"
)

const defaultLimit = 8388608

// bulk makes the family generated: what is too much for a hand.
func bulk() file {
	f := newFile(vectors.FamilyGenerated, "Frames in bulk, made by a program: every combination of type and flags, every unknown type, "+
		"lengths around every boundary, every bit of a frame turned over, every beginning of it. The format is that of the family frame.")
	f.flags()
	f.reservedFlags()
	f.unknownTypes()
	f.headerLengths()
	f.sectionSizes()
	f.payloadLengths()
	f.limits()
	f.lengthFields()
	f.bitFlips()
	f.cuts()
	return f
}

// example is the frame of the guide, corrected.
var example = forge.Frame{Type: typeData, Headers: forge.KV("test", "value"), Payload: []byte("Hello")}

// flags combines the eight types with the sixteen combinations of defined flags.
func (f *file) flags() {
	for typ := byte(1); typ <= 8; typ++ {
		for bits := range byte(16) {
			flags := bits&1*flagReqAck | bits>>1&1*flagCRC | bits>>2&1*flagFrag | bits>>3&1*flagComp
			frame := forge.Frame{Type: typ, Flags: flags, Payload: []byte("x")}
			f.add(vector{
				Name:         fmt.Sprintf("flags-%s-%02x", typeNames[typ], flags),
				Requirements: []string{"FLG-1", "TYP-1"},
				Comment:      fmt.Sprintf("TYPE %d with FLAGS %02x", typ, flags),
				Tags:         direction(typ, flags),
				Octets:       notation(frame.Bytes()),
				Expect:       accepted(frame),
			})
		}
	}
}

// reservedFlags sets every combination of reserved flags.
func (f *file) reservedFlags() {
	for bits := byte(1); bits < 16; bits++ {
		flags := bits&3<<2 | bits>>2<<6
		frame := forge.Frame{Type: typeData, Flags: flags, Payload: []byte("x")}
		f.add(vector{
			Name:         fmt.Sprintf("reserved-flags-%02x", flags),
			Requirements: []string{"FLG-3"},
			Comment:      fmt.Sprintf("The reserved bits %02x of FLAGS", flags),
			Tags:         []string{vectors.TagDecodeOnly},
			Octets:       notation(frame.Bytes()),
			Expect:       accepted(frame),
		})
	}
}

// unknownTypes goes through the TYPE values that are not among the eight.
func (f *file) unknownTypes() {
	for typ := range 256 {
		if typ >= 1 && typ <= 8 {
			continue
		}
		f.add(vector{
			Name:         fmt.Sprintf("type-%02x", typ),
			Requirements: []string{"TYP-3"},
			Comment:      fmt.Sprintf("TYPE %02x, to a decoder that knows the eight", typ),
			Octets:       notation(forge.Frame{Type: byte(typ)}.Bytes()),
			Expect:       rejected("InvalidFrameType"),
		})
	}
}

// headerLengths combines lengths of a key with lengths of its value.
func (f *file) headerLengths() {
	lengths := []int{0, 1, 127, 128, 255}
	for _, key := range lengths {
		for _, value := range lengths {
			frame := forge.Frame{Type: typeData, Headers: []forge.Header{{Key: repeat('k', key), Value: repeat('v', value)}}}
			f.add(vector{
				Name:         fmt.Sprintf("header-%d-%d", key, value),
				Requirements: []string{"HDR-1", "HDR-3"},
				Comment:      fmt.Sprintf("A key of %d octets with a value of %d", key, value),
				Octets:       notation(frame.Bytes()),
				Expect:       accepted(frame),
			})
		}
	}
}

// sectionSizes makes header sections around the places where HDR_LEN carries over
// from one octet to the next, and the largest.
func (f *file) sectionSizes() {
	for _, size := range []int{2, 3, 254, 255, 256, 257, 510, 511, 512, 513, 32767, 32768, 65534, 65535} {
		frame := forge.Frame{Type: typeData, Headers: section(size), Payload: []byte("x")}
		f.add(vector{
			Name:         fmt.Sprintf("section-%d", size),
			Requirements: []string{"FRM-3", "HDR-8"},
			Comment:      fmt.Sprintf("A header section of %d octets", size),
			Octets:       notation(frame.Bytes()),
			Expect:       accepted(frame),
		})
	}
}

// section returns headers that take size octets: of full size as far as they fit,
// and at the end what is left over.
func section(size int) []forge.Header {
	const full = 2 + 255 + 255
	var headers []forge.Header
	for size > 0 {
		content := min(size, full) - 2
		if left := size - full; left == 1 {
			content-- // one octet alone would be no header
		}
		key := min(content, 255)
		headers = append(headers, forge.Header{Key: repeat('k', key), Value: repeat('v', content-key)})
		size -= 2 + content
	}
	return headers
}

// payloadLengths makes payloads around the places where PAY_LEN carries over, and
// those where a datagram is full.
func (f *file) payloadLengths() {
	for _, size := range []int{0, 2, 127, 128, 254, 255, 256, 257, 1184, 1185, 1186, 1200, 1201, 32767, 32768, 65534, 65535, 65536, 65537} {
		frame := forge.Frame{Type: typeData, Payload: repeat('x', size)}
		f.add(vector{
			Name:         fmt.Sprintf("payload-%d", size),
			Requirements: []string{"FRM-4"},
			Comment:      fmt.Sprintf("A payload of %d octets", size),
			Octets:       notation(frame.Bytes()),
			Expect:       accepted(frame),
		})
	}
}

// limits makes, for some limits, frames one octet below, at and above them. The
// last is refused on its fixed part alone.
func (f *file) limits() {
	for _, limit := range []int{15, 16, 31, 100, 127, 128, 255, 256, 257, 1200, 65535, 65536} {
		for _, size := range []int{limit - 1, limit, limit + 1} {
			if size < 15 {
				continue
			}
			frame := forge.Frame{Type: typeData, Payload: repeat('x', size-15)}
			v := vector{
				Name:         fmt.Sprintf("limit-%d-size-%d", limit, size),
				Requirements: []string{"LIM-3"},
				Comment:      fmt.Sprintf("A frame of %d octets under a limit of %d", size, limit),
				Octets:       notation(frame.Bytes()),
				Limit:        limit,
				Expect:       accepted(frame),
			}
			if size > limit {
				v.Octets = notation(frame.Bytes()[:11])
				v.Expect = rejected("FrameTooLarge")
			}
			f.add(v)
		}
	}
}

// lengthFields puts every pair of small lengths in front of four octets of zero.
// What the first header leaves over is empty headers, if it is an even number.
func (f *file) lengthFields() {
	const rest = 4
	for key := range rest + 2 {
		for value := range rest + 2 {
			content := append([]byte{byte(key), byte(value)}, make([]byte, rest)...)
			v := vector{
				Name:    fmt.Sprintf("lengths-%d-%d", key, value),
				Comment: fmt.Sprintf("KEY_LEN %d and VALUE_LEN %d in front of the last four octets of the section", key, value),
				Octets:  notation(forge.Raw{Type: typeData, HeaderSection: content, Payload: repeat(0, 20)}.Bytes()),
			}
			left := rest - key - value
			switch {
			case left < 0:
				v.Requirements = []string{"HDR-6"}
				v.Expect = rejected("Protocol")
			case left%2 == 1:
				v.Requirements = []string{"HDR-7"}
				v.Expect = rejected("Protocol")
			default:
				v.Requirements = []string{"HDR-1", "HDR-3"}
				headers := append([]forge.Header{{Key: repeat(0, key), Value: repeat(0, value)}}, make([]forge.Header, left/2)...)
				v.Expect = accepted(forge.Frame{Type: typeData, Headers: headers, Payload: repeat(0, 20)})
			}
			f.add(v)
		}
	}
}

// bitFlips turns over each bit of the example in turn.
func (f *file) bitFlips() {
	whole := example.Bytes()
	for bit := range 8 * len(whole) {
		octets := forge.FlipBit(whole, bit)
		v := vector{
			Name:         fmt.Sprintf("flip-%03d", bit),
			Requirements: []string{"CRC-5", "SEC-1"},
			Comment:      fmt.Sprintf("Bit %02x of octet %d of the guide's example is turned over", 1<<(bit%8), bit/8),
			Octets:       notation(octets),
			Expect:       rejected("CrcMismatch"),
		}
		switch at := bit / 8; {
		case at < 2:
			v.Requirements = []string{"FRM-2"}
			v.Expect = rejected("InvalidMagic")
		case at == 2:
			v.Requirements = []string{"FRM-2"}
			v.Expect = rejected("InvalidVersion")
		case at >= 5 && at < 11:
			total := 15 + int(binary.LittleEndian.Uint16(octets[5:])) + int(binary.BigEndian.Uint32(octets[7:]))
			if total > defaultLimit {
				v.Requirements = []string{"LIM-2"}
				v.Expect = rejected("FrameTooLarge")
			} else if total > len(octets) {
				v.Requirements = []string{"FRM-3", "FRM-4"}
				v.Expect = incomplete(total)
			}
		}
		f.add(v)
	}
}

// cuts ends the example at every place.
func (f *file) cuts() {
	whole := example.Bytes()
	for size := range whole {
		needed := 11
		if size >= needed {
			needed = len(whole)
		}
		f.add(vector{
			Name:         fmt.Sprintf("cut-%02d", size),
			Requirements: []string{"FRM-7"},
			Comment:      fmt.Sprintf("The first %d octets of the guide's example", size),
			Octets:       notation(whole[:size]),
			Expect:       incomplete(needed),
		})
	}
}

func repeat(octet byte, times int) []byte { return bytes.Repeat([]byte{octet}, times) }
