//go:build !linux

package tcp_test

import "time"

var benchStart = time.Now()

// cpuTime stands in for the processor time of this process with the time on the
// wall, which other processes disturb.
func cpuTime() time.Duration { return time.Since(benchStart) }
