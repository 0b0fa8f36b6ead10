package compress_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/compress"
	"github.com/vstp-project/vstp/ref/wire"
	"github.com/vstp-project/vstp/vectors"
)

func gzipVectors(t testing.TB) []vectors.Vector {
	t.Helper()
	set, err := vectors.Load()
	require.NoError(t, err)
	var list []vectors.Vector
	for _, v := range set.All() {
		if v.Family == vectors.FamilyGzip {
			list = append(list, v)
		}
	}
	require.NotEmpty(t, list)
	return list
}

func TestVectorsGunzip(t *testing.T) {
	for _, v := range gzipVectors(t) {
		t.Run(v.Name, func(t *testing.T) {
			before := bytes.Clone(v.Octets)
			plain, err := compress.Gunzip(v.Octets, v.Limit)
			require.True(t, bytes.Equal(before, v.Octets), "the member was changed")
			requireExpected(t, v, plain, err)
		})
	}
}

// As the payload of a message they give the same.
func TestVectorsDecompress(t *testing.T) {
	for _, v := range gzipVectors(t) {
		t.Run(v.Name, func(t *testing.T) {
			f, err := wire.NewBuilder(wire.TypeData).Text("k", "v").
				Flags(wire.FlagComp | wire.FlagReqAck).Payload(v.Octets).Build()
			require.NoError(t, err)
			got, err := compress.Decompress(f, v.Limit)
			requireExpected(t, v, got.Payload, err)
			if err != nil {
				require.Zero(t, got)
				return
			}
			assert.Equal(t, wire.TypeData, got.Type)
			assert.Equal(t, wire.FlagReqAck, got.Flags)
			assert.Equal(t, f.Headers, got.Headers)
		})
	}
}

func requireExpected(t *testing.T, v vectors.Vector, plain []byte, err error) {
	t.Helper()
	if v.Expect.Result == vectors.ResultAccept {
		require.NoError(t, err)
		require.NotNil(t, plain)
		require.True(t, bytes.Equal(v.Expect.Plain, plain), "want %d octets, got %d or others", len(v.Expect.Plain), len(plain))
		return
	}
	require.Equal(t, vectors.ResultReject, v.Expect.Result)
	require.Nil(t, plain)
	fault, ok := errors.AsType[*wire.DecodeError](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, v.Expect.Error, fault.Reason.String())
	assert.GreaterOrEqual(t, fault.Offset, 0)
	assert.LessOrEqual(t, fault.Offset, len(v.Octets))
}
