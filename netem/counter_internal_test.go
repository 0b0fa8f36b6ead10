package netem

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// A counter that has seen more keys than it remembers forgets the oldest, and none
// that has been seen lately.
func TestCounterForgetsOldKeys(t *testing.T) {
	const old, lately = 1 << 40, 1 << 41
	c := counter{}
	assert.Equal(t, 1, c.next(old))
	assert.Equal(t, 2, c.next(old))
	for key := range uint64(3 * remembered) {
		c.next(key)
		if key%(remembered/2) == 0 {
			c.next(lately)
		}
	}
	assert.Equal(t, 1, c.next(old))
	assert.Equal(t, 7, c.next(lately))
	assert.LessOrEqual(t, len(c.young)+len(c.old), 2*remembered)
	c.forget()
	assert.Equal(t, 1, c.next(lately))
}
