package main

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance/dissect"
	"github.com/vstp-project/vstp/conformance/forge"
	"github.com/vstp-project/vstp/vectors"
)

// The judge's tools against the families that go beyond single frames made by
// hand. The generator knows from how it made a frame what is to become of it; the
// decoder has to find that out.

func ofFamily(t *testing.T, family string) []vectors.Vector {
	t.Helper()
	set, err := vectors.Load()
	require.NoError(t, err)
	var list []vectors.Vector
	for _, v := range set.All() {
		if v.Family == family {
			list = append(list, v)
		}
	}
	require.NotEmpty(t, list, family)
	return list
}

// requireFrame compares what the decoder found with the frame of a vector.
func requireFrame(t *testing.T, id string, want *vectors.Frame, f dissect.Frame) {
	t.Helper()
	require.Empty(t, f.Class(), "%s: %s", id, f.Dump())
	got := vectors.Frame{Version: f.Version, Type: f.Type, Flags: f.Flags, Headers: [][2][]byte{}, Payload: f.Payload}
	for _, h := range f.Headers {
		got.Headers = append(got.Headers, [2][]byte{h.Key, h.Value})
	}
	require.Equal(t, toForge(want).Bytes(), toForge(&got).Bytes(), id)
	require.Equal(t, want.Version, got.Version, id)
}

func toForge(f *vectors.Frame) forge.Frame {
	frame := forge.Frame{Type: f.Type, Flags: f.Flags, Payload: f.Payload}
	for _, h := range f.Headers {
		frame.Headers = append(frame.Headers, forge.Header{Key: h[0], Value: h[1]})
	}
	return frame
}

func TestDecoderAgreesWithGeneratedFrames(t *testing.T) {
	for _, family := range []string{vectors.FamilyGenerated, vectors.FamilyGofuzz} {
		for _, v := range ofFamily(t, family) {
			f := dissect.Decode(v.Octets, dissect.Options{MaxFrame: int64(v.Limit)})
			switch v.Expect.Result {
			case vectors.ResultAccept:
				requireFrame(t, v.ID(), v.Expect.Frame, f)
				require.Equal(t, int64(v.Expect.Consumed), f.Total, v.ID())
			case vectors.ResultIncomplete:
				require.Equal(t, "Incomplete", f.Class(), v.ID())
				require.Equal(t, v.Expect.Needed, f.Needed(), v.ID())
			default:
				require.Equal(t, v.Expect.Error, f.Class(), v.ID())
			}
		}
	}
}

func TestDecoderAgreesWithStreams(t *testing.T) {
	for _, v := range ofFamily(t, vectors.FamilyStream) {
		options := dissect.Options{MaxFrame: int64(v.Limit)}
		rest := v.Octets
		for i, item := range v.Expect.Frames {
			f := dissect.Decode(rest, options)
			if item.Frame != nil {
				requireFrame(t, v.ID(), item.Frame, f)
			} else {
				require.Equal(t, item.Error, f.Class(), "%s, frame %d", v.ID(), i)
			}
			rest = rest[f.Total:]
		}
		require.Len(t, rest, len(v.Octets)-v.Expect.Consumed, v.ID())
		if v.Expect.Result == vectors.ResultAccept {
			continue
		}
		last := dissect.Decode(rest, options)
		if v.Expect.Result == vectors.ResultIncomplete {
			assert.Equal(t, "Incomplete", last.Class(), v.ID())
			assert.Equal(t, v.Expect.Needed, last.Needed(), v.ID())
		} else {
			assert.Equal(t, v.Expect.Error, last.Class(), v.ID())
		}
	}
}

// [HDR-1] [HDR-6] [HDR-7]
func TestDecoderAgreesWithHeaderSections(t *testing.T) {
	for _, v := range ofFamily(t, vectors.FamilyHeader) {
		if v.Has(vectors.TagEncodeOnly) {
			continue
		}
		f := dissect.Decode(forge.Raw{Type: typeData, HeaderSection: v.Octets, Payload: []byte("payload")}.Bytes(), dissect.Options{})
		if v.Expect.Result == vectors.ResultReject {
			assert.Equal(t, v.Expect.Error, f.Class(), v.ID())
			continue
		}
		requireFrame(t, v.ID(), &vectors.Frame{Version: 1, Type: typeData, Headers: v.Expect.Headers, Payload: []byte("payload")}, f)
	}
}

// [CRC-1]
func TestForgeAgreesWithChecksums(t *testing.T) {
	for _, v := range ofFamily(t, vectors.FamilyCRC) {
		assert.Equal(t, v.Expect.CRC, forge.CRC(v.Octets), v.ID())
	}
}

// Every datagram that a sender sends is one frame that the decoder accepts, and is
// what forge makes of the same content.
func TestForgeAgreesWithSplitDatagrams(t *testing.T) {
	for _, v := range ofFamily(t, vectors.FamilySplit) {
		for _, d := range v.Expect.Datagrams {
			f := dissect.DecodeDatagram(d, dissect.Options{})
			require.Empty(t, f.Class(), "%s: %s", v.ID(), f.Dump())
			frame := forge.Frame{Type: f.Type, Flags: f.Flags, Payload: f.Payload}
			for _, h := range f.Headers {
				frame.Headers = append(frame.Headers, forge.Header{Key: h.Key, Value: h.Value})
			}
			require.Equal(t, d, frame.Bytes(), v.ID())
		}
	}
}

// The datagrams and octets of the time lines are good frames but for those that
// are said not to be: most of them decode, and each that does not has its reason
// in a requirement for what is wrong.
func TestDecoderAgreesWithEvents(t *testing.T) {
	good, bad := 0, 0
	for _, family := range []string{vectors.FamilyReassembly, vectors.FamilyTrace} {
		for _, v := range ofFamily(t, family) {
			for _, e := range v.Events {
				if e.In == nil || e.In.Kind != vectors.InDatagram {
					continue
				}
				f := dissect.DecodeDatagram(e.In.Octets, dissect.Options{MaxFrame: int64(v.Limit)})
				if class := f.Class(); class != "" || int64(len(e.In.Octets)) != f.Total {
					bad++
					assert.Empty(t, e.Out, "%s: a datagram that is no frame (%s) draws something", v.ID(), class)
					continue
				}
				good++
				assert.Equal(t, forge.CRC(e.In.Octets[:f.Total-4]), binary.BigEndian.Uint32(e.In.Octets[f.Total-4:]))
			}
		}
	}
	assert.Greater(t, good, 10*bad)
	assert.Positive(t, bad)
}
