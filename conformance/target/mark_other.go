//go:build !linux

package target

// killMarked does nothing: only Linux shows the environment of a process.
func killMarked(string) {}

// residentSet is known on Linux only.
func residentSet(string) (octets int64, ok bool) { return 0, false }
