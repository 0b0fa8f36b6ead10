package frag_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vstp-project/vstp/ref/frag"
)

func TestRecentForgetsInTime(t *testing.T) {
	r := frag.NewRecent[string](30*time.Second, 10)
	assert.True(t, r.NextTimeout().IsZero())
	r.Add(start, "a")
	r.Add(at(time.Second), "a") // keeps its time
	r.Add(at(10*time.Second), "b")
	assert.Equal(t, at(40*time.Second), r.NextTimeout())
	assert.True(t, r.Has(at(30*time.Second-1), "a"))
	assert.False(t, r.Has(at(30*time.Second), "a"))
	assert.True(t, r.Has(at(30*time.Second), "b"))
	assert.Equal(t, 1, r.Len())
	r.Advance(at(40*time.Second - 1))
	assert.Equal(t, 1, r.Len())
	r.Advance(at(40 * time.Second))
	assert.Zero(t, r.Len())
	assert.True(t, r.NextTimeout().IsZero())
}

func TestRecentForgetsTheOldestFirst(t *testing.T) {
	r := frag.NewRecent[int](time.Hour, 100)
	for i := range 250 {
		r.Add(start, i)
	}
	assert.Equal(t, 100, r.Len())
	for i := range 250 {
		assert.Equal(t, i >= 150, r.Has(start, i), "%d", i)
	}
}

func TestRecentWithoutRoom(t *testing.T) {
	r := frag.NewRecent[int](time.Hour, 0)
	r.Add(start, 1)
	assert.False(t, r.Has(start, 1))
}

// The memory is that of what is remembered, however much has been forgotten.
func TestRecentMemory(t *testing.T) {
	r := frag.NewRecent[int](time.Hour, 100)
	before := heap()
	for i := range 200_000 {
		r.Add(start, i)
	}
	assert.Less(t, heap()-before, 100_000)
	assert.Equal(t, 100, r.Len())
}

// Against a model that keeps everything.
func TestRecentModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const keep = 10 * time.Second
		limit := rapid.IntRange(1, 5).Draw(t, "limit")
		r := frag.NewRecent[int](keep, limit)
		type entry struct {
			key   int
			until time.Time
		}
		var model []entry
		now := start
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 4).Draw(t, "seconds")) * time.Second)
			for len(model) > 0 && !now.Before(model[0].until) {
				model = model[1:]
			}
			key := rapid.IntRange(0, 7).Draw(t, "key")
			known := false
			for _, e := range model {
				known = known || e.key == key
			}
			require.Equal(t, known, r.Has(now, key))
			if !known {
				if len(model) == limit {
					model = model[1:]
				}
				model = append(model, entry{key, now.Add(keep)})
			}
			r.Add(now, key)
			require.Equal(t, len(model), r.Len())
			require.Equal(t, model[len(model)-1].until, r.NextTimeout())
		}
	})
}
