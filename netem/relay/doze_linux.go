package relay

import (
	"runtime"
	"syscall"
	"time"
)

// prepareDoze keeps the goroutine on a thread of its own, for which the kernel does
// not put off wake-ups in order to bundle them. The thread ends with the goroutine.
func prepareDoze() {
	runtime.LockOSThread()
	_, _, _ = syscall.RawSyscall(syscall.SYS_PRCTL, syscall.PR_SET_TIMERSLACK, 1, 0)
}

// dozeFor sleeps without the runtime's timers. A signal can end it early.
func dozeFor(d time.Duration) {
	t := syscall.NsecToTimespec(d.Nanoseconds())
	_ = syscall.Nanosleep(&t, nil)
}
