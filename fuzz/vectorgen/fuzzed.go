package main

import (
	"crypto/sha256"
	"fmt"

	fuzz "github.com/google/gofuzz"

	"github.com/vstp-project/vstp/conformance/forge"
	"github.com/vstp-project/vstp/vectors"
)

// fuzzedFrames is how many vectors the family gofuzz has. There may be more one
// day; none of those that are there changes.
const fuzzedFrames = 120

// fuzzed makes the family gofuzz. Each frame comes out of the digest of its own
// name, by way of a library that promises to translate the same octets into the
// same values for ever.
func fuzzed() file {
	f := newFile(vectors.FamilyGofuzz, "Frames out of frozen random octets, made by a program: content that nobody would think of. "+
		"The format is that of the family frame.")
	for i := range fuzzedFrames {
		f.fuzzed(i)
	}
	return f
}

func (f *file) fuzzed(i int) {
	seed := sha256.Sum256(fmt.Appendf(nil, "vstp gofuzz %03d", i))
	source := fuzz.NewFromGoFuzz(seed[:]).NilChance(0)

	var (
		drawn struct{ Type, Flags byte }
		bit   uint32
		frame forge.Frame
	)
	source.Fuzz(&drawn)
	source.NumElements(0, 5).Fuzz(&frame.Headers)
	source.NumElements(0, 60).Fuzz(&frame.Payload)
	source.Fuzz(&bit)

	frame.Type = 1 + drawn.Type%8
	frame.Flags = drawn.Flags
	if i%2 == 0 {
		frame.Flags &= flagReqAck | flagCRC // such as an encoder writes, too
	}
	v := vector{
		Name:         fmt.Sprintf("frame-%03d", i),
		Requirements: []string{"FRM-1", "HDR-4", "SEC-1"},
		Comment:      fmt.Sprintf("TYPE %d, %d headers and %d octets of payload", frame.Type, len(frame.Headers), len(frame.Payload)),
		Tags:         direction(frame.Type, frame.Flags),
		Octets:       notation(frame.Bytes()),
		Expect:       accepted(frame),
	}
	if i%4 == 3 {
		// One bit behind the fixed part, so that the lengths are those of the frame.
		whole := frame.Bytes()
		at := 8*11 + int(bit%uint32(8*(len(whole)-11)))
		v.Requirements = []string{"CRC-5", "SEC-1"}
		v.Comment += fmt.Sprintf(", and bit %02x of octet %d turned over", 1<<(at%8), at/8)
		v.Tags = nil
		v.Octets = notation(forge.FlipBit(whole, at))
		v.Expect = rejected("CrcMismatch")
	}
	f.add(v)
}
