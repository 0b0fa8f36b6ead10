package dissect_test

import (
	"bytes"
	"fmt"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vstp-project/vstp/conformance/dissect"
	"github.com/vstp-project/vstp/conformance/forge"
)

func TestDecodeLocatesEveryField(t *testing.T) {
	f := dissect.Decode(unhex(t, "5654 01 03 01 0b00 00000005 0405 74657374 76616c7565 48656c6c6f 7a40ce9c"), dissect.Options{})
	type place struct {
		name           string
		offset, length int
	}
	var places []place
	for _, field := range f.Fields {
		places = append(places, place{field.Name, field.Offset, field.Length})
	}
	assert.Equal(t, []place{
		{"MAGIC", 0, 2},
		{"VERSION", 2, 1},
		{"TYPE", 3, 1},
		{"FLAGS", 4, 1},
		{"HDR_LEN", 5, 2},
		{"PAY_LEN", 7, 4},
		{"KEY_LEN", 11, 1},
		{"VALUE_LEN", 12, 1},
		{"KEY", 13, 4},
		{"VALUE", 17, 5},
		{"PAYLOAD", 22, 5},
		{"CRC32", 27, 4},
	}, places)
}

// A fault does not hide what comes after it.
func TestDecodeGoesOnPastFaults(t *testing.T) {
	headers := forge.KV("test", "value")
	tests := []struct {
		name  string
		raw   forge.Raw
		class string
	}{
		{"magic", forge.Raw{Magic: &[2]byte{'X', 'X'}, Type: 3}, "InvalidMagic"},
		{"version", forge.Raw{Version: new(byte(2)), Type: 3}, "InvalidVersion"},
		{"checksum", forge.Raw{Type: 3, CRC: new(uint32(1))}, "CrcMismatch"},
		{"type", forge.Raw{Type: 9}, "InvalidFrameType"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.raw.HeaderSection, test.raw.Payload = forge.Section(headers), []byte("Hello")
			f := dissect.Decode(test.raw.Bytes(), dissect.Options{})
			assert.Equal(t, test.class, f.Class())
			value, ok := f.Header("test")
			assert.True(t, ok)
			assert.Equal(t, "value", string(value))
			assert.Equal(t, "Hello", string(f.Payload))
			assert.Len(t, f.Fields, 12)
			assert.Len(t, f.Violations, 1)
		})
	}
}

// Headers before a malformed one are kept, and the payload is found by length
// arithmetic all the same.
func TestDecodeMalformedHeaderSection(t *testing.T) {
	tests := []struct {
		name, section, requirement string
		headers, offset            int
	}{
		{"one octet", "00", "HDR-7", 0, 11},
		{"one octet more", "0101 6131 00", "HDR-7", 1, 15},
		{"key past the end", "0500", "HDR-6", 0, 11},
		{"value past the end", "0101 6131 0102 62", "HDR-6", 1, 15},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			raw := forge.Raw{Type: 3, HeaderSection: unhex(t, test.section), Payload: []byte("Hello")}.Bytes()
			f := dissect.Decode(raw, dissect.Options{})
			assert.Equal(t, "Protocol", f.Class())
			require.Equal(t, []string{test.requirement}, hard(f))
			assert.Equal(t, test.offset, f.Violations[0].Offset)
			assert.Len(t, f.Headers, test.headers)
			assert.Equal(t, "Hello", string(f.Payload))
		})
	}
}

// All faults of one frame are listed in the order of checks. [FRM-9]
func TestDecodeListsViolationsInOrder(t *testing.T) {
	raw := forge.Raw{Magic: &[2]byte{}, Version: new(byte(7)), Type: 9, HeaderSection: []byte{1}, Payload: []byte("x"), CRC: new(uint32(5))}.Bytes()
	f := dissect.Decode(raw, dissect.Options{MaxFrame: 15})
	var classes []string
	for _, v := range f.Violations {
		classes = append(classes, v.Class)
	}
	assert.Equal(t, []string{"InvalidMagic", "InvalidVersion", "FrameTooLarge", "CrcMismatch", "InvalidFrameType", "Protocol"}, classes)
	assert.Equal(t, "InvalidMagic", f.Class())
}

