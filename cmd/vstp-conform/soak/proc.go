package soak

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// readProc lists a directory of a process in /proc.
func readProc(pid, name string) ([]os.DirEntry, error) {
	return os.ReadDir(filepath.Join("/proc", pid, name))
}

// countDescriptors returns how many descriptors a process has open. Of this process one
// is the directory that is being read.
func countDescriptors(pid string) (int, error) {
	entries, err := readProc(pid, "fd")
	return len(entries), err
}

// maxDescriptors returns how many descriptors a process may have open.
func maxDescriptors(pid string) (int, error) {
	b, err := os.ReadFile(filepath.Join("/proc", pid, "limits"))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, "Max open files"); ok {
			if fields := strings.Fields(rest); len(fields) > 0 {
				return strconv.Atoi(fields[0])
			}
		}
	}
	return 0, fmt.Errorf("/proc/%s/limits does not say how many files may be open", pid)
}

// memory returns the octets of a process that are in memory, now and at most so far.
func memory(pid string) (now, peak float64, err error) {
	b, err := os.ReadFile(filepath.Join("/proc", pid, "status"))
	if err != nil {
		return 0, 0, err
	}
	value := func(name string) float64 {
		for line := range strings.Lines(string(b)) {
			if rest, ok := strings.CutPrefix(line, name+":"); ok {
				kib, _ := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(rest), " kB"))
				return float64(kib) * 1024
			}
		}
		return 0
	}
	if now, peak = value("VmRSS"), value("VmHWM"); now == 0 || peak == 0 {
		return 0, 0, fmt.Errorf("/proc/%s/status does not say how much memory is in use", pid)
	}
	return now, max(now, peak), nil // the system does not count the peak with every page
}

// ticks is how many parts of a second /proc counts processor time in: Linux shows 100 to
// programs, whatever it uses itself.
const ticks = 100

// processor returns the seconds of processor time that a process has used.
func processor(pid string) (float64, error) {
	b, err := os.ReadFile(filepath.Join("/proc", pid, "stat"))
	if err != nil {
		return 0, err
	}
	// The name of the program, in brackets, may hold anything.
	fields := bytes.Fields(b[bytes.LastIndexByte(b, ')')+1:])
	if len(fields) < 13 {
		return 0, fmt.Errorf("/proc/%s/stat is shorter than it should be", pid)
	}
	var sum float64
	for _, field := range fields[11:13] { // in user mode, in the kernel
		n, err := strconv.Atoi(string(field))
		if err != nil {
			return 0, fmt.Errorf("/proc/%s/stat: %w", pid, err)
		}
		sum += float64(n)
	}
	return sum / ticks, nil
}
