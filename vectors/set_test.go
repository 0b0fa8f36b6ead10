package vectors_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/vectors"
)

func load(t *testing.T) []vectors.Vector {
	t.Helper()
	set, err := vectors.Load()
	require.NoError(t, err)
	all := set.All()
	require.NotEmpty(t, all)
	return all
}

func TestLoadFindsEveryVectorByID(t *testing.T) {
	set, err := vectors.Load()
	require.NoError(t, err)
	for _, v := range set.All() {
		found, ok := set.Lookup(v.ID())
		require.True(t, ok, v.ID())
		assert.Equal(t, v.Name, found.Name)
	}
}

func TestAllIsTheCallersSlice(t *testing.T) {
	first := load(t)
	want := first[0].Name
	first[0] = vectors.Vector{}
	assert.Equal(t, want, load(t)[0].Name)
}

// Nothing that a decoder can do is without a vector.
func TestEmbeddedFramesCoverTypesErrorsAndFlags(t *testing.T) {
	types, errorNames, flags := map[uint8]int{}, map[string]int{}, uint8(0)
	withBoth := map[uint8]bool{}
	for _, v := range load(t) {
		if v.Family != vectors.FamilyFrame {
			continue
		}
		errorNames[v.Expect.Error]++
		if f := v.Expect.Frame; f != nil {
			types[f.Type]++
			flags |= f.Flags
			if len(f.Headers) > 0 && len(f.Payload) > 0 {
				withBoth[f.Type] = true
			}
		}
	}
	for value := uint8(1); value <= 8; value++ {
		assert.Positive(t, types[value], "type %d", value)
		assert.True(t, withBoth[value], "type %d with headers and payload", value)
	}
	for _, name := range []string{"InvalidMagic", "InvalidVersion", "FrameTooLarge", "CrcMismatch", "InvalidFrameType", "Protocol"} {
		assert.Positive(t, errorNames[name], name)
	}
	assert.Equal(t, uint8(0xff), flags)
}

// Every two neighbours in the order of checks have octets that are wrong in both
// ways. [FRM-9]
func TestEmbeddedFramesCoverPrecedence(t *testing.T) {
	set, err := vectors.Load()
	require.NoError(t, err)
	order := []string{"magic", "version", "size", "completeness", "crc", "type", "headers"}
	for i, later := range order[1:] {
		v, ok := set.Lookup("frame/precedence-" + order[i] + "-before-" + later)
		if assert.True(t, ok, "%s before %s", order[i], later) {
			assert.True(t, v.Has(vectors.TagPrecedence))
			assert.Equal(t, "FRM-9", v.Requirements[0], "it judges the order")
		}
	}
	for _, v := range set.All() {
		if strings.HasPrefix(v.Name, "precedence-") {
			assert.True(t, v.Has(vectors.TagPrecedence), v.ID())
		}
	}
}

// No two vectors of a family have the same input: they would say the same thing
// twice, or contradict each other.
func TestEmbeddedVectorsDiffer(t *testing.T) {
	seen := map[string]string{}
	for _, v := range load(t) {
		input := vectors.Vector{
			Octets: v.Octets, Limit: v.Limit, Type: v.Type, Transport: v.Transport, Frame: v.Frame,
			MsgID: v.MsgID, FragID: v.FragID, Machine: v.Machine,
		}
		if v.Has(vectors.TagEncodeOnly) {
			input.Expect = vectors.Expect{Text: v.Expect.Text, Headers: v.Expect.Headers}
		}
		if v.Has(vectors.TagNoCompression) {
			input.Tags = v.Tags // another endpoint
		}
		for _, e := range v.Events {
			e.Out = nil
			input.Events = append(input.Events, e)
		}
		data, err := json.Marshal(input)
		require.NoError(t, err)
		key := v.Family + string(data)
		assert.Empty(t, seen[key], "%s has the input of", v.ID())
		seen[key] = v.ID()
	}
}

func TestEmbeddedReservedFlagsAreForDecodersOnly(t *testing.T) {
	reserved := 0
	for _, v := range load(t) {
		if f := v.Expect.Frame; f != nil && f.Flags&^vectors.DefinedFlags != 0 {
			reserved++
			assert.True(t, v.Has(vectors.TagDecodeOnly), v.ID())
		}
	}
	assert.Positive(t, reserved)
}

// 0 and 2^64 - 1 are among the values.
func TestEmbeddedVarintsReachBothEnds(t *testing.T) {
	var values []uint64
	for _, v := range load(t) {
		if v.Family == vectors.FamilyVarint && v.Expect.Result == vectors.ResultAccept {
			values = append(values, v.Expect.Value)
		}
	}
	require.NotEmpty(t, values)
	assert.Zero(t, slices.Min(values))
	assert.Equal(t, ^uint64(0), slices.Max(values))
}
