package frag_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/ref/frag"
)

const window = frag.DefaultIDWindow

func TestIDsTakesTheOneWanted(t *testing.T) {
	var ids frag.IDs
	for _, c := range []struct{ want, got uint8 }{{250, 250}, {250, 251}, {255, 255}, {255, 0}, {255, 1}, {100, 100}} {
		id, ok := ids.Take(start, c.want)
		require.True(t, ok)
		assert.Equal(t, c.got, id)
	}
}

// [FRG-9]
func TestIDsRest(t *testing.T) {
	var ids frag.IDs
	assert.True(t, ids.Idle(start))
	for i := range 256 {
		id, ok := ids.Take(start, 7)
		require.True(t, ok)
		require.Equal(t, uint8(7+i), id)
	}
	_, ok := ids.Take(start, 7)
	assert.False(t, ok, "all are taken")
	assert.True(t, ids.NextFree().IsZero(), "and none rests")
	assert.False(t, ids.Idle(at(time.Hour)))

	// In whatever order they are put to rest, they wake in that of their last fragments.
	ids.Rest(at(2*time.Second), 20, window)
	ids.Rest(at(time.Second), 30, window)
	ids.Rest(at(3*time.Second), 40, window)
	assert.Equal(t, at(31*time.Second), ids.NextFree())
	_, ok = ids.Take(at(31*time.Second-1), 7)
	assert.False(t, ok)
	id, ok := ids.Take(at(31*time.Second), 7)
	require.True(t, ok)
	assert.Equal(t, uint8(30), id)
	id, ok = ids.Take(at(33*time.Second), 30)
	require.True(t, ok)
	assert.Equal(t, uint8(40), id)
	id, ok = ids.Take(at(33*time.Second), 30)
	require.True(t, ok)
	assert.Equal(t, uint8(20), id)
	assert.True(t, ids.NextFree().IsZero())
}

// [FRG-8]: not even if the message before is acknowledged already.
func TestIDsOfConsecutiveMessagesDiffer(t *testing.T) {
	var ids frag.IDs
	last, _ := ids.Take(start, 3)
	for range 1000 {
		ids.Free(last)
		assert.True(t, ids.Idle(start))
		id, ok := ids.Take(start, 3)
		require.True(t, ok)
		require.NotEqual(t, last, id)
		last = id
	}
	for range 255 {
		_, ok := ids.Take(start, last)
		require.True(t, ok)
	}
	latest := last - 1 // the last of the circle
	ids.Free(latest)
	_, ok := ids.Take(start, latest)
	assert.False(t, ok, "the only free one is that of the message before")
	ids.Free(last)
	id, ok := ids.Take(start, latest)
	require.True(t, ok)
	assert.Equal(t, last, id)
	id, ok = ids.Take(start, latest)
	require.True(t, ok)
	assert.Equal(t, latest, id)
}
