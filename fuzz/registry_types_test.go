package fuzz

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance/dissect"
	"github.com/vstp-project/vstp/conformance/forge"
	"github.com/vstp-project/vstp/ref/wire"
	"github.com/vstp-project/vstp/spec"
	"github.com/vstp-project/vstp/vectors"
)

// The numbers of the protocol are typed in three times: in spec/registry.json,
// in ref/wire and in the judge. These tests compare the three. What the judge
// holds itself is seen by giving it a registry that is empty.

var registry = spec.DefaultRegistry()

// builtIn makes the judge's decoder use what it holds itself.
var builtIn = dissect.Options{Registry: &spec.Registry{}}

// typeConstants are the constants of both by the name in the registry.
var typeConstants = map[string]struct {
	reference wire.Type
	judge     byte
}{
	"HELLO":   {wire.TypeHello, dissect.TypeHello},
	"WELCOME": {wire.TypeWelcome, dissect.TypeWelcome},
	"DATA":    {wire.TypeData, dissect.TypeData},
	"PING":    {wire.TypePing, dissect.TypePing},
	"PONG":    {wire.TypePong, dissect.TypePong},
	"BYE":     {wire.TypeBye, dissect.TypeBye},
	"ACK":     {wire.TypeAck, dissect.TypeAck},
	"ERR":     {wire.TypeErr, dissect.TypeErr},
}

func TestTypesAreThoseOfTheRegistry(t *testing.T) {
	require.Len(t, typeConstants, len(registry.Types))
	data, ok := registry.Type(typeConstants["DATA"].judge)
	require.True(t, ok)
	for value := range 256 {
		typ := wire.Type(value)
		f := dissect.Decode(forge.Frame{Type: byte(value)}.Bytes(), builtIn)
		entry, known := registry.Type(byte(value))
		assert.Equal(t, known, wire.TypeSet{}.Has(typ), "the reference knows %d", value)
		assert.Equal(t, known, f.Class() == accepted, "the judge knows %d", value)
		if !known {
			unnamed := fmt.Sprintf("TYPE(0x%02x)", value)
			assert.Equal(t, unnamed, typ.String())
			assert.Equal(t, unnamed, f.TypeName())
			assert.Equal(t, data.Priority, int(typ.Priority()), "a type that is not known is as urgent as DATA")
			continue
		}
		constants, ok := typeConstants[entry.Name]
		require.True(t, ok, entry.Name)
		assert.Equal(t, typ, constants.reference, entry.Name)
		assert.Equal(t, byte(value), constants.judge, entry.Name)
		assert.Equal(t, entry.Name, typ.String())
		assert.Equal(t, entry.Name, f.TypeName())
		assert.Equal(t, entry.Priority, int(typ.Priority()), entry.Name)
		assert.Equal(t, entry.Control, typ.IsControl(), entry.Name)
	}
}

// What a range is for decides what an endpoint can be told to know, and what it
// sends. [TYP-2] [TYP-5]
func TestTypeRangesAreThoseOfTheRegistry(t *testing.T) {
	var every []wire.Type
	for value := range 256 {
		every = append(every, wire.Type(value))
	}
	all := wire.NewTypeSet(every...)
	covered := 0
	for _, r := range registry.TypeRanges {
		for value := int(r.First); value <= int(r.Last); value++ {
			covered++
			typ := wire.Type(value)
			usable := r.Status != "reserved"
			assert.Equal(t, usable, all.Has(typ), "%d is %s", value, r.Status)
			_, err := wire.Frame{Type: typ}.AppendBinary(nil)
			assert.Equal(t, usable, err == nil, "%d is %s: %v", value, r.Status, err)
		}
	}
	assert.Equal(t, 256, covered, "values in ranges")
}

var flagConstants = map[string]struct {
	reference wire.Flags
	judge     byte
}{
	"REQ_ACK": {wire.FlagReqAck, dissect.FlagReqAck},
	"CRC":     {wire.FlagCRC, dissect.FlagCRC},
	"FRAG":    {wire.FlagFrag, dissect.FlagFrag},
	"COMP":    {wire.FlagComp, dissect.FlagComp},
}

func TestFlagsAreThoseOfTheRegistry(t *testing.T) {
	require.Len(t, flagConstants, len(registry.Flags))
	names, defined := map[byte]string{}, byte(0)
	for _, entry := range registry.Flags {
		constants, ok := flagConstants[entry.Name]
		require.True(t, ok, entry.Name)
		assert.Equal(t, entry.Mask, byte(constants.reference), entry.Name)
		assert.Equal(t, entry.Mask, constants.judge, entry.Name)
		names[entry.Mask] = entry.Name
		defined |= entry.Mask
	}
	assert.Equal(t, defined, vectors.DefinedFlags, "the mask of the vectors")
	assert.Equal(t, defined, definedFlags, "the mask of the targets")
	for bit := range 8 {
		mask := byte(1) << bit
		f := dissect.Decode(forge.Frame{Type: dissect.TypeData, Flags: mask}.Bytes(), builtIn)
		name, ok := names[mask]
		if !ok {
			name = fmt.Sprintf("0x%02x", mask)
		}
		assert.Equal(t, name, wire.Flags(mask).String())
		assert.Equal(t, name, f.FlagNames())
		assert.Equal(t, !ok, breaks(f, "FLG-2"), "the judge takes %s for reserved", name)
		_, err := wire.Frame{Type: wire.TypeData, Flags: wire.Flags(mask)}.AppendBinary(nil)
		assert.Equal(t, ok, err == nil, "the reference sends %s: %v", name, err)
	}
}

// breaks tells whether the judge notes that a frame breaks a requirement.
func breaks(f dissect.Frame, requirement string) bool {
	for _, v := range f.Violations {
		if v.Requirement == requirement {
			return true
		}
	}
	return false
}
