package frag

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestBlocksAreUsedAgain(t *testing.T) {
	var b blocks
	first := append(b.take(1_000), "what was there"...)
	b.give([][]byte{first})
	again := b.take(600)
	assert.Empty(t, again)
	assert.Same(t, &first[0], &again[:1][0])
	assert.NotSame(t, &first[0], &b.take(600)[:1][0], "it is in use")
}

// A small payload does not get a large block: a session takes no more than twice the
// memory that it would without them.
func TestBlocksAreNotWasted(t *testing.T) {
	var b blocks
	b.give([][]byte{make([]byte, 0, 1_000)})
	assert.Less(t, cap(b.take(499)), 1_000)
	assert.Greater(t, cap(b.take(1_001)), 1_000)
	assert.Equal(t, 1_000, cap(b.take(500)))
}

// What is kept is bounded, whatever sessions have held.
func TestBlocksAreFew(t *testing.T) {
	var b blocks
	for range 100 {
		b.give([][]byte{make([]byte, 0, maxBlock), make([]byte, 0, maxBlock+1), make([]byte, 0, 1)})
	}
	assert.Len(t, b.spare, maxSpare)
	for _, block := range b.spare {
		assert.LessOrEqual(t, cap(block), maxBlock)
	}
}
