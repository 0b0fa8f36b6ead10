//go:build unix

package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// A program and a command of scripts for targets that are none.
var _ = func() bool {
	programs["bad-target"] = badTarget
	scriptCommands["gone"] = demandGone
	return true
}()

// badTarget is a target that goes wrong in the way that its first argument names.
// The second is a file into which the processes that it consists of write their
// numbers, the third an address.
func badTarget() {
	note := func() {
		f, err := os.OpenFile(os.Args[2], os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
		if err != nil {
			panic(err)
		}
		fmt.Fprintln(f, os.Getpid())
		f.Close()
	}
	note()
	switch os.Args[1] {
	case "exit":
		fmt.Println("done, thank you")
	case "crash":
		fmt.Fprintln(os.Stderr, "segmentation fault, more or less")
		os.Exit(139)
	case "silent":
		forever()
	case "deaf":
		os.Stdin.Close()
		forever()
	case "flood":
		w := bufio.NewWriter(os.Stderr)
		for {
			fmt.Fprintln(w, strings.Repeat("all work and no play ", 50))
		}
	case "http":
		serveHTTP(os.Args[3])
	case "parent", "daemon":
		child := exec.Command(os.Args[0], "silent", os.Args[2])
		child.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // it leaves the process group, too
		if err := child.Start(); err != nil {
			panic(err)
		}
		for numbers := 0; numbers < 2; numbers = bytes.Count(octetsOf(os.ReadFile(os.Args[2])), []byte{'\n'}) {
			time.Sleep(time.Millisecond) // the child is a process that says nothing
		}
		if os.Args[1] == "parent" {
			forever()
		}
	case "chatty":
		fmt.Println("adapter is starting up, please wait")
		forever()
	}
}

func octetsOf(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}

// forever waits to be ended.
func forever() {
	for {
		<-time.After(time.Hour)
	}
}

// serveHTTP answers every line that is empty, as web servers answer what they do
// not understand.
func serveHTTP(addr string) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		panic(err)
	}
	for {
		c, err := l.Accept()
		if err != nil {
			panic(err)
		}
		go func() {
			defer c.Close()
			for lines := bufio.NewReader(c); ; {
				line, err := lines.ReadString('\n')
				if err != nil {
					return
				}
				if strings.TrimSpace(line) == "" {
					_, _ = io.WriteString(c, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
					return
				}
			}
		}()
	}
}

// demandGone demands that the processes whose numbers stand in a file have ended.
func demandGone(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: gone FILE")
	}
	numbers := strings.Fields(ts.ReadFile(args[0]))
	if len(numbers) == 0 {
		ts.Fatalf("%s: there was no process", args[0])
	}
	for _, number := range numbers {
		pid, err := strconv.Atoi(number)
		ts.Check(err)
		if alive(pid) {
			ts.Fatalf("process %d is still there", pid)
		}
	}
}

// alive says whether a process runs. One that has ended, and that nobody has
// taken notice of, is no longer running.
func alive(pid int) bool {
	if err := syscall.Kill(pid, 0); errors.Is(err, syscall.ESRCH) {
		return false
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return !errors.Is(err, os.ErrNotExist)
	}
	_, state, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(state, "Z")
}
