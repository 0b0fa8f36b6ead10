//go:build amd64 || arm64

package wire_test

import (
	"math"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/wire"
)

// A payload that PAY_LEN cannot express, in pages that are reserved but never
// touched. [FRM-4]
func TestAppendBinaryRefusesWhatPayLenCannotExpress(t *testing.T) {
	const size = math.MaxUint32 + 1
	huge, err := syscall.Mmap(-1, 0, size, syscall.PROT_NONE, syscall.MAP_ANON|syscall.MAP_PRIVATE|syscall.MAP_NORESERVE)
	require.NoError(t, err)
	defer func() { require.NoError(t, syscall.Munmap(huge)) }()

	f := wire.Frame{Type: wire.TypeData, Payload: huge}
	octets, err := f.AppendBinary(nil)
	require.ErrorIs(t, err, wire.FrameTooLarge)
	assert.Nil(t, octets)

	_, err = wire.NewBuilder(wire.TypeData).Payload(huge).Build()
	require.ErrorIs(t, err, wire.FrameTooLarge)
}