func TestDecodeLimit(t *testing.T) {
	frame := forge.Frame{Type: 3, Payload: make([]byte, 85)}.Bytes()
	require.Len(t, frame, 100)
	assert.Empty(t, dissect.Decode(frame, dissect.Options{MaxFrame: 100}).Class())
	assert.Equal(t, "FrameTooLarge", dissect.Decode(frame, dissect.Options{MaxFrame: 99}).Class())

	at := forge.Raw{Type: 3, PayloadLen: new(uint32(dissect.DefaultMaxFrame - 15)), NoCRC: true}.Bytes()
	over := forge.Raw{Type: 3, PayloadLen: new(uint32(dissect.DefaultMaxFrame - 14)), NoCRC: true}.Bytes()
	assert.Equal(t, "Incomplete", dissect.Decode(at, dissect.Options{}).Class())
	assert.Equal(t, 8388608, dissect.Decode(at, dissect.Options{}).Needed())
	assert.Equal(t, "FrameTooLarge", dissect.Decode(over, dissect.Options{}).Class())
	assert.Zero(t, dissect.Decode(over, dissect.Options{}).Needed())
}

// The whole of the largest frame, and one octet more. [LIM-1] [LIM-2]
func TestDecodeLargestFrame(t *testing.T) {
	frame := forge.Frame{Type: 3, Payload: make([]byte, dissect.DefaultMaxFrame-15)}.Bytes()
	f := dissect.Decode(frame, dissect.Options{})
	assert.Empty(t, f.Class())
	assert.Equal(t, int64(8388608), f.Total)
	over := forge.Frame{Type: 3, Payload: make([]byte, dissect.DefaultMaxFrame-14)}.Bytes()
	assert.Equal(t, "FrameTooLarge", dissect.Decode(over, dissect.Options{}).Class())
}

// Whatever is declared, no more is allocated than the octets that are there ask
// for. [LIM-5]
func TestDecodeAllocatesNothingForDeclaredLengths(t *testing.T) {
	b := forge.Raw{Type: 3, HeaderLen: new(uint16(65535)), PayloadLen: new(uint32(0xffffffff)), NoCRC: true}.Bytes()
	o := dissect.Options{MaxFrame: 1 << 40}
	dissect.Decode(b, o) // what is made once is made now

	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f := dissect.Decode(b, o)
	runtime.ReadMemStats(&after)
	assert.Equal(t, "Incomplete", f.Class())
	assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(16384))
}

func TestDecodeNamesTheSlip(t *testing.T) {
	tests := []struct{ name, octets, class, requirement, text string }{
		{"header length big-endian", "5654 01 03 00 000b 00000005 0405 74657374 76616c7565 48656c6c6f b328e4d2", "Incomplete", "FRM-1", "read big-endian would be 11"},
		{"payload length little-endian", "5654 01 03 00 0b00 05000000 0405 74657374 76616c7565 48656c6c6f b2dbd894", "FrameTooLarge", "LIM-2", "read little-endian would be 5"},
		{"checksum little-endian", "5654 01 03 00 0b00 00000005 0405 74657374 76616c7565 48656c6c6f 07e4ff6d", "CrcMismatch", "CRC-3", "least significant octet first"},
		{"checksum without fixed part", "5654 01 03 00 0b00 00000005 0405 74657374 76616c7565 48656c6c6f 16ac5409", "CrcMismatch", "CRC-2", "HEADERS and PAYLOAD alone"},
		{"checksum of the payload", "5654 01 03 00 0b00 00000005 0405 74657374 76616c7565 48656c6c6f f7d18982", "CrcMismatch", "CRC-2", "PAYLOAD alone"},
		{"checksum without MAGIC", "5654 01 03 00 0b00 00000005 0405 74657374 76616c7565 48656c6c6f 9ad84f39", "CrcMismatch", "CRC-2", "everything but MAGIC"},
		{"checksum CRC-32C", "5654 01 03 00 0b00 00000005 0405 74657374 76616c7565 48656c6c6f af1170c7", "CrcMismatch", "CRC-1", "CRC-32C"},
		{"checksum without final XOR", "5654 01 03 00 0b00 00000005 0405 74657374 76616c7565 48656c6c6f 92001bf8", "CrcMismatch", "CRC-1", "final XOR"},
		{"checksum of nothing known", "5654 01 03 00 0b00 00000005 0405 74657374 76616c7565 48656c6c6f 6dffe406", "CrcMismatch", "CRC-1", "is 6dffe406, and the octets before it give 6dffe407"},
		{"checksum zero in a minimal frame", "5654 01 03 00 0000 00000000 00000000", "CrcMismatch", "CRC-1", "give d2879319"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := dissect.Decode(unhex(t, test.octets), dissect.Options{})
			assert.Equal(t, test.class, f.Class())
			require.NotEmpty(t, f.Violations)
			assert.Equal(t, test.requirement, f.Violations[0].Requirement)
			assert.Contains(t, f.Violations[0].Text, test.text)
		})
	}
}

