package selftest

import (
	"fmt"
	"runtime"
)

// exits is a command that ends at once with a status of 0 or 1 and takes no notice of
// where it was to listen.
func exits(status int) string {
	if runtime.GOOS == "windows" {
		return fmt.Sprintf("cmd /c exit %d {tcp} {udp}", status)
	}
	return [...]string{"true {tcp} {udp}", "false {tcp} {udp}"}[status]
}
