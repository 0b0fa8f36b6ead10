package frag_test

import (
	"bytes"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vstp-project/vstp/ref/frag"
	"github.com/vstp-project/vstp/ref/wire"
)

const largestID = "msg-id=18446744073709551615"

// datagrams returns the datagrams of a message that has been cut.
func datagrams(t require.TestingT, s *frag.Fragments) [][]byte {
	var out [][]byte
	for i := range s.Len() {
		b, err := s.AppendBinary(nil, i)
		require.NoError(t, err)
		out = append(out, b)
	}
	return out
}

// The two fragments of section 24.8 of the specification. [FRG-3]
func TestSplitOctets(t *testing.T) {
	m := data(t, wire.FlagReqAck, "AAAABB", "msg-id=5")
	s, err := frag.Split(m, 5, wire.Overhead+9+42+4)
	require.NoError(t, err)
	assert.Equal(t, [][]byte{
		unhex("5654 01 03 11 2d00 00000004 0601 6d73672d6964 35 0701 667261672d6964 35 0a01 667261672d696e646578 30 0a01 667261672d746f74616c 32 41414141 b7a40aa2"),
		unhex("5654 01 03 11 2d00 00000002 0601 6d73672d6964 35 0701 667261672d6964 35 0a01 667261672d696e646578 31 0a01 667261672d746f74616c 32 4242 cea4d598"),
	}, datagrams(t, s))
}

// [FRG-1] [FRG-7] [FRG-14] [UDP-9]
func TestSplitNumbers(t *testing.T) {
	for _, c := range []struct {
		payload int
		headers []string
		total   int
		last    int // octets of payload in the last fragment
	}{
		{0, []string{"msg-id=5"}, 1, 0},
		{1_134, []string{"msg-id=5"}, 1, 1_134},
		{1_135, []string{"msg-id=5"}, 2, 1},
		{3_000, []string{"msg-id=5"}, 3, 732},
		{1_115, []string{largestID}, 1, 1_115},
		{1_116, []string{largestID}, 2, 1},
		{50_000, []string{largestID}, 45, 940},
		{284_325, []string{largestID}, 255, 1_115},
		{284_325 - 1_115, []string{largestID}, 254, 1_115},
		{289_170, []string{"msg-id=5"}, 255, 1_134},
		// Headers that leave one octet for the payload.
		{255, []string{largestID, "h=" + strings.Repeat("x", 255), "h=" + strings.Repeat("x", 255), "h=" + strings.Repeat("x", 255), "h=" + strings.Repeat("x", 255), "h=" + strings.Repeat("x", 1_114-4*258-3)}, 255, 1},
	} {
		s, err := frag.Split(data(t, 0, strings.Repeat("x", c.payload), c.headers...), 255, 0)
		require.NoError(t, err, "%d octets", c.payload)
		require.Equal(t, c.total, s.Len(), "%d octets", c.payload)
		for i, d := range datagrams(t, s) {
			require.LessOrEqual(t, len(d), 1200, "fragment %d of %d octets", i, c.payload)
		}
		assert.Len(t, s.Frame(s.Len()-1).Payload, c.last, "%d octets", c.payload)
	}
}

// [FRG-7] [FRG-11] [FRG-12]
func TestSplitRefuses(t *testing.T) {
	room := strings.Repeat("x", 255)
	for name, c := range map[string]struct {
		m    wire.Frame
		want wire.Reason
	}{
		"one octet too many":           {data(t, 0, strings.Repeat("x", 284_326), largestID), wire.FrameTooLarge},
		"of the ceiling of all":        {data(t, 0, strings.Repeat("x", frag.MaxMessage), "msg-id=5"), wire.FrameTooLarge},
		"headers leave no octet":       {data(t, 0, "x", largestID, "h="+room, "h="+room, "h="+room, "h="+room, "h="+room[:1_115-4*258-3]), wire.FrameTooLarge},
		"headers exceed the datagram":  {data(t, 0, "x", largestID, "h="+room, "h="+room, "h="+room, "h="+room, "h="+room), wire.FrameTooLarge},
		"PING":                         {wire.Frame{Type: wire.TypePing, Payload: make([]byte, 2000)}, wire.FrameTooLarge},
		"an extension":                 {wire.Frame{Type: 0x10, Payload: make([]byte, 2000)}, wire.FrameTooLarge},
		"without msg-id":               {data(t, 0, "x"), wire.Protocol},
		"with a malformed msg-id":      {data(t, 0, "x", "msg-id=007"), wire.Protocol},
		"a fragment":                   {data(t, wire.FlagFrag, "x", "msg-id=5"), wire.Protocol},
		"with a fragment header":       {data(t, 0, "x", "msg-id=5", "frag-id=1"), wire.Protocol},
		"with another fragment header": {data(t, 0, "x", "frag-total=1", "msg-id=5"), wire.Protocol},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := frag.Split(c.m, 1, 0)
			assert.Nil(t, s)
			var refused *wire.EncodeError
			require.ErrorAs(t, err, &refused)
			assert.Equal(t, c.want, refused.Reason)
		})
	}
}

