//go:build !linux

package bench

import "time"

var start = time.Now()

// CPUTime stands in for the processor time of this process with the time on the
// wall, which other processes disturb.
func CPUTime() time.Duration { return time.Since(start) }
