package main

import (
	"bufio"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// cpuTimes returns the processor time that the processes have used together.
func cpuTimes(pids ...int) (time.Duration, error) {
	var sum time.Duration
	for _, pid := range pids {
		// How Linux names the clock of a process: CPUCLOCK_SCHED of pid.
		var ts unix.Timespec
		if err := unix.ClockGettime(int32(^pid<<3|2), &ts); err != nil {
			return 0, fmt.Errorf("processor time of process %d: %w", pid, err)
		}
		sum += time.Duration(ts.Nano())
	}
	return sum, nil
}

// bind binds all threads of a process to one processor.
func bind(pid, processor int) error {
	var set unix.CPUSet
	set.Set(processor)
	threads, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		return err
	}
	for _, thread := range threads {
		var tid int
		if _, err := fmt.Sscan(thread.Name(), &tid); err != nil {
			return err
		}
		if err := unix.SchedSetaffinity(tid, &set); err != nil {
			return fmt.Errorf("binding process %d to processor %d: %w", pid, processor, err)
		}
	}
	return nil
}

func congestionControl() string {
	b, err := os.ReadFile("/proc/sys/net/ipv4/tcp_congestion_control")
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(b))
}

// stranger tells what other processes do.
type stranger struct {
	pids        []int
	busy, total float64 // seconds, of all processors
	ours        time.Duration
	err         error
}

func newStranger(peer int) *stranger {
	s := &stranger{pids: []int{os.Getpid(), peer}}
	s.busy, s.total, s.err = machineTimes()
	if s.err == nil {
		s.ours, s.err = cpuTimes(s.pids...)
	}
	return s
}

// share returns the part of the machine that processes other than ours have had since
// the stranger was made.
func (s *stranger) share() (float64, error) {
	if s.err != nil {
		return 0, s.err
	}
	busy, total, err := machineTimes()
	if err != nil {
		return 0, err
	}
	ours, err := cpuTimes(s.pids...)
	if err != nil {
		return 0, err
	}
	return max(0, (busy-s.busy)-(ours-s.ours).Seconds()) / (total - s.total), nil
}

// machineTimes returns how long the processors have worked, and how long they have
// been there.
func machineTimes() (busy, total float64, err error) {
	f, err := os.Open("/proc/stat")
	if err != nil {
		return 0, 0, err
	}
	defer f.Close()
	line, err := bufio.NewReader(f).ReadString('\n')
	if err != nil {
		return 0, 0, err
	}
	const idle, iowait, fields = 3, 4, 8 // of user, nice, system, idle, iowait, irq, softirq, steal
	parts := strings.Fields(line)
	if len(parts) < fields+1 {
		return 0, 0, fmt.Errorf("/proc/stat begins with %q", line)
	}
	const ticks = 100 // in a second, as Linux tells programs
	for i, part := range parts[1 : fields+1] {
		var v float64
		if _, err := fmt.Sscan(part, &v); err != nil {
			return 0, 0, err
		}
		total += v / ticks
		if i != idle && i != iowait {
			busy += v / ticks
		}
	}
	return busy, total, nil
}

func median(v []float64) float64 {
	slices.Sort(v)
	return v[len(v)/2]
}
