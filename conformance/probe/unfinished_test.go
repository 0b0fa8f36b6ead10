package probe_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/conformance/forge"
	"github.com/vstp-project/vstp/conformance/probe"
)

// A frame whose length is in the wrong order of octets never becomes whole: what came
// is told of, and why it is not enough.
func TestBeginningOfAFrameIsTold(t *testing.T) {
	swapped := forge.Frame{Type: 2, Headers: forge.KV("session-id", "7")}.Bytes()
	swapped[5], swapped[6] = swapped[6], swapped[5] // HDR_LEN
	p := peer(t, write(data, swapped))
	s := dial(t, p)
	_, err := s.Next(t.Context(), soon)
	require.NoError(t, err)
	for s.Pending() < len(swapped) { // all of it is here
		_, err = s.Next(t.Context(), never)
		require.ErrorIs(t, err, probe.ErrNothing)
	}
	const told = "HDR_LEN is little-endian"
	violation := &probe.Violation{Want: "WELCOME within 1s", Got: "nothing"}
	require.ErrorContains(t, p.Telling(violation), "got no whole frame, but a frame whose end never came: ")
	require.ErrorContains(t, violation, told)
	notExercised := &probe.NotExercised{Cause: probe.CauseTarget, Reason: "the exchange before it failed: expected WELCOME within 1s, got nothing"}
	require.ErrorContains(t, p.Telling(notExercised), told)
	other := &probe.Violation{Want: "DATA", Got: "PONG"}
	require.EqualError(t, p.Telling(other), "expected DATA, got PONG")
	require.NoError(t, p.Telling(nil))

	events := p.Events()
	last := events[len(events)-1]
	assert.Equal(t, probe.EventRecv, last.Kind)
	assert.Equal(t, swapped, last.Octets)
	assert.Contains(t, last.Text, told)
}

// Whole frames that a case had no more use for are no beginnings of any.
func TestWholeFramesThatAreLeftAreNotUnfinished(t *testing.T) {
	p := peer(t, write(data, data))
	s := dial(t, p)
	_, err := s.Next(t.Context(), soon)
	require.NoError(t, err)
	require.EqualError(t, p.Telling(&probe.Violation{Want: "PONG", Got: "nothing"}), "expected PONG, got nothing")
}
