package target

import (
	"os"
	"strconv"
	"strings"
	"syscall"
)

// marked lists the living processes whose environment contains the mark.
func marked(mark string) []int {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	var pids []int
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		// Processes of other users cannot be read, and ended ones are empty.
		environ, err := os.ReadFile("/proc/" + e.Name() + "/environ")
		if err == nil && hasMark(string(environ), mark) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// killMarked ends the processes that carry the mark, until there are none: one
// can start another while the list is read.
func killMarked(mark string) {
	const rounds = 10
	for range rounds {
		pids := marked(mark)
		if len(pids) == 0 {
			return
		}
		for _, pid := range pids {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}

// residentSet is the memory held by the processes that carry the mark, in octets.
func residentSet(mark string) (octets int64, ok bool) {
	for _, pid := range marked(mark) {
		statm, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/statm")
		if err != nil {
			continue
		}
		if fields := strings.Fields(string(statm)); len(fields) > 1 {
			if pages, err := strconv.ParseInt(fields[1], 10, 64); err == nil {
				octets += pages * int64(os.Getpagesize())
				ok = true
			}
		}
	}
	return octets, ok
}
