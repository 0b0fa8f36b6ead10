//go:build !unix

package target

import "os/exec"

// isolate does nothing: this system has no process groups.
func isolate(*exec.Cmd) {}

// terminate does nothing: the closed standard input is the only request that
// this system knows.
func terminate(*exec.Cmd) {}

// killGroup ends the process; what it started is beyond reach here.
func killGroup(cmd *exec.Cmd) { _ = cmd.Process.Kill() }
