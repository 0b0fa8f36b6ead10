package wire_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/wire"
)

// [ERR-1] [ERR-6]
func TestReasonsOfTheSpecification(t *testing.T) {
	for i, test := range []struct {
		reason wire.Reason
		name   string
		onWire bool
	}{
		{wire.Io, "Io", false},
		{wire.Protocol, "Protocol", true},
		{wire.InvalidVersion, "InvalidVersion", true},
		{wire.InvalidFrameType, "InvalidFrameType", true},
		{wire.InvalidMagic, "InvalidMagic", false},
		{wire.CrcMismatch, "CrcMismatch", true},
		{wire.Incomplete, "Incomplete", false},
		{wire.FrameTooLarge, "FrameTooLarge", true},
		{wire.Timeout, "Timeout", true},
		{wire.InvalidAddress, "InvalidAddress", false},
		{wire.SerializationError, "SerializationError", false},
		{wire.DeserializationError, "DeserializationError", true},
		{wire.UnexpectedFrameType, "UnexpectedFrameType", true},
		{wire.ConnectionClosed, "ConnectionClosed", false},
		{wire.ServerError, "ServerError", true},
		{wire.RateLimited, "RateLimited", true},
		{wire.BadFragment, "BadFragment", true},
		{wire.BadCompression, "BadCompression", true},
		{wire.Unsupported, "Unsupported", true},
	} {
		code := i + 1
		assert.Equal(t, code, test.reason.Code(), test.name)
		assert.Equal(t, test.name, test.reason.String())
		assert.Equal(t, test.onWire, test.reason.OnWire(), test.name)
		assert.Contains(t, test.reason.Error(), test.name+": ")

		reason, ok := wire.ReasonByCode(code)
		assert.True(t, ok, test.name)
		assert.Equal(t, test.reason, reason)
	}
}

func TestReasonByCodeUnknown(t *testing.T) {
	for _, code := range []int{-1, 0, 20, 255, 256, 257, 262} {
		_, ok := wire.ReasonByCode(code)
		assert.False(t, ok, "%d", code)
	}
}

func TestReasonThatIsNone(t *testing.T) {
	for _, reason := range []wire.Reason{0, 20, 255} {
		assert.Equal(t, fmt.Sprintf("Reason(%d)", uint8(reason)), reason.String())
		assert.Equal(t, reason.String(), reason.Error())
		assert.False(t, reason.OnWire())
	}
}

func TestErrorsUnwrapToTheirReason(t *testing.T) {
	for want, err := range map[wire.Reason]error{
		wire.CrcMismatch:   &wire.DecodeError{Offset: 27, Reason: wire.CrcMismatch},
		wire.FrameTooLarge: &wire.EncodeError{Reason: wire.FrameTooLarge},
		wire.Incomplete:    wire.ErrShort,
	} {
		wrapped := fmt.Errorf("reading from the peer: %w", err)
		require.ErrorIs(t, wrapped, want)
		assert.NotErrorIs(t, wrapped, wire.Timeout)
		assert.Equal(t, want, reasonOf(t, wrapped))
	}
}

func TestErrorTextsSayWhereAndWhat(t *testing.T) {
	assert.EqualError(t, &wire.DecodeError{Offset: 27, Reason: wire.CrcMismatch},
		"octet 27: CrcMismatch: CRC32 differs from the one computed [CRC-5]")
	assert.EqualError(t, &wire.EncodeError{Reason: wire.Protocol, Detail: "header key of 256 octets"},
		"Protocol: header key of 256 octets")
	assert.EqualError(t, wire.ErrShort, "more octets are needed")
}

func TestErrShortIsNoDecodeError(t *testing.T) {
	_, ok := errors.AsType[*wire.DecodeError](wire.ErrShort)
	assert.False(t, ok)
}
