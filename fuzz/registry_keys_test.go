package fuzz

import (
	"bytes"
	"math/big"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance/dissect"
	"github.com/vstp-project/vstp/conformance/forge"
	"github.com/vstp-project/vstp/ref/wire"
)

// keyConstants are the header keys of the reference and of the judge.
var keyConstants = map[string]string{
	wire.KeyMsgID:     dissect.KeyMsgID,
	wire.KeyFragID:    dissect.KeyFragID,
	wire.KeyFragIndex: dissect.KeyFragIndex,
	wire.KeyFragTotal: dissect.KeyFragTotal,
	wire.KeySessionID: dissect.KeySessionID,
	wire.KeyErrCode:   dissect.KeyErrCode,
}

func TestHeaderKeysAreThoseOfTheRegistry(t *testing.T) {
	require.Len(t, keyConstants, len(registry.HeaderKeys))
	probed := map[string]int{}
	for _, h := range numericHeaders {
		probed[h.key] = h.bits
	}
	for _, entry := range registry.HeaderKeys {
		assert.Equal(t, entry.Name, keyConstants[entry.Name])
		assert.Equal(t, "decimal", entry.Value, entry.Name)
		assert.Equal(t, entry.Bits, probed[entry.Name], "width of %s in the judge", entry.Name)
		largest := new(big.Int).Lsh(big.NewInt(1), uint(entry.Bits))
		largest.Sub(largest, big.NewInt(1))
		requireDecimal(t, []byte(largest.String()))
		requireDecimal(t, []byte(largest.Add(largest, big.NewInt(1)).String()))
	}
	assert.Equal(t, len(registry.HeaderKeys), len(probed))
}

func TestErrorCodesAreThoseOfTheRegistry(t *testing.T) {
	known := 0
	for code := range 256 {
		name := registry.ErrorName(code)
		reason, ok := wire.ReasonByCode(code)
		require.Equal(t, name != "", ok, "the reference knows %d", code)
		if !ok {
			continue
		}
		known++
		assert.Equal(t, code, reason.Code())
		assert.Equal(t, name, reason.String())
	}
	assert.Equal(t, len(registry.ErrorCodes), known)
	for _, entry := range registry.ErrorCodes {
		reason, ok := wire.ReasonByCode(entry.Code)
		require.True(t, ok, entry.Name)
		assert.Equal(t, entry.OnWire, reason.OnWire(), entry.Name)

		value := wire.AppendDecimal(nil, uint64(entry.Code))
		b := forge.Frame{Type: dissect.TypeErr, Headers: []forge.Header{{Key: []byte("err-code"), Value: value}}}.Bytes()
		assert.Equal(t, !entry.OnWire, breaks(dissect.Decode(b, dissect.Options{}), "ERR-1"), "the judge lets %s pass", entry.Name)
		assert.Equal(t, entry.OnWire && !entry.OverUDP, breaks(dissect.DecodeDatagram(b, dissect.Options{}), "UDP-18"), "the judge lets %s pass over UDP", entry.Name)
	}
}

// The reference's constants for the reasons, by name.
func TestReasonsHaveTheCodesOfTheRegistry(t *testing.T) {
	reasons := map[string]wire.Reason{
		"Io": wire.Io, "Protocol": wire.Protocol, "InvalidVersion": wire.InvalidVersion,
		"InvalidFrameType": wire.InvalidFrameType, "InvalidMagic": wire.InvalidMagic, "CrcMismatch": wire.CrcMismatch,
		"Incomplete": wire.Incomplete, "FrameTooLarge": wire.FrameTooLarge, "Timeout": wire.Timeout,
		"InvalidAddress": wire.InvalidAddress, "SerializationError": wire.SerializationError,
		"DeserializationError": wire.DeserializationError, "UnexpectedFrameType": wire.UnexpectedFrameType,
		"ConnectionClosed": wire.ConnectionClosed, "ServerError": wire.ServerError, "RateLimited": wire.RateLimited,
		"BadFragment": wire.BadFragment, "BadCompression": wire.BadCompression, "Unsupported": wire.Unsupported,
	}
	require.Len(t, reasons, len(registry.ErrorCodes))
	for _, entry := range registry.ErrorCodes {
		assert.Equal(t, entry.Code, reasons[entry.Name].Code(), entry.Name)
	}
}

// The errors that the judge's decoder reports all stand in the registry.
func TestClassesOfTheJudgeAreInTheRegistry(t *testing.T) {
	classes := map[string]bool{}
	for _, s := range hostileSeeds() {
		b, e := gofuzzHostile(s[0].([]byte)).build()
		for _, v := range dissect.Decode(b, e.options()).Violations {
			if !v.Soft {
				classes[v.Class] = true
			}
		}
	}
	require.Len(t, classes, 7)
	for class := range classes {
		_, ok := registry.ErrorCode(class)
		assert.True(t, ok, class)
	}
}

// MAGIC and VERSION have no entry in the registry: all four rooms hold them.
func TestFixedPartIsTheSameEverywhere(t *testing.T) {
	forged := forge.Frame{Type: dissect.TypeData}.Bytes()
	encoded, err := wire.Frame{Type: wire.TypeData}.AppendBinary(nil)
	require.NoError(t, err)
	assert.Equal(t, forged, encoded)
	assert.Len(t, forged, wire.Overhead)
	assert.Equal(t, overhead, wire.Overhead)
	assert.Equal(t, fixedLen, wire.FixedLen)
	assert.Equal(t, overhead-fixedLen, wire.TrailerLen)
	assert.True(t, bytes.HasPrefix(forged, []byte{0x56, 0x54, wire.Version}))
}
