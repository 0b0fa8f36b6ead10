//go:build unix

package target

import (
	"os/exec"
	"syscall"
)

// isolate gives the command a process group of its own, so that what it starts
// can be ended with it, and an interrupt at the terminal reaches the judge alone.
func isolate(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}

// terminate asks the group to end.
func terminate(cmd *exec.Cmd) { signalGroup(cmd, syscall.SIGTERM) }

// killGroup ends whatever is left of the group.
func killGroup(cmd *exec.Cmd) { signalGroup(cmd, syscall.SIGKILL) }

func signalGroup(cmd *exec.Cmd, sig syscall.Signal) {
	// An error means that nobody is left.
	_ = syscall.Kill(-cmd.Process.Pid, sig)
}
