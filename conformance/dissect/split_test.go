package dissect_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vstp-project/vstp/conformance/dissect"
	"github.com/vstp-project/vstp/conformance/forge"
)

// However a stream is cut off, its whole frames come out and the rest waits.
// [FRM-6] [TCP-5]
func TestSplitEveryPrefix(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		frames := rapid.SliceOfN(anyFrame(), 1, 4).Draw(t, "frames")
		var stream []byte
		var ends []int
		for _, f := range frames {
			stream = append(stream, f.Bytes()...)
			ends = append(ends, len(stream))
		}
		cut := rapid.IntRange(0, len(stream)).Draw(t, "cut")
		checkSplit(t, stream[:cut], ends)
	})
}

func TestSplitEveryPrefixOfOneStream(t *testing.T) {
	var stream []byte
	var ends []int
	for _, f := range []forge.Frame{
		{Type: 1},
		{Type: 3, Flags: 1, Headers: forge.KV("msg-id", "5"), Payload: []byte("x")},
		{Type: 3, Payload: forge.Frame{Type: 6}.Bytes()},
		{Type: 9},
		{Type: 6},
	} {
		stream = append(stream, f.Bytes()...)
		ends = append(ends, len(stream))
	}
	for cut := range len(stream) + 1 {
		checkSplit(t, stream[:cut], ends)
	}
}

func checkSplit(t require.TestingT, stream []byte, ends []int) {
	frames, rest := dissect.Split(stream, dissect.Options{})
	at := 0
	for i, f := range frames {
		require.Equal(t, stream[at:ends[i]], f.Raw)
		at = ends[i]
	}
	require.Equal(t, string(stream[at:]), string(rest))
	if len(frames) < len(ends) {
		require.Less(t, len(rest), ends[len(frames)]-at)
	}
}

func TestSplitGoesOnPastRecoverableFaults(t *testing.T) {
	good := forge.Frame{Type: 3, Payload: []byte("x")}.Bytes()
	for name, bad := range map[string][]byte{
		"CrcMismatch":      forge.FlipBit(good, 8*11),
		"InvalidFrameType": forge.Frame{Type: 9}.Bytes(),
		"Protocol":         forge.Raw{Type: 3, HeaderSection: []byte{0}}.Bytes(),
	} {
		frames, rest := dissect.Split(forge.Concat(good, bad, good), dissect.Options{})
		require.Len(t, frames, 3)
		assert.Equal(t, []string{"", name, ""}, []string{frames[0].Class(), frames[1].Class(), frames[2].Class()})
		assert.Empty(t, rest)
	}
}

func TestSplitEndsWhereTheWayIsLost(t *testing.T) {
	good := forge.Frame{Type: 3, Payload: []byte("x")}.Bytes()
	for name, bad := range map[string][]byte{
		"InvalidMagic":   []byte("GET"),
		"InvalidVersion": {'V', 'T', 2},
		"FrameTooLarge":  forge.Raw{Type: 3, PayloadLen: new(uint32(1 << 30)), NoCRC: true}.Bytes(),
	} {
		frames, rest := dissect.Split(forge.Concat(good, bad, good), dissect.Options{})
		require.Len(t, frames, 2, name)
		assert.Empty(t, frames[0].Class())
		assert.Equal(t, name, frames[1].Class())
		assert.True(t, bytes.HasPrefix(frames[1].Raw, bad))
		assert.Empty(t, rest)
	}
	frames, rest := dissect.Split(nil, dissect.Options{})
	assert.Empty(t, frames)
	assert.Empty(t, rest)
}
