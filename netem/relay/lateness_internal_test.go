package relay

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestLatenessFigures(t *testing.T) {
	var l lateness
	assert.Equal(t, Late{}, l.figures())
	for range 98 {
		l.add(30 * time.Microsecond)
	}
	l.add(700 * time.Microsecond)
	l.add(5 * time.Millisecond)
	assert.Equal(t, Late{Deliveries: 100, P50: 32 * time.Microsecond, P99: 1024 * time.Microsecond, Max: 5 * time.Millisecond}, l.figures())
	l.add(-time.Second) // early by a rounding of the clock: not late
	assert.Equal(t, 101, l.figures().Deliveries)
	l.add(1000 * time.Hour)
	assert.Equal(t, 1000*time.Hour, l.figures().Max)
}
