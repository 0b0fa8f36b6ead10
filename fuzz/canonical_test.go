package fuzz

import (
	"bytes"

	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance/forge"
	"github.com/vstp-project/vstp/ref/wire"
)

// definedFlags are the bits of FLAGS that a sender may set. [FLG-1] [FLG-2]
const definedFlags = byte(wire.FlagReqAck | wire.FlagCRC | wire.FlagFrag | wire.FlagComp)

// requireCanonical fails unless encoding an accepted frame gives the octets that
// it came from: there is one encoding only. Reserved flag bits are refused
// [FLG-2]; without them the rest is as before.
func requireCanonical(t require.TestingT, octets []byte, f wire.Frame) {
	if byte(f.Flags)&^definedFlags != 0 {
		_, err := f.AppendBinary(nil)
		require.ErrorIs(t, err, wire.Protocol)
		f.Flags &= wire.Flags(definedFlags)
		octets = bytes.Clone(octets)
		octets[4] &= definedFlags
		octets = forge.Reseal(octets)
	}
	again, err := f.AppendBinary(nil)
	require.NoError(t, err)
	requireOctets(t, octets, again, "AppendBinary")

	clone, err := f.Clone().AppendBinary([]byte("before"))
	require.NoError(t, err)
	requireOctets(t, append([]byte("before"), octets...), clone, "AppendBinary of a clone, behind other octets")

	built, err := rebuild(f)
	require.NoError(t, err)
	requireOctets(t, octets, built, "Builder")

	var written bytes.Buffer
	limits := wire.Limits{MaxFrame: len(octets), Types: wire.NewTypeSet(f.Type)}
	require.NoError(t, wire.NewWriter(&written, limits).WriteFrame(f))
	requireOctets(t, octets, written.Bytes(), "Writer")
}

// rebuild encodes f from its parts.
func rebuild(f wire.Frame) ([]byte, error) {
	b := wire.NewBuilder(f.Type).Flags(f.Flags).Payload(f.Payload)
	for key, value := range f.Headers.All() {
		b.Binary(key, value)
	}
	built, err := b.Build()
	if err != nil {
		return nil, err
	}
	return built.AppendBinary(nil)
}

func requireOctets(t require.TestingT, want, got []byte, by string) {
	if !bytes.Equal(want, got) {
		require.Fail(t, "other octets by "+by, "want %x\ngot  %x", want, got)
	}
}
