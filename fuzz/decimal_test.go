package fuzz

import (
	"math/big"
	"regexp"
	"slices"

	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance/dissect"
	"github.com/vstp-project/vstp/conformance/forge"
	"github.com/vstp-project/vstp/ref/wire"
)

var canonicalRE = regexp.MustCompile(`^(0|[1-9][0-9]*)$`)

// canonical tells whether b is a number of at most so many bits in the one form
// that the protocol allows. [HDR-9]
func canonical(b []byte, bits int) (*big.Int, bool) {
	if !canonicalRE.Match(b) || len(b) > 100 {
		return nil, false
	}
	v, ok := new(big.Int).SetString(string(b), 10)
	return v, ok && v.BitLen() <= bits
}

// A numericHeader is a header whose value the judge's decoder checks, and what it
// notes if the value is no number of that width.
type numericHeader struct {
	typ, flags  byte
	key         string
	bits        int
	requirement string
}

var numericHeaders = []numericHeader{
	{dissect.TypePing, 0, wire.KeyMsgID, 64, "HDR-9"},
	{dissect.TypeData, dissect.FlagFrag, wire.KeyFragID, 8, "FRG-3"},
	{dissect.TypeData, dissect.FlagFrag, wire.KeyFragIndex, 8, "FRG-3"},
	{dissect.TypeData, dissect.FlagFrag, wire.KeyFragTotal, 8, "FRG-3"},
	{dissect.TypeWelcome, 0, wire.KeySessionID, 128, "SES-2"},
	{dissect.TypeErr, 0, wire.KeyErrCode, 8, "HDR-9"},
}

// objects tells whether the judge objects to the value of the header for what
// it looks like. Other headers of the frame are as they should be.
func (h numericHeader) objects(value []byte) bool {
	headers := []forge.Header{{Key: []byte(h.key), Value: value}}
	for _, key := range []string{wire.KeyMsgID, wire.KeyFragID, wire.KeyFragIndex, wire.KeyFragTotal} {
		if key != h.key {
			headers = append(headers, forge.KV(key, "0")...)
		}
	}
	f := dissect.Decode(forge.Frame{Type: h.typ, Flags: h.flags, Headers: headers}.Bytes(), dissect.Options{})
	return slices.ContainsFunc(f.Violations, func(v dissect.Violation) bool { return v.Requirement == h.requirement })
}

// requireDecimal fails unless the reference and the judge's decoder take b for a
// number where it is one. [HDR-9]
func requireDecimal(t require.TestingT, b []byte) {
	want, ok := canonical(b, 64)
	v, parsed := wire.ParseDecimal(b)
	require.Equal(t, ok, parsed, "%q", b)
	if ok {
		require.Equal(t, want.Uint64(), v, "%q", b)
		requireOctets(t, b, wire.AppendDecimal(nil, v), "AppendDecimal")
	}
	if len(b) > wire.MaxValueLen {
		return
	}
	for _, h := range numericHeaders {
		_, ok := canonical(b, h.bits)
		require.Equal(t, !ok, h.objects(b), "%s: %q", h.key, b)
	}
}

// requireDecimalInverse fails unless v comes back from its digits.
func requireDecimalInverse(t require.TestingT, v uint64) {
	b := wire.AppendDecimal([]byte("x"), v)
	require.Equal(t, "x"+new(big.Int).SetUint64(v).String(), string(b))
	back, ok := wire.ParseDecimal(b[1:])
	require.True(t, ok)
	require.Equal(t, v, back)
}
