package dissect_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance/dissect"
	"github.com/vstp-project/vstp/conformance/forge"
	"github.com/vstp-project/vstp/spec"
)

// The constants and the registry say the same. [TYP-1] [FLG-1] [LIM-1]
func TestConstantsAgreeWithRegistry(t *testing.T) {
	registry := spec.DefaultRegistry()
	types := map[byte]string{
		dissect.TypeHello: "HELLO", dissect.TypeWelcome: "WELCOME", dissect.TypeData: "DATA", dissect.TypePing: "PING",
		dissect.TypePong: "PONG", dissect.TypeBye: "BYE", dissect.TypeAck: "ACK", dissect.TypeErr: "ERR",
	}
	for value, name := range types {
		entry, ok := registry.Type(value)
		require.True(t, ok)
		assert.Equal(t, name, entry.Name)
		assert.Equal(t, name, dissect.Frame{Type: value}.TypeName())
	}
	flags := map[byte]string{dissect.FlagReqAck: "REQ_ACK", dissect.FlagCRC: "CRC", dissect.FlagFrag: "FRAG", dissect.FlagComp: "COMP"}
	require.Len(t, registry.Flags, len(flags))
	for _, entry := range registry.Flags {
		assert.Equal(t, flags[entry.Mask], entry.Name)
	}
	assert.Equal(t, int64(dissect.DefaultMaxFrame), registry.Limit("max-frame"))
	keys := []string{dissect.KeyMsgID, dissect.KeyFragID, dissect.KeyFragIndex, dissect.KeyFragTotal, dissect.KeySessionID, dissect.KeyErrCode}
	var named []string
	for _, entry := range registry.HeaderKeys {
		named = append(named, entry.Name)
	}
	assert.Subset(t, named, keys)
}

func TestNamesOfUnknownValues(t *testing.T) {
	assert.Equal(t, "TYPE(0x00)", dissect.Frame{}.TypeName())
	assert.Equal(t, "TYPE(0x09)", dissect.Frame{Type: 9}.TypeName())
	assert.Equal(t, "TYPE(0xff)", dissect.Frame{Type: 255}.TypeName())
	assert.Equal(t, "0", dissect.Frame{}.FlagNames())
	assert.Equal(t, "REQ_ACK|FRAG", dissect.Frame{Flags: 0x11}.FlagNames())
	assert.Equal(t, "REQ_ACK|0x80", dissect.Frame{Flags: 0x81}.FlagNames())
	assert.Equal(t, "REQ_ACK|CRC|FRAG|COMP|0xcc", dissect.Frame{Flags: 0xff}.FlagNames())
}

// A type, flag or key that a registry adds is known without a change to the
// decoder. [TYP-5]
func TestRegistryAddsNames(t *testing.T) {
	registry := spec.DefaultRegistry()
	registry.Types = append(registry.Types, spec.TypeEntry{Value: 0x10, Name: "NOTE"})
	registry.Flags = append(registry.Flags, spec.FlagEntry{Mask: 0x04, Name: "NEXT"})
	registry.HeaderKeys = append(registry.HeaderKeys, spec.HeaderKey{Name: "note-id", Value: "decimal", Bits: 8, Types: []string{"NOTE"}})
	b := forge.Frame{Type: 0x10, Flags: 0x04, Headers: forge.KV("note-id", "256"), Payload: []byte("x")}.Bytes()

	f := dissect.Decode(b, dissect.Options{Registry: registry})
	assert.Empty(t, f.Class())
	assert.Equal(t, "NOTE", f.TypeName())
	assert.Equal(t, "NEXT", f.FlagNames())
	assert.Equal(t, []string{"HDR-9"}, soft(f))
	assert.Equal(t, `NOTE NEXT note-id=256 "x" (28 octets) ![HDR-9]`, f.String())

	f = dissect.Decode(b, dissect.Options{})
	assert.Equal(t, "InvalidFrameType", f.Class())
	assert.Equal(t, "TYPE(0x10)", f.TypeName())
	assert.Equal(t, []string{"FLG-2"}, soft(f))
}

func TestHeaderFindsFirst(t *testing.T) {
	f := dissect.Decode(forge.Frame{Type: 3, Headers: forge.KV("a", "1", "A", "2", "a", "3")}.Bytes(), dissect.Options{})
	value, ok := f.Header("a")
	assert.True(t, ok)
	assert.Equal(t, "1", string(value))
	_, ok = f.Header("b")
	assert.False(t, ok)
}
