package session_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/vstp-project/vstp/ref/session"
)

// [SES-2]
func TestSessionIDString(t *testing.T) {
	assert.Equal(t, "0", session.SessionID{}.String())
	assert.Equal(t, "258", session.SessionID{14: 1, 15: 2}.String())
	assert.Equal(t, "340282366920938463463374607431768211455", session.SessionID(bytes.Repeat([]byte{0xff}, 16)).String())
}

// [SES-1] [SES-4]: drawn at random, so they differ, and so do their differences.
func TestSessionIDsAreRandom(t *testing.T) {
	seen := map[session.SessionID]bool{}
	tops := map[byte]bool{}
	for range 256 {
		id := session.NewSessionID()
		seen[id] = true
		tops[id[0]] = true
	}
	assert.Len(t, seen, 256)
	assert.Greater(t, len(tops), 64, "the most significant octet takes many values")
}