// [FRG-3] [FRG-4] [FRG-5] [FRG-6] [FRG-10] [RTX-7] [RTX-10]
func TestSplitOfAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.OneOf(rapid.SampledFrom([]int{0, 1, 1_115, 1_116, 2_230, 284_325}), rapid.IntRange(0, 20_000)).Draw(t, "size")
		payload := bytes.Repeat([]byte{'0'}, size)
		for i := range payload {
			payload[i] = byte(i * 7 / 3)
		}
		headers := []string{largestID}
		if size < 20_000 {
			for range rapid.IntRange(0, 3).Draw(t, "headers") {
				headers = append(headers, rapid.SampledFrom([]string{"a=1", "b=", "=c", "a=" + strings.Repeat("2", 200)}).Draw(t, "header"))
			}
		}
		flags := rapid.SampledFrom([]wire.Flags{0, wire.FlagReqAck, wire.FlagComp | wire.FlagCRC}).Draw(t, "flags")
		id := rapid.Byte().Draw(t, "id")
		m := data(t, flags, string(payload), headers...)
		s, err := frag.Split(m, id, 0)
		require.NoError(t, err)
		require.Equal(t, id, s.ID())

		first := datagrams(t, s)
		require.Equal(t, first, datagrams(t, s), "a second transmission")
		var joined []byte
		for i, d := range first {
			require.LessOrEqual(t, len(d), frag.MaxDatagram)
			f, n, err := wire.Parse(d, wire.Limits{})
			require.NoError(t, err)
			require.Equal(t, len(d), n)
			require.Equal(t, wire.TypeData, f.Type)
			require.Equal(t, flags|wire.FlagFrag, f.Flags)
			require.Equal(t, append(headersOf(m), "frag-id="+strconv.Itoa(int(id)), "frag-index="+strconv.Itoa(i), "frag-total="+strconv.Itoa(s.Len())), headersOf(f))
			require.LessOrEqual(t, len(f.Payload), frag.MaxPayload)
			joined = append(joined, f.Payload...)
		}
		require.True(t, bytes.Equal(payload, joined))
	})
}

func TestSplitWithAnotherIDSetLater(t *testing.T) {
	s, err := frag.Split(data(t, 0, "x", "msg-id=5"), 0, 0)
	require.NoError(t, err)
	s.SetID(200)
	assert.Equal(t, uint8(200), s.ID())
	assert.Equal(t, []string{"msg-id=5", "frag-id=200", "frag-index=0", "frag-total=1"}, headersOf(s.Frame(0)))
}

// A datagram may be larger than the default, a fragment's payload never.
func TestSplitIntoLargerDatagrams(t *testing.T) {
	s, err := frag.Split(data(t, 0, strings.Repeat("x", 2_400), "msg-id=5"), 0, 2_400)
	require.NoError(t, err)
	require.Equal(t, 2, s.Len())
	assert.Len(t, s.Frame(0).Payload, frag.MaxPayload)
}

func TestAppendBinaryDoesNotAllocate(t *testing.T) {
	s, err := frag.Split(data(t, 0, strings.Repeat("x", 284_325), largestID), 7, 0)
	require.NoError(t, err)
	b := make([]byte, 0, frag.MaxDatagram)
	i := 0
	assert.Zero(t, testing.AllocsPerRun(255, func() {
		b, _ = s.AppendBinary(b[:0], i%255)
		i++
	}))
}
