package tcp_test

import (
	"syscall"
	"time"
	"unsafe"
)

// cpuTime returns the processor time that this process has used. Unlike the clock
// on the wall it does not run while other processes have the processor.
func cpuTime() time.Duration {
	const processCPU = 2 // CLOCK_PROCESS_CPUTIME_ID
	var ts syscall.Timespec
	_, _, errno := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, processCPU, uintptr(unsafe.Pointer(&ts)), 0)
	if errno != 0 {
		panic(errno)
	}
	return time.Duration(ts.Nano())
}
