package target

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"strconv"
)

// maxReadyLine bounds what is kept of a line while looking for the ready line.
const maxReadyLine = 16 << 10

// A readyLine is what a started program prints, on a line of its own on its
// standard output, once it listens.
type readyLine struct {
	Ready bool `json:"ready"`
	Addrs
}

// A readyWatch looks for the ready line in what a program writes. It keeps at
// most one line, so that a program which floods its output costs nothing.
type readyWatch struct {
	found chan readyLine // receives the first ready line, once
	line  []byte
	skip  bool // the line is longer than any ready line
	done  bool
}

func newReadyWatch() *readyWatch { return &readyWatch{found: make(chan readyLine, 1)} }

func (w *readyWatch) Write(p []byte) (int, error) {
	n := len(p)
	for !w.done && len(p) > 0 {
		part, rest, complete := bytes.Cut(p, []byte{'\n'})
		w.add(part)
		p = rest
		if complete {
			w.end()
		}
	}
	return n, nil
}

func (w *readyWatch) add(part []byte) {
	if w.skip || len(w.line)+len(part) > maxReadyLine {
		w.skip = true
		w.line = w.line[:0]
		return
	}
	w.line = append(w.line, part...)
}

func (w *readyWatch) end() {
	line := bytes.TrimSpace(w.line)
	w.line, w.skip = w.line[:0], false
	if len(line) == 0 || line[0] != '{' {
		return
	}
	var ready readyLine
	if json.Unmarshal(line, &ready) != nil || !ready.Ready {
		return
	}
	w.done, w.line = true, nil
	w.found <- ready
}

// reachable checks the addresses of a ready line and turns the unspecified
// host, with which a server says that it listens everywhere, into loopback.
func (a Addrs) reachable() (Addrs, error) {
	for _, p := range []struct {
		name string
		addr *string
	}{{"tcp", &a.TCP}, {"udp", &a.UDP}, {"tls", &a.TLS}, {"tls-verify", &a.TLSVerify}, {"easy-tcp", &a.EasyTCP}, {"easy-udp", &a.EasyUDP}} {
		if *p.addr == "" {
			continue
		}
		host, port, err := net.SplitHostPort(*p.addr)
		if err != nil {
			return Addrs{}, fmt.Errorf("its ready line gives the %s address %q, which is not host:port", p.name, *p.addr)
		}
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return Addrs{}, fmt.Errorf("its ready line gives the %s address %q, whose port is not a number from 1 to 65535", p.name, *p.addr)
		}
		if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
			*p.addr = net.JoinHostPort("127.0.0.1", port)
		}
	}
	return a, nil
}
