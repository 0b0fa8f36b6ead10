package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"a", "", 1}, {"", "ab", 2}, {"abc", "abc", 0}, {"abc", "axc", 1}, {"abc", "ac", 1}, {"abc", "bac", 2}, {"kitten", "sitting", 3}, {"ä", "a", 1},
	} {
		assert.Equal(t, c.want, distance(c.a, c.b), "%s → %s", c.a, c.b)
		assert.Equal(t, c.want, distance(c.b, c.a), "%s → %s", c.b, c.a)
	}
}

func TestNearest(t *testing.T) {
	names := []string{"FRM-1", "FRM-6", "FRM-66", "CRC-1", "tcp/hello-is-welcomed", "tcp/bye-closes", "udp/ping"}
	assert.Equal(t, []string{"FRM-6", "FRM-1"}, nearest("frm-6", names[:2], 5))
	assert.Equal(t, []string{"tcp/hello-is-welcomed"}, nearest("hello", names, 5))
	assert.Equal(t, []string{"tcp/bye-closes"}, nearest("tcp/by-closes", names, 5))
	assert.Len(t, nearest("FRM-7", names, 2), 2)
	assert.Empty(t, nearest("quite-something-else", names, 5))
}
