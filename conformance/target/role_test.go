//go:build unix

package target_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/vstp-project/vstp/conformance/target"
)

// The test binary, run again with roleEnv set, plays the implementation under
// test: well-behaved or not.
const roleEnv = "VSTP_TARGET_TEST_ROLE"

func TestMain(m *testing.M) {
	if role := os.Getenv(roleEnv); role != "" {
		os.Exit(play(role, os.Args[1:]))
	}
	goleak.VerifyTestMain(m)
}

// play runs a role; args are the rest of its command line.
func play(role string, args []string) int {
	switch role {
	case "ready": // on ports of its own; ends with its standard input
		fmt.Println("a first line that is not it")
		announce(serveTCP("127.0.0.1:0"), serveUDP("127.0.0.1:0", true))
		_, _ = io.Copy(io.Discard, os.Stdin)
		return 0
	case "given": // on the given ports, without a ready line
		serveAll(args, true)
	case "given-silent": // the same, but nothing comes back over UDP
		serveAll(args, false)
	case "given-and-more": // says that it also listens elsewhere
		announce(serveTCP(args[0]), serveUDP("127.0.0.1:0", true))
	case "report": // prints its arguments, and the environment it was given
		fmt.Printf("args %q extra %q\n", args, os.Getenv("VSTP_TARGET_TEST_EXTRA"))
		announce(serveTCP("127.0.0.1:0"), "")
	case "mute":
	case "lying": // nothing listens there
		announce(args[0], "")
	case "bad-line":
		announce("nowhere", "")
	case "no-address":
		announce("", "")
	case "exit": // the given status, with a last word
		fmt.Println("to stdout")
		fmt.Fprintln(os.Stderr, "to stderr")
		var status int
		_, _ = fmt.Sscan(args[0], &status)
		return status
	case "second-try": // ends the first time, for the sake of the file it leaves behind
		if _, err := os.Stat(args[0]); err != nil {
			_ = os.WriteFile(args[0], nil, 0o600)
			return 3
		}
		announce(serveTCP(args[1]), "")
	case "flood": // both outputs, one of them without line ends, before and after the ready line
		go flood(os.Stderr, strings.Repeat("e", 1000)+"\n")
		for range 1000 {
			fmt.Print(strings.Repeat("o", 1000))
		}
		fmt.Println()
		announce(serveTCP("127.0.0.1:0"), "")
		flood(os.Stdout, strings.Repeat("o", 1000))
	case "closes-stdin":
		os.Stdin.Close()
		announce(serveTCP("127.0.0.1:0"), "")
	case "stubborn": // ignores every polite request
		signal.Ignore(syscall.SIGTERM, syscall.SIGHUP, syscall.SIGINT)
		announce(serveTCP("127.0.0.1:0"), "")
	case "mortal": // ends as its first visitor says
		l, err := net.Listen("tcp", "127.0.0.1:0")
		must(err)
		announce(l.Addr().String(), "")
		for {
			c, err := l.Accept()
			must(err)
			switch word, _ := bufio.NewReader(c).ReadString('\n'); word {
			case "exit\n":
				fmt.Fprintln(os.Stderr, "last words")
				return 7
			case "abort\n":
				_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			}
		}
	case "parent": // leaves children that hold its outputs open, then is ready
		child(args[0], false)
		child(args[0], runtime.GOOS == "linux")
		announce(serveTCP("127.0.0.1:0"), "")
	case "daemon": // leaves a child, in a session of its own where that can be helped, and ends at once
		child(args[0], runtime.GOOS == "linux")
		return 0
	case "hold": // a child: its connection to the test lasts as long as it lives
		signal.Ignore(syscall.SIGTERM, syscall.SIGHUP)
		c, err := net.Dial("tcp", args[0])
		must(err)
		if len(args) > 1 {
			os.NewFile(3, "connected").Close()
		}
		_, _ = io.Copy(io.Discard, c)
		return 0
	default:
		panic("no such role: " + role)
	}
	for {
		<-time.After(time.Hour) // a select without cases would end the process where cgo is off
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func announce(tcp, udp string) {
	line, err := json.Marshal(struct {
		Ready bool `json:"ready"`
		target.Addrs
	}{true, target.Addrs{TCP: tcp, UDP: udp}})
	must(err)
	fmt.Println(string(line))
}

// serveAll serves addresses given as tcp=host:port or udp=host:port.
func serveAll(args []string, answers bool) {
	for _, arg := range args {
		if addr, ok := strings.CutPrefix(arg, "tcp="); ok {
			serveTCP(addr)
		}
		if addr, ok := strings.CutPrefix(arg, "udp="); ok {
			serveUDP(addr, answers)
		}
	}
}

func serveTCP(addr string) string {
	l, err := net.Listen("tcp", addr)
	must(err)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.Close()
		}
	}()
	return l.Addr().String()
}

func serveUDP(addr string, answers bool) string {
	c, err := net.ListenPacket("udp", addr)
	must(err)
	go func() {
		buf := make([]byte, 1<<16)
		for {
			n, from, err := c.ReadFrom(buf)
			if err != nil {
				return
			}
			if answers {
				_, _ = c.WriteTo(buf[:n], from)
			}
		}
	}()
	return c.LocalAddr().String()
}

func flood(f *os.File, s string) {
	for {
		if _, err := f.WriteString(s); err != nil {
			return
		}
	}
}

// child starts the test binary as "hold", with this process's outputs, and
// returns when it has connected.
func child(addr string, session bool) {
	exe, err := os.Executable()
	must(err)
	r, w, err := os.Pipe()
	must(err)
	c := exec.Command(exe, addr, "tell")
	c.Env = append(os.Environ(), roleEnv+"=hold")
	c.Stdout, c.Stderr, c.ExtraFiles = os.Stdout, os.Stderr, []*os.File{w}
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: session}
	must(c.Start())
	must(w.Close())
	_, err = io.Copy(io.Discard, r)
	must(err)
}
