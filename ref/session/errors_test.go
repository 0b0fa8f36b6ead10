package session_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/vstp-project/vstp/ref/session"
	"github.com/vstp-project/vstp/ref/wire"
)

// [ERR-7]
func TestPeerErrorCodes(t *testing.T) {
	for header, want := range map[string]wire.Reason{
		"err-code=4":                    wire.InvalidFrameType,
		"err-code=1":                    wire.Io,
		"err-code=19":                   wire.Unsupported,
		"err-code=20":                   wire.ServerError,
		"err-code=0":                    wire.ServerError,
		"err-code=04":                   wire.ServerError,
		"err-code=":                     wire.ServerError,
		"err-code=x":                    wire.ServerError,
		"err-code=4294967300":           wire.ServerError, // 4, if cut to 32 bits
		"err-code=18446744073709551615": wire.ServerError,
		"Err-Code=4":                    wire.ServerError,
	} {
		assert.Equal(t, want, session.NewPeerError(frame(wire.TypeErr, 0, header)).Code, header)
	}
}

func TestPeerErrorOwnsItsText(t *testing.T) {
	f := frame(wire.TypeErr, 0, "err-code=6", "'text")
	err := session.NewPeerError(f)
	f.Payload[0] = 'n'
	assert.Equal(t, "text", err.Text)
	assert.ErrorIs(t, err, wire.CrcMismatch)
	assert.Equal(t, `the peer reports CrcMismatch: "text"`, err.Error())
	assert.Equal(t, "the peer reports CrcMismatch", session.NewPeerError(frame(wire.TypeErr, 0, "err-code=6")).Error())
}

func TestLocalError(t *testing.T) {
	err := &session.LocalError{Reason: wire.Timeout, Detail: "too slow"}
	assert.ErrorIs(t, err, wire.Timeout)
	assert.Equal(t, "Timeout: too slow", err.Error())
}
