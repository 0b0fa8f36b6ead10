package fuzz

import (
	"bytes"
	"math"

	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance/dissect"
	"github.com/vstp-project/vstp/conformance/forge"
)

// The faults that can be planted in a frame.
const (
	wrongMagic = 1 << iota
	wrongVersion
	tooLarge
	truncated
	wrongCRC
	unknownType
	malformedSection

	allFaults = 1<<iota - 1
)

// A hostile is a good frame, the faults that are planted in it, and what each
// consists of.
type hostile struct {
	frame  forge.Frame
	faults int

	magic      [2]byte // not 0x56 0x54
	version    byte    // not 1
	declared   int     // 0: the limit is one octet too small; else PAY_LEN exceeds it by so much
	cut        int     // octets that are missing at the end
	crc        uint32  // bits of CRC32 that are turned over, not 0
	unknown    byte    // a TYPE that is not known
	stray      []byte  // stands at the end of the header section and is no header
	behind     []byte  // octets after the frame
	exactLimit bool    // the limit is the size of the frame, not the default
}

// strays are what no header section can end with: one octet, and headers that
// extend past its end, be it by one octet or by all that they can. [HDR-6]
// [HDR-7]
var strays = [][]byte{
	{0}, {255}, {1, 0}, {0, 1}, {255, 255}, {2, 1, 'k', 'e'}, {1, 2, 'k', 'v'}, {255, 0}, {0, 255},
}

// unknownTypes are values of TYPE at the edges of the ranges that nobody knows.
var unknownTypes = []byte{0, 9, 15, 0x10, 0x11, 0x7f, 0x80, 0xff}

// drawHostile draws a frame with the given faults, none of which is by chance
// the right value.
func drawHostile(d dice, faults int) hostile {
	h := hostile{
		frame:    drawFrame(d),
		faults:   faults,
		magic:    pick(d, [][2]byte{{0, 0}, {'T', 'V'}, {'V', 0}, {0, 'T'}, {'v', 't'}, {byte(d(256)), 'U'}}),
		version:  pick(d, []byte{0, 2, 0x80, 0xff, byte(2 + d(254))}),
		declared: pick(d, []int{0, 1, 2, math.MaxInt}),
		crc:      1 << d(32),
		unknown:  pick(d, unknownTypes),
		stray:    pick(d, strays),
		behind:   drawOctets(d, d(3)),
	}
	h.frame.Type = pick(d, []byte{1, 2, 3, 4, 5, 6, 7, 8})
	h.exactLimit = d.oneIn(2)
	if d.oneIn(4) {
		h.crc |= uint32(d(math.MaxInt32))
	}
	if faults&malformedSection != 0 && len(forge.Section(h.frame.Headers))+len(h.stray) > math.MaxUint16 {
		h.frame.Headers = nil
	}
	if faults&truncated != 0 {
		size := len(h.frame.Bytes())
		h.cut = pick(d, []int{1, 2, 4, 5, 1 + d(size), size - min(size-1, d(overhead))})
	}
	return h
}

// build returns the octets and who they are meant for.
func (h hostile) build() ([]byte, endpoint) {
	raw := forge.Raw{
		Type: h.frame.Type, Flags: h.frame.Flags,
		HeaderSection: forge.Section(h.frame.Headers), Payload: h.frame.Payload,
	}
	if h.faults&wrongMagic != 0 {
		raw.Magic = &h.magic
	}
	if h.faults&wrongVersion != 0 {
		raw.Version = &h.version
	}
	if h.faults&unknownType != 0 {
		raw.Type = h.unknown
	}
	if h.faults&malformedSection != 0 {
		raw.HeaderSection = append(raw.HeaderSection, h.stray...)
	}
	var e endpoint
	size := overhead + len(raw.HeaderSection) + len(raw.Payload)
	if h.exactLimit {
		e.limit = size
	}
	if h.faults&tooLarge != 0 {
		e.limit = size - 1
		if h.declared > 0 {
			e.limit = dissect.DefaultMaxFrame
			most := uint64(e.limit - overhead - len(raw.HeaderSection))
			declared := uint32(min(most+uint64(h.declared), math.MaxUint32))
			raw.PayloadLen = &declared
		}
	}
	b := raw.Bytes()
	if h.faults&wrongCRC != 0 {
		for i := range 4 {
			b[len(b)-1-i] ^= byte(h.crc >> (8 * i))
		}
	}
	if h.faults&truncated != 0 {
		return b[:len(b)-min(h.cut, len(b))], e
	}
	return append(b, h.behind...), e
}

// class is the error that both decoders have to report: that of the first check
// of [FRM-9] that fails on as many octets as are there.
func (h hostile) class(octets int) string {
	for _, check := range []struct {
		fault, needs int
		class        string
	}{
		{wrongMagic, 2, "InvalidMagic"},
		{wrongVersion, 3, "InvalidVersion"},
		{tooLarge, fixedLen, "FrameTooLarge"},
		{truncated, 0, incomplete},
		{wrongCRC, overhead, "CrcMismatch"},
		{unknownType, overhead, "InvalidFrameType"},
		{malformedSection, overhead, "Protocol"},
	} {
		if h.faults&check.fault != 0 && octets >= check.needs {
			return check.class
		}
	}
	return accepted
}

// requireClass fails unless both decoders report the planted fault, and the
// judge's decoder reports it of a datagram too.
func requireClass(t require.TestingT, h hostile) {
	b, e := h.build()
	want := h.class(len(b))
	o, d := requireAgreement(t, b, e)
	if o.class != want {
		require.Fail(t, "the planted fault is not the one reported", "%x\n%+v\nwant %q, got %q", b, h, want, o.class)
	}
	requireSameDatagram(t, b, d, e)
	requireMonotony(t, b, e, int(d.Total))
	if want == accepted {
		requireCanonical(t, bytes.Clone(b[:o.n]), o.frame)
	}
}
