package peer

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestEasyDelay(t *testing.T) {
	for raw, want := range map[string]time.Duration{
		`0`: 0, `250`: 250 * time.Millisecond, `2.5e2`: 250 * time.Millisecond, `1e30`: 10 * time.Minute, `600001`: 10 * time.Minute,
		`-1`: 0, `0.5`: 0, `"250"`: 0, `null`: 0, `[1]`: 0, `1e400`: 0,
	} {
		assert.Equal(t, want, easyDelay([]byte(raw)), raw)
	}
	assert.Zero(t, easyDelay(nil))
}
