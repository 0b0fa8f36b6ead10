package main

import (
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// load is what the machine was busy with besides this process.
type load struct{ busy, all, own float64 } // seconds

// startLoad begins to measure.
func startLoad() load { return now() }

// share returns which share of the machine's time since the start others have used,
// 0 where the system does not tell.
func (l load) share() float64 {
	n := now()
	if n.all <= l.all {
		return 0
	}
	return max((n.busy-l.busy-(n.own-l.own))/(n.all-l.all), 0)
}

// now reads the counts of the system and of this process.
func now() (l load) {
	const ticks = 100 // in a second
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return l
	}
	line, _, _ := strings.Cut(string(text), "\n")
	for i, field := range strings.Fields(line)[1:] {
		v, err := strconv.ParseFloat(field, 64)
		if err != nil || i > 7 { // guests are counted above
			break
		}
		l.all += v / ticks
		if i != 3 && i != 4 { // idle, and waiting for a disk
			l.busy += v / ticks
		}
	}
	var use syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &use) == nil {
		l.own = (time.Duration(use.Utime.Nano()) + time.Duration(use.Stime.Nano())).Seconds()
	}
	return l
}
