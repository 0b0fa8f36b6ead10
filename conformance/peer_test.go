package conformance_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/vstp-project/vstp/conformance/dissect"
	"github.com/vstp-project/vstp/conformance/forge"
	"github.com/vstp-project/vstp/conformance/target"
)

// toyEnv makes the test binary a small server of its own, written on forge and
// dissect alone: enough of VSTP to be served, and ways to die.
const toyEnv = "VSTP_TOY_PEER"

func TestMain(m *testing.M) {
	switch mode := os.Getenv(toyEnv); {
	case strings.HasPrefix(mode, "adapter"):
		toyAdapter(mode)
		return
	case mode != "":
		toyPeer(mode)
		return
	}
	os.Exit(m.Run())
}

// toy is a target that starts the toy peer in a mode: "sound", "crash" (dies of
// TYPE 9), "hang" (serves nobody any more after TYPE 9), "deaf" (never answers).
func toy(t *testing.T, mode string) *target.Program {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := target.Builtin(self)
	p.Name, p.Env = "the toy peer, "+mode, []string{toyEnv + "=" + mode}
	return p
}

func toyPeer(mode string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	ready, _ := json.Marshal(map[string]any{"ready": true, "tcp": l.Addr().String()})
	fmt.Println(string(ready))
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	hung := make(chan struct{})
	for {
		c, err := l.Accept()
		if err != nil {
			os.Exit(1)
		}
		go toyServe(c, mode, hung)
	}
}

func toyServe(c net.Conn, mode string, hung chan struct{}) {
	defer c.Close()
	in := bufio.NewReader(c)
	var buf []byte
	piece := make([]byte, 4096)
	for {
		n, err := in.Read(piece)
		if err != nil {
			return
		}
		buf = append(buf, piece[:n]...)
		for {
			f := dissect.Decode(buf, dissect.Options{})
			if f.Class() == "Incomplete" {
				break
			}
			if f.Class() != "" && f.Class() != "InvalidFrameType" {
				return
			}
			buf = bytes.Clone(buf[f.Total:])
			select {
			case <-hung:
				for {
					<-time.After(time.Hour) // a select without cases would end the process where cgo is off
				} // serves nobody any more
			default:
			}
			if f.Type == 9 {
				switch mode {
				case "crash":
					fmt.Fprintln(os.Stderr, "toy: type 9, how dare you")
					os.Exit(3)
				case "hang":
					close(hung)
					for {
						<-time.After(time.Hour) // a select without cases would end the process where cgo is off
					}
				}
			}
			if mode != "deaf" {
				toyAnswer(c, f)
			}
		}
	}
}

func toyAnswer(c net.Conn, f dissect.Frame) {
	switch f.Type {
	case 1:
		_, _ = c.Write(forge.Frame{Type: 2, Headers: forge.KV("session-id", "1")}.Bytes())
	case 3:
		var headers []forge.Header
		for _, h := range f.Headers {
			if string(h.Key) != "msg-id" {
				headers = append(headers, forge.Header{Key: h.Key, Value: h.Value})
			}
		}
		_, _ = c.Write(forge.Frame{Type: 3, Headers: headers, Payload: f.Payload}.Bytes())
	case 4:
		_, _ = c.Write(forge.Frame{Type: 5, Payload: f.Payload}.Bytes())
	}
}
