package bench

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// timeline is a clock that goes only when something is done.
type timeline struct {
	now   time.Duration
	calls int
}

func (c *timeline) clock() time.Duration { return c.now }

// does returns something that takes the given times, in turn.
func (c *timeline) does(times ...time.Duration) func() {
	i := 0
	return func() {
		c.now += times[i%len(times)]
		c.calls++
		i++
	}
}

func TestRatioOfTimes(t *testing.T) {
	var c timeline
	assert.InDelta(t, 1.5, ratio(c.clock, c.does(3*time.Microsecond), c.does(2*time.Microsecond)), 1e-9)
	assert.InDelta(t, 0.01, ratio(c.clock, c.does(time.Microsecond), c.does(100*time.Microsecond)), 1e-9)
}

// A machine that gets slower from call to call slows both down.
func TestRatioOnAMachineThatGetsSlower(t *testing.T) {
	var c timeline
	speed := time.Duration(1000)
	slower := func(f time.Duration) func() {
		return func() {
			speed++
			c.now += f * speed
		}
	}
	assert.InDelta(t, 3, ratio(c.clock, slower(3), slower(1)), 0.05)
}

// What happens now and then, like a collection of garbage, does not count.
func TestRatioIsAMedian(t *testing.T) {
	var c timeline
	op := c.does(time.Millisecond, time.Millisecond, time.Millisecond, time.Second)
	assert.InDelta(t, 1, ratio(c.clock, op, c.does(time.Millisecond)), 1e-9)
}

// What takes long is measured less often, and still often enough for a median.
func TestRatioEndsInTime(t *testing.T) {
	var quick, slow timeline
	ratio(quick.clock, quick.does(slice), quick.does(slice))
	assert.Equal(t, 2+3*maxRounds, quick.calls)
	ratio(slow.clock, slow.does(time.Minute), slow.does(time.Minute))
	assert.Equal(t, 2+3*minRounds, slow.calls)
}

func TestCPUTimeGoesOn(t *testing.T) {
	start := CPUTime()
	for CPUTime() == start { // which takes processor time
	}
	assert.Greater(t, CPUTime(), start)
}

func TestLoopReportsProcessorTime(t *testing.T) {
	calls := 0
	result := testing.Benchmark(func(b *testing.B) {
		assert.Positive(t, Loop(b, func() { calls++ }))
	})
	assert.Positive(t, result.Extra["cpu-ns/op"])
	assert.GreaterOrEqual(t, calls, result.N)
}
