package soak

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strconv"
	"sync"
	"time"
)

// peer is a server in a process of its own.
type peer struct {
	cmd    *exec.Cmd
	stdin  io.Closer // it ends with this
	stderr *tail
	pid    string

	TCP     string `json:"tcp"`
	UDP     string `json:"udp"`
	TLS     string `json:"tls"`
	Metrics string `json:"metrics"`

	http *http.Client
}

// startPeer starts the reference peer and waits until it serves.
func startPeer(ctx context.Context, o Options) (*peer, error) {
	cmd := exec.CommandContext(ctx, o.Exe, "peer",
		"--tcp", "127.0.0.1:0", "--udp", "127.0.0.1:0", "--tls", "127.0.0.1:0", "--metrics", "127.0.0.1:0",
		"--max-connections", strconv.Itoa(2*o.Connections+4096), // the bound is not what is tried
		"--time-scale", strconv.FormatFloat(o.TimeScale, 'g', -1, 64))
	stderr := new(tail)
	cmd.Stderr = stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("starting the peer: %w", err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("starting the peer: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting the peer: %w", err)
	}
	p := &peer{
		cmd: cmd, stdin: stdin, stderr: stderr, pid: strconv.Itoa(cmd.Process.Pid),
		http: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience},
	}
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, p)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the peer did not say where it serves: %w", err), p.stop())
	}
	return p, nil
}

// stop asks the process to end and waits for it. It fails if the process ended
// otherwise, and then it says what the process said last.
func (p *peer) stop() error {
	if p.cmd.ProcessState != nil {
		return nil // it was killed
	}
	p.stdin.Close()
	if err := p.cmd.Wait(); err != nil {
		return fmt.Errorf("the server ended badly: %w: %s", err, p.stderr)
	}
	return nil
}

// kill ends the process as nothing else does.
func (p *peer) kill() error {
	if err := p.cmd.Process.Kill(); err != nil {
		return fmt.Errorf("killing the peer: %w", err)
	}
	var exit *exec.ExitError
	if err := p.cmd.Wait(); !errors.As(err, &exit) {
		return fmt.Errorf("the peer was killed and ended otherwise: %w", err)
	}
	return nil
}

// tail is a writer that keeps the end of what is written: a server that is pestered has
// much to log, and only what comes before it crashes is of use.
type tail struct {
	lock sync.Mutex
	text []byte
}

// keeps is how many octets a tail keeps.
const keeps = 4096

func (t *tail) Write(b []byte) (int, error) {
	t.lock.Lock()
	defer t.lock.Unlock()
	t.text = append(t.text, b...)
	if extra := len(t.text) - keeps; extra > 0 {
		t.text = append(t.text[:0], t.text[extra:]...)
	}
	return len(b), nil
}

func (t *tail) String() string {
	t.lock.Lock()
	defer t.lock.Unlock()
	return string(t.text)
}

// usage is what a server takes.
type usage struct {
	Goroutines  float64
	Live        float64 // octets of live objects and stacks
	Resident    float64 // octets in memory
	Peak        float64 // the most of them so far
	Descriptors float64
	Processor   float64 // seconds
}

// usage asks the server what it takes. It collects garbage first.
func (p *peer) usage(ctx context.Context) (u usage, err error) {
	var said struct {
		Goroutines  float64 `json:"goroutines"`
		HeapOctets  float64 `json:"heap_octets"`
		StackOctets float64 `json:"stack_octets"`
	}
	if err := p.get(ctx, "/debug/runtime", &said); err != nil {
		return u, err
	}
	u.Goroutines, u.Live = said.Goroutines, said.HeapOctets+said.StackOctets
	if u.Resident, u.Peak, err = memory(p.pid); err != nil {
		return u, err
	}
	n, err := countDescriptors(p.pid)
	if err != nil {
		return u, err
	}
	u.Descriptors = float64(n)
	u.Processor, err = processor(p.pid)
	return u, err
}

// settled is usage as soon as it is stable and has no more goroutines and descriptors
// than target, where that is given, or when patience ends.
func (p *peer) settled(ctx context.Context, target usage) (u usage, err error) {
	var last usage
	err = until(ctx, patience, func() (bool, error) {
		if u, err = p.usage(ctx); err != nil {
			return false, err
		}
		same := u.Goroutines == last.Goroutines && u.Descriptors == last.Descriptors
		last = u
		if target == (usage{}) {
			return same, nil
		}
		return u.Goroutines <= target.Goroutines && u.Descriptors <= target.Descriptors, nil
	})
	return u, err
}

// sessions returns how many incomplete messages the server holds.
func (p *peer) sessions(ctx context.Context) (float64, error) {
	var vars struct {
		VSTP map[string]struct {
			Active float64 `json:"vstp_fragmentation_sessions_active"`
		} `json:"vstp"`
	}
	err := p.get(ctx, "/debug/vars", &vars)
	return vars.VSTP["udp"].Active, err
}

// get reads JSON from the server's metrics.
func (p *peer) get(ctx context.Context, path string, into any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.Metrics+path, nil)
	if err != nil {
		return err
	}
	response, err := p.http.Do(request)
	if err != nil {
		return fmt.Errorf("reading the figures of the server: %w", err)
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(into); err != nil {
		return fmt.Errorf("reading the figures of the server: %s: %w", path, err)
	}
	return nil
}

// rise is how many octets in memory a server has more than before for each of n.
func rise(before, after usage, n int) float64 {
	return max(after.Resident-before.Resident, 0) / float64(n)
}

// exchangePatience is how long one honest exchange may take.
const exchangePatience = 10 * time.Second
