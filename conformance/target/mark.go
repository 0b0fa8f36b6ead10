package target

import (
	"crypto/rand"
	"strings"
)

// markName is the environment variable that every started process inherits. A
// child that has left the process group is still recognised by it.
const markName = "VSTP_CONFORM_TARGET"

// newMark returns a NAME=value pair that no other process has.
func newMark() string { return markName + "=" + rand.Text() }

// hasMark says whether an environment, as the kernel shows it, contains the mark.
func hasMark(environ, mark string) bool {
	for pair := range strings.SplitSeq(environ, "\x00") {
		if pair == mark {
			return true
		}
	}
	return false
}
