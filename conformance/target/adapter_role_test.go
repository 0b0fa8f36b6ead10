//go:build unix

package target_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// The test binary, run again with adapterEnv set, plays an adapter: well-behaved
// or not.
const adapterEnv = "VSTP_TARGET_TEST_ADAPTER"

// The adapters are played before TestMain, which belongs to the servers, comes to
// its turn.
func init() {
	if role := os.Getenv(adapterEnv); role != "" {
		must(os.Unsetenv(adapterEnv)) // a child plays another role
		os.Exit(playAdapter(role, os.Args[1:]))
	}
}

const goodHello = `"name":"test adapter","version":"1.4.0","roles":["codec"],"capabilities":["varint"]`

// faultyAt is the request at which an adapter that begins well misbehaves; start
// is the first.
const faultyAt = 4

func playAdapter(role string, args []string) int {
	in := bufio.NewReader(os.Stdin)
	switch role {
	case "visit": // does nothing after a visit
		visit(args[0])
		for {
			<-time.After(time.Hour) // a select without cases would end the process where cgo is off
		}
	case "exit":
		fmt.Fprintln(os.Stderr, "last words")
		return 3
	case "leave":
		return 0
	case "banner":
		fmt.Println("Welcome to the adapter!")
		for {
			<-time.After(time.Hour) // a select without cases would end the process where cgo is off
		}
	case "flood-stdout":
		flood(os.Stdout, strings.Repeat("o", 1000))
	case "flood-stderr":
		flood(os.Stderr, strings.Repeat("e", 1000)+"\n")
	case "closes-stdin":
		os.Stdin.Close()
		for {
			<-time.After(time.Hour) // a select without cases would end the process where cgo is off
		}
	case "closes-stdout":
		os.Stdout.Close()
		for {
			<-time.After(time.Hour) // a select without cases would end the process where cgo is off
		}
	case "foreign": // speaks another version of the protocol
		fmt.Printf(`{"ok":false,"id":%d,"error":"Unsupported"}`+"\n", read(in))
		for {
			<-time.After(time.Hour) // a select without cases would end the process where cgo is off
		}
	case "daemon": // leaves a child that holds its outputs, and ends
		child(args[0], runtime.GOOS == "linux")
		return 0
	}

	id := read(in)
	fmt.Fprintln(os.Stderr, "asked to start")
	answer(id, goodHello)
	if role == "loud" {
		go flood(os.Stderr, strings.Repeat("e", 1000)+"\n")
	}
	for id = read(in); ; id = read(in) {
		if id < 0 {
			return 0
		}
		if id < faultyAt {
			answer(id, fmt.Sprintf(`"consumed":%d`, id))
			continue
		}
		switch role {
		case "good", "loud":
			answer(id, fmt.Sprintf(`"consumed":%d`, id))
		case "crash":
			fmt.Fprintln(os.Stderr, "last words")
			return 7
		case "end":
			return 0
		case "abort":
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		case "half":
			fmt.Print(`{"ok":tr`)
			return 1
		case "hang":
			visit(args[0])
			for {
				<-time.After(time.Hour) // a select without cases would end the process where cgo is off
			}
		case "rubbish":
			fmt.Println("goroutine 1 [running]:")
			answer(id, `"consumed":0`)
		case "swap":
			next := read(in)
			answer(next, `"consumed":0`)
			answer(id, `"consumed":0`)
		case "twice":
			answer(id, fmt.Sprintf(`"consumed":%d`, id))
			answer(id, `"consumed":0`)
		case "huge":
			flood(os.Stdout, strings.Repeat("x", 1<<20))
		case "orphan": // a child holds its standard output when it has ended
			child(args[0], runtime.GOOS == "linux")
			return 5
		default:
			panic("no such role: " + role)
		}
	}
}

// read returns the id of the next request, -1 at the end of input.
func read(in *bufio.Reader) int64 {
	line, err := in.ReadString('\n')
	if err != nil {
		return -1
	}
	var request struct {
		ID        int64
		Op        string
		Protocol  int
		TimeScale float64 `json:"time_scale"`
		Seed      int64
	}
	must(json.Unmarshal([]byte(line), &request))
	if request.Op == "start" {
		fmt.Fprintf(os.Stderr, "protocol %d, time scale %v, seed %d, args %q, extra %q\n",
			request.Protocol, request.TimeScale, request.Seed, os.Args[1:], os.Getenv("VSTP_TARGET_TEST_EXTRA"))
	}
	return request.ID
}

func answer(id int64, members string) { fmt.Printf(`{"ok":true,"id":%d,%s}`+"\n", id, members) }

// visit tells the test that a point is reached: it connects, and waits until the
// test has noticed.
func visit(addr string) {
	c, err := net.Dial("tcp", addr)
	must(err)
	_, _ = io.Copy(io.Discard, c)
}