func TestDecodeEveryPrefixIsIncomplete(t *testing.T) {
	frame := forge.Frame{Type: 3, Flags: 1, Headers: forge.KV("msg-id", "5", "", "v", "k", ""), Payload: []byte("Hello")}.Bytes()
	for n := range frame {
		f := dissect.Decode(frame[:n], dissect.Options{})
		require.Equal(t, "Incomplete", f.Class(), "%d octets", n)
		require.Len(t, f.Violations, 1, "%d octets", n)
		want := len(frame)
		if n < 11 {
			want = 11
		}
		require.Equal(t, want, f.Needed(), "%d octets", n)
	}
	assert.Empty(t, dissect.Decode(frame, dissect.Options{}).Class())
}

func TestDecodeEverySingleBitFlipIsRefused(t *testing.T) {
	frame := forge.Frame{Type: 3, Flags: 1, Headers: forge.KV("msg-id", "5"), Payload: []byte("Hello")}.Bytes()
	for bit := range 8 * len(frame) {
		require.NotEmpty(t, dissect.Decode(forge.FlipBit(frame, bit), dissect.Options{}).Class(), "bit %d", bit)
	}
}

func TestDecodeDatagramIsOneFrame(t *testing.T) {
	frame := forge.Frame{Type: 3, Headers: forge.KV("a", "1"), Payload: []byte("x")}.Bytes()
	f := dissect.DecodeDatagram(frame, dissect.Options{})
	assert.Empty(t, f.Class())
	assert.Empty(t, f.Violations)

	f = dissect.DecodeDatagram(frame[:len(frame)-1], dissect.Options{})
	assert.Equal(t, "Incomplete", f.Class())
	assert.Equal(t, []string{"UDP-2"}, hard(f))

	f = dissect.DecodeDatagram(nil, dissect.Options{})
	assert.Equal(t, "Incomplete", f.Class())
	assert.Equal(t, []string{"UDP-2"}, hard(f))

	f = dissect.DecodeDatagram(forge.Concat(frame, []byte("JUNK")), dissect.Options{})
	assert.Equal(t, "Protocol", f.Class())
	require.Equal(t, []string{"UDP-3"}, hard(f))
	assert.Equal(t, len(frame), f.Violations[0].Offset)
	assert.Equal(t, 4, f.Violations[0].Length)
	assert.Len(t, f.Raw, len(frame)+4)
	assert.Equal(t, "TRAILING", f.Fields[len(f.Fields)-1].Name)
}

func TestDecodeLeavesLaterOctetsAlone(t *testing.T) {
	frame := forge.Frame{Type: 3, Payload: []byte("x")}.Bytes()
	f := dissect.Decode(forge.Concat(frame, []byte("JUNK")), dissect.Options{})
	assert.Empty(t, f.Class())
	assert.Equal(t, frame, f.Raw)
	// Appending to what a frame aliases must not write into the stream.
	assert.Len(t, f.Raw, cap(f.Raw))
	assert.Len(t, f.Payload, cap(f.Payload))
}

