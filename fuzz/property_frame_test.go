package fuzz

import (
	"bytes"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vstp-project/vstp/conformance/dissect"
	"github.com/vstp-project/vstp/conformance/forge"
	"github.com/vstp-project/vstp/ref/wire"
)

func TestFramesComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		requireRoundTrip(t, drawFrame(rapidDice(t)))
	})
}

// Each boundary once, whatever a generator draws. [HDR-2] [HDR-3] [FRM-8]
func TestFramesComeBackAtEveryBoundary(t *testing.T) {
	frame := func(headers []forge.Header, payload int) {
		requireRoundTrip(t, forge.Frame{Type: dissect.TypeData, Headers: headers, Payload: bytes.Repeat([]byte{0xa5}, payload)})
	}
	for _, n := range edgePayloads {
		frame(nil, n)
		frame(forge.KV("msg-id", "1"), n)
	}
	for _, size := range edgeSections {
		headers := fillSection(size)
		require.Len(t, forge.Section(headers), size)
		frame(headers, 0)
		frame(headers, 1)
	}
	for _, key := range edgeLengths {
		for _, value := range edgeLengths {
			h := forge.Header{Key: bytes.Repeat([]byte{'k'}, key), Value: bytes.Repeat([]byte{'v'}, value)}
			frame([]forge.Header{h}, 1)
			frame([]forge.Header{h, h}, 0)
		}
	}
}

// One octet more than a field can tell is refused by whoever encodes. [HDR-2]
// [FRM-8]
func TestEncodingRefusesWhatDoesNotFit(t *testing.T) {
	for name, c := range map[string]struct {
		headers []forge.Header
		want    wire.Reason
	}{
		"key":     {[]forge.Header{{Key: make([]byte, 256)}}, wire.Protocol},
		"value":   {[]forge.Header{{Value: make([]byte, 256)}}, wire.Protocol},
		"section": {append(fillSection(65535), forge.Header{}), wire.FrameTooLarge},
		"barely":  {append(fillSection(65534), forge.Header{}), wire.FrameTooLarge},
	} {
		_, err := encode(forge.Frame{Type: dissect.TypeData, Headers: c.headers})
		require.ErrorIs(t, err, c.want, name)
	}
}

// Octets that are made acceptable, and are accepted, encode to themselves.
func TestAcceptedFramesAreCanonical(t *testing.T) {
	accepts := 0
	rapid.Check(t, func(t *rapid.T) {
		d := rapidDice(t)
		b := drawOctets(d, d(60))
		if len(b) > 4 {
			b[3] = 1 + b[3]%8
		}
		if len(b) > 6 {
			b[5], b[6] = b[5]%8, 0
		}
		b = repair(b)
		if o := parse(b, endpoint{}); o.class == accepted {
			accepts++
			require.Equal(t, len(b), o.n)
			requireCanonical(t, b, o.frame)
		}
	})
	require.Positive(t, accepts, "no frame was accepted: nothing was tested")
}

// What both decoders make of a prefix follows from the whole. [FRM-7]
func TestPrefixesAreIncompleteUntilTheyAreDecided(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := rapidDice(t)
		h := drawHostile(d, drawFaults(d))
		b, e := h.build()
		whole := dissect.Decode(b, e.options())
		requireMonotony(t, b, e, int(whole.Total))
		for _, n := range prefixes(min(len(b), 64), 0) {
			requireAgreement(t, b[:n], e)
		}
	})
}

// allFlips is up to how many octets of a frame every bit is flipped.
const allFlips = 64

// A frame with one bit flipped is no frame. CRC-32 finds every flip behind the
// lengths; one in the lengths asks for octets that are not there or finds the
// trailer elsewhere. [CRC-5]
func TestNoBitFlipIsAccepted(t *testing.T) {
	e := endpoint{extended: true}
	rapid.Check(t, func(t *rapid.T) {
		d := rapidDice(t)
		octets := drawFrame(d).Bytes()
		for _, bit := range flips(d, len(octets)) {
			flipped := forge.FlipBit(octets, bit)
			o, _ := requireAgreement(t, flipped, e)
			require.NotEqual(t, accepted, o.class, "bit %d of octet %d: %x", bit%8, bit/8, flipped)
			events := drain(t, bytes.NewReader(flipped), len(flipped), e)
			require.NotEmpty(t, events[0].err, "bit %d of octet %d: %x", bit%8, bit/8, flipped)
		}
	})
}

// flips returns all bits of a short frame. Of a long one it returns all of the
// fixed part and some of the rest.
func flips(d dice, octets int) []int {
	var bits []int
	for bit := range 8 * min(octets, allFlips) {
		bits = append(bits, bit)
	}
	if octets > allFlips {
		bits = slices.Delete(bits, 8*fixedLen, len(bits))
		for range 32 {
			bits = append(bits, 8*fixedLen+d(8*(octets-fixedLen)))
		}
	}
	return bits
}

// Every flip in every frame that is written down.
func TestNoBitFlipOfASampleIsAccepted(t *testing.T) {
	tried := 0
	for _, s := range samples() {
		e := endpoint{limit: s.limit}
		o := parse(s.octets, e)
		if o.class != accepted || o.n > 8*allFlips {
			continue
		}
		tried++
		for bit := range 8 * o.n {
			flipped := forge.FlipBit(s.octets[:o.n], bit)
			require.NotEqual(t, accepted, parse(flipped, e).class, "bit %d of octet %d: %x", bit%8, bit/8, flipped)
		}
	}
	require.Greater(t, tried, 50)
}