// mutated draws octets that began as a good frame.
func mutated() *rapid.Generator[[]byte] {
	return rapid.Custom(func(t *rapid.T) []byte {
		b := anyFrame().Draw(t, "frame").Bytes()
		for range rapid.IntRange(0, 4).Draw(t, "edits") {
			at := rapid.IntRange(0, min(len(b)-1, 40)).Draw(t, "at")
			b[at] = rapid.OneOf(rapid.SampledFrom([]byte{0, 1, 0x7f, 0x80, 0xff}), rapid.Byte()).Draw(t, "octet")
		}
		if rapid.Bool().Draw(t, "reseal") {
			b = forge.Reseal(b)
		}
		if rapid.Bool().Draw(t, "cut") {
			b = b[:rapid.IntRange(0, len(b)).Draw(t, "length")]
		}
		return append(b, rapid.SliceOfN(rapid.Byte(), 0, 6).Draw(t, "tail")...)
	})
}

// Any octets are taken apart, nothing outside them is looked at, and what is
// found is consistent.
func TestDecodeIsTotal(t *testing.T) {
	input := rapid.OneOf(rapid.SliceOf(rapid.Byte()), mutated(), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) []byte {
		return append([]byte{'V', 'T', 1}, b...)
	}))
	rapid.Check(t, func(t *rapid.T) {
		b := input.Draw(t, "octets")
		o := dissect.Options{MaxFrame: rapid.SampledFrom([]int64{0, 15, 40, 1 << 40}).Draw(t, "limit")}
		before := bytes.Clone(b)
		for _, f := range []dissect.Frame{dissect.Decode(b, o), dissect.DecodeDatagram(b, o)} {
			checkConsistent(t, b, f)
		}
		if !bytes.Equal(before, b) {
			t.Fatalf("octets were changed")
		}
	})
}

func checkConsistent(t *rapid.T, b []byte, f dissect.Frame) {
	if !bytes.HasPrefix(b, f.Raw) {
		t.Fatalf("Raw %x is not the beginning of %x", f.Raw, b)
	}
	at := 0
	for _, field := range f.Fields {
		if field.Offset != at || field.Length < 1 || field.Value == "" {
			t.Fatalf("field %+v at offset %d: %s", field, at, f.Dump())
		}
		at += field.Length
	}
	if at != len(f.Raw) {
		t.Fatalf("fields cover %d of %d octets: %s", at, len(f.Raw), f.Dump())
	}
	class := f.Class()
	if class == "" && (f.Total != int64(len(f.Raw)) || f.CRC != f.WantCRC || f.Version != 1) {
		t.Fatalf("accepted, but: %s", f.Dump())
	}
	if (class == "Incomplete") != (f.Needed() > 0) || class == "Incomplete" && f.Needed() <= len(b) {
		t.Fatalf("class %q needs %d, has %d", class, f.Needed(), len(b))
	}
	for _, v := range f.Violations {
		if v.Soft != (v.Class == "") || v.Requirement == "" || v.Text == "" || v.Offset < 0 || v.Length < 0 || v.Offset > len(b) {
			t.Fatalf("violation %+v", v)
		}
	}
	_, _, _, _ = f.String(), f.Dump(), f.TypeName(), f.FlagNames()
}

// What forge builds dissect reads, field by field.
func TestDecodeReadsWhatForgeBuilds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		frame := anyFrame().Draw(t, "frame")
		b := frame.Bytes()
		f := dissect.Decode(b, dissect.Options{})
		want := ""
		if frame.Type < 1 || frame.Type > 8 {
			want = "InvalidFrameType"
		}
		if f.Class() != want || f.Type != frame.Type || f.Flags != frame.Flags || !bytes.Equal(f.Payload, frame.Payload) || !bytes.Equal(f.Raw, b) {
			t.Fatalf("built %+v, read %s", frame, f.Dump())
		}
		var headers []forge.Header
		for _, h := range f.Headers {
			headers = append(headers, forge.Header{Key: h.Key, Value: h.Value})
		}
		if got, want := fmt.Sprint(headers), fmt.Sprint(frame.Headers); got != want {
			t.Fatalf("headers %s, want %s", got, want)
		}
	})
}
